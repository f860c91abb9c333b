"""Checks a protobuf-text spec file of a TF1 network against the fields that NVIDIA's .proto files declare."""

from __future__ import annotations

from collections.abc import Iterator

from tao_kfp.catalog import Action, Message, nearest
from tao_kfp.specs import protobuf_text
from tao_kfp.specs.findings import Finding
from tao_kfp.specs.protobuf_text import Field, Word

_TYPES = {
    "string": "a text in quotes", "bool": "true or false", "int": "a whole number", "uint": "a whole number from 0",
    "float": "a number",
}  # fmt: skip


def check(root: protobuf_text.Message, action: Action, declared: Message) -> Iterator[Finding]:
    """Unknown fields, wrong types, words that an enumeration does not have, a field given twice."""
    yield from _message(root, declared, "", action)


def leaves(message: protobuf_text.Message, prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Every field that holds a value, with its dotted name."""
    for one in message.fields:
        name = f"{prefix}.{one.name}" if prefix else one.name
        if isinstance(one.value, protobuf_text.Message):
            yield from leaves(one.value, name)
        else:
            yield name, one


def _message(message: protobuf_text.Message, declared: Message, prefix: str, action: Action) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for one in message.fields:
        name = f"{prefix}{one.name}"
        row = declared.fields.get(one.name)
        if row is None:
            close = nearest(one.name, declared.fields, 0.6)
            yield Finding(
                one.line,
                name,
                f"{declared.name.lstrip('.')} of `{action.network} {action.name}` has no such field",
                close
                or f"it has {', '.join(list(declared.fields)[:12])}{', ...' if len(declared.fields) > 12 else ''}",
                # The fields are those of 5.0; the images before it are closed.
                "error" if close or not action.release.startswith("3.") else "warning",
            )
            continue
        if one.name in seen and not row.get("repeated"):
            yield Finding(
                one.line,
                name,
                f"is given twice, first on line {seen[one.name]}",
                "delete one: the last counts",
                "warning",
            )
        seen.setdefault(one.name, one.line)
        if isinstance(one.value, protobuf_text.Message):
            if not row["type"].startswith("."):
                yield Finding(one.line, name, f"takes {_TYPES.get(row['type'], 'a word')} and not a block")
            else:
                yield from _message(one.value, declared.below(one.name), f"{name}.", action)
        else:
            what = _problem(one, row)
            if what:
                yield Finding(one.value_line, name, what)


def _problem(one: Field, row: object) -> str:
    """What is wrong with a value for a field, by protobuf's own rules; empty when nothing is."""
    assert isinstance(row, dict)
    kind, value = row["type"], one.value
    if kind.startswith("."):
        return "takes a block in braces"
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "enum":
        words = row["words"]
        if (isinstance(value, Word) and value in words) or (number and isinstance(value, int)):
            return ""
        close = nearest(str(value), words, 0.6)
        return f"{_shown(value)} is none of {', '.join(words)}{f'; {close}' if close else ''}"
    fits = {
        "string": isinstance(value, str) and not isinstance(value, Word),
        "bool": isinstance(value, bool) or (isinstance(value, Word) and value in ("t", "f")) or value in (0, 1),
        "int": isinstance(value, int) and number,
        "uint": isinstance(value, int) and number and value >= 0,
        "float": number or (isinstance(value, Word) and value.lower() in ("inf", "infinity", "nan")),
    }  # fmt: skip
    return "" if fits[kind] else f"{_shown(value)} is not {_TYPES[kind]}"


def _shown(value: object) -> str:
    if isinstance(value, Word):
        return str(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)
