"""The rules that a graph must keep, so that what is wrong is found before a GPU is taken.

Each rule is a function that yields its errors; `FOUNDATIONS` and `RULES` list them all.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Callable, Iterator

from tao_kfp import catalog, secrets
from tao_kfp.errors import PipelineError, SecretError, StepError, TaoKfpError, WorkspaceError
from tao_kfp.ops.step import Step, other_texts, texts
from tao_kfp.pipelines.graph import Graph
from tao_kfp.text import Ref, refs, render
from tao_kfp.workspace import HOSTNAME, ONE_NODE_MODES

# TAO's own flag for its key, and what may follow it: a variable of the environment, or a step's output.
_TAO_KEY = re.compile(r"(?<!\S)(--key(?=[\s=])|-k)[\s=]*(\S+)")
_SECRET = re.compile(r"[\"']?\$|\0\{(\$|[^\0}]*/)")
# Other programs' flags: only those that name a key whole, and what may follow those.
_LOGIN_FLAG = re.compile(r"--([\w-]*(password|passwd|passphrase|token)|[\w-]+[-_]key)")
_NO_LITERAL = re.compile(r"[\"']?[$\0/@-]")

Rule = Callable[[Graph], Iterator[TaoKfpError]]


def has_steps(graph: Graph) -> Iterator[TaoKfpError]:
    """A pipeline has at least one step."""
    if not graph.steps:
        yield PipelineError("it has no step", fix="make at least one op in the function")


def run_time_values_exist(graph: Graph) -> Iterator[TaoKfpError]:
    """A text names only parameters of this pipeline and outputs that a step of it has."""
    for step in graph.steps.values():
        for ref in (ref for text in texts(step) for ref in refs(text)):
            if ref.kind == "param" and ref.name not in graph.parameters:
                yield PipelineError(
                    f"the parameter {ref.name!r} belongs to another pipeline", step=step.name, where=step.where
                )
            if ref.kind == "output" and ref.name not in getattr(graph.steps.get(ref.step), "output_files", {}):
                yield PipelineError(
                    f"there is no output {ref.step}.{ref.name} in this pipeline", step=step.name, where=step.where
                )
        for ref in (ref for text in other_texts(step) for ref in refs(text)):
            if ref.kind == "env":
                yield SecretError(
                    f"the secret in ${ref.name} stands where everybody can read it",
                    fix="use it in a command, an argument or a variable",
                    step=step.name,
                    where=step.where,
                )


def no_circle(graph: Graph) -> Iterator[TaoKfpError]:
    """No step waits, through others, for itself."""
    try:
        graph.layers()
    except PipelineError as error:
        yield error


def images_are_named(graph: Graph) -> Iterator[TaoKfpError]:
    """Every step has an image, without blanks."""
    for step in graph.steps.values():
        image = example(graph, step.image)
        if not image or any(char.isspace() for char in image):
            yield StepError(
                f"{image!r} is no image", fix="give image='REGISTRY/NAME:TAG'", step=step.name, where=step.where
            )


def checkpoints_are_written(graph: Graph) -> Iterator[TaoKfpError]:
    """What a step reads of another step is written by one that ran before it."""
    if not any(path.produced for step in graph.steps.values() for path in step.reads):
        return
    ancestors = graph.ancestors()
    for step in graph.steps.values():
        for path in step.reads:
            if not path.produced:
                continue
            found = [name for name in written_by(graph, path.relative) if name != step.name]
            if any(name in ancestors[step.name] for name in found):
                continue
            error = (
                StepError(
                    f"{path.relative!r} is written by {found[0]!r}, which need not have run before",
                    fix=f"add .after() so that {step.name!r} runs after {found[0]!r}",
                )
                if found
                else StepError(
                    f"no earlier step writes {path.relative!r}",
                    fix="correct the path, or say tao.Existing(PATH) if it is in the workspace before the run",
                )
            )
            yield error.at(step=step.name, argument=path.argument, where=step.where)


def written_by(graph: Graph, path: str) -> list[str]:
    """The names of the steps that write a path, or a folder above it: the nearest first."""
    writers: dict[str, list[str]] = {}
    for step in graph.steps.values():
        for written in step.writes:
            writers.setdefault(written.relative, []).append(step.name)
    return [name for folder in _upwards(path) for name in writers.get(folder, ())]


def _upwards(path: str) -> Iterator[str]:
    """A path and all folders above it, up to the workspace itself."""
    while path not in ("", "."):
        yield path
        path = posixpath.dirname(path)
    yield "."


def gpus_fit(graph: Graph) -> Iterator[TaoKfpError]:
    """A TAO command gets a GPU, and is told to use no more than the pod has."""
    for step in graph.steps.values():
        limits = _numbers(graph, step.gpus)
        if step.needs_gpu and min(limits) < 1:
            yield StepError(
                "TAO refuses to start this command without a GPU",
                fix="ask for at least one",
                step=step.name,
                argument="num_gpus",
                where=step.where,
            )
        elif step.num_gpus and step.num_gpus != step.gpus and max(_numbers(graph, step.num_gpus)) > min(limits):
            yield StepError(
                f"num_gpus can be {max(_numbers(graph, step.num_gpus))}, but the GPU limit can be {min(limits)}",
                fix="leave .set_gpu_limit() out: the limit is num_gpus",
                step=step.name, argument="num_gpus", where=step.where,
            )  # fmt: skip


def _numbers(graph: Graph, text: str) -> list[int]:
    found = refs(text)
    if found and found[0].kind == "param":
        return [int(example) for example in graph.parameters[found[0].name].examples()]
    return [int(text)] if text.isdigit() else [1]


def one_node_volume_has_no_branches(graph: Graph) -> Iterator[TaoKfpError]:
    """A ReadWriteOnce volume is on one node at a time, so parallel steps need one node."""
    modes = set(getattr(graph.workspace, "modes", ()))
    if not modes or not modes <= ONE_NODE_MODES or all(HOSTNAME in step.node_selector for step in graph.steps.values()):
        return
    ancestors = graph.ancestors()
    for one, other in itertools.combinations(graph.steps, 2):
        if one not in ancestors[other] and other not in ancestors[one]:
            yield WorkspaceError(
                f"{one!r} and {other!r} may run at the same time on two nodes, and the workspace is {'/'.join(sorted(modes))}",
                fix=f"use ReadWriteMany, put one .after() the other, or bind the pipeline to one node with node_selector={{'{HOSTNAME}': 'NODE'}}",
                step=other, where=graph.steps[other].where,
            )  # fmt: skip
            return


def no_key_in_text(graph: Graph) -> Iterator[TaoKfpError]:
    """No text of a step is a key, by its look or by its flag."""
    for step in graph.steps.values():
        for text in texts(step):
            try:
                secrets.check_value(text, "a text of the step")
            except SecretError as error:
                yield error.at(step=step.name, where=step.where)
        flag = _flag_with_key(step)
        if flag:
            yield SecretError(
                f"a key stands behind {flag}, where the screen and the package show it",
                fix="write '$(TAO_KEY)', which the pipeline's secret fills, or a tao.SecretKey; see docs/secrets.md",
                step=step.name, argument=flag, where=step.where,
            )  # fmt: skip


def _flag_with_key(step: Step) -> str:
    """The flag of the step's command that a literal key, or a run parameter as a key, follows."""
    in_clear = [
        value for _, value in _TAO_KEY.findall(" ".join([*step.command, *step.arguments])) if not _SECRET.match(value)
    ]
    for command in _tao_commands(step) if in_clear else ():  # which names are programs takes every release's table
        for flag, value in _TAO_KEY.findall(command):
            if not _SECRET.match(value):
                return str(flag)
    for word, following in itertools.pairwise([*step.command, *step.arguments, ""]):
        flag, equals, value = word.partition("=")
        value = value if equals else following
        if _LOGIN_FLAG.fullmatch(flag) and secrets.names_a_key(flag[2:]) and value and not _NO_LITERAL.match(value):
            return flag
    return ""


