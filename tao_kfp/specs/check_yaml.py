"""Checks a YAML spec file against the keys that its release, network and action have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tao_kfp.catalog import MISSING, Action, Key, nearest
from tao_kfp.specs import values
from tao_kfp.specs.findings import Finding
from tao_kfp.specs.yaml_text import Node

# Hydra's own, at the top of any file.
_HYDRA = ("defaults", "hydra")

# The sections that belong to one action each: the others' do not matter when one runs.
_ACTION_SECTIONS = (
    "train", "evaluate", "inference", "export", "gen_trt_engine", "prune", "distill", "quantize", "convert", "dataset_convert",
    "calibrate", "inference_trt",
)  # fmt: skip


# What an action works on, in the words of the ops.
_WORKED_ON = ("results", "model", "engine", "output", "teacher")


def check(root: Node, action: Action, keys: Mapping[str, Key]) -> Iterator[Finding]:
    """Unknown keys, wrong types, values outside the allowed set or range.

    Args:
        root: The file.
        action: The command that reads it.
        keys: The keys it has.
    """
    sections = _sections(keys)
    for name, (key, value) in root.entries.items():
        if name.split(".")[0] not in _HYDRA:
            yield from _check(name, name, key, value, keys, sections, action)


def missing(root: Node, action: Action, keys: Mapping[str, Key], given: Mapping[str, Any]) -> Iterator[Finding]:
    """Values that neither the file nor the command gives: an error for what the action works on, a warning for the rest.

    NVIDIA marks as needed what is so only at times: the calibration images of an engine that is not int8, say.
    """
    needed = {
        name
        for role, name in action.roles.items()
        if role in _WORKED_ON and not (role == "model" and action.group == "deploy" and "engine" in action.roles)
    }
    for name, key in keys.items():
        if key.default != MISSING or "[]" in name or "*" in name or name in given or not _matters(name, action):
            continue
        node = find(root, name)
        if node is not None and node.scalar != MISSING:
            continue
        section = find(root, name.rpartition(".")[0])
        yield Finding(
            (node or section or root).line,
            name,
            f"`{action.network} {action.name}` needs a value",
            "give it here, or to the op",
            "error" if name in needed else "warning",
        )


def leaves(node: Node, prefix: str = "") -> Iterator[tuple[str, Node]]:
    """Every scalar of a file, with its dotted name; `[2]` for an element of a list."""
    if node.kind == "scalar":
        yield prefix, node
    for at, item in enumerate(node.items):
        yield from leaves(item, f"{prefix}[{at}]")
    for name, (_, value) in node.entries.items():
        yield from leaves(value, f"{prefix}.{name}" if prefix else name)


def find(root: Node, name: str) -> Node | None:
    """The value of a dotted key, also where the file writes it with dots."""
    if name in root.entries:
        return root.entries[name][1]
    first, _, rest = name.partition(".")
    while rest:
        if first in root.entries:
            found = find(root.entries[first][1], rest)
            if found is not None:
                return found
        head, _, rest = rest.partition(".")
        first = f"{first}.{head}"
    return None


def _sections(keys: Mapping[str, Key]) -> dict[str, list[str]]:
    """The names below each section, for suggestions."""
    found: dict[str, list[str]] = {}
    for name in keys:
        parent, _, last = name.rpartition(".")
        found.setdefault(parent, []).append(last)
    return found


def _check(
    name: str,
    generic: str,
    key: Node,
    value: Node,
    keys: Mapping[str, Key],
    sections: Mapping[str, list[str]],
    action: Action,
) -> Iterator[Finding]:
    """Check one entry: `name` is what the file says, `generic` what the table says, with `[]` and `*`."""
    row = keys.get(generic)
    if row is None:
        yield _unknown(name, generic, key, keys, sections, action)
        return
    kind = values.parse_type(row.type)
    if value.scalar == MISSING or (value.scalar is None and value.kind == "scalar" and kind.optional):
        return
    inner = kind.inner[0] if kind.inner else kind
    if kind.kind == "section" and value.kind == "map":
        for child, (child_key, child_value) in value.entries.items():
            yield from _check(f"{name}.{child}", f"{generic}.{child}", child_key, child_value, keys, sections, action)
    elif kind.kind == "list" and inner.kind == "section" and value.kind == "list":
        yield from _values(name, row, value)  # elements that are no sections
        for at, item in enumerate(value.items):
            for child, (child_key, child_value) in item.entries.items():
                yield from _check(
                    f"{name}[{at}].{child}", f"{generic}[].{child}", child_key, child_value, keys, sections, action
                )
    elif kind.kind == "dict" and inner.kind == "section" and value.kind == "map":
        yield from _values(name, row, value)
        for entry, (_, entry_value) in value.entries.items():
            for child, (child_key, child_value) in entry_value.entries.items():
                yield from _check(
                    f"{name}.{entry}.{child}", f"{generic}.*.{child}", child_key, child_value, keys, sections, action
                )
    elif kind.kind == "section" and value.kind == "scalar" and values.is_open(value.scalar):
        if not values.is_null(row):
            yield Finding(
                value.line, name, f"{values.shown(value.scalar)} cannot stand for a section", "write its keys"
            )
    elif kind.kind == "section" and value.kind == "scalar" and value.scalar is None:
        yield Finding(key.line, name, "the section is empty", "delete the line, or write its keys below it")
    else:
        yield from _values(name, row, value)


def _values(name: str, row: Key, value: Node) -> Iterator[Finding]:
    for where, what in values.problems(row, value.plain()):
        unsure = row.options and not where and values.may_be_right(row, value.scalar)
        yield Finding(value.find(where).line, name + where, what, level="warning" if unsure else "error")


def _unknown(
    name: str,
    generic: str,
    key: Node,
    keys: Mapping[str, Key],
    sections: Mapping[str, list[str]],
    action: Action,
) -> Finding:
    parent, _, last = generic.rpartition(".")
    siblings = sections.get(parent, [])
    close = nearest(last, siblings, 0.75)
    elsewhere = [other for other in keys if other.rpartition(".")[2] == last]
    fix = close or (f"there is {' and '.join(elsewhere[:2])}" if elsewhere else "")
    fix = fix or f"{parent or 'a spec'} has {', '.join(siblings[:12])}{', ...' if len(siblings) > 12 else ''}"
    sure = not action.unconfirmed or bool(close)
    return Finding(
        key.line,
        name,
        f"TAO {action.release} has no such key for `{action.network} {action.name}`",
        fix,
        "error" if sure else "warning",
    )


def _matters(name: str, action: Action) -> bool:
    """Whether a value that is missing stops this action: it is at the top, or in the action's own section."""
    section = name.partition(".")[0]
    return "." not in name or section == action.name


def relevant(name: str, action: Action) -> bool:
    """Whether a key matters when the action runs: it is in no section of another one."""
    section = name.partition(".")[0]
    return (
        section not in _ACTION_SECTIONS
        or section == action.name
        or (section == "train" and action.name in ("distill", "quantize"))
    )
