"""What TAO can do: releases, their images, networks, actions and flags.

The facts are data files in `data/`, each with its source; this module only reads them.
"""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from tao_kfp.errors import CatalogError

_FILES = ("tf1_3x.json",)

DEFAULT_RELEASE = "3.21.08"


@dataclass(frozen=True)
class Flag:
    """One flag of a TAO command.

    Attributes:
        name: Its name inside TAO, such as `experiment_spec_file`.
        flags: Its spellings, the usual one first, such as `("-e", "--experiment_spec_file")`.
        type: `str`, `int`, `float` or `flag` (no value).
        required: The command fails without it.
        many: It takes several values.
        choices: Allowed values, empty when any is.
    """

    name: str
    flags: tuple[str, ...]
    type: str
    required: bool = False
    many: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    """One action of one network in one release.

    Attributes:
        release: TAO release, such as `3.21.08`.
        network: TAO's name of the network, such as `classification`.
        name: TAO's name of the action, such as `train`.
        image: Container image that has the command.
        confirmed: The image was read from a published source for this very network and release.
        gpu: The action needs a GPU.
        flags: Its flags by name.
    """

    release: str
    network: str
    name: str
    image: str
    confirmed: bool
    gpu: bool
    flags: Mapping[str, Flag]

    def flag(self, name: str) -> Flag:
        """Find a flag by its name or one of its spellings.

        Raises:
            CatalogError: This release has no such flag.
        """
        for flag in self.flags.values():
            if name == flag.name or name in flag.flags:
                return flag
        known = [spelling for flag in self.flags.values() for spelling in (flag.name, *flag.flags)]
        raise CatalogError(
            f"TAO {self.release} has no flag {name!r} for `{self.network} {self.name}`",
            fix=_nearest(name, known) or f"it has {', '.join(flag.flags[0] for flag in self.flags.values())}",
        )


def releases() -> list[str]:
    """The releases that the catalogue knows, oldest first."""
    return sorted(_releases(), key=lambda release: [int(part) for part in release.split(".")])


def networks(release: str) -> list[str]:
    """The networks of a release, by name."""
    return sorted(_table(release)["networks"])


def actions(release: str, network: str) -> list[str]:
    """The actions of a network, by name."""
    return sorted(_network(release, network)["actions"])


def image(release: str) -> str:
    """The image that most networks of a release run in."""
    return str(_table(release)["releases"][release]["image"])


@functools.cache
def action(release: str, network: str, name: str) -> Action:
    """Look one action up.

    Raises:
        CatalogError: No such release, network or action; the message names the nearest.
    """
    table = _table(release)
    row = _network(release, network)["actions"].get(name)
    if row is None:
        others = [other for other in networks(release) if name in actions(release, other)]
        raise CatalogError(
            f"TAO {release} has no action {name!r} for {network}",
            fix=f"{network} has {', '.join(actions(release, network))}"
            + (f"; {name} exists for {', '.join(others)}" if others else ""),
        )
    images = table["releases"][release]
    return Action(
        release=release,
        network=network,
        name=name,
        image=images["images"].get(network, images["image"]),
        confirmed=network in images["confirmed"],
        gpu=table["gpu"],
        flags={key: _flag(key, value) for key, value in {**table["common_flags"], **row["flags"]}.items()},
    )


def _flag(name: str, row: Mapping[str, Any]) -> Flag:
    return Flag(
        name=name,
        flags=tuple(row["flags"]),
        type=row["type"],
        required=row.get("required", False),
        many=row.get("nargs") in ("+", "*"),
        choices=tuple(row.get("choices", ())),
    )


def _network(release: str, network: str) -> Any:
    known = _table(release)["networks"]
    if network not in known:
        raise CatalogError(
            f"TAO {release} has no network {network!r}",
            fix=_nearest(network, known) or f"it has {', '.join(sorted(known))}",
        )
    return known[network]


def _table(release: str) -> Any:
    if release not in _releases():
        raise CatalogError(f"the catalogue has no TAO release {release!r}", fix=f"it has {', '.join(releases())}")
    return _read(_releases()[release])


@functools.cache
def _releases() -> dict[str, str]:
    """Each release with the file that holds it."""
    return {release: name for name in _FILES for release in _read(name)["releases"]}


@functools.cache
def _read(name: str) -> Any:
    return json.loads(resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8"))


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.8)
    return f"did you mean {near[0]!r}?" if near else ""
