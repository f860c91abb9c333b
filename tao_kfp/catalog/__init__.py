"""What TAO can do: releases, their images, networks, actions, flags and spec keys.

The facts are data files in `data/` (its README tells their form), each with its source; this package only reads them.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from tao_kfp.catalog.rows import MISSING as MISSING
from tao_kfp.catalog.rows import Action as Action
from tao_kfp.catalog.rows import Flag as Flag
from tao_kfp.catalog.rows import Key as Key
from tao_kfp.catalog.rows import Message as Message
from tao_kfp.catalog.rows import find_key as find_key
from tao_kfp.catalog.rows import nearest as nearest
from tao_kfp.errors import CatalogError

DEFAULT_RELEASE = "3.21.08"

# The launcher's words for the kinds of commands, in the order in which a network's action is looked for.
GROUPS = ("model", "dataset", "deploy")


class Catalog:
    """The tables of every release, and what a user's own file adds.

    Args:
        file: A user's catalogue, in JSON or YAML; docs/catalog.md tells its form.

    Raises:
        CatalogError: The file cannot be read, or is not of that form.
    """

    def __init__(self, file: str | os.PathLike[str] | None = None) -> None:
        self.file = None if file is None else os.fspath(file)
        self._own = {} if self.file is None else _read_own(self.file)
        self.action = functools.cache(self._action)

    def releases(self) -> list[str]:
        """The releases that the catalogue knows, oldest first."""
        names = {*_names("releases"), *([str(self._own["release"])] if self._own else [])}
        return sorted(names, key=lambda release: [int(part) for part in release.split(".")])

    def release(self, name: str) -> str:
        """The catalogue's name of a release: `7.1` for `7.1.0`.

        Raises:
            CatalogError: There is none.
        """
        known = self.releases()
        release = _match(name, known)
        if release:
            return release
        raise CatalogError(f"the catalogue has no TAO release {name!r}", fix=f"it has {', '.join(known)}")

    def networks(self, release: str) -> list[str]:
        """The networks of a release, by name."""
        return sorted(self._networks(release))

    def groups(self, release: str, network: str) -> list[str]:
        """The kinds of commands that a network has: some of `model`, `dataset`, `deploy`."""
        return [group for group in GROUPS if group in self._network(release, network)]

    def actions(self, release: str, network: str, group: str | None = None) -> list[str]:
        """The actions of a network, by name: of one group, or of all."""
        entry = self._network(release, network)
        return sorted({name for one in ([group] if group else entry) for name in entry.get(one, {}).get("actions", ())})

    def image(self, release: str, network: str | None = None) -> str:
        """The image of a network's own group, or the one that most networks of the release run in."""
        if network is not None:
            entry = self._network(release, network)
            return str(next(entry[group]["image"] for group in GROUPS if group in entry))
        images = [entry["model"]["image"] for entry in self._networks(release).values() if "model" in entry]
        # Since 5.0 most people train with PyTorch, and TF1's image only ages.
        newer = [image for image in images if "-tf1" not in image] if release >= "5" else images
        return str(max(newer, key=lambda image: (newer.count(image), image)))

    def _action(self, release: str, network: str, name: str, group: str | None = None) -> Action:
        """Look one action up.

        Args:
            release: TAO release, such as `7.1`.
            network: TAO's name of the network.
            name: TAO's name of the action.
            group: `model`, `dataset` or `deploy`; default the first of these that has the action.

        Raises:
            CatalogError: No such release, network or action; the message names the nearest.
        """
        release = self.release(release)
        entry = self._network(release, network)
        if group is not None and group not in entry:
            raise CatalogError(
                f"TAO {release} has no {group!r} commands for {network}",
                fix=f"it has {', '.join(self.groups(release, network))}",
            )
        for one in [group] if group else self.groups(release, network):
            if name in entry[one]["actions"]:
                return self._row(release, network, one, name, entry[one])
        raise self._no_action(release, network, name, group)

    def _row(self, release: str, network: str, group: str, name: str, entry: Mapping[str, Any]) -> Action:
        row = entry["actions"][name]
        flags = row.get("flags", entry.get("flags", ""))
        return Action(
            release=release,
            network=network,
            group=group,
            name=name,
            image=row.get("image", entry["image"]),
            dialect=entry["dialect"],
            gpu=row["gpu"],
            unconfirmed=entry.get("unconfirmed", ""),
            flags=self._flags(flags, name) if flags else {},
            artifacts=_read("artifacts.json")["networks"].get(network, {}).get(group, {}).get(name, {}),
            load_fields=functools.partial(_fields, flags, name),
            load_keys=functools.partial(self._keys, row.get("keys")),
        )

    def _flags(self, reference: str, action: str) -> Mapping[str, Flag]:
        file, _, network = reference.partition("#")
        table = self._own["flags"] if file == "own" else _read(f"flags/{file}.json")
        rows = {**table.get("common_flags", {}), **table["networks"][network]["actions"][action]["flags"]}
        return {
            name: Flag(
                name=name,
                flags=tuple(row["flags"]),
                type=row["type"],
                required=row.get("required", False),
                default=row.get("default"),
                many=row.get("nargs") in ("+", "*"),
                choices=tuple(row.get("choices", ())),
                hidden=row.get("hidden", False),
            )
            for name, row in rows.items()
        }

    def _keys(self, reference: str | None) -> Mapping[str, Key] | None:
        if reference is None:
            return None
        file, _, table = reference.partition("#")
        found = self._own["keys"][table] if file == "own" else _read(f"keys/{file}.json")[table]
        return {
            name: Key(
                name=name,
                type=row["type"],
                default=row.get("default"),
                min=row.get("min"),
                max=row.get("max"),
                options=tuple(row.get("options", ())),
            )
            for name, row in found["keys"].items()
        }

    def _no_action(self, release: str, network: str, name: str, group: str | None) -> CatalogError:
        has = self.actions(release, network, group)
        others = [other for other in self.networks(release) if name in self.actions(release, other)]
        where = f" in {group}" if group else ""
        return CatalogError(
            f"TAO {release} has no action {name!r} for {network}{where}",
            fix=(
                f"{network} has {', '.join(has)}" if has else "no published source tells its actions: use tao.CommandOp"
            )
            + (f"; {name} exists for {', '.join(others)}" if others else ""),
        )

    def _network(self, release: str, network: str) -> Mapping[str, Any]:
        known = self._networks(release)
        if network not in known:
            begins = [name for name in known if name.startswith(f"{network}_")]
            elsewhere = [other for other in self.releases() if network in self._networks(other)]
            raise CatalogError(
                f"TAO {self.release(release)} has no network {network!r}",
                fix=(
                    f"TAO {', '.join(elsewhere)} has it: set the release to {elsewhere[-1]}"
                    if elsewhere and not begins
                    else ""
                )
                or (f"did you mean {', '.join(begins)}?" if begins else "")
                or nearest(network, known, 0.7)
                or f"it has {', '.join(sorted(known))}",
            )
        found: Mapping[str, Any] = known[network]
        return found

    def _networks(self, release: str) -> Mapping[str, Any]:
        release = self.release(release)
        if self._own and self._own["release"] == release:
            found: Mapping[str, Any] = self._own["networks"]
            return found
        return _shipped(release)[1]


