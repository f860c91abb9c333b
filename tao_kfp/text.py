"""Text that holds values known only at run time.

A run parameter, a step's output or a secret's environment variable takes its place in ordinary text
as a marker, so that f-strings, `%`, `.format` and `str()` work on it. A marker is `NUL { name } NUL`:
NUL cannot occur in a command line, a path or an environment variable, so no text of a user can be
mistaken for one, and no escaping is needed.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, Union

from tao_kfp.errors import ParameterError, StepError

_MARKER = re.compile("\0\\{([^\0{}]+)\\}\0")
_ESCAPED = ("\\u0000{", "\\u0000<", "\\x00{", "\\x00<")  # a marker that went through json.dumps or repr


@dataclass(frozen=True)
class Ref:
    """One run-time value inside a text.

    Attributes:
        kind: `param` (a run parameter), `output` (a step's output) or `env` (an environment
            variable of the step, which the kubelet expands).
        name: The parameter's, output's or variable's name.
        step: For an output, the step that writes it.
    """

    kind: str
    name: str
    step: str = ""

    @property
    def marker(self) -> str:
        """The text that stands for this value."""
        inner = {"param": self.name, "output": f"{self.step}/{self.name}", "env": f"${self.name}"}[self.kind]
        return f"\0{{{inner}}}\0"


Piece = Union[str, Ref]


def _ref(inner: str) -> Ref:
    if inner.startswith("$"):
        return Ref("env", inner[1:])
    if "/" in inner:
        step, _, name = inner.partition("/")
        return Ref("output", name, step)
    return Ref("param", inner)


def split(text: str) -> list[Piece]:
    """Cut a text into literal pieces and run-time values, in order, without empty pieces.

    Raises:
        ParameterError: A marker was cut, changed or printed with `repr`.
    """
    if any(escaped in text for escaped in _ESCAPED):
        raise ParameterError(
            f"the text {text!r} holds a run parameter that json.dumps() or repr() has escaped",
            fix="its value is known only at run time: write it into the finished text, as f'{name}'",
        )
    if "\0" not in text:
        return [text] if text else []
    pieces: list[Piece] = []
    at = 0
    for match in _MARKER.finditer(text):
        pieces += [text[at : match.start()], _ref(match.group(1))]
        at = match.end()
    pieces.append(text[at:])
    for piece in pieces:
        if isinstance(piece, str) and "\0" in piece:
            raise ParameterError(
                f"the text {text!r} holds a run parameter that was cut, changed or written with repr()",
                fix="its value is known only at run time: write it whole, as f'{name}' or str(name)",
            )
    return [piece for piece in pieces if piece != ""]


def refs(text: str) -> list[Ref]:
    """The run-time values in a text, in order."""
    return [piece for piece in split(text) if isinstance(piece, Ref)]


def render(text: str, value: Callable[[Ref], str], literal: Callable[[str], str] = str) -> str:
    """Write a text for an engine: `value` writes its run-time values, `literal` all else."""
    return "".join(value(piece) if isinstance(piece, Ref) else literal(piece) for piece in split(text))


def to_text(value: Any) -> str:
    """Write a Python value as TAO, Kubeflow and a shell would read it.

    Booleans become `true` and `false`, lists and dicts become JSON, as on the Create Run screen.

    Raises:
        StepError: The value has no text: None, NaN, a list inside a list of arguments, an object.
    """
    if isinstance(value, RunTimeValue):
        return value.marker
    if isinstance(value, str):
        _check_characters(value)
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise StepError(f"{value} is not a number that a command can read")
        return repr(value)
    if isinstance(value, os.PathLike):
        return to_text(os.fspath(value))
    if isinstance(value, dict):
        try:
            text = json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False)
        except (TypeError, ValueError) as error:
            raise StepError(
                f"{value!r} cannot be written as JSON ({error})",
                fix="a run parameter cannot stand inside a dict: make the whole dict a parameter, or write the text",
            ) from None
        if "\\u0000" in text:
            raise StepError(
                f"{value!r} holds a run parameter", fix="make the whole dict a parameter, or write the text"
            )
        return text
    raise StepError(
        f"{value!r} ({type(value).__name__}) is not text",
        fix="give a str, int, float, bool, path, run parameter or step output",
    )


def _check_characters(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise StepError(f"{text!r} is not valid Unicode text", fix="decode it with its real encoding first") from None


class RunTimeValue:
    """Something whose value is known only while the pipeline runs.

    It can stand in any text. What needs the value now (`if`, `==`, arithmetic, a format such as
    `{x:.2f}`) is an error that says so, instead of a silently wrong package.
    """

    @property
    def ref(self) -> Ref:
        """What it stands for in a text."""
        raise NotImplementedError

    @property
    def marker(self) -> str:
        """The text that stands for it."""
        return self.ref.marker

    def __str__(self) -> str:
        return self.marker

    def __repr__(self) -> str:
        # The NULs let `split` see a repr that ended up in an argument, as in f"{[parameter]}".
        return f"\0<{type(self).__name__} {self.ref.name}>\0"

    def __format__(self, spec: str) -> str:
        if spec:
            self._needs_value(f"the format {spec!r}")
        return self.marker

    def __add__(self, other: object) -> str:
        return self.marker + other if isinstance(other, str) else self._needs_value("arithmetic")

    def __radd__(self, other: object) -> str:
        return other + self.marker if isinstance(other, str) else self._needs_value("arithmetic")

    __hash__ = object.__hash__

    def _needs_value(self, what: str) -> NoReturn:
        raise ParameterError(
            f"{what} needs the value of {self.ref.name!r}, which is known only at run time",
            fix="use it as text, or make it an ordinary Python argument that is fixed when the package is built",
        )


def _refuse(operator: str, what: str) -> None:
    def method(self: RunTimeValue, *_: object) -> NoReturn:
        self._needs_value(what)

    setattr(RunTimeValue, operator, method)


for _operator, _what in {
    "__bool__": "a truth test",
    "__eq__": "a comparison",
    "__ne__": "a comparison",
    "__lt__": "a comparison",
    "__le__": "a comparison",
    "__gt__": "a comparison",
    "__ge__": "a comparison",
    "__int__": "%d or int()",
    "__float__": "%f or float()",
    "__index__": "an index",
    "__iter__": "a loop",
    "__len__": "len()",
    "__getitem__": "an index",
    "__contains__": "`in`",
    "__sub__": "arithmetic",
    "__mul__": "arithmetic",
    "__rmul__": "arithmetic",
    "__truediv__": "arithmetic",
    "__floordiv__": "arithmetic",
    "__mod__": "arithmetic",
}.items():
    _refuse(_operator, _what)
