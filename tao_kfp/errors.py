"""The one family of errors: what is wrong, where, and what to do.

The library raises them; the command line prints one line and exits with `exit_code`.
"""

from __future__ import annotations

import sys
from types import TracebackType


class TaoKfpError(Exception):
    """A mistake that the person at the keyboard can mend.

    Args:
        what: What is wrong, as the middle of a sentence: no capital, no full stop.
        fix: What to do about it.
        pipeline: Name of the pipeline, where known.
        step: Name of the step, where known.
        argument: Name of the argument, where known.
        where: `file:line` of the code that asked for it, where known.
    """

    exit_code = 2

    def __init__(
        self,
        what: str,
        *,
        fix: str = "",
        pipeline: str = "",
        step: str = "",
        argument: str = "",
        where: str = "",
    ) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix
        self.pipeline = pipeline
        self.step = step
        self.argument = argument
        self.where = where

    def at(self, *, pipeline: str = "", step: str = "", argument: str = "", where: str = "") -> TaoKfpError:
        """Fill in the places that are still unknown, and return the same error."""
        self.pipeline = self.pipeline or pipeline
        self.step = self.step or step
        self.argument = self.argument or argument
        self.where = self.where or where
        return self

    def __str__(self) -> str:
        places = [
            f"{label} {value!r}"
            for label, value in (("pipeline", self.pipeline), ("step", self.step), ("argument", self.argument))
            if value
        ]
        if self.where:
            places.append(self.where)
        text = self.what
        if places:
            text = f"{', '.join(places)}: {text}"
        if self.fix:
            text = f"{text}; {self.fix}"
        # One line, and no marker of a run parameter's place: `{name}` is left of it.
        return " ".join(text.replace("\0", "").replace("\\x00", "").split())


class PipelineError(TaoKfpError):
    """The graph is wrong: a name twice, a cycle, a step that does not belong to it."""


class ParameterError(TaoKfpError):
    """A run parameter is declared, set or used in a way that cannot work."""


class StepError(TaoKfpError):
    """A step is wrong in itself: a path, a flag, a quantity, a volume."""


class CatalogError(TaoKfpError):
    """TAO has no such release, network, action or flag."""


class WorkspaceError(TaoKfpError):
    """The shared workspace cannot be mounted as it is described."""


class SecretError(TaoKfpError):
    """A key would end up where people can read it."""


class TargetError(TaoKfpError):
    """What the pipeline asks for does not exist on the chosen engine."""


class SpecError(TaoKfpError):
    """A spec file that TAO would refuse, or read otherwise than it was meant."""


class PluginError(TaoKfpError):
    """What an installed plug-in gives cannot be used: it is broken, or several packages give the same name."""


class ModelError(TaoKfpError):
    """A model on NGC is named wrongly, cannot be had, or has no room here."""


class UsageError(TaoKfpError):
    """A command line or a file name that cannot be understood."""


def print_uncaught_in_one_line() -> None:
    """Let a script that ends with a `TaoKfpError` say so in one line and exit 2.

    `python tao_pipeline.py` is a command for its user, who should not meet a traceback for a
    mistake of their own. Every other exception keeps the hook that was there before.
    """
    previous = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, TaoKfpError):
            print(f"error: {error}", file=sys.stderr)
            raise SystemExit(error.exit_code)
        previous(kind, error, trace)

    sys.excepthook = hook
