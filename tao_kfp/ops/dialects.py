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
_HYDRA_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.([A-Za-z_][A-Za-z0-9_-]*|0|[1-9][0-9]*))*")
_HYDRA_KEY = re.compile(r"[A-Za-z0-9_/\\+.$%*@?|()\[\]{}:=, -]+")
_HYDRA_ESCAPED = re.compile(r"[\\()\[\]{}:=, ]")
_INTERPOLATION = re.compile(r"\$\{[^'\"\\{}]*\}")

# TAO looks for these anywhere in its arguments, and reads what follows as a number, before Hydra sees them.
_LOOKED_FOR = re.compile(r"num_gpus(?![\w.]*\})|gpu_ids|gpu_id=|num_nodes|cuda_blocking")
_READ_EARLY = ("num_gpus", "gpu_ids", "gpu_id", "num_nodes", "cuda_blocking")


def reader(action: Action) -> str:
    """Which reader splits the action's arguments again: `shlex` or `bash`."""
    pasted = action.dialect == "argparse" or action.group == "deploy" or action.network.endswith("_tf2")
    return "bash" if pasted or action.network == "augmentation" else "shlex"


def flag_value(action: Action, text: str, argument: str, *, raw: bool = False, hydra: bool = False) -> str:
    """The value of a flag.

    Args:
        action: The command.
        text: The value; it may hold run-time values.
        argument: Name of the op's argument, for the message.
        raw: The command uses the text itself before it passes it on, so that no quotes can stand around it.
        hydra: The command makes `key=value` of it.

    Raises:
        StepError: TAO would read the value otherwise, and nothing can be done about it.
    """
    literal = _without_refs(text)
    # Brackets are file names to bash, too.
    plain = _PLAIN[reader(action)].fullmatch(literal) and not (
        reader(action) == "bash" and re.search(r"[\[\]]", literal)
    )
    if plain and (not hydra or _is_plain_to_hydra(literal)):
        return text
    if raw or refs(text):
        raise StepError(
            f"TAO would split or expand {text!r}", fix="use letters, digits and '-_./' only", argument=argument
        )
    return _quote(reader(action), _hydra(text, text_wanted=True) if hydra else text)


def check_filled_in(text: str) -> None:
    """Refuse a text of a run parameter that ends the quotes around it, wherever the command has it.

    Raises:
        StepError: It has quotes, or a backslash before the one that follows it.
    """
    if re.search(r"['\"]|\\\Z", text):
        raise StepError(
            f"TAO would end the value {text!r} at its quotes",
            fix="give a run parameter no quotes, and no '\\' at the end",
        )


def override(action: Action, key: str, value: Any) -> str:
    """One `key=value` for Hydra, quoted for every reader on its way.

    Raises:
        StepError: The key, or one of a dict, is of a form that Hydra does not read.
    """
    row = (action.keys or {}).get(key)
    if not _HYDRA_NAME.fullmatch(key):
        raise StepError(f"the key {key!r} cannot stand in a command", fix="write it in the spec file")
    if isinstance(value, Mapping) and row is not None and row.default is None and row.type != "any?":
        raise StepError("a command cannot fill what is null by default", fix="write the mapping in the spec file")
    text = _hydra(value, text_wanted=_holds_text(action, key))
    name = f"++{key}" if _may_be_new(action, key, value) else key
    found = _LOOKED_FOR.search(text)
    if found:
        raise StepError(
            f"TAO would take the {found[0]!r} in its value for its own", fix="write the value in another way"
        )
    if not refs(text):
        return f"{name}={text if _PLAIN[reader(action)].fullmatch(text) else _quote(reader(action), text)}"
    if isinstance(value, RunTimeValue) and key.rpartition(".")[2] in _READ_EARLY:
        return f"{name}={text}"
    return f"{name}={_quote(reader(action), text)}"


def _may_be_new(action: Action, key: str, value: Any) -> bool:
    """Whether a key of a mapping is set, where Hydra takes `key=value` for one that is there and `++key=value` for any."""
    return action.keys is not None and (key not in action.keys or isinstance(value, Mapping))


def _holds_text(action: Action, key: str) -> bool:
    """Whether a key, or an element of it, may be a text."""
    row = (action.keys or {}).get(key)
    return row is None or row.type.strip("[]{}?") not in ("int", "float", "bool")


def _without_refs(text: str) -> str:
    return re.sub("\0\\{[^\0{}]+\\}\0", "", text)


def _quote(split_by: str, text: str) -> str:
    quoted = shlex.quote(text)
    # Inside bash -c '...' a quote first ends that one.
    return quoted.replace("'", "'\\''") if split_by == "bash" else quoted


def _hydra(value: Any, *, text_wanted: bool) -> str:
    """A value in the grammar of Hydra's overrides, without blanks."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        pairs = (f"{_hydra_key(key)}:{_hydra(item, text_wanted=True)}" for key, item in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(_hydra(item, text_wanted=text_wanted or isinstance(item, str)) for item in value) + "]"
    text = to_text(value)
    if not isinstance(value, (str, RunTimeValue)) or (isinstance(value, RunTimeValue) and not text_wanted):
        return text
    if (not text_wanted and "${" not in text) or _is_plain_to_hydra(text) or _INTERPOLATION.fullmatch(text):
        return text
    # In a quoted text only a quote, and backslashes before one, are special.
    return '"' + re.sub(r'(\\*)(")', lambda found: found[1] * 2 + r"\"", text) + ("\\" * _ending(text)) + '"'


def _is_plain_to_hydra(text: str) -> bool:
    """Whether Hydra reads a text without quotes as this text."""
    return bool(_HYDRA_PLAIN.fullmatch(text)) and not _HYDRA_WORDS.fullmatch(text) and not _is_number(text)


def _hydra_key(key: Any) -> str:
    """A key of a dict in the grammar of Hydra's overrides, which has no quotes there.

    Raises:
        StepError: The grammar cannot write it.
    """
    text = to_text(key)
    if isinstance(key, str) and (not _HYDRA_KEY.fullmatch(text) or _HYDRA_WORDS.fullmatch(text) or _is_number(text)):
        raise StepError(f"the key {key!r} of a dict cannot stand in a command", fix="write the dict in the spec file")
    return _HYDRA_ESCAPED.sub(r"\\\g<0>", text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _ending(text: str) -> int:
    return len(text) - len(text.rstrip("\\"))
