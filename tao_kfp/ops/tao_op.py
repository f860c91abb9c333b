"""TaoOp: one action of one TAO network, in the words of the release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tao_kfp import catalog, secrets
from tao_kfp.errors import StepError, TaoKfpError
from tao_kfp.ops import dialects, scope
from tao_kfp.ops.container_op import ContainerOp, Existing, Path
from tao_kfp.ops.naming import MIXED_FLAGS, SPEC_FLAG, name_of, path_kind, shown, target_of
from tao_kfp.ops.step import SpecUse
from tao_kfp.ops.verbs import Text, blame
from tao_kfp.secrets import SecretKey
from tao_kfp.specs import values
from tao_kfp.text import Ref, RunTimeValue, refs, to_text

# What a command uses itself before it passes it on, so that no quotes can stand around it.
_RAW_FLAGS = ("log_file",)


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
    """One action of a TAO network: `dino train`, `detectnet_v2 export`, `annotations convert`, ...

    The ops (`TrainOp`, `PruneOp`, ...) are short subclasses of it; an action without one is called by this op.
    It looks the action up in the catalogue of the pipeline's TAO release, so an unknown network, action, flag
    or key is found here, and writes the command in that release's dialect: flags (TF1), flags and `key=value`
    (PyTorch 5.0 to 5.3), or a spec file and `key=value` (all others).

    Args:
        name: Name of the step.
        network: TAO's name of the network, such as `dino`.
        action: TAO's name of the action, such as `train`.
        options: The command's values in order: a role (`spec`, `results`, `model`, `output`, `engine`, ...), a
            flag's or key's own name, and a value, `Reads(path)`, `Writes(path)`, `Key()` or `IfTaken(value)`.
            None leaves it out; a text for a flag or key that holds a path is joined to the workspace.
        flags: Further flags by name or spelling, such as `{"--use_amp": True}`, or keys of the spec file,
            such as `{"train.num_epochs": 20}`, read like `options`.
        num_gpus: GPUs of the step, a number or a run parameter of type int; the command is told the same.
        image: Image to use instead of the release's.
        group: The launcher's word for the kind of command: `model`, `dataset` or `deploy`. Default: the first
            of these that has the action.
        reads: Further workspace paths that must be there before.
        writes: Further workspace paths that the step makes.

    Raises:
        CatalogError: The release has no such network, action, flag or key.
        StepError: A value that the flag or key does not take, a required flag left out.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        action: str,
        options: Mapping[str, Any] | None = None,
        flags: Mapping[str, Any] | None = None,
        num_gpus: int | RunTimeValue = 1,
        image: Text | None = None,
        group: str | None = None,
        reads: Path | Sequence[Path] = (),
        writes: Path | Sequence[Path] = (),
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
            self._row = row = around.catalog.action(around.release, network, action, group)
            self.needs_gpu = row.gpu
            if image is None and not around.image:
                self.image = row.image
                if row.unconfirmed:
                    self.notes.append(
                        f"no published source confirms all of `{network} {action}` in TAO {row.release}: {row.unconfirmed}"
                    )
            own = {option: value for option, value in (options or {}).items() if self._belongs(option, value)}
            self._render({**own, **(flags or {})}, num_gpus)
            self.set_gpu_limit(num_gpus if row.gpu else 0)
            self.num_gpus = self.gpus

    def _belongs(self, option: str, value: Any) -> bool:
        """Whether an op's own option is for this network: its `IfTaken` may not be, nor its key.

        Commands that read a spec file train without encryption unless they are given a key, which they leave in
        clear in the results folder: so they get it only when the pipeline's author says so, in `flags`.
        """
        row = self._row
        unknown = row.dialect != "argparse" and row.keys is None and option not in row.roles
        if (unknown and option == "gpus") or (
            isinstance(value, IfTaken) and (unknown or name_of(self._row, option) is None)
        ):
            return False
        return self._row.dialect != "hydra" or not isinstance(getattr(value, "value", value), Key)

    def _render(self, options: Mapping[str, Any], num_gpus: int | RunTimeValue) -> None:
        given = set()
        overrides = {}
        self._check_gpus(options, num_gpus)
        options = {**options, **self._gpu_options(options, num_gpus)}
        for option, value in sorted(options.items(), key=self._order):
            value = value.value if isinstance(value, IfTaken) else value
            if value is None or (isinstance(value, (Reads, Writes)) and value.path is None):
                continue
            target = target_of(self._row, option)
            if target.name == SPEC_FLAG and not isinstance(value, Reads):
                value = Reads(value)
            value = self._placed(target, option, value)
            if target.name in given:
                raise StepError(f"{shown(target)} is given twice", argument=option)
            given.add(target.name)
            try:
                words = self._words(target, option, value)
            except TaoKfpError as error:
                raise error.at(argument=option) from None
            self.arguments += words
            if isinstance(target, catalog.Key):
                overrides[target.name] = value
        self._check_complete(given)
        if self._row.dialect != "argparse" and self.spec is not None:
            self.spec.overrides.update(overrides)

    def _order(self, option: tuple[str, Any]) -> int:
        """Flags stand as the op gave them; before `key=value` stands the spec file, then the flags of 5.0 to 5.3."""
        first = ("spec", *MIXED_FLAGS) if self._row.dialect == "mixed" else ("spec", "results")
        return first.index(option[0]) if self._row.dialect != "argparse" and option[0] in first else len(first)

    def _gpu_options(self, options: Mapping[str, Any], num_gpus: int | RunTimeValue) -> dict[str, Any]:
        """What makes the command use the GPUs that the pod has, whatever its spec file says."""
        taken = {name_of(self._row, option) for option in options}
        found: dict[str, Any] = {}
        if self._row.dialect != "argparse" or (isinstance(num_gpus, RunTimeValue) or num_gpus != 1):
            found["gpus"] = num_gpus
        if self._row.dialect != "argparse":
            found["gpu_id"] = 0
        return {
            role: value
            for role, value in found.items()
            if self._row.gpu and name_of(self._row, role) not in (None, *taken) and not self._is_list(role)
        }

    def _is_list(self, role: str) -> bool:
        """Whether the key of a role holds a list: of the GPUs, which TAO counts by itself."""
        return (
            self._row.keys is not None
            and role in self._row.roles
            and self._row.keys[self._row.roles[role]].type.startswith("[")
        )

    def _check_gpus(self, options: Mapping[str, Any], num_gpus: int | RunTimeValue) -> None:
        """Refuse options that make the command use another number of GPUs than the pod has."""
        if self._row.alone_on_one_gpu and (isinstance(num_gpus, RunTimeValue) or num_gpus > 1):
            raise StepError(
                f"{self._row.network} of TAO {self._row.release} drops what is not in its spec file when it uses several GPUs, "
                "so that its results would go elsewhere",
                fix="use one GPU",
                argument="num_gpus",
            )
        for option, value in options.items():
            name = name_of(self._row, option) or ""
            is_list = name.endswith(("gpu_ids", "gpu_index")) and isinstance(value, (list, tuple))
            count = len(value) if is_list else value if name and name == name_of(self._row, "gpus") else None
            if count is not None and to_text(count) != to_text(num_gpus):
                raise StepError(
                    f"{option} asks for {count} GPUs, and the step has {num_gpus}",
                    fix="give the op num_gpus=...",
                    argument=option,
                )
            numbers = value if is_list else [value] if name.endswith(("gpu_id", "gpu_index")) else []
            if any(
                isinstance(number, int) and number >= (num_gpus if isinstance(num_gpus, int) else 1)
                for number in numbers
            ):
                raise StepError(
                    f"the pod has no GPU {max(numbers)}: its GPUs are numbered from 0",
                    fix="leave it out",
                    argument=option,
                )

    def _check_complete(self, given: set[str]) -> None:
        row = self._row
        missing = [flag for flag in row.flags.values() if flag.required and flag.name not in given]
        if missing:
            raise StepError(
                f"`{row.network} {row.name}` needs {', '.join(f'{flag.flags[0]} ({flag.name})' for flag in missing)}",
                fix=f"give flags={{{missing[0].name!r}: ...}}",
            )
        if row.dialect != "argparse" and self.spec is None:
            raise StepError(
                f"`{row.network} {row.name}` reads a spec file", fix="give spec='specs/...yaml'", argument="spec"
            )

    def _placed(self, target: catalog.Flag | catalog.Key, option: str, value: Any) -> Any:
        """A value, with the paths in it joined to the workspace."""
        if isinstance(value, (list, tuple)):
            return [self._placed(target, option, item) for item in value]
        kind = path_kind(target)
        if kind and isinstance(value, (str, RunTimeValue, Existing)) and not str(value).startswith("${"):
            value = (Writes if kind == "write" else Reads)(value)
        return self._workspace_path(option, value) if isinstance(value, (Reads, Writes)) else value

    def _workspace_path(self, option: str, value: Reads | Writes) -> str:
        assert value.path is not None  # such an option was left out before
        path = self.path(value.path, option, produced=isinstance(value, Reads) and value.produced)
        (self.writes if isinstance(value, Writes) else self.reads).append(path)
        if option == "spec" or name_of(self._row, option) == name_of(self._row, "spec"):
            self.spec = SpecUse(path, self._row, {})
        return path.text

    def _words(self, target: catalog.Flag | catalog.Key, option: str, value: Any) -> list[str]:
        if isinstance(value, Key):
            self._add_secret(self._scope.key)
            marker = self._scope.key.marker
            return [f"{target.name}={marker}"] if isinstance(target, catalog.Key) else [target.flags[0], marker]
        if isinstance(target, catalog.Key):
            self._check_no_key(target.name, value)
            for ref in _refs_in(value):
                for text in self._scope.examples(ref.marker):
                    dialects.check_filled_in(text)
            for example in self._examples(value):
                problem = values.problem(target, example)
                if problem and not values.may_be_right(target, example):
                    raise StepError(f"{target.name}: {problem}")
            return [dialects.override(self._row, target.name, values.as_spelt(target, value))]
        return self._flag_words(target, option, value)

    def _check_no_key(self, name: str, value: Any) -> None:
        """Refuse a key in clear; a `SecretKey` becomes a variable of the step."""
        if isinstance(value, SecretKey):
            self._add_secret(value)
        elif isinstance(value, RunTimeValue):
            secrets.check_name(name.rpartition(".")[2], "a run parameter for")
        elif isinstance(value, str):
            secrets.check_entry(name.rpartition(".")[2], value, "a text for")

    def _flag_words(self, flag: catalog.Flag, option: str, value: Any) -> list[str]:
        if flag.type == "flag":
            if not isinstance(value, bool):
                raise StepError(f"{flag.flags[0]} takes no value, it is there or not", fix="give True or False")
            return [flag.flags[0]] if value else []
        several = list(value) if flag.many and isinstance(value, (list, tuple)) else [value]
        texts = [to_text(item) for item in several]
        how = {
            "raw": flag.name in _RAW_FLAGS or flag.name == SPEC_FLAG or flag.type != "str",
            "hydra": self._row.dialect == "mixed" and flag.name != SPEC_FLAG and flag.type == "str",
        }
        for text in texts:
            problem = values.problem(catalog.Key(flag.name, "str"), text) if how["hydra"] else ""
            if problem:
                raise StepError(f"{flag.flags[0]}: {problem}")
            for example in self._scope.examples(text):
                _check_value(flag, example)
                dialects.flag_value(self._row, example, option, **{**how, "raw": how["raw"] or example != text})
        return [flag.flags[0], *(dialects.flag_value(self._row, text, option, **how) for text in texts)]

    def _examples(self, value: Any) -> list[Any]:
        """The values that a run parameter can take, or the value itself."""
        if isinstance(value, RunTimeValue) or (isinstance(value, str) and "\0" in value):
            return [values.read_scalar(text) for text in self._scope.examples(to_text(value))]
        return [value]


def _refs_in(value: Any) -> list[Ref]:
    """The run-time values in a value, also in the elements of a list or mapping."""
    if isinstance(value, Mapping):
        return [ref for item in value.values() for ref in _refs_in(item)]
    if isinstance(value, (list, tuple)):
        return [ref for item in value for ref in _refs_in(item)]
    if isinstance(value, RunTimeValue):
        return [value.ref]
    return refs(value) if isinstance(value, str) else []


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
