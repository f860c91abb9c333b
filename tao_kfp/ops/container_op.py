"""ContainerOp: one container as a pipeline step."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any, Union

from tao_kfp import names, workspace
from tao_kfp.errors import PipelineError, StepError, TaoKfpError
from tao_kfp.ops import scope
from tao_kfp.ops.step import WorkspacePath
from tao_kfp.ops.verbs import Op, Text, Verbs, blame
from tao_kfp.secrets import SecretKey
from tao_kfp.text import Ref, RunTimeValue, render, to_text

_FILE = re.compile(r"/[\w./+-]+")
_OUTPUT = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class Existing:
    """A workspace path that is there before the run, so that no step needs to write it.

    `tao.EvaluateOp(..., model=tao.Existing("models/mine.tlt"))`
    """

    def __init__(self, path: Text) -> None:
        self.path = path

    def __str__(self) -> str:
        return to_text(self.path)


Path = Union[Text, Existing]


class Output(RunTimeValue):
    """The value that a step leaves in one of its output files; use it in a later step's text."""

    def __init__(self, step: str, name: str) -> None:
        self._ref = Ref("output", name, step)

    @property
    def ref(self) -> Ref:
        """The step and the output's name."""
        return self._ref


class ContainerOp(Verbs):
    """One container as a pipeline step.

    Everything but the name is given by keyword. Values may be text, numbers, run parameters and
    outputs of other steps. The workspace is mounted on every op; nothing needs to be added for it.

    Args:
        name: Name of the step, unique in the pipeline; `Download Data` becomes `download-data`.
        image: Container image.
        command: The program, one text or a list.
        arguments: Its arguments, one text or a list. `$(NAME)` stands for a variable of the step's
            environment, as in Kubernetes; any other text arrives as written.
        file_outputs: Output values: a name and the file in the container that will hold it.
        reads: Workspace paths that must be there before the step runs.
        writes: Workspace paths that the step makes, so that later steps may read them.

    Raises:
        TaoKfpError: A wrong name, value, path or output; an op made outside a pipeline.
    """

    def __init__(
        self,
        name: str,
        *,
        image: Text,
        command: Text | Sequence[Any] = (),
        arguments: Text | Sequence[Any] = (),
        file_outputs: Mapping[str, str] | None = None,
        reads: Path | Sequence[Path] = (),
        writes: Path | Sequence[Path] = (),
    ) -> None:
        where = scope.made_at(self)
        try:
            self._scope = scope.current(self, name)
            super().__init__(name=names.identifier(name, "step"), where=where)
            self.display_name = name if name != self.name else ""
            self.image = to_text(image)
            if isinstance(command, Mapping) or isinstance(arguments, Mapping):
                raise StepError("a command is words, and not a dict", fix="give a text or a list of texts")
            self.command = self._texts(command, "command")
            if self.command[:1] == [""]:
                raise StepError("the command is empty", fix="name the program", argument="command")
            self.arguments = self._texts(arguments, "arguments")
            for output, path in (file_outputs or {}).items():
                self._add_output(output, path)
            self.reads += [self.path(path, "reads") for path in _listed(reads)]
            self.writes += [self.path(path, "writes") for path in _listed(writes)]
            self._scope.add(self)
        except TaoKfpError as error:
            raise error.at(step=str(name), where=where) from error.__cause__

    def after(self: Op, *ops: ContainerOp) -> Op:
        """Run only when these ops have succeeded."""
        for op in ops:
            if not isinstance(op, ContainerOp):
                raise self._error(f".after() got {op!r}", fix="give the op itself, as in .after(pull)")
            if op._scope is not self._scope:
                raise PipelineError(f"it comes after {op.name!r} of another pipeline", step=self.name, where=self.where)
            if op is self:
                raise PipelineError("it comes after itself", step=self.name, where=self.where)
            if op.name not in self.depends_on:
                self.depends_on.append(op.name)
        return self

    def path(self, path: Path, argument: str, *, produced: bool = False) -> WorkspacePath:
        """Join a path to the workspace's mount path, once.

        Args:
            path: Relative to the workspace (or absolute below its mount path).
            argument: Name of the op's argument, for messages.
            produced: An earlier step of the pipeline must write it, unless it is `Existing`.

        Raises:
            StepError: It is empty, or outside the workspace.
        """
        existing = isinstance(path, Existing)
        text = to_text(path.path if isinstance(path, Existing) else path)
        mount = self._scope.mount
        if text == mount or text.startswith(f"{mount}/"):  # as in f"{tao_mount_dir}/specs", with a run parameter
            text = text[len(mount) :].lstrip("/") or "."
        base = self._scope.examples(mount)[0].rstrip("/")
        relatives = []
        for example in self._scope.examples(text) or [render(text, lambda ref: ref.name)]:
            try:
                relatives.append(workspace.inside(example, base))
            except StepError as error:
                raise error.at(step=self.name, argument=argument, where=self.where) from None
            if example.startswith("/") and not text.startswith("/"):
                raise StepError(
                    f"the run parameter in it has the absolute default {example!r}, but paths are joined to the workspace",
                    fix=f"make the text {relatives[-1]!r}, or give a parameter that holds the mount path the type tao.MountPath",
                    step=self.name,
                    argument=argument,
                    where=self.where,
                )
        if text.startswith("/"):
            text = text[len(base) :].lstrip("/")
        joined = f"{mount.rstrip('/')}/{text}".rstrip("/") if text not in ("", ".") else mount
        return WorkspacePath(joined, posixpath.normpath(relatives[0]), argument, produced and not existing)

    @property
    def outputs(self) -> Mapping[str, Output]:
        """The step's outputs by name, to be used in a later step."""
        return {name: Output(self.name, name) for name in self.output_files}

    @property
    def output(self) -> Output:
        """The step's only output.

        Raises:
            StepError: It has none, or several.
        """
        if len(self.output_files) != 1:
            raise self._error(
                f".output needs exactly one output, and it has {len(self.output_files)}",
                fix="use .outputs['NAME']"
                if self.output_files
                else "name its files with file_outputs={...}; to order steps, give the op itself",
            )
        return Output(self.name, next(iter(self.output_files)))

    def check_examples(self, value: Any, argument: str, pattern: str, what: str) -> None:
        """Refuse a value that is wrong, or that its run parameter can make wrong.

        Args:
            value: The value, as the op's author gave it.
            argument: Name of the op's argument, for the message.
            pattern: Regular expression that the whole text must match.
            what: What is wanted, as in `give a whole number from 1`.

        Raises:
            StepError: It does not match.
        """
        with blame(self, argument):
            for example in self._scope.examples(to_text(value)):
                if not re.fullmatch(pattern, example):
                    raise StepError(f"{example!r} is no {argument}", fix=what)

    # Inside ------------------------------------------------------------------------------------

    def _texts(self, value: Any, argument: str) -> list[str]:
        items = value if isinstance(value, (list, tuple)) else [value]
        texts = []
        for item in items:
            if isinstance(item, SecretKey):
                self._add_secret(item)
            with blame(self, argument):
                texts.append(to_text(item))
        return texts

    def _add_output(self, name: str, path: str) -> None:
        if not isinstance(name, str) or not _OUTPUT.fullmatch(name):
            raise StepError(
                f"{name!r} cannot be the name of an output",
                fix="use letters, digits, '_' and '-'",
                argument="file_outputs",
            )
        if not isinstance(path, str) or not _FILE.fullmatch(path):
            raise StepError(
                f"the output {name!r} has the path {path!r}",
                fix="give a fixed absolute path in the container, as in '/tmp/value.txt'",
                argument="file_outputs",
            )
        self.output_files[name] = path


def _listed(paths: Any) -> Sequence[Any]:
    """Several paths, or a single one."""
    return paths if isinstance(paths, (list, tuple)) else [paths]
