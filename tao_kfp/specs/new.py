"""Writes the default spec of a release, network and action, with what each key takes beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tao_kfp.catalog import MISSING, Action, Key
from tao_kfp.specs.check_yaml import relevant
from tao_kfp.specs.values import incomplete, parse_type
from tao_kfp.specs.yaml_text import flow

HEADER = "# tao-kfp: "


def default_spec(action: Action, keys: Mapping[str, Key], *, whole: bool = False, schema: str = "") -> str:
    """The default spec as NVIDIA's configuration has it, as YAML.

    Args:
        action: The command that will read it.
        keys: The keys it has.
        whole: Write the sections of the network's other actions, too.
        schema: Path of a JSON Schema, for editors.
    """
    lines = [
        f"{HEADER}{action.network} {action.name}, TAO {action.release}"
        + (f", {action.group}" if action.group != "model" else "")
    ]
    if schema:
        lines.append(f"# yaml-language-server: $schema={schema}")
    lines.append(
        f"# The defaults of {action.image.rsplit('/', 1)[-1]}; {MISSING} stands where a value is needed, here or from the op."
    )
    wanted = {
        name: key
        for name, key in keys.items()
        if "[]" not in name and "*" not in name and (whole or relevant(name, action)) and not _below_null(name, keys)
    }
    lines += _lines(wanted)
    return "\n".join(lines) + "\n"


def _below_null(name: str, keys: Mapping[str, Key]) -> bool:
    """Whether a key is in a section that is null by default."""
    parts = name.split(".")
    above = (keys.get(".".join(parts[:depth])) for depth in range(1, len(parts)))
    return any(key is not None and key.type == "section?" and key.default is None for key in above)


def _lines(keys: Mapping[str, Key]) -> Iterator[str]:
    for name, key in keys.items():
        depth = name.count(".")
        last = name.rpartition(".")[2]
        indent = "  " * depth
        if parse_type(key.type).kind == "section":
            has_keys = any(other.startswith(f"{name}.") for other in keys)
            yield f"{indent}{last}:" + ("" if has_keys else " null" if key.type.endswith("?") else " {}")
        else:
            yield f"{indent}{last}: {_value(key.default)}{_comment(key)}"


def _value(default: Any) -> str:
    return flow(_numbered(default), "") if default != MISSING else MISSING


def _numbered(default: Any) -> Any:
    """A default with the numbers that are keys in it, such as sizes: JSON has them as texts, and TAO has no texts of digits."""
    if isinstance(default, list):
        return [_numbered(item) for item in default]
    if isinstance(default, dict):
        return {int(key) if key.isdecimal() else key: _numbered(item) for key, item in default.items()}
    return default


def _comment(key: Key) -> str:
    words = []
    if key.options:
        listed = ", ".join(map(str, key.options[:8]))
        words.append(f"one of {listed}" + (", ..." if len(key.options) > 8 or incomplete(key) else ""))
    elif key.min is not None or key.max is not None:
        words += [f"{word} {bound:g}" for word, bound in (("from", key.min), ("to", key.max)) if bound is not None]
    elif key.default in (None, MISSING):
        words.append(key.type.removesuffix("?"))
    return f"  # {' '.join(words)}" if words else ""
