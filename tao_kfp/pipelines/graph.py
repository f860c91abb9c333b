"""A pipeline as data: parameters, steps and edges, complete and independent of any engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from tao_kfp.errors import PipelineError
from tao_kfp.ops.step import Step
from tao_kfp.pipelines.parameters import Parameter
from tao_kfp.workspace import Workspace


@dataclass
class Graph:
    """What the targets read.

    Attributes:
        name: Identifier of the pipeline, a DNS label.
        description: The pipeline function's docstring, without its `Args:`.
        parameters: Run parameters by name, in declared order.
        steps: Steps by name, in declared order, each complete.
        workspace: Where the shared folder comes from.
        mount: Mount path of the workspace as text; it may hold a run parameter.
        notes: What a person should know when the package is built.
        where: `file:line` of the pipeline function.
    """

    name: str
    description: str
    parameters: dict[str, Parameter]
    steps: dict[str, Step]
    workspace: Workspace
    mount: str
    notes: list[str] = field(default_factory=list)
    where: str = ""

    def edges(self) -> list[tuple[str, str]]:
        """All edges, from the earlier step to the later one, in declared order."""
        return [(before, step.name) for step in self.steps.values() for before in step.depends_on]

    def layers(self) -> list[list[str]]:
        """The steps in an order in which they can run; those of one layer need nothing of each other.

        Raises:
            PipelineError: The steps wait for each other in a circle.
        """
        waiting = {name: set(step.depends_on) for name, step in self.steps.items()}
        layers = []
        while waiting:
            ready = [name for name, before in waiting.items() if not before & waiting.keys()]
            if not ready:
                raise PipelineError(
                    f"the steps wait for each other in a circle: {' -> '.join(self._circle(waiting))}",
                    fix="take one .after() away",
                )
            layers.append(ready)
            for name in ready:
                del waiting[name]
        return layers

    def ancestors(self) -> dict[str, set[str]]:
        """For each step, all steps that have succeeded before it starts."""
        found: dict[str, set[str]] = {}
        for layer in self.layers():
            for name in layer:
                before = self.steps[name].depends_on
                found[name] = set(before).union(*(found[earlier] for earlier in before))
        return found

    def _circle(self, waiting: dict[str, set[str]]) -> list[str]:
        path = [next(iter(waiting))]
        while path[-1] not in path[:-1]:
            path.append(next(before for before in self.steps[path[-1]].depends_on if before in waiting))
        return list(reversed(path[path.index(path[-1]) :]))
