"""A user's own catalogue file: networks and images that NVIDIA does not ship, or ships otherwise. docs/catalog.md tells its form."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import yaml

from tao_kfp.catalog import GROUPS, MISSING, nearest
from tao_kfp.errors import CatalogError

DIALECTS = ("argparse", "mixed", "hydra")

_TOP = ("release", "networks", "keys", "flags")
_GROUP = ("image", "dialect", "unconfirmed", "actions")
_ACTION = ("image", "gpu", "keys")
_KEY = ("type", "default", "min", "max", "options")
_FLAG = ("flags", "type", "required", "default", "nargs", "choices")
_KEY_TYPES = ("int", "float", "str", "bool", "any", "section")
_FLAG_TYPES = ("str", "int", "float", "flag")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def read(file: str, shipped: Callable[[str], tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Read a user's catalogue, in JSON or YAML.

    Args:
        file: The file; JSON when its name ends in .json, and YAML otherwise.
        shipped: Gives the catalogue's name of a release, and the networks that it has in the shipped tables.

    Returns:
        `release`; `networks`, every network of that release in the form of the shipped tables, with what the file
        says of it; `keys` and `flags`, the file's own tables.

    Raises:
        CatalogError: It cannot be read, or says something that the catalogue cannot hold.
    """
    content = _load(file)
    try:
        return _tables(content, shipped)
    except CatalogError as error:
        raise error.at(where=os.path.basename(file)) from None


