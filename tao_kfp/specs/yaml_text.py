"""Reads YAML spec files so that every value knows its line, and changes one value without touching the rest.

Values are read as OmegaConf reads them for TAO: `1e-4` is a number, a key given twice is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from tao_kfp.errors import SpecError
from tao_kfp.specs.values import read_scalar

# A spec file of TAO has a few hundred lines; anchors that grow beyond this are an attack or an accident.
_MOST_NODES = 100_000
_DEEPEST = 100

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = re.compile(r"[A-Za-z_/.][A-Za-z0-9_/.@+ -]*[A-Za-z0-9_/]|[A-Za-z_/]")


@dataclass
class Node:
    """A value in a YAML file.

    Attributes:
        kind: `scalar`, `list` or `map`.
        line: Line, from 1.
        column: Column, from 0.
        start: Where its text begins in the file.
        end: Where its text ends.
        scalar: The value of a scalar.
        style: How a scalar is quoted: `'`, `"`, `|`, `>` or nothing; `{` or `[` for a list or map on one line.
        items: The elements of a list.
        entries: The entries of a map by key: the key's node and the value's.
    """

    kind: str
    line: int
    column: int = 0
    start: int = 0
    end: int = 0
    scalar: Any = None
    style: str = ""
    items: list[Node] = field(default_factory=list)
    entries: dict[str, tuple[Node, Node]] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value as Python has it."""
        if self.kind == "list":
            return [item.plain() for item in self.items]
        if self.kind == "map":
            return {_key(name, key): value.plain() for name, (key, value) in self.entries.items()}
        return self.scalar

    def find(self, path: str) -> Node:
        """The deepest node on a path such as `[2].name`, below this one."""
        node = self
        for part in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path):
            if part[0] and node.kind == "list" and int(part[0]) < len(node.items):
                node = node.items[int(part[0])]
            elif part[1] and node.kind == "map" and part[1] in node.entries:
                node = node.entries[part[1]][1]
            else:
                break
        return node


def _key(name: str, node: Node) -> Any:
    """A key as Python has it: `224:` is a number, `"224":` a text."""
    return node.scalar if isinstance(node.scalar, (int, float)) else name


def parse(text: str, file: str = "") -> Node:
    """Read a spec file.

    Raises:
        SpecError: It is no YAML, holds a key twice, several documents, or anchors that grow without end.
    """
    try:
        return _Composer(text, file).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        lines = text.splitlines()
        shown = lines[line - 1] if line <= len(lines) else ""
        if "\t" in shown[: len(shown) - len(shown.lstrip())]:
            raise SpecError("a tab indents the line", fix="indent with blanks", where=f"{file}:{line}") from None
        raise SpecError(f"it is no YAML: {error.problem or error.context}", where=f"{file}:{line}") from None
    except yaml.YAMLError as error:
        raise SpecError(f"it is no YAML: {' '.join(str(error).split())}", where=file) from None


class _Composer:
    """Builds the tree from libyaml's events, so that depth and size are bounded and nothing is constructed."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
        self.anchors: dict[str, Node] = {}
        self.sizes: dict[str, int] = {}
        self.count = 0

    def document(self) -> Node:
        next(self.events)  # the stream's start
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            return Node("map", 1)
        root = self.node(next(self.events), 0)
        next(self.events)  # the document's end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self.error("there is a second document", event, "TAO reads one; delete what follows ---")
        if root.kind == "scalar" and root.scalar is None:
            return Node("map", root.line, end=root.end)
        if root.kind != "map":
            raise self.error(
                "it is no mapping of keys to values", None, "a spec begins with a key such as `train:`", line=root.line
            )
        return root

    def error(self, what: str, event: Any, fix: str = "", line: int = 0) -> SpecError:
        return SpecError(what, fix=fix, where=f"{self.file}:{line or event.start_mark.line + 1}")

    def node(self, event: Any, depth: int) -> Node:
        self.count += 1
        if depth > _DEEPEST:
            raise self.error(f"it is nested deeper than {_DEEPEST} levels", event)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        before = self.count
        node = Node(
            "scalar", event.start_mark.line + 1, event.start_mark.column, event.start_mark.index, event.end_mark.index
        )
        if event.tag and not str(event.tag).startswith("tag:yaml.org,2002:") and event.tag != "!":
            raise self.error(f"the tag {event.tag!r} is not for a spec file", event, "write the value without it")
        if event.tag and "python" in str(event.tag):
            raise self.error(f"the tag {event.tag!r} is not for a spec file", event, "write the value without it")
        if isinstance(event, yaml.ScalarEvent):
            node.style = event.style or ""
            plain = event.implicit[0] and not node.style
            node.scalar = read_scalar(event.value) if plain else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            node.kind, node.style = "list", "[" if event.flow_style else ""
            self.list(node, depth)
        else:
            node.kind, node.style = "map", "{" if event.flow_style else ""
            self.map(node, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
            self.sizes[event.anchor] = self.count - before + 1
        return node

    def alias(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            raise self.error(f"there is no anchor &{event.anchor} above", event)
        self.count += self.sizes[event.anchor]
        if self.count > _MOST_NODES:
            raise self.error(f"its anchors grow to more than {_MOST_NODES:,} values", event, "write the values out")
        return self.anchors[event.anchor]

    def list(self, node: Node, depth: int) -> None:
        while True:
            event = next(self.events)
            if isinstance(event, yaml.SequenceEndEvent):
                break
            node.items.append(self.node(event, depth + 1))
            node.end = max(node.end, node.items[-1].end)
        if node.style:
            node.end = _mark(event.end_mark)

    def map(self, node: Node, depth: int) -> None:
        merged: dict[str, tuple[Node, Node]] = {}
        while True:
            event = next(self.events)
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.node(event, depth + 1)
            if key.kind != "scalar":
                raise self.error("a key is a list or a mapping", None, "write a name", line=key.line)
            name = event.value if isinstance(event, yaml.ScalarEvent) else str(key.scalar)
            value = self.node(next(self.events), depth + 1)
            if name == "<<" and not key.style:
                for one in value.items or [value]:
                    merged = {**one.entries, **merged}
            elif name in node.entries:
                first = node.entries[name][0].line
                raise self.error(
                    f"the key {name!r} is given twice, first on line {first}",
                    None,
                    "delete one: TAO refuses both",
                    line=key.line,
                )
            else:
                node.entries[name] = (key, value)
            node.end = max(node.end, value.end)
        node.entries = {**merged, **node.entries}
        if node.style:
            node.end = _mark(event.end_mark)


def _mark(mark: Any) -> int:
    """Where a mark of libyaml's is in the text."""
    return int(mark.index)


