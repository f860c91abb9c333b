"""The pipeline that is being built: what an op must know of it, and nothing more.

Ops never import the builder. Whoever collects them (the builder, or a test) enters a scope.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from tao_kfp.catalog import Catalog
from tao_kfp.errors import PipelineError
from tao_kfp.secrets import SecretKey

if TYPE_CHECKING:
    from tao_kfp.ops.container_op import ContainerOp


class Scope(Protocol):
    """What an op asks the pipeline around it."""

    catalog: Catalog
    release: str
    image: str
    pull_image: str
    key: SecretKey
    ngc_key: SecretKey

    @property
    def mount(self) -> str:
        """Mount path of the workspace as text; it may hold a run parameter."""

    def examples(self, text: str) -> list[str]:
        """The text with its run parameters filled in: with their defaults first, then with each choice.

        Empty for a text that holds a step's output.
        """

    def add(self, op: ContainerOp) -> None:
        """Take the op into the pipeline."""


_current: ContextVar[Scope | None] = ContextVar("tao_kfp_scope", default=None)


def current(op: object, name: str) -> Scope:
    """The pipeline being built.

    Args:
        op: The op that asks, for the message.
        name: Its name.

    Raises:
        PipelineError: There is none.
    """
    scope = _current.get()
    if scope is None:
        raise PipelineError(
            f"{type(op).__name__}({name!r}) is made outside a pipeline",
            fix="make it inside a function decorated with @tao.pipeline(...)",
            where=made_at(op),
        )
    return scope


def made_at(op: object) -> str:
    """`file:line` of the code that makes the op, past the `__init__` of its own classes."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_locals.get("op", frame.f_locals.get("self")) is op:
        frame = frame.f_back
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


@contextmanager
def entered(scope: Scope) -> Iterator[None]:
    """Make `scope` the current one for the body of a `with`."""
    token = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(token)
