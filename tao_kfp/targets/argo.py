"""The argo target: an Argo Workflow, which is also a Kubeflow Pipelines v1 package.

The layout (one template per step, parameters handed down through the DAG's inputs, labels) is the one
that kfp 1.8 writes, so that the v1 backend and its screen know it. No SDK is needed.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tao_kfp import names, resources
from tao_kfp.errors import TargetError
from tao_kfp.ops.step import Step, texts
from tao_kfp.pipelines.complete import WORKSPACE
from tao_kfp.pipelines.graph import Graph
from tao_kfp.pipelines.parameters import Parameter
from tao_kfp.targets import Rendered, yaml_text
from tao_kfp.targets.pod_text import pod_text, refuse_braces
from tao_kfp.text import Ref, refs
from tao_kfp.text import render as render_text
from tao_kfp.workspace import Claim, HostPath, NewClaim

_KFP = "pipelines.kubeflow.org"
_V1_TYPES = {
    "str": "String",
    "int": "Integer",
    "float": "Float",
    "bool": "Boolean",
    "list": "JsonArray",
    "dict": "JsonObject",
}
_CREATE = "create-workspace"
_ANNOTATION = 200_000  # bytes; Kubernetes takes 256 KiB of annotations
_OBJECT = 1_000_000  # bytes; etcd takes 1.5 MB, and Argo adds the state of each step to it


def render(graph: Graph, *, named: bool) -> Rendered:
    """Write the Workflow.

    Args:
        graph: The pipeline.
        named: Give the Workflow a name of its own, which `kubectl apply` needs. Kubeflow Pipelines v1
            needs the opposite: it creates each run from the package and keeps the name, so that a
            second run would collide.

    Raises:
        TargetError: A text that Argo would read as its own.
    """
    for parameter in graph.parameters.values():
        for example in parameter.examples():
            refuse_braces(example, f"the parameter {parameter.name!r}", "Argo")
    dag = graph.name
    while dag in {*graph.steps, _CREATE}:
        dag += "-dag"
    templates = [_named_template(graph, step) for step in graph.steps.values()]
    tasks = [_task(graph, step) for step in graph.steps.values()]
    if isinstance(graph.workspace, NewClaim):
        if _CREATE in graph.steps:
            raise TargetError(
                f"a step is named {_CREATE!r}, as the one that makes the workspace",
                fix="give it another name",
                step=_CREATE,
            )
        templates.append(_claim_template(graph.workspace))
        tasks = [{"name": _CREATE, "template": _CREATE}, *tasks]
    used = sorted({ref.name for step in graph.steps.values() for ref in _refs(step) if ref.kind == "param"})
    dag_template: dict[str, Any] = {"name": dag, "dag": {"tasks": tasks}}
    if used:
        dag_template["inputs"] = {"parameters": [{"name": name} for name in used]}
    spec: dict[str, Any] = {"entrypoint": dag, "templates": [dag_template, *templates]}
    spec["arguments"] = {"parameters": [_argument(parameter) for parameter in graph.parameters.values()]}
    secrets = list(dict.fromkeys(name for step in graph.steps.values() for name in step.pull_secrets))
    if secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in secrets]
    metadata: dict[str, Any] = {"generateName": f"{graph.name}-"}
    notes = []
    if named:
        # The name follows the content: what was changed is a new Workflow, and not a change of an old one.
        digest = hashlib.sha256(yaml_text.dump(spec, sort_keys=True).encode()).hexdigest()[:8]
        metadata = {"name": f"{graph.name[: names.MAX - 9].rstrip('-')}-{digest}"}
        notes.append(
            f"the Workflow is named {metadata['name']}: `kubectl apply -f` runs it once; "
            "for many runs, or for Kubeflow Pipelines v1, write a .tar.gz"
        )
    described = _pipeline_spec(graph)
    if len(described) < _ANNOTATION:
        metadata["annotations"] = {f"{_KFP}/pipeline_spec": described}
    workflow = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": metadata, "spec": spec}
    text = yaml_text.dump(workflow, sort_keys=False)
    if len(text) > _OBJECT:
        notes.append(
            f"the Workflow has {len(text)} bytes, and most clusters keep objects up to 1.5 MB: split the pipeline"
        )
    return Rendered(text, notes)


def _pipeline_spec(graph: Graph) -> str:
    """What the v1 screen shows of a pipeline: its name, description and parameters."""
    inputs = [
        {
            "name": p.name,
            "type": _V1_TYPES[p.type],
            "default": p.examples()[0],
            "optional": True,
            "description": p.description,
        }
        for p in graph.parameters.values()
    ]
    return json.dumps({"name": graph.name, "description": graph.description, "inputs": inputs}, sort_keys=True)


def _argument(parameter: Parameter) -> dict[str, Any]:
    argument: dict[str, Any] = {"name": parameter.name, "value": parameter.examples()[0]}
    if parameter.description:
        argument["description"] = parameter.description
    if parameter.offered:
        argument["enum"] = [parameter.text(choice) for choice in parameter.offered]
    return argument


def _named_template(graph: Graph, step: Step) -> dict[str, Any]:
    try:
        return _template(graph, step)
    except TargetError as error:
        raise error.at(step=step.name) from None


def _template(graph: Graph, step: Step) -> dict[str, Any]:
    env = step.env.keys()
    container: dict[str, Any] = {"image": _plain(step.image)}
    if step.command:
        container["command"] = [_pod(text, env, step) for text in step.command]
    if step.arguments:
        container["args"] = [_pod(text, env, step) for text in step.arguments]
    if step.env:
        container["env"] = [
            {
                "name": name,
                **({"value": _pod(variable["value"], env, step)} if "value" in variable else _plain(variable)),
            }
            # The kubelet puts into a value only the variables before it.
            for name, variable in sorted(step.env.items(), key=lambda item: "value" in item[1])
        ]
    if step.pull_policy:
        container["imagePullPolicy"] = step.pull_policy
    fixed, patched = _resources(step)
    if fixed:
        container["resources"] = fixed
    container["volumeMounts"] = [_plain(mount) for mount in step.mounts]
    template: dict[str, Any] = {"name": step.name, "container": container}
    inputs = _inputs(step)
    if inputs:
        template["inputs"] = {"parameters": [{"name": name} for name in inputs]}
    if step.output_files:
        template["outputs"] = {
            "parameters": [
                {"name": f"{step.name}-{name}", "valueFrom": {"path": path}} for name, path in step.output_files.items()
            ]
        }
    if step.node_selector:
        template["nodeSelector"] = _plain(step.node_selector)
    if step.tolerations:
        template["tolerations"] = _plain(step.tolerations)
    template["metadata"] = _metadata(step)
    if step.retry and step.retry.count:
        # No maxDuration: Argo counts it from the start of the first attempt and kills the pod of a
        # later one at its end, so a long training would never be tried again.
        template["retryStrategy"] = {
            "limit": step.retry.count,
            "retryPolicy": step.retry.policy,
            "backoff": {"duration": f"{resources.seconds(step.retry.backoff)}s", "factor": int(step.retry.factor)},
        }
    if step.timeout:
        template["activeDeadlineSeconds"] = step.timeout
    if patched:
        template["podSpecPatch"] = json.dumps({"containers": [{"name": "main", "resources": patched}]}, sort_keys=True)
    template["volumes"] = [
        {"name": WORKSPACE, **_workspace_source(graph)},
        *({"name": name, **_plain(source)} for name, source in step.volumes.items()),
    ]
    return template


def _resources(step: Step) -> tuple[dict[str, Any], dict[str, Any]]:
    """Quantities that are fixed, and those that a run parameter gives.

    The pod's schema takes no parameter for a quantity, so the latter go through podSpecPatch.
    """
    fixed: dict[str, Any] = {}
    patched: dict[str, Any] = {}
    limits = {**step.limits, **({step.gpu_resource: step.gpus} if step.uses_gpu else {})}
    for kind, quantities in (("limits", limits), ("requests", step.requests)):
        for name, quantity in quantities.items():
            into = patched if refs(quantity) else fixed
            into.setdefault(kind, {})[name] = _plain(quantity)
    return fixed, patched


def _metadata(step: Step) -> dict[str, Any]:
    annotations = {f"{_KFP}/task_display_name": _plain(step.display_name)} if step.display_name else {}
    annotations.update(_plain(step.annotations))
    labels = {f"{_KFP}/enable_caching": "true" if step.caching else "false", **_plain(step.labels)}
    return {**({"annotations": annotations} if annotations else {}), "labels": labels}


def _task(graph: Graph, step: Step) -> dict[str, Any]:
    task: dict[str, Any] = {"name": step.name, "template": step.name}
    before = list(step.depends_on)
    if isinstance(graph.workspace, NewClaim) and not before:
        before = [_CREATE]
    if before:
        task["dependencies"] = sorted(before)
    values = {name: _down(ref) for name, ref in _inputs(step).items()}
    if values:
        task["arguments"] = {"parameters": [{"name": name, "value": value} for name, value in values.items()]}
    return task


def _down(ref: Ref) -> str:
    """How the DAG hands a value to a step."""
    if ref.kind == "output":
        return f"{{{{tasks.{ref.step}.outputs.parameters.{ref.step}-{ref.name}}}}}"
    return f"{{{{inputs.parameters.{ref.name}}}}}"


def _refs(step: Step) -> list[Ref]:
    return [ref for text in texts(step) for ref in refs(text)]


def _inputs(step: Step) -> dict[str, Ref]:
    """The step's inputs by the name they have in its template, sorted."""
    found: dict[str, Ref] = {}
    for ref in _refs(step):
        if ref.kind != "env" and found.setdefault(_input_name(ref), ref) != ref:
            raise TargetError(
                f"the outputs of two steps would both be named {_input_name(ref)!r} on Argo",
                fix="give one of the outputs another name",
                step=step.name,
            )
    return dict(sorted(found.items()))


