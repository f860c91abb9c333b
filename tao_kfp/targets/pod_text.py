"""Texts of a pod, as both engines hand them to the kubelet.

In command, args and env values the kubelet reads `$(NAME)` as a variable of the container and `$$` as
`$`, wherever they stand (Kubernetes API reference, Container.args; third_party/forked/golang/expansion).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from tao_kfp.errors import TargetError
from tao_kfp.text import Ref, split

_DOLLARS = re.compile(r"\$+")


def pod_text(text: str, env: Collection[str], value: Callable[[Ref], str]) -> str:
    """Write a text so that it arrives as the author wrote it.

    Args:
        text: The text, with its run-time values.
        env: The step's environment variables: `$(NAME)` of one of them stays a reference.
        value: Writes a parameter or an output for the engine.

    Returns:
        The text with only those dollars doubled that the kubelet would otherwise read.
    """
    written = []
    pieces = split(text)
    for at, piece in enumerate(pieces):
        if isinstance(piece, Ref):
            written.append(f"$({piece.name})" if piece.kind == "env" else value(piece))
        else:
            written.append(_literal(piece, env, before_value=at + 1 < len(pieces)))
    return "".join(written)


def _literal(text: str, env: Collection[str], *, before_value: bool) -> str:
    def dollars(run: re.Match[str]) -> str:
        count = len(run.group())
        rest = text[run.end() :]
        name = re.match(r"\(([A-Za-z0-9_.-]+)\)", rest)
        if name and name.group(1) in env:
            return "$$" * (count - 1) + "$"
        # A dollar before a run-time value would read that value's first character.
        read = count > 1 or rest.startswith("(") or (before_value and not rest)
        return run.group() * 2 if read else run.group()

    return _DOLLARS.sub(dollars, text)


def refuse_braces(text: str, what: str, engine: str, step: str = "") -> None:
    """Refuse a text in which an engine would read a value of its own: `{{...}}`.

    A single brace before a run-time value would make two of the engine's own.

    Raises:
        TargetError: It would.
    """
    pieces = split(text)
    for at, piece in enumerate(pieces):
        before_value = at + 1 < len(pieces)
        if isinstance(piece, str) and ("{{" in piece or (before_value and piece.endswith("{"))):
            start = piece.find("{{")
            around = piece[max(0, start - 10) :][:40] if start >= 0 else piece[-20:]
            raise TargetError(
                f"{what} holds '{{{{', which {engine} reads as one of its own values: {around!r}"
                if start >= 0
                else f"{what} holds '{{' before a run-time value, which {engine} reads as '{{{{': {around!r}",
                fix="put the text into a file of the workspace, or write the braces apart",
                step=step,
            )
