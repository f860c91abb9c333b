"""How a value is written so that TAO reads it back as it was meant.

TAO's entry points join their arguments with blanks and split them anew: the PyTorch and data services images as a shell
would split (`shlex`), the TF1, TF2 and deploy images inside `bash -c '...'`, which also expands `$`, globs and braces. Then
Hydra reads `key=value` with a grammar of its own. Each layer here undoes one of those.
Source: the entry points of nvidia-tao-pytorch and nvidia-tao-deploy 7.1.0, nvidia-tao-ds 7.1.0, tao_tensorflow1_backend 5.0.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from tao_kfp.catalog import Action
from tao_kfp.errors import StepError
from tao_kfp.text import RunTimeValue, refs, to_text

# What each reader takes as it is. Everything else is quoted. Brackets stay, for TAO reads `gpu_ids=[0,1]` before it splits.
_PLAIN = {
    "shlex": re.compile(r"[^\s'\"\\]*"),
    "bash": re.compile(r"[A-Za-z0-9_@%+=:,./\[\]-]*"),
}
_HYDRA_PLAIN = re.compile(r"[A-Za-z_/.$][A-Za-z0-9_/.@%+$:-]*")
_HYDRA_WORDS = re.compile(r"(?i)true|false|null|nan|[+-]?inf")
_INTERPOLATION = re.compile(r"\$\{[^'\"\\{}]*\}")


def reader(action: Action) -> str:
    """Which reader splits the action's arguments again: `shlex` or `bash`."""
    pasted = action.dialect == "argparse" or action.group == "deploy" or action.network.endswith("_tf2")
    return "bash" if pasted or action.network == "augmentation" else "shlex"


def flag_value(action: Action, text: str, argument: str, *, raw: bool = False) -> str:
    """The value of a flag.

    Args:
        action: The command.
        text: The value; it may hold run-time values.
        argument: Name of the op's argument, for the message.
        raw: The command uses the text itself before it passes it on, so that no quotes can stand around it.

    Raises:
        StepError: TAO would read the value otherwise, and nothing can be done about it.
    """
    if _PLAIN[reader(action)].fullmatch(_without_refs(text)):
        return text
    if raw or refs(text):
        raise StepError(
            f"TAO would split or expand {text!r}", fix="use letters, digits and '-_./' only", argument=argument
        )
    return _quote(reader(action), text)


def override(action: Action, key: str, value: Any) -> str:
    """One `key=value` for Hydra, quoted for every reader on its way."""
    text = _hydra(value, text_wanted=_holds_text(action, key))
    if not refs(text):
        return f"{key}={text if _PLAIN[reader(action)].fullmatch(text) else _quote(reader(action), text)}"
    if isinstance(value, RunTimeValue) and not _holds_text(action, key):
        return f"{key}={text}"
    return f"{key}={_quote(reader(action), text)}"


def _holds_text(action: Action, key: str) -> bool:
    row = (action.keys or {}).get(key)
    return row is None or row.type.rstrip("?") not in ("int", "float", "bool")


def _without_refs(text: str) -> str:
    return re.sub("\0\\{[^\0{}]+\\}\0", "", text)


def _quote(split_by: str, text: str) -> str:
    quoted = shlex.quote(text) if not refs(text) else f"'{text}'"
    # Inside bash -c '...' a quote first ends that one.
    return quoted.replace("'", "'\\''") if split_by == "bash" else quoted


def _hydra(value: Any, *, text_wanted: bool) -> str:
    """A value in the grammar of Hydra's overrides, without blanks."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        pairs = (
            f"{_hydra(str(key), text_wanted=True)}:{_hydra(item, text_wanted=True)}" for key, item in value.items()
        )
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(_hydra(item, text_wanted=isinstance(item, str)) for item in value) + "]"
    text = to_text(value)
    if not isinstance(value, (str, RunTimeValue)) or (isinstance(value, RunTimeValue) and not text_wanted):
        return text
    if not text_wanted or (_HYDRA_PLAIN.fullmatch(text) and not _HYDRA_WORDS.fullmatch(text)):
        return text
    if _INTERPOLATION.fullmatch(text):
        return text
    # In a quoted text only a quote, and backslashes before one, are special.
    return '"' + re.sub(r'(\\*)(")', lambda found: found[1] * 2 + r"\"", text) + ("\\" * _ending(text)) + '"'


def _ending(text: str) -> int:
    return len(text) - len(text.rstrip("\\"))
