"""From an op to a complete step: everything that nobody should have to write in a trailing loop."""

from __future__ import annotations

import copy
import re
from dataclasses import fields
from typing import Any

from tao_kfp import resources
from tao_kfp.errors import StepError, WorkspaceError
from tao_kfp.ops.container_op import ContainerOp
from tao_kfp.ops.step import Step, texts, words
from tao_kfp.pipelines.settings import Settings
from tao_kfp.text import refs, split
from tao_kfp.workspace import Claim, HostPath

WORKSPACE = "workspace"
SHM = "dshm"
SHM_PATH = "/dev/shm"


def complete(op: ContainerOp, settings: Settings, mount: str) -> Step:
    """Make the step that every engine runs from what the author wrote.

    Args:
        op: The op; it is not changed.
        settings: The pipeline's defaults.
        mount: Mount path of the workspace as text.

    Raises:
        TaoKfpError: The op contradicts the defaults, or itself.
    """
    step = Step(**{field.name: copy.copy(getattr(op, field.name)) for field in fields(Step)})
    _add_secrets(step, settings)
    _add_edges(step)
    _add_placement(step, settings)
    _add_volumes(step, settings, mount)
    step.retry = step.retry or settings.retry
    if step.timeout is None and settings.timeout is not None:
        step.timeout = resources.seconds(settings.timeout)
    step.caching = bool(step.caching)
    if not step.pull_secrets and settings.image_pull_secret:
        step.pull_secrets = [settings.image_pull_secret]
    return step


def _add_secrets(step: Step, settings: Settings) -> None:
    """Give the TAO key to TAO's GPU steps, and to any step that names its variable."""
    key = settings.key
    named = f"$({key.env})"
    used = any(named in text for text in (*step.command, *step.arguments)) or key.ref in _env_refs(step)
    if key.env not in step.env and (used or (step.is_tao and step.uses_gpu)):
        reference: dict[str, Any] = {"name": key.secret, "key": key.key}
        if not used and step.spec is not None and step.spec.action.dialect == "hydra":
            reference["optional"] = True  # these train without a key; a spec file may name it as ${oc.env:TAO_KEY}
        step.env[key.env] = {"valueFrom": {"secretKeyRef": reference}}
    for ref in _env_refs(step):
        if ref.name not in step.env:
            raise StepError(
                f"the secret in ${ref.name} is used in a text, but the step does not have it",
                fix="add it with .add_env_variable(SECRET_KEY)",
            )


def _env_refs(step: Step) -> list[Any]:
    return [ref for text in words(step) for ref in refs(text) if ref.kind == "env"]


def _add_edges(step: Step) -> None:
    for text in texts(step):
        for ref in refs(text):
            if ref.kind == "output" and ref.step not in step.depends_on:
                step.depends_on.append(ref.step)


def _add_placement(step: Step, settings: Settings) -> None:
    bound = dict(settings.workspace.node_selector) if isinstance(settings.workspace, HostPath) else {}
    for label, value in bound.items():
        wanted = step.node_selector.get(label, settings.node_selector.get(label, value))
        if wanted != value:
            raise WorkspaceError(
                f"it wants nodes with {label}={wanted}, but the workspace is on {label}={value}",
                fix="drop one of the two",
            )
    step.node_selector = {**settings.node_selector, **bound, **step.node_selector}
    wanted_tolerations = [*settings.toleration_dicts(), *_gpu_toleration(step), *step.tolerations]
    step.tolerations = [item for at, item in enumerate(wanted_tolerations) if item not in wanted_tolerations[:at]]


def _gpu_toleration(step: Step) -> list[dict[str, Any]]:
    """GPU nodes usually carry a taint of the GPU's name, and a step that asks for one belongs there."""
    return [{"key": step.gpu_resource, "operator": "Exists", "effect": "NoSchedule"}] if step.uses_gpu else []


def _add_volumes(step: Step, settings: Settings, mount: str) -> None:
    if WORKSPACE in step.volumes:
        raise StepError(f"the volume name {WORKSPACE!r} is the shared workspace's", fix="give the volume another name")
    for given in step.mounts:
        name, path = given.get("name", ""), given.get("mountPath", "")
        if name not in step.volumes:
            raise StepError(
                f"it mounts the volume {name!r}, which it does not have", fix="add it with .add_volume(...)"
            )
        if not isinstance(path, str) or not re.match(r"/|\0", path):
            raise StepError(f"the volume {name!r} has the mount path {path!r}", fix="give an absolute path")
    sub_path = settings.workspace.sub_path if isinstance(settings.workspace, Claim) else ""
    step.mounts = [{"name": WORKSPACE, "mountPath": mount, **({"subPath": sub_path} if sub_path else {})}, *step.mounts]
    paths = ["".join(map(str, split(given["mountPath"]))).rstrip("/") for given in step.mounts]
    for at, path in enumerate(paths):
        if path in paths[:at]:
            raise StepError(
                f"two volumes are mounted at {step.mounts[at]['mountPath']!r}", fix="mount one of them elsewhere"
            )
    if (step.uses_gpu or step.shm_size) and SHM_PATH not in paths:
        if SHM in step.volumes:
            raise StepError(f"the volume {SHM!r} is not mounted at {SHM_PATH}", fix="give it another name")
        step.shm_size = step.shm_size or resources.memory(settings.shm_size)
        step.volumes[SHM] = {"emptyDir": {"medium": "Memory", "sizeLimit": step.shm_size}}
        step.mounts.append({"name": SHM, "mountPath": SHM_PATH})
