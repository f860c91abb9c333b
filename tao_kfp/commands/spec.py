"""`tao-kfp spec`: TAO's spec files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from tao_kfp.errors import SpecError, TaoKfpError, UsageError

if TYPE_CHECKING:
    from tao_kfp.catalog import Action, Catalog


def _about(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what a spec file is for."""
    options = [
        click.option("--action", metavar="ACTION", help="Action that reads it, such as train."),
        click.option("--release", metavar="VERSION", help="TAO release. Default: the newest that has the network."),
        click.option(
            "--group", metavar="[model|dataset|deploy]", help="Kind of command, where several have the action."
        ),
        click.option("--catalog", "catalog_file", metavar="FILE", help="A catalogue of your own."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


_network = click.option("--network", metavar="NETWORK", help="TAO network. Default: what the file's first lines say.")


@click.group()
def spec() -> None:
    """Make, check and change TAO's spec files."""


@spec.command()
@click.argument("network")
@_about
@click.option("--all", "whole", is_flag=True, help="Write the sections of the network's other actions, too.")
@click.option(
    "--schema", metavar="FILE", default="", help="A JSON Schema that editors shall use, as `spec schema` writes it."
)
@click.option("-o", "--output", metavar="FILE", help="File to write; one that is there is kept. Default: the screen.")
def new(network: str, whole: bool, schema: str, output: str | None, **about: str | None) -> None:
    """Write the default spec of NETWORK."""
    from tao_kfp.specs.new import default_spec

    action, _ = _action(network, about)
    keys = _keys(action)
    _write(default_spec(action, keys, whole=whole, schema=schema), output)


@spec.command()
@click.argument("network")
@_about
@click.option("-o", "--output", metavar="FILE", help="File to write; one that is there is kept. Default: the screen.")
def schema(network: str, output: str | None, **about: str | None) -> None:
    """Write the JSON Schema of NETWORK's spec, for editors."""
    import json

    from tao_kfp.specs.schema import json_schema

    action, _ = _action(network, about)
    _write(json.dumps(json_schema(action, _keys(action)), indent=1, ensure_ascii=False) + "\n", output)


@spec.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@_network
@_about
@click.option("--mount", metavar="DIR", help="Where the steps see the workspace; a path elsewhere is then an error.")
@click.option(
    "--format", "form", default="text", metavar="[text|json]", help="How to print what is found. Default text."
)
def check(files: tuple[str, ...], network: str | None, mount: str | None, form: str, **about: str | None) -> None:
    """Check spec files: keys, types, ranges, what is missing, paths.

    Each finding is a line `FILE:LINE: error: KEY: WHAT`. Exit code 2 when one is an error.
    """
    from tao_kfp.specs import files as spec_files
    from tao_kfp.workspace import check_mount

    if form not in ("text", "json"):
        raise UsageError(f"there is no format {form!r}", fix="use text, json")
    if mount is not None:
        check_mount(mount)
    rows: list[dict[str, Any]] = []
    for file in files:
        found, action = [], None
        try:
            said = spec_files.named_in(spec_files.read(file))
            action, named = _action(network or "", about, said)
            found = spec_files.check(file, action, mount=(mount or "").rstrip("/"), said=named)
        except TaoKfpError as error:
            if form == "text":
                click.echo(_line(file, error), err=True)
            rows.append({"file": file, **_placed(error)})
            continue
        rows += [
            {"file": file, "line": one.line, "level": one.level, "key": one.key, "message": one.what, "fix": one.fix}
            for one in found
        ]
        for one in found if form == "text" else ():
            click.echo(one.text(file), err=True)
        if form == "text" and not any(one.level == "error" for one in found):
            click.echo(f"{file}: ok for {_shown(action, named)}")
    if form == "json":
        import json

        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    sys.exit(2 if any(row["level"] == "error" for row in rows) else 0)


@spec.command("set")
@click.argument("file")
@click.argument("values", nargs=-1, required=True, metavar="KEY=VALUE...")
@_network
@_about
def set_(file: str, values: tuple[str, ...], network: str | None, **about: str | None) -> None:
    """Change values of a spec FILE, and leave its comments and order as they are.

    A value is written as in the file: `train.num_epochs=20`, `train.optim.lr=1e-4`, `dataset.scales=[480, 512]`.
    """
    from tao_kfp.specs import files as spec_files
    from tao_kfp.specs.change import change
    from tao_kfp.targets.archive import write_all

    text = spec_files.read(file)
    said = spec_files.named_in(text)
    action = _action(network or "", about, said)[0] if network or said.network else None
    with open(file, encoding="utf-8", newline="") as source:
        changed = source.read()
    for one in values:
        key, equals, value = one.partition("=")
        if not equals or not key:
            raise UsageError(f"{one!r} sets nothing", fix="write KEY=VALUE")
        changed = change(changed, key, value, action, os.path.basename(file))
    write_all({file: changed.encode("utf-8")})
    click.echo(f"{file}: {', '.join(values)}")


def _action(network: str, about: dict[str, str | None], said: Any = None) -> tuple[Action, bool]:
    """The action that the options and the file name, and whether they name one at all."""
    from tao_kfp.specs import files as spec_files

    given = spec_files.Target(network, about["action"] or "", about["release"] or "", about["group"] or "")
    target = given if said is None or (network and network != said.network) else given.or_else(said)
    return spec_files.action_of(target, _catalog(about["catalog_file"])), bool(target.action)


def _catalog(file: str | None) -> Catalog:
    from tao_kfp.catalog import Catalog, default

    return default() if file is None else Catalog(file)


def _keys(action: Action) -> Any:
    if action.keys is None:
        what = (
            "reads protobuf text, for which TAO has no default"
            if action.dialect == "argparse"
            else "has no published schema"
        )
        raise SpecError(
            f"`{action.network} {action.name}` of TAO {action.release} {what}",
            fix="see specs/ for examples, and `tao-kfp spec check` for its fields"
            if action.fields
            else action.unconfirmed,
        )
    return action.keys


def _shown(action: Action | None, named: bool) -> str:
    assert action is not None
    return f"{action.network}{f' {action.name}' if named else ''}, TAO {action.release}"


def _placed(error: TaoKfpError) -> dict[str, Any]:
    line = error.where.rpartition(":")[2]
    return {
        "line": int(line) if line.isdigit() else 1,
        "level": "error",
        "key": error.argument,
        "message": error.what,
        "fix": error.fix,
    }


def _line(file: str, error: TaoKfpError) -> str:
    placed = _placed(error)
    return f"{file}:{placed['line']}: error: {error.what}" + (f"; {error.fix}" if error.fix else "")


def _write(text: str, output: str | None) -> None:
    from tao_kfp.targets.archive import write_all

    if output is None:
        click.echo(text, nl=False)
        return
    if os.path.exists(output):
        raise UsageError(f"{output!r} is there already", fix="give another -o, or move it aside")
    if not os.path.isdir(os.path.dirname(output) or "."):
        raise UsageError(
            f"the folder {os.path.dirname(output)!r} does not exist", fix="make it first, or give another -o"
        )
    write_all({output: text.encode("utf-8")})
    click.echo(f"{output}: written")