@functools.cache
def default() -> Catalog:
    """The catalogue as it is shipped."""
    return Catalog()


def _fields(reference: str, action: str) -> Message | None:
    """The message of a TF1 network's spec file, by the network's name in the tables of flags."""
    network = reference.partition("#")[2].removesuffix("_tf1")
    table = _read("protos.json")["networks"].get(network)
    if table is None:
        return None
    return Message(table["roots"].get(action, table["roots"]["*"]), table["messages"])


@functools.cache
def _names(folder: str) -> frozenset[str]:
    files = resources.files(__package__).joinpath("data", folder).iterdir()
    return frozenset(file.name.removesuffix(".json") for file in files if file.name.endswith(".json"))


@functools.cache
def _read(name: str) -> Any:
    return json.loads(resources.files(__package__).joinpath("data", *name.split("/")).read_text(encoding="utf-8"))


def _read_own(file: str) -> dict[str, Any]:
    from tao_kfp.catalog.own import read

    return read(file, _shipped)


def _shipped(release: str) -> tuple[str, Mapping[str, Any]]:
    """The catalogue's name of a release, and its networks: none for a release that only a user's file has."""
    name = _match(release, _names("releases"))
    return (name, _read(f"releases/{name}.json")["networks"]) if name else (release, {})


def _match(name: str, known: Iterable[str]) -> str:
    """The release that a name means: the one of that name, or that it is a patch of; `` for none."""
    return max((release for release in known if f"{name}.".startswith(f"{release}.")), key=len, default="")