def _tao_commands(step: Step) -> list[str]:
    """The command lines of a step that run a TAO program, also those inside a shell script."""
    words = [*step.command, *step.arguments]
    programs = {
        "converter",
        "tao-converter",
        "tao",
        *(name for one in catalog.default().releases() for name in catalog.default().networks(one)),
    }
    if words and posixpath.basename(words[0]) in programs:
        return [" ".join(words)]
    clauses = [clause.strip() for word in words if " " in word for clause in re.split(r"[;&|\n]+", word)]
    return [clause for clause in clauses if clause and posixpath.basename(clause.split()[0]) in programs]


# The others rely on these: paths are compared along a graph without circles, for one.
FOUNDATIONS: tuple[Rule, ...] = (has_steps, run_time_values_exist, no_circle)

RULES: tuple[Rule, ...] = (
    images_are_named,
    checkpoints_are_written,
    gpus_fit,
    one_node_volume_has_no_branches,
    no_key_in_text,
)


def check(graph: Graph) -> Iterator[TaoKfpError]:
    """Apply every rule, and give every error."""
    for rules in (FOUNDATIONS, RULES):
        errors = [error.at(pipeline=graph.name, where=graph.where) for rule in rules for error in rule(graph)]
        yield from errors
        if errors:
            return


def unused_parameters(graph: Graph) -> list[str]:
    """Parameters that no step uses, neither in a text nor in a path that it reads or writes."""
    used = {ref.name for step in graph.steps.values() for text in texts(step) for ref in refs(text)}
    used |= {
        ref.name for step in graph.steps.values() for path in (*step.reads, *step.writes) for ref in refs(path.text)
    }
    used |= {ref.name for ref in refs(graph.mount)}
    return [name for name in graph.parameters if name not in used]


def example(graph: Graph, text: str) -> str:
    """A text with every parameter at its default, for people to read."""

    def value(ref: Ref) -> str:
        if ref.kind == "param":
            return graph.parameters[ref.name].examples()[0]
        return f"$({ref.name})" if ref.kind == "env" else f"<{ref.step}.{ref.name}>"

    return render(text, value)
