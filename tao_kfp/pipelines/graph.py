"""A pipeline as data: parameters, steps and edges, complete and independent of any engine."""

from __future__ import annotations

from collections.abc import Iterable
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
        waiting = {name: len(set(step.depends_on)) for name, step in self.steps.items()}
        after: dict[str, list[str]] = {name: [] for name in self.steps}
        for name, step in self.steps.items():
            for before in set(step.depends_on):
                after[before].append(name)
        order = {name: at for at, name in enumerate(self.steps)}
        layers = []
        ready = [name for name, count in waiting.items() if not count]
        while ready:
            layers.append(sorted(ready, key=order.__getitem__))
            following = []
            for name in ready:
                del waiting[name]
                for later in after[name]:
                    waiting[later] -= 1
                    if not waiting[later]:
                        following.append(later)
            ready = following
        if waiting:
            circle = " -> ".join(self._circle(waiting))
            raise PipelineError(f"the steps wait for each other in a circle: {circle}", fix="take one .after() away")
        return layers

    def ancestors(self) -> dict[str, set[str]]:
        """For each step, all steps that have succeeded before it starts."""
        found: dict[str, set[str]] = {}
        for layer in self.layers():
            for name in layer:
                before = self.steps[name].depends_on
                found[name] = set(before).union(*(found[earlier] for earlier in before))
        return found

    def _circle(self, waiting: Iterable[str]) -> list[str]:
        path = [next(iter(waiting))]
        while path[-1] not in path[:-1]:
            path.append(next(before for before in self.steps[path[-1]].depends_on if before in waiting))
        return list(reversed(path[path.index(path[-1]) :]))
