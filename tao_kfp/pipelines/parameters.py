"""Run parameters: what a person picks on the Create Run screen."""

from __future__ import annotations

import inspect
import json
import math
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, get_args, get_origin

from tao_kfp import secrets, workspace
from tao_kfp.errors import ParameterError, TaoKfpError
from tao_kfp.text import Ref, RunTimeValue, to_text

_MOUNT = "the mount path of the workspace"

MountPath = Annotated[str, _MOUNT]
"""Type of a parameter that holds the workspace's mount path.

On the argo target it is a run parameter; on kfp, where a mount path cannot be one, it is fixed when
the package is built.
"""

_TYPES: Mapping[type, str] = {str: "str", int: "int", float: "float", bool: "bool", list: "list", dict: "dict"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, eq=False, repr=False)
class Parameter(RunTimeValue):
    """One run parameter.

    Attributes:
        name: Its name on the screen.
        type: `str`, `int`, `float`, `bool`, `list` or `dict`.
        default: The value that the form starts with.
        choices: The values of its drop-down, empty when any is allowed.
        description: Its line in the docstring.
        is_mount: It is the workspace's mount path.
    """

    name: str
    type: str
    default: Any
    choices: tuple[Any, ...] = ()
    description: str = ""
    is_mount: bool = False

    @property
    def ref(self) -> Ref:
        """The parameter, as it stands in a text."""
        return Ref("param", self.name)

    @property
    def offered(self) -> tuple[Any, ...]:
        """The values of its drop-down on the screen: its choices, or true and false."""
        return (True, False) if self.type == "bool" and not self.choices else self.choices

    def text(self, value: Any) -> str:
        """A value of this parameter as a command gets it."""
        return _json(value) if self.type in ("list", "dict") else to_text(value)

    def examples(self) -> list[str]:
        """The default and then the other choices, as text."""
        return [
            self.text(value) for value in (self.default, *(choice for choice in self.choices if choice != self.default))
        ]

    def with_default(self, value: Any) -> Parameter:
        """The same parameter with another default.

        Raises:
            ParameterError: The value is of another type, or not among the choices.
        """
        return _checked(replace(self, default=value))

    def parse(self, text: str) -> Any:
        """Read a value from a command line.

        Raises:
            ParameterError: The text is no value of this type.
        """
        try:
            if self.type == "str":
                return text
            if self.type == "bool":
                return {"true": True, "false": False}[text.lower()]
            if self.type in ("list", "dict"):
                return json.loads(text)
            return {"int": int, "float": float}[self.type](text)
        except (ValueError, KeyError):
            example = {"int": "4", "float": "0.5", "bool": "true", "list": "'[1, 2]'", "dict": "'{\"a\": 1}'"}[
                self.type
            ]
            raise ParameterError(
                f"the parameter {self.name!r} is of type {self.type} and cannot be {text!r}",
                fix=f"write it as in {self.name}={example}",
            ) from None


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False)


def from_function(function: Callable[..., object], namespace: Mapping[str, Any] | None = None) -> dict[str, Parameter]:
    """Read the run parameters off a pipeline function: its signature and its docstring.

    Args:
        function: The pipeline function.
        namespace: Names that its types may use beside those of its module.

    Raises:
        ParameterError: A parameter without a type or default, of a type that no form has, or whose
            default does not fit.
        SecretError: A parameter that would hold a key.
    """
    try:
        hints = typing.get_type_hints(function, localns=dict(namespace or {}), include_extras=True)
    except (NameError, TypeError) as error:
        raise ParameterError(
            f"a type of the pipeline's parameters cannot be read ({error})", fix="import it where the pipeline is"
        ) from None
    described = _descriptions(inspect.getdoc(function) or "")
    parameters = {}
    for name, signature in inspect.signature(function).parameters.items():
        if signature.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            raise ParameterError(f"the parameter {signature} has no fixed name", fix="name every run parameter")
        if not _NAME.fullmatch(name):
            raise ParameterError(
                f"{name!r} cannot be a run parameter", fix="use letters, digits and '_', beginning with a letter"
            )
        if name not in hints or signature.default is inspect.Parameter.empty:
            secrets.check_name(name, "the parameter")
        if name not in hints:
            raise ParameterError(f"the parameter {name!r} has no type", fix=f"write one, as in `{name}: str = ...`")
        if signature.default is inspect.Parameter.empty:
            raise ParameterError(
                f"the parameter {name!r} has no default, so the Create Run screen would not start until somebody fills it",
                fix=f"give one, as in `{name}: ... = VALUE`",
            )
        kind, choices, is_mount = _type(name, hints[name])
        if kind in ("str", "list", "dict"):  # a number or a switch is no key
            secrets.check_name(name, "the parameter")
        parameters[name] = _checked(
            Parameter(name, kind, signature.default, choices, described.get(name, ""), is_mount)
        )
    mounts = [name for name, parameter in parameters.items() if parameter.is_mount]
    if len(mounts) > 1:
        raise ParameterError(f"{' and '.join(mounts)} are both the mount path", fix="keep one tao.MountPath")
    return parameters


