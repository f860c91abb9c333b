"""TaoOp: one action of one TAO network, in the words of the release."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tao_kfp import catalog
from tao_kfp.errors import CatalogError, StepError, TaoKfpError
from tao_kfp.ops import scope
from tao_kfp.ops.container_op import ContainerOp, Existing, Path
from tao_kfp.ops.verbs import Text, blame
from tao_kfp.text import RunTimeValue, to_text

# What an op calls a thing, and what TAO's networks call it: the first that an action has is used.
ROLES: Mapping[str, tuple[str, ...]] = {
    "spec": (
        "experiment_spec_file", "experiment_spec", "experiment_spec_path", "experiment_spec_filename",
        "dataset_export_spec", "dataset_spec", "config_path", "inference_spec",
    ),
    "results": ("results_dir", "model_dir"),
    "key": ("key", "enc_key"),
    "gpus": ("gpus",),
    "model": ("model", "model_path", "model_filename", "model_folder_path"),
    "output": (
        "output_file", "output", "output_filename", "output_path", "output_dir", "out_file", "output_folder",
        "out_image_path", "results_dir",
    ),
    "images": ("image_dir", "input", "in_image_path", "image_root_path"),
    "classmap": ("classmap", "class_map"),
}  # fmt: skip

# Flags whose values are paths, by the end of TAO's name for them, and those of them that are written.
_PATH = re.compile(r"(spec|file|path|dir|folders?|filename|csv|root|model|output|classmap|class_map|model_weights)$")
_WRITTEN = re.compile(r"output|out_|results|log_file|cal_cache_file|engine_file")


class Key:
    """Stands in an op's options where the pipeline's TAO key goes."""


@dataclass(frozen=True)
class Reads:
    """Stands in an op's options for a workspace path that the command reads.

    Attributes:
        path: The path; None leaves the option out.
        produced: It must come from an earlier step, unless it is `Existing`: a checkpoint, say.
    """

    path: Path | None
    produced: bool = False


@dataclass(frozen=True)
class Writes:
    """Stands in an op's options for a workspace path that the command writes."""

    path: Path | None


@dataclass(frozen=True)
class IfTaken:
    """Stands in an op's options for a value that is left out where the network's command does not take it."""

    value: Any


class TaoOp(ContainerOp):
    """One action of a TAO network: `classification train`, `detectnet_v2 export`, ...

    The ops (`TrainOp`, `PruneOp`, ...) are short subclasses of it. It looks the action up in the
    catalogue of the pipeline's TAO release, so an unknown network, action or flag is found here.

    Args:
        name: Name of the step.
        network: TAO's name of the network, such as `classification`.
        action: TAO's name of the action, such as `train`.
        options: The command's values in order: a role of `ROLES` or a flag's own name, and a value,
            `Reads(path)`, `Writes(path)`, `Key()` or `IfTaken(value)`. None leaves the flag out; a text
            for a flag that takes a path is joined to the workspace.
        flags: Further flags by name or spelling, such as `{"--use_amp": True}`, read like `options`.
        num_gpus: GPUs of the step, a number or a run parameter of type int.
        image: Image to use instead of the release's.
        reads: Further workspace paths that must be there before.
        writes: Further workspace paths that the step makes.

    Raises:
        CatalogError: The release has no such network, action or flag.
        StepError: A value that the flag does not take, a required flag left out.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        action: str,
        options: Mapping[str, Any],
        flags: Mapping[str, Any] | None = None,
        num_gpus: int | RunTimeValue = 1,
        image: Text | None = None,
        reads: Sequence[Path] = (),
        writes: Sequence[Path] = (),
    ) -> None:
        around = scope.current(self, name)
        super().__init__(
            name,
            image=around.image if image is None else image,
            command=[network],
            arguments=[action],
            reads=reads,
            writes=writes,
        )
        self.is_tao = True
        with blame(self):
            row = catalog.action(around.release, network, action)
            self.needs_gpu = row.gpu
            if image is None and not around.image:
                self.image = row.image
                if not row.confirmed:
                    self.notes.append(
                        f"no published source confirms the image {row.image} for {network} of TAO {row.release}"
                    )
            self._render(row, {**options, **(flags or {})})
            self.set_gpu_limit(num_gpus if row.gpu else 0)
            self.num_gpus = self.gpus

    def _render(self, row: catalog.Action, options: Mapping[str, Any]) -> None:
        given = set()
        for option, value in options.items():
            if isinstance(value, IfTaken):
                if option not in row.flags:
                    continue
                value = value.value
            if value is None or (isinstance(value, (Reads, Writes)) and value.path is None):
                continue
            flag = self._flag(row, option)
            if isinstance(value, (str, RunTimeValue, Existing)) and _PATH.search(flag.name):
                value = Writes(value) if _WRITTEN.search(flag.name) else Reads(value)
            if isinstance(value, (Reads, Writes)):
                value = self._workspace_path(option, value)
            if flag.name in given:
                raise StepError(f"{flag.flags[0]} is given twice", argument=option)
            given.add(flag.name)
            try:
                self.arguments += self._argument(flag, value)
            except TaoKfpError as error:
                raise error.at(argument=option) from None
        missing = [flag for flag in row.flags.values() if flag.required and flag.name not in given]
        if missing:
            raise StepError(
                f"`{row.network} {row.name}` needs {', '.join(f'{flag.flags[0]} ({flag.name})' for flag in missing)}",
                fix=f"give flags={{{missing[0].name!r}: ...}}",
            )

    def _workspace_path(self, option: str, value: Reads | Writes) -> str:
        assert value.path is not None  # such an option was left out before
        path = self.path(value.path, option, produced=isinstance(value, Reads) and value.produced)
        (self.writes if isinstance(value, Writes) else self.reads).append(path)
        return path.text

    def _flag(self, row: catalog.Action, option: str) -> catalog.Flag:
        for name in ROLES.get(option, ()):
            if name in row.flags:
                return row.flags[name]
        if option in ROLES and option not in row.flags:
            raise CatalogError(f"`{row.network} {row.name}` takes no {option} in TAO {row.release}", argument=option)
        return row.flag(option)

    def _argument(self, flag: catalog.Flag, value: Any) -> list[str]:
        if isinstance(value, Key):
            self._add_secret(self._scope.key)
            return [flag.flags[0], self._scope.key.marker]
        if flag.type == "flag":
            if not isinstance(value, bool):
                raise StepError(f"{flag.flags[0]} takes no value, it is there or not", fix="give True or False")
            return [flag.flags[0]] if value else []
        values = list(value) if flag.many and isinstance(value, (list, tuple)) else [value]
        texts = [to_text(item) for item in values]
        for text in texts:
            for example in self._scope.examples(text):
                _check_value(flag, example)
        return [flag.flags[0], *texts]


def _check_value(flag: catalog.Flag, text: str) -> None:
    if flag.choices and text not in flag.choices:
        raise StepError(f"{flag.flags[0]} does not take {text!r}", fix=f"use {', '.join(flag.choices)}")
    convert = {"int": int, "float": float}.get(flag.type)
    try:
        if convert:
            convert(text)
    except ValueError:
        raise StepError(f"{flag.flags[0]} takes {flag.type} and got {text!r}") from None
    if not text or (text.startswith("-") and not convert):
        raise StepError(
            f"{text!r} would be read as another flag or as none", fix="give a value that does not begin with '-'"
        )
