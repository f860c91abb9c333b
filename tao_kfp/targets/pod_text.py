"""Texts of a pod, as both engines hand them to the kubelet.

In command, args and env values the kubelet reads `$(NAME)` as a variable of the container and `$$` as
`$`, wherever they stand (Kubernetes API reference, Container.args; third_party/forked/golang/expansion).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

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
        name = re.match(r"\(([A-Za-z_][A-Za-z0-9_]*)\)", rest)
        if name and name.group(1) in env:
            return "$$" * (count - 1) + "$"
        # A dollar before a run-time value would read that value's first character.
        read = count > 1 or rest.startswith("(") or (before_value and not rest)
        return run.group() * 2 if read else run.group()

    return _DOLLARS.sub(dollars, text)
