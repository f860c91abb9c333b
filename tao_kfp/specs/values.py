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

# TAO's own code does not look into NVIDIA's lists of allowed values. Those of modes are complete; long ones, and lists of
# backbones, data sets and implementations are not: of 115 spec files of NVIDIA/tao_tutorials and tao_pytorch_backend that
# fit the keys of a release, eight name a backbone or a head beyond the list, and none another value.
_LISTED = 8
_GROWING = {
    "algorithm", "arch", "backbone", "backbone_type", "backend", "data_name", "dataset", "dataset_name", "dataset_type", "encoder",
    "loss", "model", "model_type", "name", "student_type", "task", "teacher_type", "type",
}  # fmt: skip

_TRUE_OR_FALSE = ("yes", "y", "on", "true", "no", "n", "off", "false")
_INTERPOLATION = re.compile(r"\$\{.+\}", re.DOTALL)
_NO_INTERPOLATION = re.compile(r"(?<!\\)\$\{(?:[^}]*\Z|\s*\})")


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
    found = list(_unreadable(value, "")) or list(_of_type(kind, value, ""))
    yield from found
    if not found and value is not None and not is_open(value):
        yield from _of_constraint(key, kind, value)


def is_null(key: Key) -> bool:
    """Whether a key is null by default: OmegaConf puts `${...}` in the place of such a section, and of no other."""
    return parse_type(key.type).optional and key.default is None


def is_scalar(kind: Type) -> bool:
    """Whether a type holds a single value."""
    return kind.kind not in ("list", "dict", "section")


def is_open(value: Any) -> bool:
    """Whether a text stands for a value that is not known here: `???`, or `${...}`."""
    return isinstance(value, str) and (value == MISSING or bool(_INTERPOLATION.search(value)))


def _unreadable(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Interpolations that OmegaConf cannot read, whatever the type."""
    if isinstance(value, str) and _NO_INTERPOLATION.search(value):
        yield where, f"{shown(value)} has a '${{' without a name and a '}}'"
    elif isinstance(value, (list, tuple)):
        for at, item in enumerate(value):
            yield from _unreadable(item, f"{where}[{at}]")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _unreadable(item, f"{where}.{name}")


def _of_type(kind: Type, value: Any, where: str) -> Iterator[tuple[str, str]]:
    if is_open(value) or kind.kind == "any":
        return
    if value is None:
        if not kind.optional:
            yield where, f"is empty, and takes {kind}"
    elif kind.kind == "list":
        if not isinstance(value, (list, tuple)):
            yield where, f"{shown(value)} is not {kind}"
            return
        for at, item in enumerate(value):
            yield from _of_element(kind.inner[0], item, f"{where}[{at}]")
    elif kind.kind in ("dict", "section"):
        if not isinstance(value, Mapping):
            yield where, f"{shown(value)} is not {kind}"
        elif kind.kind == "dict":
            for name, item in value.items():
                # Where any value is taken, NVIDIA's classes take any name as well, or are not known to refuse it.
                if kind.inner[0].kind != "any" and not isinstance(name, str):
                    yield f"{where}.{name}", f"the name {shown(name)} is no text; put it in quotes"
                yield from _of_element(kind.inner[0], item, f"{where}.{name}")
    elif kind.kind == "union":
        if not any(_is_exactly(one, value) for one in kind.inner):
            yield where, f"{shown(value)} is not {kind}"
    elif not _converts(kind.kind, value):
        yield where, f"{shown(value)} is not {kind}"


def _of_element(kind: Type, value: Any, where: str) -> Iterator[tuple[str, str]]:
    """What OmegaConf finds wrong with an element of a list or of a mapping.

    It takes a list or a mapping unchecked where a single value belongs, and converts nothing inside of one that belongs there.
    """
    inside = isinstance(value, (list, tuple, Mapping))
    if kind.kind == "section":
        if value != MISSING and not isinstance(value, Mapping):
            yield where, f"{shown(value)} is not {kind}"
    elif kind.kind in ("list", "dict") and inside:
        if not _is_exactly(kind, value):
            yield where, f"{shown(value)} is not {kind}"
    elif not inside:
        yield from _of_type(kind, value, where)


def _is_exactly(kind: Type, value: Any) -> bool:
    """Whether a value is of a type without being converted."""
    if is_open(value) or kind.kind == "any":
        return True
    if value is None:
        return kind.optional
    if kind.kind == "list":
        return isinstance(value, (list, tuple)) and all(_is_exactly(kind.inner[0], item) for item in value)
    if kind.kind == "dict":
        return isinstance(value, Mapping) and all(_is_exactly(kind.inner[0], item) for item in value.values())
    return isinstance(value, {"int": int, "float": float, "str": str, "bool": bool}.get(kind.kind, Mapping))


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
        kind(text)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def _of_constraint(key: Key, kind: Type, value: Any) -> Iterator[tuple[str, str]]:
    if kind.kind in ("int", "float") and (key.min is not None or key.max is not None):
        number = value if isinstance(value, (int, float)) else float(value)
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
    """Whether a value that is not in the list of allowed ones may be right all the same: the list is not complete."""
    return incomplete(key) and isinstance(value, str) and not any(_same(option, value) for option in key.options)


def incomplete(key: Key) -> bool:
    """Whether NVIDIA's list of a key's allowed values is known not to name all of them."""
    return len(key.options) > _LISTED or key.name.rpartition(".")[2] in _GROWING


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


# PyYAML's rules for a plain scalar, and OmegaConf's further ones for a float: PyYAML reads 1e-4 as a text.
_FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9]+(?:_[0-9]+)*(?:\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)"
    r"|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_INT = re.compile(
    r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+"
)
_BOOL = re.compile(r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF")
_NULL = re.compile(r"~|null|Null|NULL|")


def read_scalar(text: str) -> Any:
    """A plain (unquoted) text of YAML as the value that OmegaConf's loader makes of it."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() in ("yes", "true", "on")
    is_int = _INT.fullmatch(text)
    if not is_int and not _FLOAT.fullmatch(text):
        return text
    try:
        return _read_number(text, int if is_int else float)
    except ValueError:  # such as 0x_, which the rules call a number, and whose reader fails
        return text


def _read_number(text: str, kind: type[int] | type[float]) -> int | float:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").replace("_", "").lower()
    if ":" in digits:  # to the base of 60, as in 1:30
        parts = [kind(part) for part in reversed(digits.split(":"))]
        return sign * sum(part * int(60**at) for at, part in enumerate(parts))
    if kind is float:
        return sign * float({".inf": "inf", ".nan": "nan"}.get(digits, digits))
    base = {"0b": 2, "0x": 16}.get(digits[:2]) or (8 if digits[0] == "0" else 10)
    return sign * int(digits[2:] if base in (2, 16) else digits, base)