def _type(name: str, hint: Any) -> tuple[str, tuple[Any, ...], bool]:
    if get_origin(hint) is Annotated:
        kind, choices, _ = _type(name, get_args(hint)[0])
        return kind, choices, _MOUNT in get_args(hint)
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        kinds = {type(choice) for choice in choices}
        if not kinds <= {str, int, float, bool}:
            found = ", ".join(sorted(kind.__name__ for kind in kinds))
            raise ParameterError(
                f"the choices of {name!r} are of type {found}, which no form has", fix="give str, int or bool"
            )
        if len(kinds) != 1:
            raise ParameterError(
                f"the choices of {name!r} are of several types", fix="give all of one: str, int or bool"
            )
        if len(set(choices)) != len(choices):
            raise ParameterError(f"the choices of {name!r} hold one twice", fix="name each once")
        return _TYPES[kinds.pop()], choices, False
    plain = get_origin(hint) or hint
    if plain not in _TYPES:
        raise ParameterError(
            f"the parameter {name!r} has the type {hint.__name__ if isinstance(hint, type) else str(hint).replace('typing.', '')}, which no form has",
            fix="use str, int, float, bool, list, dict or Literal[...]",
        )
    return _TYPES[plain], (), False


def _checked(parameter: Parameter) -> Parameter:
    """Refuse a default that the form, the server or a container would change or refuse."""
    name, default = parameter.name, parameter.default
    fits = {
        "str": type(default) is str,
        "int": type(default) is int and abs(default) <= 2**53,  # Kubeflow keeps numbers as doubles
        "float": type(default) in (int, float),
        "bool": isinstance(default, bool),
        "list": isinstance(default, list),
        "dict": isinstance(default, dict),
    }[parameter.type]
    if not fits:
        raise ParameterError(
            f"the parameter {name!r} is of type {parameter.type} and has the default {default!r}",
            fix="give a default of that type",
        )
    if parameter.type == "float":
        if not math.isfinite(default):
            raise ParameterError(f"the parameter {name!r} has the default {default!r}", fix="give a finite number")
        parameter = replace(parameter, default=float(default))
    if parameter.choices and default not in parameter.choices:
        raise ParameterError(
            f"the default {default!r} of {name!r} is not among its choices {', '.join(map(repr, parameter.choices))}",
            fix="make it one of them: the screen would show 'Select a value' and the server refuse the run",
        )
    if "" in parameter.choices:
        raise ParameterError(
            f"an empty text is a choice of {name!r}",
            fix="name the choice, as in 'none': the screen shows nothing for it",
        )
    for value in (parameter.default, *parameter.choices):
        _check_value(parameter, value)
    if parameter.is_mount:
        workspace.check_mount(default)
    return parameter


def _check_value(parameter: Parameter, value: Any) -> None:
    try:
        text = parameter.text(value)
    except (TypeError, ValueError, TaoKfpError):
        raise ParameterError(
            f"the default of {parameter.name!r} cannot be written as JSON",
            fix="use text, numbers, booleans, lists and dicts",
        ) from None
    secrets.check_value(text, f"the parameter {parameter.name!r}")
    for name, inner in _entries(value):
        secrets.check_entry(name, inner, f"in the parameter {parameter.name!r}, the entry")
    if any((ord(char) < 32 and char != "\t") or char in "\x7f\x85\u2028\u2029" for char in text):
        raise ParameterError(
            f"the default of {parameter.name!r} has several lines or a control character, and the form has one line",
            fix="put the text into a file of the workspace and give its path",
        )
    # The kubelet reads these in a command, and nothing can escape what a person types on the form.
    if "$(" in text or "$$" in text or text.endswith("$"):
        raise ParameterError(
            f"the default {text!r} of {parameter.name!r} holds '$(' or '$$', which Kubernetes would replace in the command",
            fix="write it differently, or put it into a file of the workspace",
        )


def _entries(value: Any) -> list[tuple[str, str]]:
    """Every named text inside a list or dict."""
    if isinstance(value, dict):
        plain = ("key", "token")  # alone they are fields of many kinds
        own = [(str(name), item) for name, item in value.items() if isinstance(item, str) and name not in plain]
        return own + [entry for item in value.values() for entry in _entries(item)]
    return [entry for item in value for entry in _entries(item)] if isinstance(value, list) else []


def _descriptions(doc: str) -> dict[str, str]:
    """The entries of a Google-style `Args:` section."""
    found: dict[str, str] = {}
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", doc, re.MULTILINE)
    for line in section.group(1).splitlines() if section else []:
        entry = re.match(r"[ \t]+(\w+)(?: \([^)]*\))?:\s*(.*)", line)
        if entry:
            name = entry.group(1)
            found[name] = entry.group(2)
        elif line.strip() and found:
            found[name] += f" {line.strip()}"
    return found
