"""A step as data: all that any engine needs to run one container."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tao_kfp.catalog import Action
from tao_kfp.resources import GPU_RESOURCE, Retry


@dataclass(frozen=True)
class WorkspacePath:
    """A path of the workspace that a step reads or writes.

    Attributes:
        text: The absolute path as the command gets it; it may hold run parameters.
        relative: The same relative to the workspace, with the parameters' defaults filled in.
        argument: The argument of the op that named it, for messages.
        produced: It must be written by an earlier step of the pipeline: a checkpoint, say, as
            opposed to data and specs, which people put there.
    """

    text: str
    relative: str
    argument: str = ""
    produced: bool = False


@dataclass(frozen=True)
class SpecUse:
    """The spec file that a step reads, and as what.

    Attributes:
        path: Where it is in the workspace.
        action: The command that reads it.
        overrides: The keys that the command sets over it, with their values.
    """

    path: WorkspacePath
    action: Action
    overrides: dict[str, Any]


@dataclass(repr=False)
class Step:
    """One container and everything around it.

    Texts may hold run-time values (see `tao_kfp.text`). Kubernetes objects are dicts in
    Kubernetes' own spelling. What is None or empty is left to the pipeline's defaults; a step that
    came out of `pipelines.complete` holds everything.

    Attributes:
        name: The step's identifier, a DNS label.
        display_name: What the screen shows, where it differs from `name`.
        image: Container image.
        command: The program.
        arguments: Its arguments.
        env: Environment variables by name, each `{"value": ...}` or `{"valueFrom": ...}`.
        volumes: Volumes by name, each the volume's source, such as `{"emptyDir": {}}`.
        mounts: Volume mounts.
        requests: Resource requests by name, `cpu` and `memory`.
        limits: Resource limits by name, `cpu` and `memory`.
        gpus: GPU limit, a number or a run parameter; 0 for none.
        num_gpus: GPUs that the command is told to use, where it is told.
        gpu_resource: Resource name of the GPU.
        shm_size: Size of /dev/shm; None for the pipeline's default on GPU steps, and the runtime's 64 MB elsewhere.
        retry: Retries.
        timeout: Longest time for one attempt, in seconds; None for no limit.
        caching: Let Kubeflow skip the step when it ran before with the same inputs.
        pull_policy: Image pull policy; empty for Kubernetes' default.
        pull_secrets: Names of image pull secrets.
        labels: Pod labels.
        annotations: Pod annotations.
        node_selector: Node labels.
        tolerations: Tolerations.
        output_files: Output parameters by name, each the file in the container that holds the value.
        depends_on: Names of the steps that must have succeeded before.
        reads: Workspace paths that the step reads.
        writes: Workspace paths that the step writes.
        needs_gpu: TAO's command refuses to start without a GPU.
        is_tao: The step runs a TAO command, so it gets the TAO key when it uses a GPU.
        spec: The TAO spec file that the step reads.
        notes: What a person should know about this step when the package is built.
        where: `file:line` that made the step.
    """

    name: str
    image: str = ""
    display_name: str = ""
    command: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    env: dict[str, dict[str, Any]] = field(default_factory=dict)
    volumes: dict[str, dict[str, Any]] = field(default_factory=dict)
    mounts: list[dict[str, Any]] = field(default_factory=list)
    requests: dict[str, str] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    gpus: str = "0"
    num_gpus: str = ""
    gpu_resource: str = GPU_RESOURCE
    shm_size: str | None = None
    retry: Retry | None = None
    timeout: int | None = None
    caching: bool | None = None
    pull_policy: str = ""
    pull_secrets: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    node_selector: dict[str, str] = field(default_factory=dict)
    tolerations: list[dict[str, Any]] = field(default_factory=list)
    output_files: dict[str, str] = field(default_factory=dict)
    depends_on: list[str] = field(default_factory=list)
    reads: list[WorkspacePath] = field(default_factory=list)
    writes: list[WorkspacePath] = field(default_factory=list)
    needs_gpu: bool = False
    is_tao: bool = False
    spec: SpecUse | None = None
    notes: list[str] = field(default_factory=list)
    where: str = ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    @property
    def uses_gpu(self) -> bool:
        """Whether the step asks for a GPU at all."""
        return self.gpus != "0"


def texts(step: Step) -> list[str]:
    """Every text of a step that may hold a run-time value."""
    return [*words(step), *other_texts(step)]


def words(step: Step) -> list[str]:
    """The texts that the kubelet reads, in which a secret's variable may stand."""
    return [*step.command, *step.arguments, *(variable.get("value", "") for variable in step.env.values())]


def other_texts(step: Step) -> list[str]:
    """All others: image, quantities, labels, and what Kubernetes objects hold."""
    sources = [variable.get("valueFrom", {}) for variable in step.env.values()]
    return _strings(
        [
            step.image, step.gpus, step.requests, step.limits, step.labels, step.annotations, step.display_name,
            sources, step.volumes, step.mounts, step.tolerations,
        ]
    )  # fmt: skip


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for item in pair for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return [value] if isinstance(value, str) else []
