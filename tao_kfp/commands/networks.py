"""`tao-kfp networks`: what the catalogue knows, for people and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from tao_kfp.errors import UsageError

if TYPE_CHECKING:
    from tao_kfp.catalog import Action, Catalog, Flag, Key

_FORMATS = ("text", "json")
_WIDTH = 110

# A table of keys without a section for the action is shown whole up to here.
_FEW_KEYS = 60

_DIALECTS = {
    "argparse": "argparse: flags, and a spec file in protobuf text where it takes one",
    "mixed": "mixed: a spec file in YAML, flags, and KEY=VALUE for any key of the spec",
    "hydra": "hydra: a spec file in YAML, and KEY=VALUE for any key of it",
}


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option("--release", metavar="VERSION", help="Only this TAO release, such as 7.1."),
        click.option("--action", metavar="ACTION", help="Only this action, such as train."),
        click.option("--format", "form", default="text", metavar="[text|json]", help="How to show it. Default text."),
        click.option("--catalog", metavar="FILE", help="A catalogue of your own, which adds networks and images."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@click.group(invoke_without_command=True)
@_options
@click.pass_context
def networks(context: click.Context, release: str | None, action: str | None, form: str, catalog: str | None) -> None:
    """List TAO's networks and actions.

    Without --release, of every release: json has a row for each action of each release. `show` tells one
    network's commands, flags and keys.
    """
    if context.invoked_subcommand is not None:
        # What stands before `show` holds for it, too.
        given = {"release": release, "action": action, "form": form, "catalog": catalog}
        context.default_map = {context.invoked_subcommand: {name: value for name, value in given.items() if value}}
        return
    from tao_kfp.catalog import commands

    _check_format(form)
    table = _catalog(catalog)
    if form == "json":
        _json(commands.rows(table, release, action))
        return
    found = commands.actions(table, release, action)
    if release is None:
        _print_all(table, found)
    else:
        _print_release(found)
    if action is None:
        _print_unknown(table, table.release(release) if release else table.releases()[-1])


@networks.command()
@click.argument("network")
@_options
@click.option(
    "--keys", "all_keys", is_flag=True, help="Show every key of the spec file, not the action's section only."
)
def show(network: str, release: str | None, action: str | None, form: str, catalog: str | None, all_keys: bool) -> None:
    """Tell how NETWORK is run: command, image, what it reads and writes, flags or keys.

    Without --release, in the newest release that has it. Types of keys: [T] is a list, {T} a mapping, A|B one
    of two, and ? says that it may be null.
    """
    from tao_kfp.catalog import commands

    _check_format(form)
    table = _catalog(catalog)
    release = release or commands.newest(table, network)
    found = commands.actions(table, release, action, network)
    if form == "json":
        _json([{**commands.row(one), **_details(one, all_keys)} for one in found])
        return
    assert release is not None  # no release has the network: that was refused before
    release = table.release(release)
    click.echo(f"{network} in TAO {release}")
    if not found:
        click.echo(f"\nno actions of it are known; its image is {table.image(release, network)}")
    for one in found:
        _print_action(one, all_keys)


# Tables -------------------------------------------------------------------------------------------


def _print_all(table: Catalog, found: Sequence[Action]) -> None:
    """A line a network: the releases that it is in, and what it can do in the newest of them."""
    order = table.releases()
    by_network: dict[str, dict[str, list[Action]]] = {}
    for one in found:
        by_network.setdefault(one.network, {}).setdefault(one.release, []).append(one)
    rows = [
        (network, _spans(by_release, order), _by_group(by_release[list(by_release)[-1]]))
        for network, by_release in sorted(by_network.items())
    ]
    _table(("NETWORK", "RELEASES", "ACTIONS IN THE NEWEST OF THEM"), rows)


def _print_release(found: Sequence[Action]) -> None:
    """A line for each kind of commands of a network, with its image, and notes of what is unconfirmed."""
    groups: dict[tuple[str, str, str], list[Action]] = {}
    for one in found:
        groups.setdefault((one.network, one.group, one.image), []).append(one)
    notes = list(dict.fromkeys(one.unconfirmed for one in found if one.unconfirmed))
    names = [image.rpartition(":")[0] for _, _, image in groups]
    usual = max(names, key=names.count, default="")
    usual = f"{usual}:" if names.count(usual) > 1 else ""
    rows = []
    for (network, group, image), some in groups.items():
        note = f" ({notes.index(some[0].unconfirmed) + 1})" if some[0].unconfirmed else ""
        actions = " ".join(one.name for one in some) + note
        rows.append((network, group, image.removeprefix(usual), actions))
    _table(("NETWORK", "GROUP", "IMAGE", "ACTIONS"), rows)
    if usual:
        click.echo(f"\nan IMAGE without a name is a tag of {usual.rstrip(':')}")
    for number, note in enumerate(notes, 1):
        click.echo(_wrapped(f"({number}) unconfirmed: {note}", "    "))


def _print_unknown(table: Catalog, release: str) -> None:
    names = [name for name in table.networks(release) if not table.actions(release, name)]
    if names:
        click.echo(_wrapped(f"no actions are known in TAO {release} of {', '.join(names)}", "  "))


def _spans(releases: Iterable[str], order: Sequence[str]) -> str:
    """Releases as `5.0 to 7.1`, where the catalogue knows none between that is left out."""
    spans: list[list[int]] = []
    for at in sorted(order.index(release) for release in releases):
        if spans and spans[-1][-1] == at - 1:
            spans[-1].append(at)
        else:
            spans.append([at])
    return ", ".join(order[span[0]] if len(span) == 1 else f"{order[span[0]]} to {order[span[-1]]}" for span in spans)


def _by_group(actions: Sequence[Action]) -> str:
    names: dict[str, list[str]] = {}
    for one in actions:
        names.setdefault(one.group, []).append(one.name)
    return "; ".join(f"{group}: {' '.join(found)}" for group, found in names.items())


# One network --------------------------------------------------------------------------------------


def _print_action(action: Action, all_keys: bool) -> None:
    from tao_kfp.catalog.commands import command

    click.echo(f"\n{action.group} {action.name}")
    lines = {
        "command": [" ".join(command(action))],
        "image": [action.image],
        "GPU": ["needed" if action.gpu else "not needed"],
        "dialect": [_DIALECTS[action.dialect]],
        "reads": _paths(action.reads),
        "writes": _paths(action.writes),
        "unconfirmed": [action.unconfirmed] if action.unconfirmed else [],
    }
    for label, texts in lines.items():
        for at, text in enumerate(texts):
            click.echo(_wrapped(f"  {label if at == 0 else '':<11}  {text}", " " * 15))
    if action.dialect == "argparse":
        click.echo("  flags")
        _table((), [(", ".join(flag.flags), *_of_flag(flag)) for flag in action.flags.values()], "    ")
    elif action.keys is None:
        click.echo("  keys         not known")
    else:
        keys = _keys(action, all_keys)
        click.echo(f"  keys{_which(action, keys)}")
        _table((), [(key.name, key.type, _of_key(key)) for key in keys], "    ")


def _paths(paths: Mapping[str, str]) -> list[str]:
    width = max(map(len, paths), default=0)
    return [f"{name:<{width}}  {kind.replace('?', ', may be left out')}" for name, kind in paths.items()]


def _of_flag(flag: Flag) -> tuple[str, str]:
    facts = ["required"] if flag.required else []
    if flag.default is not None:
        facts.append(f"default {_value(flag.default)}")
    if flag.choices:
        facts.append(f"one of {', '.join(flag.choices)}")
    if flag.hidden:
        facts.append("not in TAO's help")
    return ("" if flag.type == "flag" else flag.type + (" ..." if flag.many else "")), "; ".join(facts)


def _of_key(key: Key) -> str:
    from tao_kfp.catalog import MISSING

    facts = ["required" if key.default == MISSING else f"default {_value(key.default)}"]
    if key.min is not None and key.max is not None:
        facts.append(f"{key.min} to {key.max}")
    elif key.min is not None or key.max is not None:
        facts.append(f"at least {key.min}" if key.min is not None else f"at most {key.max}")
    if key.options:
        facts.append(f"one of {', '.join(map(_value, key.options))}")
    return "; ".join(facts)


def _value(value: Any) -> str:
    """A value as a spec file has it; texts without quotes, where they have no need of them."""
    import json

    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _keys(action: Action, all_keys: bool) -> list[Key]:
    """The keys to show: of the action's own section, or every one."""
    keys = _values(action)
    own = [key for key in keys if key.name.startswith(f"{action.name}.")]
    if all_keys or (not own and len(keys) <= _FEW_KEYS):
        return keys
    return own


