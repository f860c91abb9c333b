"""The catalogue as rows, each with its whole command: for tables, and for programs.

A command here has a placeholder, such as `<SPEC>`, where a run's value goes. It is what `TaoOp` writes, which
tests/test_networks.py compares for every action.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tao_kfp.catalog import Catalog
from tao_kfp.catalog.rows import Action, nearest
from tao_kfp.errors import CatalogError

# What the mixed dialect has as flags whatever the action, and the others where the action has them.
_MIXED = {"results": "-r", "key": "-k", "gpus": "--gpus"}


def command(action: Action) -> list[str]:
    """The words of an action's command, with placeholders.

    Args:
        action: A row of the catalogue.

    Returns:
        Such as `["dino", "train", "-e", "<SPEC>", "results_dir=<RESULTS>", "train.num_gpus=<GPUS>"]`: what an
        op is told of by name, and what the command refuses to run without.
    """
    words = _flags(action) if action.dialect == "argparse" else _overrides(action)
    return [action.network, action.name, *words]


def _flags(action: Action) -> list[str]:
    roles = ["spec", "results", "model", "output", "key", *(["gpus"] if action.name == "train" else [])]
    # Some networks have one flag for two roles, such as the results and the output.
    named: dict[str, str] = {}
    for role in roles:
        if role in action.roles and not action.flags[action.roles[role]].hidden:
            named.setdefault(action.roles[role], role)
    for flag in action.flags.values():
        if flag.required:
            named.setdefault(flag.name, flag.name)
    return [word for name, text in named.items() for word in (action.flags[name].flags[0], _placeholder(text))]


def _overrides(action: Action) -> list[str]:
    mixed = _MIXED if action.dialect == "mixed" else {}
    words = ["-e", _placeholder("spec")]
    for role, flag in mixed.items():
        if role != "gpus" or action.gpu:
            words += [flag, _placeholder(role)]
    for role in _override_roles(action):
        if role in action.roles and role not in mixed:
            # A pod sees its own GPUs only, so the first of them is the one to use.
            words.append(f"{action.roles[role]}={'0' if role == 'gpu_id' else _placeholder(role)}")
    return words


def _override_roles(action: Action) -> list[str]:
    roles = ["results"]
    if action.group == "deploy" and "engine" in action.roles:
        roles.append("engine")
    elif action.name != "train":  # there it is a checkpoint to go on from, which may be left out
        roles.append("model")
    roles.append("output")
    if action.gpu:
        roles.append("gpus")
        # A list is another thing: it would hold a training on several GPUs to one.
        if "gpu_id" in action.roles and (action.keys or {})[action.roles["gpu_id"]].type == "int":
            roles.append("gpu_id")
    return roles


def _placeholder(name: str) -> str:
    return f"<{name.upper().replace('-', '_')}>"


def rows(
    catalog: Catalog, release: str | None = None, action: str | None = None, network: str | None = None
) -> list[dict[str, Any]]:
    """What the catalogue has, as plain values.

    Args:
        catalog: The catalogue.
        release: Only of this release. Default: of all.
        action: Only this action. Default: all.
        network: Only of this network. Default: of all.

    Returns:
        A dict an action, with `release`, `network`, `group`, `action`, `image`, `gpu` (bool), `dialect`, `command`
        (list of str) and `unconfirmed` (empty when all is confirmed). Oldest release first, then by network.

    Raises:
        CatalogError: There is no such release, network or action.
    """
    return [row(one) for one in actions(catalog, release, action, network)]


def row(action: Action) -> dict[str, Any]:
    """One row of `rows`."""
    return {
        "release": action.release,
        "network": action.network,
        "group": action.group,
        "action": action.name,
        "image": action.image,
        "gpu": action.gpu,
        "dialect": action.dialect,
        "command": command(action),
        "unconfirmed": action.unconfirmed,
    }


def actions(
    catalog: Catalog, release: str | None = None, action: str | None = None, network: str | None = None
) -> list[Action]:
    """The actions that `rows` shows, by its arguments and with its errors."""
    releases = catalog.releases() if release is None else [catalog.release(release)]
    if network is not None and not any(network in catalog.networks(one) for one in releases):
        raise _no_network(catalog, release, network)
    found = [one for each in releases for one in _of_release(catalog, each, network, action)]
    if action is not None and not found:
        raise _no_action(catalog, releases, network, action)
    return found


def _of_release(catalog: Catalog, release: str, network: str | None, action: str | None) -> Iterator[Action]:
    for one in catalog.networks(release):
        if network in (None, one):
            for group in catalog.groups(release, one):
                for name in catalog.actions(release, one, group):
                    if action in (None, name):
                        yield catalog.action(release, one, name, group)


def releases_of(catalog: Catalog, network: str) -> list[str]:
    """The releases that have a network, oldest first."""
    return [release for release in catalog.releases() if network in catalog.networks(release)]


def newest(catalog: Catalog, network: str) -> str | None:
    """The newest release that knows actions of a network; else the newest that has it, and None where none does."""
    releases = releases_of(catalog, network)
    return next(
        (release for release in reversed(releases) if catalog.actions(release, network)),
        releases[-1] if releases else None,
    )


def _no_network(catalog: Catalog, release: str | None, network: str) -> CatalogError:
    releases = catalog.releases() if release is None else [catalog.release(release)]
    known = sorted({name for one in releases for name in catalog.networks(one)})
    begins = [name for name in known if name.startswith(f"{network}_")]
    elsewhere = releases_of(catalog, network)
    return CatalogError(
        f"{'the catalogue' if release is None else f'TAO {releases[0]}'} has no network {network!r}",
        fix=(f"did you mean {', '.join(begins)}?" if begins else "")
        or (f"TAO {', '.join(elsewhere)} has it" if elsewhere else "")
        or nearest(network, known, 0.6)
        or "`tao-kfp networks` lists them",
    )


def _no_action(catalog: Catalog, releases: list[str], network: str | None, action: str) -> CatalogError:
    known = sorted({one.name for each in releases for one in _of_release(catalog, each, network, None)})
    where = f"TAO {releases[0]}" if len(releases) == 1 else "the catalogue"
    return CatalogError(
        f"{where} has no action {action!r}{f' for {network}' if network else ''}",
        fix=nearest(action, known, 0.6) or (f"it has {', '.join(known)}" if known else "none of its actions are known"),
    )
