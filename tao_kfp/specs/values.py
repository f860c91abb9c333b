"""Whether a value fits a key, by the rules of OmegaConf, with which TAO reads its spec files.

OmegaConf converts: `"5"` and `1e-4` are numbers to it, `yes` is a boolean, a number is a text. What it converts is no mistake here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tao_kfp.catalog import MISSING, Key, nearest

# Longer lists, of backbones say, are not complete: NVIDIA's own files name others.
_LISTED = 8
_NAMES_OF_NETWORKS = ("backbone", "backbone.type", "arch")

_TRUE_OR_FALSE = ("yes", "y", "on", "true", "no", "n", "off", "false")
_INTERPOLATION = re.compile(r"\$\{.+\}", re.DOTALL)
_SPECIAL_FLOATS = {".inf": "inf", "-.inf": "-inf", ".nan": "nan"}


@dataclass(frozen=True)
class Type:
    """The type of a key, taken apart.

    Attributes:
        kind: `int`, `float`, `str`, `bool`, `any`, `section`, `list`, `dict` or `union`.
        optional: It may be null.
        inner: The element of a list or dict; the alternatives of a union.
    """

    kind: str
    optional: bool = False
    inner: tuple[Type, ...] = ()

    def __str__(self) -> str:
        names = {
            "int": "a whole number", "float": "a number", "str": "a text", "bool": "true or false", "section": "a section of keys",
            "any": "any value",
        }  # fmt: skip
        if self.kind == "list":
            return f"a list, each {self.inner[0]}"
        if self.kind == "dict":
            return f"a mapping, each value {self.inner[0]}"
        return names.get(self.kind) or " or ".join(map(str, self.inner))


@functools.cache
def parse_type(text: str) -> Type:
    """Take the catalogue's text for a type apart."""
    optional = text.endswith("?")
    text = text.removesuffix("?")
    if text.startswith("[") and text.endswith("]"):
        return Type("list", optional, (parse_type(text[1:-1]),))
    if text.startswith("{") and text.endswith("}"):
        return Type("dict", optional, (parse_type(text[1:-1]),))
    if "|" in text:
        return Type("union", optional, tuple(parse_type(part) for part in text.split("|")))
    return Type(text, optional or text == "any")


def problem(key: Key, value: Any) -> str:
    """What is wrong with a value for a key, in words; empty when nothing is.

    Args:
        key: The row of the catalogue.
        value: The value as YAML gives it.
    """
    return next(problems(key, value), ("", ""))[1]


def problems(key: Key, value: Any) -> Iterator[tuple[str, str]]:
    """Everything that is wrong with a value for a key: where below the key (`[2].name`), and what."""
    kind = parse_type(key.type)
    found = list(_of_type(kind, value, ""))
    yield from found
    if not found and value is not None and not _is_open(value):
        yield from _of_constraint(key, kind, value)


def is_scalar(kind: Type) -> bool:
    """Whether a type holds a single value."""
    return kind.kind not in ("list", "dict", "section")


def _is_open(value: Any) -> bool:
    """Whether a text stands for a value that is not known here: `???`, or `${...}`."""
    return isinstance(value, str) and (value == MISSING or bool(_INTERPOLATION.search(value)))


def _of_type(kind: Type, value: Any, where: str) -> Iterator[tuple[str, str]]:
    if _is_open(value) or kind.kind == "any":
        return
    if value is None:
        if not kind.optional:
            yield where, f"is empty, and takes {kind}"
    elif kind.kind == "list":
        if not isinstance(value, (list, tuple)):
            yield where, f"{shown(value)} is not {kind}"
            return
        for at, item in enumerate(value):
            if not isinstance(item, (list, tuple, Mapping)):  # OmegaConf merges those unchecked
                yield from _of_type(kind.inner[0], item, f"{where}[{at}]")
    elif kind.kind in ("dict", "section"):
        if not isinstance(value, Mapping):
            yield where, f"{shown(value)} is not {kind}"
        elif kind.kind == "dict":
            for name, item in value.items():
                if not isinstance(item, (list, tuple, Mapping)):
                    yield from _of_type(kind.inner[0], item, f"{where}.{name}")
    elif kind.kind == "union":
        if all(any(True for _ in _of_type(one, value, where)) for one in kind.inner):
            yield where, f"{shown(value)} is not {kind}"
    elif not _converts(kind.kind, value):
        yield where, f"{shown(value)} is not {kind}"


