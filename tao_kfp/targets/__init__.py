"""From a graph to what an engine takes: one file per engine, plus how packages are written."""

from __future__ import annotations

from dataclasses import dataclass, field

from tao_kfp import secrets
from tao_kfp.errors import TaoKfpError, UsageError
from tao_kfp.pipelines.graph import Graph
from tao_kfp.targets import archive

TARGETS = ("kfp", "argo")


@dataclass
class Rendered:
    """A package before it is written.

    Attributes:
        text: The YAML.
        notes: What a person should know about it.
        manifest: Kubernetes objects that somebody applies once, as YAML; empty for none.
    """

    text: str
    notes: list[str] = field(default_factory=list)
    manifest: str = ""


@dataclass
class Compiled:
    """What was written.

    Attributes:
        path: The package.
        target: `kfp` or `argo`.
        notes: What a person should know about it, one line each.
        manifest: File with the Kubernetes objects to apply once; empty for none.
    """

    path: str
    target: str
    notes: list[str]
    manifest: str = ""


def render(graph: Graph, target: str, *, kfp_backend: str | None = None, packed: bool = True) -> Rendered:
    """Write a graph for an engine, in memory.

    Args:
        graph: The pipeline.
        target: One of `TARGETS`.
        kfp_backend: Oldest Kubeflow Pipelines backend that must accept it; None for the newest known.
        packed: It goes into an archive, and not into a file for `kubectl apply`.

    Raises:
        TargetError: The engine cannot do what the pipeline asks for.
        UsageError: There is no such target, or the backend version does not belong to it.
    """
    if target not in TARGETS:
        raise UsageError(f"there is no target {target!r}", fix=f"use {' or '.join(TARGETS)}")
    try:
        if target == "argo" and kfp_backend is not None:
            raise UsageError(f"--kfp-backend is for the kfp target, and the target is {target}", fix="leave it out")
        if target == "kfp":
            from tao_kfp.targets import kfp

            rendered = kfp.render(graph, kfp_backend)
        else:
            from tao_kfp.targets import argo

            rendered = argo.render(graph, named=not packed)
        # The last look: whatever way a key took into the text, it does not leave with the package.
        secrets.check_value(rendered.text, "the package")
        return rendered
    except TaoKfpError as error:
        where = graph.steps[error.step].where if error.step in graph.steps else graph.where
        raise error.at(pipeline=graph.name, where=where) from None


def write(graph: Graph, path: str, *, target: str, kfp_backend: str | None = None) -> Compiled:
    """Write the package of a graph, and what belongs beside it. Nothing is written on an error.

    Raises:
        TaoKfpError: See `render`; or the file cannot be written.
    """
    archive.check_path(path)
    rendered = render(graph, target, kfp_backend=kfp_backend, packed=path.endswith(".tar.gz"))
    files = {}
    manifest = ""
    notes = [*rendered.notes, *graph.notes]
    if rendered.manifest:
        manifest = f"{path.removesuffix('.tar.gz').removesuffix('.yaml').removesuffix('.yml')}.workspace.yaml"
        files[manifest] = rendered.manifest.encode("utf-8")
        notes.append(
            f"Kubeflow v2 has no hostPath: an administrator applies {manifest} once, in the namespace of the runs "
            f"(kubectl apply -n NAMESPACE -f {manifest})"
        )
    files[path] = archive.package_bytes(path, rendered.text)
    archive.write_all(files)
    return Compiled(path, target, notes, manifest)