# The file -----------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """YAML as people mean it: `1e-4` is a number, and a name given twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        """Make a dict of a mapping whose names are all different."""
        names = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        seen: set[str] = set()
        for key in names:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def _load(file: str) -> Any:
    try:
        with open(file, encoding="utf-8") as source:
            text = source.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise CatalogError(f"the catalogue {file!r} cannot be read: {reason}") from None
    try:
        if file.endswith(".json"):
            return json.loads(text, object_pairs_hook=_object)
        return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise CatalogError(f"the catalogue {file!r} cannot be read: {line}{error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CatalogError(f"the catalogue {file!r} cannot be read: {error}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    for name in found:
        if [one for one, _ in pairs].count(name) > 1:
            raise ValueError(f"{name!r} is there twice")
    return found


# What it says -------------------------------------------------------------------------------------


def _tables(content: Any, shipped: Callable[[str], tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    _names(content, _TOP, "a catalogue")
    for name in ("release", "networks"):
        if name not in content:
            raise CatalogError(f"it has no {name}", fix="see docs/catalog.md")
    given = content["release"]
    if not isinstance(given, str) or not re.fullmatch(r"\d+(\.\d+)*", given):
        # YAML reads 7.10 as the number 7.1, so a number is not taken.
        raise CatalogError(f"{given!r} is no release", fix='write it in quotes, as in release: "7.1"')
    release, networks = shipped(given)
    keys = {name: {"keys": _keys(name, rows)} for name, rows in _entries(content, "keys").items()}
    flags = {
        network: {
            action: {"flags": {name: _flag(f"{network} {action} {name}", row) for name, row in rows.items()}}
            for action, rows in _mappings(actions, f"flags of {network}").items()
        }
        for network, actions in _entries(content, "flags").items()
    }
    found = dict(networks)
    for network, groups in _entries(content, "networks").items():
        found[network] = _network(release, network, groups, found.get(network, {}), keys, flags.get(network, {}))
    _check_used(flags, content["networks"])
    return {
        "release": release,
        "networks": found,
        "keys": keys,
        "flags": {"networks": {network: {"actions": actions} for network, actions in flags.items()}},
    }


def _network(
    release: str, network: str, groups: Any, known: Mapping[str, Any], keys: Collection[str], flags: Collection[str]
) -> dict[str, Any]:
    if not _WORD.fullmatch(network):
        raise CatalogError(f"{network!r} is no name of a network", fix="it is the command's first word, as in dino")
    _names(groups, GROUPS, f"the network {network!r}")
    if not groups:
        raise CatalogError(f"the network {network!r} is empty", fix=f"write {', '.join(GROUPS)} below it")
    return {
        **known,
        **{group: _group(release, network, group, entry, known, keys, flags) for group, entry in groups.items()},
    }


def _group(
    release: str,
    network: str,
    group: str,
    entry: Any,
    known: Mapping[str, Any],
    keys: Collection[str],
    flags: Collection[str],
) -> dict[str, Any]:
    """What the file says of one kind of a network's commands, over what the shipped tables say."""
    label = f"{network} {group}"
    _names(entry, _GROUP, label)
    old = known.get(group, {})
    for name in ("image", "actions"):
        if name not in entry and not old:
            raise CatalogError(f"{label} has no {name}", fix=f"write it: TAO {release} has no {label} to take it from")
    dialect = entry.get("dialect", old.get("dialect", "hydra"))
    if dialect not in DIALECTS:
        raise CatalogError(f"{label}: {dialect!r} is no dialect", fix=f"use {', '.join(DIALECTS)}")
    if old and dialect != old["dialect"]:
        raise CatalogError(
            f"{label}: its commands are {old['dialect']} in TAO {release}, not {dialect}",
            fix="leave dialect out, or give the network another name",
        )
    given = entry.get("actions", {})
    given = dict.fromkeys(map(str, given)) if isinstance(given, list) else given
    _names(given, None, f"actions of {label}")
    before = old.get("actions", {})
    rows = {
        action: _action(network, action, row, dialect, before.get(action, {}), keys, action in flags)
        for action, row in given.items()
    }
    found = {**old, "dialect": dialect, "actions": {**before, **rows}}
    if "image" in entry:
        found["image"] = _image(entry["image"], label)
    if "unconfirmed" in entry:
        found["unconfirmed"] = str(entry["unconfirmed"] or "")
    return found


def _action(
    network: str,
    action: str,
    row: Any,
    dialect: str,
    known: Mapping[str, Any],
    keys: Collection[str],
    has_flags: bool,
) -> dict[str, Any]:
    label = f"{network} {action}"
    if not _WORD.fullmatch(action):
        raise CatalogError(
            f"{label}: {action!r} is no name of an action", fix="it is the command's second word, as in train"
        )
    row = {} if row is None else row
    _names(row, _ACTION, label)
    found = {"gpu": True, **known, **row}
    if not isinstance(found["gpu"], bool):
        raise CatalogError(f"{label}: gpu is {found['gpu']!r}", fix="write true or false")
    if "image" in row:
        _image(row["image"], label)
    if "keys" in row:
        if dialect == "argparse":
            raise CatalogError(f"{label} reads flags, and has no keys", fix="leave keys out")
        if row["keys"] not in keys:
            raise CatalogError(
                f"{label}: there is no table {row['keys']!r} under keys",
                fix=nearest(row["keys"], keys) or f"it has {', '.join(keys) or 'none'}",
            )
        found["keys"] = f"own#{row['keys']}"
    if has_flags:
        if dialect != "argparse":
            raise CatalogError(f"{label} reads a spec file, and has no flags", fix="write keys, or dialect: argparse")
        found["flags"] = f"own#{network}"
    elif dialect == "argparse" and not known:
        raise CatalogError(f"{label} has no flags", fix="write them under flags, by network and action")
    return found


def _keys(table: str, rows: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, row in _mappings(rows, f"keys {table}").items():
        label = f"{table} {name}"
        _names(row, _KEY, label)
        if not _is_type(row.get("type")):
            raise CatalogError(
                f"{label}: its type is {row.get('type')!r}",
                fix=f"write {', '.join(_KEY_TYPES)}, or in quotes '[int]', '{{any}}', 'str?'",
            )
        for bound in ("min", "max"):
            if isinstance(row.get(bound, 0), bool) or not isinstance(row.get(bound, 0), (int, float)):
                raise CatalogError(f"{label}: {bound} is {row[bound]!r}", fix="write a number")
        _check_list(row, "options", label)
        for section, kind in _above(name):
            found.setdefault(section, {"type": kind})
        optional = row["type"].endswith("?") or row["type"] in ("any", "section")
        found[name] = {"default": None if optional else MISSING, **row}
    return found


def _above(name: str) -> list[tuple[str, str]]:
    """The sections that a key is in, so that nobody has to list them: `data[].path` is in a list of sections `data`."""
    parts = name.split(".")
    found = []
    for at in range(1, len(parts)):
        section = ".".join(parts[:at])
        if section.endswith("[]"):
            found.append((section[:-2], "[section]"))
        elif parts[at] == "*":
            found.append((section, "{section}"))
        elif parts[at - 1] != "*":
            found.append((section, "section"))
    return found


def _is_type(text: Any) -> bool:
    if not isinstance(text, str):
        return False
    text = text.removesuffix("?")
    if text[:1] + text[-1:] in ("[]", "{}"):
        return _is_type(text[1:-1])
    return text in _KEY_TYPES or ("|" in text and all(map(_is_type, text.split("|"))))


def _flag(label: str, row: Any) -> dict[str, Any]:
    _names(row, _FLAG, label)
    _check_list(row, "flags", label)
    _check_list(row, "choices", label)
    spellings = row.get("flags")
    if not spellings or not all(
        isinstance(text, str) and re.fullmatch(r"--?[A-Za-z][\w-]*", text) for text in spellings
    ):
        raise CatalogError(
            f"{label}: its flags are {spellings!r}", fix="write the spellings, as in flags: [-e, --spec]"
        )
    if row.get("type", "str") not in _FLAG_TYPES:
        raise CatalogError(f"{label}: its type is {row['type']!r}", fix=f"use {', '.join(_FLAG_TYPES)}")
    if not isinstance(row.get("required", False), bool):
        raise CatalogError(f"{label}: required is {row['required']!r}", fix="write true or false")
    if row.get("nargs", "+") not in ("+", "*"):
        raise CatalogError(f"{label}: nargs is {row['nargs']!r}", fix="write '+' or '*', or leave it out for one value")
    return {"type": "str", **row, "choices": [str(choice) for choice in row.get("choices", ())]}


def _check_used(flags: Mapping[str, Mapping[str, Any]], networks: Mapping[str, Any]) -> None:
    for network, actions in flags.items():
        groups = networks.get(network) or {}
        named = {action for entry in groups.values() for action in entry.get("actions") or ()}
        for action in actions:
            if action not in named:
                raise CatalogError(
                    f"flags: `{network} {action}` is not under networks",
                    fix=nearest(action, named) or nearest(network, networks) or "name the action there, too",
                )


# Small checks -------------------------------------------------------------------------------------


def _names(value: Any, allowed: Collection[str] | None, what: str) -> None:
    """Refuse what is no mapping of text, and names that have no meaning there."""
    if not isinstance(value, Mapping):
        raise CatalogError(f"{what} is {_shown(value)}, not a mapping", fix="see docs/catalog.md")
    for name in value:
        if not isinstance(name, str):
            raise CatalogError(f"{what}: {name!r} is no text", fix="write it in quotes")
        if allowed is not None and name not in allowed:
            raise CatalogError(
                f"{what} has no {name!r}", fix=nearest(name, allowed, 0.6) or f"it has {', '.join(allowed)}"
            )


def _entries(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return _mappings(content.get(name, {}), name)


def _mappings(value: Any, what: str) -> Mapping[str, Any]:
    _names(value, None, what)
    for name, entry in value.items():
        _names(entry, None, f"{what} {name}")
    found: Mapping[str, Any] = value
    return found


def _image(value: Any, label: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\S+", value):
        raise CatalogError(
            f"{label}: its image is {value!r}", fix="write it as in nvcr.io/nvidia/tao/tao-toolkit:7.1.0-pyt"
        )
    return value


def _check_list(row: Mapping[str, Any], name: str, label: str) -> None:
    if not isinstance(row.get(name, []), list):
        raise CatalogError(f"{label}: {name} is {row[name]!r}", fix="write a list, as in [a, b]")


def _shown(value: Any) -> str:
    return "empty" if value is None else "a list" if isinstance(value, list) else repr(value)
