"""Texts of a v2 package: where a run-time value may stand, and how it is written there."""

from __future__ import annotations

from typing import Any

from tao_kfp.errors import TargetError
from tao_kfp.ops.step import Step
from tao_kfp.pipelines.graph import Graph
from tao_kfp.targets.pod_text import pod_text, refuse_braces
from tao_kfp.text import Ref, refs, render, split


class Texts:
    """Writes the texts of one graph's steps.

    Args:
        graph: The pipeline. Its mount path cannot be a run parameter in v2, so it is fixed.

    Raises:
        TargetError: A parameter's value holds what Kubeflow reads as its own.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._fixed = {name: p.examples()[0] for name, p in graph.parameters.items() if p.is_mount}
        for parameter in graph.parameters.values():
            for example in parameter.examples():
                refuse_braces(example, f"the parameter {parameter.name!r}", "Kubeflow")

    def type_of(self, ref: Ref) -> str:
        """The type of a run-time value, as of a parameter."""
        return self._graph.parameters[ref.name].type if ref.kind == "param" else "str"

    def inputs(self, step: Step) -> dict[str, Ref]:
        """The values in the step's command and arguments, by the name of the component's input."""
        found = [ref for text in (*step.command, *step.arguments) for ref in refs(text)]
        return {_input(ref): ref for ref in found if self._is_input(ref)}

    def pod_inputs(self, step: Step) -> dict[str, Ref]:
        """The values that the pod itself is made from: its image, CPU, memory and GPUs."""
        texts = (step.image, step.gpus, *step.requests.values(), *step.limits.values())
        found = [ref for text in texts for ref in refs(text)]
        return {_pod_input(ref): ref for ref in found if self._is_input(ref)}

    def argument(self, step: Step, text: str) -> str:
        """A word of the command: run-time values anywhere in it."""
        self._check(step, text, "a text of the step")
        return pod_text(text, step.env.keys(), lambda ref: self._fixed_or(ref, _input(ref)))

    def variable(self, step: Step, name: str, text: str) -> str:
        """The value of an environment variable: v2 fixes it in the package."""
        what = f"the environment variable {name!r}"
        self._check(step, text, what)
        for other, source in step.env.items():
            if "valueFrom" in source and (f"$({other})" in text or Ref("env", other) in refs(text)):
                raise TargetError(
                    f"Kubeflow v2 cannot put the variable {other!r} into {what}: it sets it only afterwards",
                    fix="put it together in the command, or use --target argo",
                    step=step.name,
                )
        return pod_text(text, step.env.keys(), lambda ref: self._constant(step, ref, what))

    def constant(self, step: Step, text: str, what: str) -> str:
        """Any other text that v2 fixes in the package."""
        self._check(step, text, what)
        return render(text, lambda ref: self._constant(step, ref, what))

    def for_pod(self, step: Step, text: str, what: str) -> str:
        """An image or a quantity: fixed, or one run-time value and nothing else."""
        pieces = split(text)
        if any(isinstance(piece, Ref) for piece in pieces) and len(pieces) != 1:
            raise TargetError(
                f"Kubeflow v2 takes a run parameter as {what} only whole, without text around it",
                fix="let the parameter hold all of it",
                step=step.name,
            )
        self._check(step, text, what)
        return render(text, lambda ref: self._fixed_or(ref, _pod_input(ref)))

    def _is_input(self, ref: Ref) -> bool:
        return ref.kind == "output" or (ref.kind == "param" and ref.name not in self._fixed)

    def _fixed_or(self, ref: Ref, name: str) -> str:
        return self._fixed[ref.name] if not self._is_input(ref) else f"{{{{$.inputs.parameters['{name}']}}}}"

    def _constant(self, step: Step, ref: Ref, what: str) -> str:
        if not self._is_input(ref) and ref.kind == "param":
            return self._fixed[ref.name]
        value = f"output {ref.name!r} of {ref.step!r}" if ref.kind == "output" else f"run parameter {ref.name!r}"
        raise TargetError(
            f"Kubeflow v2 cannot take the {value} in {what}",
            fix="pass it as an argument, or use --target argo",
            step=step.name,
        )

    def _check(self, step: Step, text: str, what: str) -> None:
        # Argo, which runs under Kubeflow, its driver and its launcher read {{workflow...}}, {{$...}}, {{=...}}.
        refuse_braces(text, what, "Kubeflow", step.name)

    def object_name(self, step: Step, text: str, what: str) -> dict[str, Any]:
        """The name of a secret, claim or config map: fixed, or one run-time value and nothing else."""
        found = [piece for piece in split(text) if isinstance(piece, Ref) and self._is_input(piece)]
        if not found:
            return {"runtimeValue": {"constant": self.constant(step, text, what)}}
        self.for_pod(step, text, what)
        return source(found[0])


def source(ref: Ref) -> dict[str, Any]:
    """Where a task's input comes from."""
    if ref.kind == "output":
        return {"taskOutputParameter": {"producerTask": ref.step, "outputParameterKey": ref.name}}
    return {"componentInputParameter": ref.name}


def _input(ref: Ref) -> str:
    """The name of a component's input: no parameter and no step has two dashes in its name."""
    return f"{ref.step}--{ref.name}" if ref.kind == "output" else ref.name


def _pod_input(ref: Ref) -> str:
    """The name that kfp's own compiler gives such an input."""
    return f"pipelinechannel--{_input(ref)}"