def _converts(kind: str, value: Any) -> bool:
    if isinstance(value, (list, tuple, Mapping)):
        return False
    if kind == "str":
        return True
    if kind == "bool":
        if isinstance(value, str):
            return value.lower() in _TRUE_OR_FALSE or _is_number(int, value)
        return isinstance(value, (bool, int))
    if isinstance(value, bool):
        return False
    if kind == "int":
        return isinstance(value, int) or (isinstance(value, str) and _is_number(int, value))
    return isinstance(value, (int, float)) or _is_number(float, value)


def _is_number(kind: type, text: Any) -> bool:
    try:
        kind(_SPECIAL_FLOATS.get(text, text))
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def _of_constraint(key: Key, kind: Type, value: Any) -> Iterator[tuple[str, str]]:
    if kind.kind in ("int", "float") and (key.min is not None or key.max is not None):
        number = float(_SPECIAL_FLOATS.get(value, value))
        if key.min is not None and number < key.min:
            yield "", f"{shown(value)} is below {key.min:g}, the smallest that TAO takes"
        if key.max is not None and number > key.max:
            yield "", f"{shown(value)} is above {key.max:g}, the largest that TAO takes"
    if key.options and is_scalar(kind) and not any(_same(option, value) for option in key.options):
        close = nearest(str(value), map(str, key.options), 0.6)
        few = len(key.options) <= _LISTED
        yield (
            "",
            f"{shown(value)} is none of "
            + (
                ", ".join(map(str, key.options))
                if few
                else f"the {len(key.options)} values that TAO lists{f'; {close}' if close else ''}"
            ),
        )


def _same(option: Any, value: Any) -> bool:
    if isinstance(option, (int, float)) and not isinstance(option, bool):
        return _is_number(float, value) and float(value) == float(option)
    return str(option).lower() == str(value).lower()


def may_be_right(key: Key, value: Any) -> bool:
    """Whether a value that is not in the list of allowed ones may be right all the same: the list is long, or of backbones."""
    return incomplete(key) and isinstance(value, str) and not any(_same(option, value) for option in key.options)


def incomplete(key: Key) -> bool:
    """Whether NVIDIA's list of a key's allowed values is known not to name all of them."""
    return len(key.options) > _LISTED or key.name.endswith(_NAMES_OF_NETWORKS)


def as_spelt(key: Key, value: Any) -> Any:
    """A value in the spelling of TAO's list of allowed values: `FP16` for `fp16`."""
    if not isinstance(value, str):
        return value
    return next(
        (option for option in key.options if isinstance(option, str) and option.lower() == value.lower()), value
    )


def shown(value: Any) -> str:
    """A value for a message: short, and on one line."""
    text = repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# OmegaConf's own: PyYAML reads 1e-4 as a text.
_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?(?:[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)"
    r"|\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_INT = re.compile(r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+")
_BOOL = re.compile(r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF")
_NULL = re.compile(r"~|null|Null|NULL|")


def read_scalar(text: str) -> Any:
    """A plain (unquoted) text of YAML as the value that OmegaConf's loader makes of it."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() in ("yes", "true", "on")
    if _INT.fullmatch(text):
        digits = text.replace("_", "")
        if digits.lstrip("+-").startswith("0") and digits.lstrip("+-").isdigit() and digits.lstrip("+-") != "0":
            return int(digits, 8)
        return int(digits, 0)
    if _FLOAT.fullmatch(text):
        digits = text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan")
        return float(digits) if ":" not in digits else text
    return text
