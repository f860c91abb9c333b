"""From a configuration class of NVIDIA's to a table of its keys.

TAO's Hydra networks describe their spec file as dataclasses whose fields carry a type, a default and, in their metadata,
a range or the allowed values. Only those facts are read; descriptions are NVIDIA's texts and stay where they are.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import types
import typing
from typing import Any

from omegaconf import MISSING, OmegaConf

SCALARS = {int: "int", float: "float", str: "str", bool: "bool", Any: "any", object: "any", bytes: "str"}


def table(config: type) -> dict[str, dict[str, Any]]:
    """Every key of a configuration class, dotted, with its type, default and constraint.

    Args:
        config: The class that TAO hands to Hydra as the schema.

    Returns:
        One row a key, in NVIDIA's order. `[]` in a key stands for an element of a list, `*` for any key of a dict.
    """
    rows: dict[str, dict[str, Any]] = {}
    _add(rows, config, _defaults(config), "")
    return rows


def _defaults(config: type) -> Any:
    """What the class declares: TAO hands Hydra the class and no instance, so that its `__post_init__` never runs."""
    found = types.SimpleNamespace()
    for field in dataclasses.fields(config):
        if field.default is not dataclasses.MISSING:
            setattr(found, field.name, field.default)
        elif field.default_factory is not dataclasses.MISSING:
            setattr(found, field.name, field.default_factory())
    return found


def _instance(config: type) -> Any:
    try:
        return config()
    except TypeError:  # a field without a default: OmegaConf takes it as missing
        return None


def _add(rows: dict[str, dict[str, Any]], config: type, values: Any, prefix: str) -> None:
    hints = typing.get_type_hints(config)
    for field in dataclasses.fields(config):
        default = getattr(values, field.name, MISSING)
        _add_field(rows, hints[field.name], default, prefix + field.name, dict(field.metadata))


def _add_field(rows: dict[str, dict[str, Any]], hint: Any, default: Any, key: str, metadata: dict[str, Any]) -> None:
    optional, inner = _optional(hint)
    if isinstance(default, type) and dataclasses.is_dataclass(default):
        default = default()
    if dataclasses.is_dataclass(default) and not dataclasses.is_dataclass(inner):
        inner = type(default)  # declared as Any or as a base class
    if isinstance(inner, type) and dataclasses.is_dataclass(inner):
        present = dataclasses.is_dataclass(default)
        rows[key] = {"type": "section"}
        if optional:
            rows[key] = {"type": "section?", "default": {} if present else _plain(default)}
        _add(rows, type(default) if present else inner, default if present else _instance(inner), f"{key}.")
        return
    name, element = _name(inner)
    optional = optional or default is None  # some are declared as text and left at None
    if name == "bool" and default in ("TRUE", "FALSE", "True", "False"):
        default = default.lower() == "true"
    row: dict[str, Any] = {"type": name + "?" * optional, "default": _plain(default)}
    rows[key] = row | _believable(key, row["default"], _constraint(name, metadata))
    if element is not None:
        _add(rows, element[1], _instance(element[1]), f"{key}{element[0]}.")


def _optional(hint: Any) -> tuple[bool, Any]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [arg for arg in typing.get_args(hint) if arg is not type(None)]
        if len(rest) < len(typing.get_args(hint)):
            return True, rest[0] if len(rest) == 1 else typing.Union[tuple(rest)]
    return hint in (Any, object), hint


def _name(hint: Any) -> tuple[str, tuple[str, type] | None]:
    """The type as text, and the class of the elements where they are sections."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint in SCALARS:
        return SCALARS[hint], None
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return "str", None
    if origin in (typing.Union, types.UnionType):
        return "|".join(_name(arg)[0] for arg in args), None
    if origin is typing.Literal:
        return "str", None
    if hint in (list, tuple) or origin in (list, tuple, collections.abc.Sequence):
        return _container("[", "]", args[0] if args else Any, "[]")
    if hint is dict or origin in (dict, collections.abc.Mapping):
        return _container("{", "}", args[1] if args else Any, ".*")
    raise TypeError(f"{hint!r} has no name")


def _container(opening: str, closing: str, hint: Any, path: str) -> tuple[str, tuple[str, type] | None]:
    optional, inner = _optional(hint)
    if isinstance(inner, type) and dataclasses.is_dataclass(inner):
        return f"{opening}section{closing}", (path, inner)
    return f"{opening}{_name(inner)[0]}{'?' * (optional and inner is not Any)}{closing}", None


def _plain(value: Any) -> Any:
    """A default as JSON can hold it."""
    if dataclasses.is_dataclass(value) or isinstance(value, (list, tuple, dict)):
        try:
            return OmegaConf.to_container(OmegaConf.create(value), enum_to_str=True)
        except Exception:
            return list(value) if isinstance(value, tuple) else value
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"inf": ".inf", "-inf": "-.inf"}.get(str(value), ".nan")
    return value


# Values that NVIDIA's own spec files use, beyond what the metadata of the key allows (NVIDIA/tao_tutorials, read 2026-11-21):
# classification_tf2/byom_voc/specs/spec.yaml, re_identification_net/specs/experiment_market1501_swin.yaml.
_ALSO = {("model.backbone", "efficientnet-b0"): ["byom"]}
_NO_LARGEST = ("train.optim.bias_lr_factor",)


def _believable(key: str, default: Any, found: dict[str, Any]) -> dict[str, Any]:
    """A constraint without what NVIDIA's own values break: TAO does not enforce it, its API's forms do."""
    number = isinstance(default, (int, float)) and not isinstance(default, bool)
    if found.get("min") == found.get("max") or key.endswith(
        "opset_version"
    ):  # a range of one value is none; older opsets work
        found.pop("min", None)
        found.pop("max", None)
    if number and default < found.get("min", default):
        del found["min"]
    if (number and default > found.get("max", default)) or key in _NO_LARGEST:
        found.pop("max", None)
    if key.endswith("batch_size") and "min" in found:
        found["min"] = min(found["min"], -1)  # stands for a batch of any size, in every export spec
    options = found.get("options", [])
    beyond = default not in (None, "", MISSING) and str(default).lower() not in [
        str(option).lower() for option in options
    ]
    if beyond or len(options) == 1:  # a choice of one value is none
        found.pop("options", None)
    elif options:
        found["options"] = options + _ALSO.get((key, str(options[0])), [])
    return found


def _constraint(name: str, metadata: dict[str, Any]) -> dict[str, Any]:
    """The range or the allowed values of a number or a text; a list's are about its length, and left out."""
    found: dict[str, Any] = {}
    if name in ("int", "float"):
        for bound in ("min", "max"):
            value = metadata.get(f"valid_{bound}")
            if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) != float("inf"):
                found[bound] = value
    options = metadata.get("valid_options")
    if name in ("int", "float", "str") and options not in (None, "", [], ()):
        texts = [text.strip() for text in options.split(",")] if isinstance(options, str) else list(options)
        convert = {"int": int, "float": float, "str": str}[name]
        found["options"] = [convert(text) for text in texts if text != ""]
    return found