def _input_name(ref: Ref) -> str:
    return f"{ref.step}-{ref.name}" if ref.kind == "output" else ref.name


def _value(ref: Ref) -> str:
    return f"{{{{inputs.parameters.{_input_name(ref)}}}}}"


def _pod(text: str, env: Any, step: Step) -> str:
    refuse_braces(text, "a text of the step", "Argo", step.name)
    return pod_text(text, env, _value)


def _plain(value: Any) -> Any:
    """Write the run-time values of a text, or of all texts in a Kubernetes object."""
    if isinstance(value, dict):
        return {_plain(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, str):
        return value
    refuse_braces(value, "a text of the step", "Argo")
    return render_text(value, _value)


def _workspace_source(graph: Graph) -> dict[str, Any]:
    if isinstance(graph.workspace, HostPath):
        # The type makes a missing folder an error of the pod instead of an empty new folder.
        return {"hostPath": {"path": graph.workspace.path, "type": "Directory"}}
    name = graph.workspace.name if isinstance(graph.workspace, Claim) else f"{{{{workflow.name}}}}-{WORKSPACE}"
    return {"persistentVolumeClaim": {"claimName": name}}


def _claim_template(workspace: NewClaim) -> dict[str, Any]:
    """The step that makes the claim. It has no owner, so the data stays when the workflow is deleted."""
    claim: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": f"{{{{workflow.name}}}}-{WORKSPACE}"},
        "spec": {"accessModes": list(workspace.modes), "resources": {"requests": {"storage": workspace.size}}},
    }
    if workspace.storage_class:
        claim["spec"]["storageClassName"] = workspace.storage_class
    return {"name": _CREATE, "resource": {"action": "create", "manifest": yaml_text.dump(claim, sort_keys=False)}}