def set_value(text: str, path: str, value: Any, file: str = "") -> str:
    """Change one value, and leave every other byte as it is.

    Args:
        text: The spec file.
        path: Dotted, with an index for a list's element: `dataset.train_data_sources[0].image_dir`.
        value: The new value. A key that is not there yet is added below its section.
        file: Name of the file, for messages.

    Raises:
        SpecError: The path leads through a value that has no keys.
    """
    root = parse(text, file)
    expected = _with(root.plain(), path, value, file)
    parts = [(name, int(index) if index else None) for index, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path)]
    node, at = root, 0
    while at < len(parts):
        name, index = parts[at]
        if index is not None and node.kind == "list" and index < len(node.items):
            node = node.items[index]
        elif node.kind == "map" and name in node.entries:
            node = node.entries[name][1]
        else:
            break
        at += 1
    changed = (
        _replace(text, node, value) if at == len(parts) else _add(text, node, [name for name, _ in parts[at:]], value)
    )
    if parse(changed, file).plain() != expected:
        raise SpecError(
            f"{path!r} cannot be changed in place", fix="write it in an editor", where=f"{file}:{node.line}"
        )
    return changed


def _with(content: Any, path: str, value: Any, file: str) -> Any:
    """The content with one value changed, as Python has it."""
    parts = [(name, int(index) if index else None) for index, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path)]
    if not parts:
        raise SpecError(f"{path!r} is no key", fix="write SECTION.KEY", where=file)
    at = content
    for number, (name, index) in enumerate(parts):
        last = number == len(parts) - 1
        if isinstance(at, dict) and index is None:
            key = name if name in at else _key(name, Node("scalar", 0, scalar=read_scalar(name)))
            if last:
                at[key] = value
            elif at.get(key) is None:
                at[key] = {}
            at = at[key]
        elif isinstance(at, list) and index is not None and index < len(at):
            if last:
                at[index] = value
            at = at[index]
        else:
            raise SpecError(f"{path!r} leads through a value that has no {name or f'element {index}'}", where=file)
    return content


def _replace(text: str, node: Node, value: Any) -> str:
    written = flow(value, node.style if node.kind == "scalar" else "")
    if node.start == node.end:  # `key:` with nothing behind it
        written = f" {written}" if not text[: node.start].endswith((" ", "\n")) else written
    if node.kind != "scalar" and not node.style and not text[text.rfind("\n", 0, node.start) + 1 : node.start].strip():
        written = f"  {written}"  # a list may stand as far left as its key, a value on one line must not
    return text[: node.start] + written + text[node.end :]


def _add(text: str, node: Node, names: list[str], value: Any) -> str:
    """Add a key to a section: below its last one, or before the brace that closes it."""
    if node.kind == "scalar" and node.end > node.start:  # `null`
        return _replace(text, node, _nested(names, value))
    if node.kind == "scalar":  # an empty section
        line_start = text.rfind("\n", 0, node.start) + 1
        indent = len(text[line_start:]) - len(text[line_start:].lstrip(" ")) + 2
        at = text.find("\n", node.end)
        at = len(text) if at < 0 else at
        return text[:at] + "\n" + _block(names, value, indent) + text[at:]
    if node.style == "{":
        comma = ", " if node.entries else ""
        nested = flow(_nested(names[1:], value), "")
        return text[: node.end - 1].rstrip() + f"{comma}{names[0]}: {nested}" + text[node.end - 1 :]
    indent = next((key.column for key, _ in node.entries.values()), 0)
    at = text.find("\n", node.end)
    at = len(text) if at < 0 else at
    before = "\n" if text[:at] and not text[:at].endswith("\n") else ""
    return text[:at] + before + _block(names, value, indent) + (text[at:] or "\n")


def _nested(names: list[str], value: Any) -> Any:
    for name in reversed(names):
        value = {name: value}
    return value


def _block(names: list[str], value: Any, indent: int) -> str:
    lines = [" " * (indent + 2 * depth) + f"{name}:" for depth, name in enumerate(names)]
    return "\n".join(lines) + f" {flow(value, '')}"


def flow(value: Any, style: str) -> str:
    """A value on one line, a text in the quotes of the one it replaces."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(repr(value), repr(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key, '')}: {flow(item, '')}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item, "") for item in value) + "]"
    text = str(value)
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if style != '"' and _PLAIN.fullmatch(text) and isinstance(read_scalar(text), str):
        return text
    return json.dumps(text, ensure_ascii=False)
