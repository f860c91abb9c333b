"""The keys of an action as a standard JSON Schema (2020-12), for editors and other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tao_kfp.catalog import MISSING, Action, Key
from tao_kfp.specs.values import Type, incomplete, is_null, parse_type

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# What may stand for any value: one that is still missing, or one that OmegaConf fills in.
_OPEN = {"type": "string", "pattern": r"^\?\?\?$|\$\{.+\}"}
_MISSING = {"type": "string", "pattern": r"^\?\?\?$"}
_TYPES = {"int": "integer", "float": "number", "bool": "boolean", "str": "string"}
_TEXTS = {
    "int": r"^[-+]?[0-9][0-9_]*$",
    "float": r"^[-+]?([0-9][0-9_]*\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$|^[-+]?\.?(inf|nan|Infinity)$",
    "bool": r"^([yY]([eE][sS])?|[nN][oO]?|[oO][nN]|[oO][fF][fF]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[-+]?[0-9]+)$",
}
_CONTAINERS = [{"type": "array"}, {"type": "object"}]


def json_schema(action: Action, keys: Mapping[str, Key]) -> dict[str, Any]:
    """The schema of an action's spec file.

    It accepts what `tao-kfp spec check` accepts, but for a number in quotes where a range holds, and describes each
    key's type, default and range. What an action needs is not `required`, for the op may give it.
    """
    properties: dict[str, Any] = {}
    for key in keys.values():
        _place(properties, key.name).update(_of_key(key))
    return {
        "$schema": DIALECT,
        "$id": f"urn:tao-kfp:{action.release}:{action.network}:{action.group}:{action.name}",
        "title": f"{action.network} {action.name}, TAO {action.release}",
        "type": "object",
        "properties": {**properties, "defaults": {}, "hydra": {}},
        "additionalProperties": False,
        "$defs": {"open": _OPEN},
    }


def _place(properties: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of a key, made inside those of the sections above it."""
    *above, last = name.split(".")
    for part in above:
        properties = _inside(properties, part)
    if last == "*":
        raise AssertionError(name)  # a row of its own is only below it
    found: dict[str, Any] = properties.setdefault(last, {})
    return found


def _inside(properties: dict[str, Any], part: str) -> dict[str, Any]:
    """The properties below a section, an element of a list (`x[]`) or any key of a dict (`*`)."""
    element = part.endswith("[]")
    schema: dict[str, Any] = properties.setdefault(part.removesuffix("[]"), {})
    if element:
        schema = next(branch["items"] for branch in schema["anyOf"] if "items" in branch)
    inner: dict[str, Any] = schema["properties"]
    return inner


def _of_key(key: Key) -> dict[str, Any]:
    kind = parse_type(key.type)
    schema: dict[str, Any] = (
        _section(kind, _OPEN if is_null(key) else _MISSING)
        if kind.kind == "section"
        else {"anyOf": [*_of_type(kind, key), {"$ref": "#/$defs/open"}]}
    )
    if kind.kind == "any":
        schema = {}
    elif kind.optional and kind.kind != "section":
        schema["anyOf"].append({"type": "null"})
    needed = "needed" if key.default == MISSING else f"default {key.default!r}"
    schema["description"] = f"{key.type}, {needed}" if kind.kind != "section" else "section"
    if kind.kind != "section" and key.default != MISSING:
        schema["default"] = key.default
    return schema


def _section(kind: Type, text: Mapping[str, Any] = _MISSING) -> dict[str, Any]:
    types = ["object", "string", *(["null"] if kind.optional else [])]
    return {"type": types, "pattern": text["pattern"], "properties": {}, "additionalProperties": False}


def _of_type(kind: Type, key: Key | None) -> list[dict[str, Any]]:
    """What a value of a type may be; a key's range and allowed values hold for it, not for the elements of a list."""
    if kind.kind == "list":
        return [{"type": "array", "items": _element(kind.inner[0])}]
    if kind.kind == "dict":
        return [{"type": "object", "additionalProperties": _element(kind.inner[0])}]
    if kind.kind == "union":
        return [{"type": _TYPES[inner.kind]} for inner in kind.inner]  # OmegaConf converts nothing here
    if kind.kind == "any":
        return [{}]
    if key is not None and key.options:
        return _options(key)
    bounds = {} if key is None else {"minimum": key.min, "maximum": key.max}
    bounds = {name: bound for name, bound in bounds.items() if bound is not None}
    if kind.kind == "str":
        return [{"type": ["string", "number", "boolean"]}]
    found: list[dict[str, Any]] = [{"type": _TYPES[kind.kind], **bounds}]
    if kind.kind == "bool":
        found.append({"type": "integer"})
    if not bounds:  # OmegaConf reads a number from a text, whose range a schema cannot tell
        found.append({"type": "string", "pattern": _TEXTS[kind.kind]})
    return found


def _element(kind: Type) -> dict[str, Any]:
    if kind.kind == "section":
        return _section(Type("section"))
    if kind.kind == "any":
        return {}
    return {
        "anyOf": [
            *_of_type(kind, None),
            *_CONTAINERS,
            {"$ref": "#/$defs/open"},
            *([{"type": "null"}] if kind.optional else []),
        ]
    }


def _options(key: Key) -> list[dict[str, Any]]:
    spelt = [
        one
        for option in key.options
        for one in ([option] if not isinstance(option, str) else [option, option.lower(), option.upper()])
    ]
    found: list[dict[str, Any]] = [{"enum": list(dict.fromkeys(spelt))}]
    return [*found, {"type": "string"}] if incomplete(key) else found