def _values(action: Action) -> list[Key]:
    return [key for key in (action.keys or {}).values() if key.type != "section"]


def _which(action: Action, shown: Sequence[Key]) -> str:
    every = len(_values(action))
    if len(shown) == every:
        return ""
    if not shown:
        return f"         none of its own: --keys shows all {every}"
    return f" of the section {action.name}; --keys shows all {every}"


def _details(action: Action, all_keys: bool) -> dict[str, Any]:
    """What json tells of an action beside its row."""
    import dataclasses

    keys = None if action.keys is None else [dataclasses.asdict(key) for key in _keys(action, all_keys)]
    return {
        "reads": dict(action.reads),
        "writes": dict(action.writes),
        "flags": [dataclasses.asdict(flag) for flag in action.flags.values()],
        "keys": keys,
    }


# Small things -------------------------------------------------------------------------------------


def _catalog(file: str | None) -> Catalog:
    from tao_kfp.catalog import Catalog, default

    return default() if file is None else Catalog(file)


def _check_format(form: str) -> None:
    if form not in _FORMATS:
        raise UsageError(f"there is no format {form!r}", fix=f"use {', '.join(_FORMATS)}")


def _json(rows: Sequence[Mapping[str, Any]]) -> None:
    import json

    click.echo(json.dumps(rows, indent=2, ensure_ascii=False))


def _wrapped(text: str, indent: str) -> str:
    return "\n".join(
        textwrap.wrap(
            text,
            _WIDTH,
            subsequent_indent=indent,
            drop_whitespace=True,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], indent: str = "") -> None:
    """Print rows in columns; the last one is wrapped."""
    rows = [head, *rows] if head else rows
    if not rows:
        return
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    for *cells, last in rows:
        left = indent + "".join(f"{cell:<{width}}  " for cell, width in zip(cells, widths, strict=True))
        click.echo(_wrapped(left + last, " " * len(left)))
