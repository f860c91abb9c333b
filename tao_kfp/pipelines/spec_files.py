"""The spec files of a pipeline, checked where they can be found: with the keys that the commands set, and the steps before."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tao_kfp.errors import StepError, TaoKfpError
from tao_kfp.ops.step import SpecUse, Step, WorkspacePath
from tao_kfp.pipelines.graph import Graph
from tao_kfp.pipelines.rules import example, written_by
from tao_kfp.specs import check_proto, check_yaml, files, protobuf_text, yaml_text
from tao_kfp.specs.findings import Finding
from tao_kfp.text import RunTimeValue, to_text

# Files that a training or an export writes, and no person: they come from a step, or were there before the run.
_MODEL = re.compile(r"\.(tlt|tltb|hdf5|h5|pth|pt|ckpt|onnx|etlt|engine|trt)$")
_EPOCH = re.compile(r"[_-](\d{2,})\.(?:tlt|hdf5|pth)$")
_EPOCHS = ("n_epochs", "num_epochs", "epochs", "max_epochs")

# Sections of a TF1 spec that another action reads.
_OTHERS = re.compile(r"(eval|inference|export|postprocessing)\w*\.")


@dataclass(frozen=True)
class Checked:
    """One spec file of a step.

    Attributes:
        step: Name of the step that reads it.
        path: Where it is in the workspace.
        file: Where it was found on this machine; empty when it was not.
        findings: What the check found.
    """

    step: str
    path: str
    file: str
    findings: tuple[Finding, ...] = ()


def check(graph: Graph, folders: Sequence[str]) -> list[Checked]:
    """Check every spec file that a step of a pipeline reads.

    Args:
        graph: The pipeline.
        folders: Folders of this machine that may hold the workspace's files, the first that has one first.
    """
    checked = []
    for step in graph.steps.values():
        if step.spec is None:
            continue
        path = step.spec.path.relative
        file = next((name for folder in folders if os.path.isfile(name := os.path.join(folder, path))), "")
        found = tuple(_findings(graph, step, step.spec, file, folders)) if file else ()
        checked.append(Checked(step.name, path, file, found))
    return checked


def lines(checked: Sequence[Checked]) -> dict[str, list[str]]:
    """Every finding as a line, once, with the steps whose spec file it is in."""
    found: dict[str, list[str]] = {}
    for one in checked:
        for finding in one.findings:
            found.setdefault(finding.text(os.path.relpath(one.file)), []).append(one.step)
    return found


def _findings(graph: Graph, step: Step, use: SpecUse, file: str, folders: Sequence[str]) -> Iterator[Finding]:
    mount = example(graph, graph.mount).rstrip("/")
    given = {key: _plain(graph, value) for key, value in use.overrides.items()}
    try:
        found = files.check(file, use.action, mount=mount, given=given)
        values = [one for one in _values(file, use) if one[0] not in given]
    except TaoKfpError as error:
        place = error.where.rpartition(":")[2]
        yield Finding(int(place) if place.isdigit() else 1, error.argument, error.what, error.fix)
        return
    yield from (one for one in found if one.key not in given)
    for key, line, value in values:
        if isinstance(value, str) and value.startswith(f"{mount}/") and _MODEL.search(value):
            yield from _produced(graph, step, key, line, posixpath.normpath(value[len(mount) + 1 :]), folders)


def _values(file: str, use: SpecUse) -> list[tuple[str, int, Any]]:
    """The values that matter to the action: key, line, value."""
    text, action = files.read(file), use.action
    if action.dialect == "argparse":
        leaves = check_proto.leaves(protobuf_text.parse(text))
        return [
            (key, one.value_line, one.value) for key, one in leaves if action.name != "train" or not _OTHERS.match(key)
        ]
    return [
        (key, one.line, one.scalar)
        for key, one in check_yaml.leaves(yaml_text.parse(text))
        if check_yaml.relevant(key, action)
    ]


def _plain(graph: Graph, value: Any) -> Any:
    return example(graph, to_text(value)) if isinstance(value, (str, RunTimeValue)) else value


def _produced(graph: Graph, step: Step, key: str, line: int, path: str, folders: Sequence[str]) -> Iterator[Finding]:
    """A model that the spec names is written by an earlier step, or said to be there; its epoch is one that is trained."""
    here = any(path == one.relative or path.startswith(f"{one.relative}/") for one in step.reads if not one.produced)
    if here or any(os.path.isfile(os.path.join(folder, path)) for folder in folders):
        return
    writers = written_by(graph, path)
    ancestors = graph.ancestors()[step.name]
    if not writers:
        yield Finding(
            line,
            key,
            f"no earlier step writes {path!r}",
            f"correct the path, or say data=[tao.Existing({path!r})] if it is there before the run",
        )
        return
    ran = [name for name in writers if name in ancestors or name == step.name]
    if not ran:
        yield Finding(
            line,
            key,
            f"{path!r} is written by {writers[0]!r}, which need not have run before",
            f"add .after() to {step.name!r}",
        )
        return
    for name in ran:
        yield from (Finding(line, key, what, fix) for what, fix in _epoch(graph, graph.steps[name], path, folders))


def _epoch(graph: Graph, writer: Step, path: str, folders: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A checkpoint's number is not beyond the epochs that the step which writes it trains."""
    found = _EPOCH.search(path)
    trained = epochs(graph, writer, folders)
    if found and trained is not None and int(found[1]) > trained:
        yield (
            f"{posixpath.basename(path)!r} is epoch {int(found[1])}, and {writer.name!r} trains {trained}",
            "name an epoch that is trained",
        )


def epochs(graph: Graph, step: Step, folders: Sequence[str]) -> int | None:
    """How many epochs a step trains, as its command or its spec file says; None when neither is known."""
    if step.spec is None or step.spec.action.name not in ("train", "distill"):
        return None
    given = step.spec.overrides.get("train.num_epochs")
    if given is not None:
        text = str(_plain(graph, given))
        return int(text) if text.isdigit() else None
    file = next(
        (name for folder in folders if os.path.isfile(name := os.path.join(folder, step.spec.path.relative))), None
    )
    if file is None:
        return None
    try:
        values = _values(file, step.spec)
    except TaoKfpError:
        return None  # that step's own check says why
    numbers = [value for key, _, value in values if key.startswith("train") and key.rpartition(".")[2] in _EPOCHS]
    return numbers[0] if numbers and isinstance(numbers[0], int) else None


def checkpoints(graph: Graph, folders: Sequence[str]) -> Iterator[TaoKfpError]:
    """The checkpoints that steps name themselves are of epochs that are trained."""
    for step in graph.steps.values():
        for path in step.reads:
            for writer in _trainers(graph, step, path):
                for what, fix in _epoch(graph, writer, path.relative, folders):
                    yield StepError(
                        what, fix=fix, pipeline=graph.name, step=step.name, argument=path.argument, where=step.where
                    )


def _trainers(graph: Graph, step: Step, path: WorkspacePath) -> list[Step]:
    ancestors = graph.ancestors()[step.name]
    return [graph.steps[name] for name in written_by(graph, path.relative) if path.produced and name in ancestors]
