"""The kfp target: the pipeline spec (IR) of Kubeflow Pipelines v2, beside its Kubernetes platform spec.

The IR is a protocol buffer (kubeflow/pipelines api/v2alpha1/pipeline_spec.proto), written here as the
dict of its JSON form. The tests hold it against what kfp's own compiler writes from the same steps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tao_kfp import __version__, resources
from tao_kfp.errors import TargetError
from tao_kfp.ops.step import Step
from tao_kfp.pipelines.graph import Graph
from tao_kfp.pipelines.parameters import Parameter
from tao_kfp.targets import Rendered, kfp_backend, manifests, yaml_text
from tao_kfp.targets.kfp_platform import executor_config
from tao_kfp.targets.kfp_text import Texts, source
from tao_kfp.text import refs
from tao_kfp.workspace import Claim, HostPath, NewClaim

_TYPES: Mapping[str, str] = {
    "str": "STRING",
    "int": "NUMBER_INTEGER",
    "float": "NUMBER_DOUBLE",
    "bool": "BOOLEAN",
    "list": "LIST",
    "dict": "STRUCT",
}
_CREATE = "createpvc"  # kfp-kubernetes' name for the task that makes a claim
_YEAR = 365 * 24 * 3600


def render(graph: Graph, backend: str | None = None) -> Rendered:
    """Write the package.

    Args:
        graph: The pipeline.
        backend: Oldest backend that must accept it; None for the newest known.

    Raises:
        TargetError: The pipeline asks for what v2 does not have.
    """
    oldest = kfp_backend.parse(backend)
    workspace = graph.workspace
    claim = workspace.name if isinstance(workspace, Claim) else f"{graph.name}-workspace"
    texts = Texts(graph)
    run_parameters = {name: p for name, p in graph.parameters.items() if not p.is_mount}
    spec: dict[str, Any] = {
        "components": {f"comp-{name}": _component(texts, step) for name, step in graph.steps.items()},
        "deploymentSpec": {"executors": {f"exec-{name}": _executor(texts, step) for name, step in graph.steps.items()}},
        "pipelineInfo": {"name": graph.name, **({"description": graph.description} if graph.description else {})},
        "root": {"dag": {"tasks": {name: _task(texts, step) for name, step in graph.steps.items()}}},
        "schemaVersion": "2.1.0",
        "sdkVersion": f"tao-kfp-{__version__}",
    }
    if run_parameters:
        spec["root"]["inputDefinitions"] = {"parameters": {name: _input(p) for name, p in run_parameters.items()}}
    claim_source: dict[str, Any] = _constant(claim)
    if isinstance(workspace, NewClaim):
        _make_claim(spec, graph, workspace)
        claim_source = {"taskOutputParameter": {"producerTask": _CREATE, "outputParameterKey": "name"}}
    configurations = {f"exec-{name}": executor_config(texts, step, claim_source) for name, step in graph.steps.items()}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": configurations}}}}
    notes = kfp_backend.fit(spec, list(configurations.values()), oldest)
    if isinstance(workspace, NewClaim) and not workspace.storage_class:
        notes.append("Kubeflow asks for the storage class 'standard' where none is named: NewClaim(storage_class=...)")
    manifest = manifests.host_path_claim(workspace, claim) if isinstance(workspace, HostPath) else ""
    return Rendered(yaml_text.dump(spec, platform, sort_keys=True), notes, manifest)


def _constant(value: Any) -> dict[str, Any]:
    return {"runtimeValue": {"constant": value}}


def _input(parameter: Parameter) -> dict[str, Any]:
    """A field of the Create Run screen."""
    return {
        "parameterType": _TYPES[parameter.type],
        "defaultValue": json.loads(parameter.examples()[0])
        if parameter.type in ("list", "dict")
        else parameter.default,
        "isOptional": True,
        **({"literals": list(parameter.offered)} if parameter.offered else {}),
        **({"description": parameter.description} if parameter.description else {}),
    }


def _component(texts: Texts, step: Step) -> dict[str, Any]:
    """The step's interface: one typed input for each run-time value, one output for each output file."""
    component: dict[str, Any] = {"executorLabel": f"exec-{step.name}"}
    inputs = {name: _TYPES[texts.type_of(ref)] for name, ref in texts.inputs(step).items()}
    # The driver reads quantities and images as text. A number it leaves empty, so that the pod would get no
    # GPU at all; declared as text, it is converted (backend/src/v2/driver: resolvePodSpecInputRuntimeParameter).
    inputs |= dict.fromkeys(texts.pod_inputs(step), "STRING")
    if inputs:
        component["inputDefinitions"] = {"parameters": {name: {"parameterType": kind} for name, kind in inputs.items()}}
    if step.output_files:
        outputs = {name: {"parameterType": "STRING"} for name in step.output_files}
        component["outputDefinitions"] = {"parameters": outputs}
    return component


def _executor(texts: Texts, step: Step) -> dict[str, Any]:
    if not step.command:
        raise TargetError("Kubeflow v2 does not run an image's entry point", fix="give command=[...]", step=step.name)
    command = [texts.argument(step, text) for text in step.command]
    arguments = [texts.argument(step, text) for text in step.arguments]
    if step.output_files:
        pairs = [
            text
            for name, path in step.output_files.items()
            for text in (path, f"{{{{$.outputs.parameters['{name}'].output_file}}}}")
        ]
        command, arguments = ["sh", "-c", copy_script(len(pairs)), "sh"], [*pairs, *command, *arguments]
    container: dict[str, Any] = {"image": texts.for_pod(step, step.image, "the image"), "command": command}
    if arguments:
        container["args"] = arguments
    values = {name: variable["value"] for name, variable in step.env.items() if "value" in variable}
    if values:
        container["env"] = [{"name": name, "value": texts.variable(step, name, text)} for name, text in values.items()]
    quantities = _quantities(texts, step)
    if quantities:
        container["resources"] = quantities
    return {"container": container}


def _quantities(texts: Texts, step: Step) -> dict[str, Any]:
    """Requests and limits: as text, which today's driver reads, and fixed ones as numbers too, for older ones."""
    found: dict[str, Any] = {}
    for kind, given in (("Request", step.requests), ("Limit", step.limits)):
        for name, text in given.items():
            what = f"a {name} {kind.lower()}"
            found[f"resource{name.capitalize()}{kind}"] = texts.for_pod(step, text, what)
            if not refs(text):
                found[f"{name}{kind}"] = resources.cores(text) if name == "cpu" else resources.gigabytes(text)
    if step.uses_gpu:
        count = {"resourceCount": texts.for_pod(step, step.gpus, "a GPU limit")}
        if not refs(step.gpus):
            count["count"] = step.gpus
        found["accelerator"] = {"type": step.gpu_resource, "resourceType": step.gpu_resource, **count}
    return found


def copy_script(count: int) -> str:
    """A script that runs a command and then copies each output file to where Kubeflow wants it.

    Its arguments are `count` file names, from and to in turn, and then the command.
    """
    copies = [f'cp "${{{at}}}" "${{{at + 1}}}"' for at in range(1, count, 2)]
    return " && ".join([f'( shift {count}; "$@" )', *copies])


def _task(texts: Texts, step: Step) -> dict[str, Any]:
    task: dict[str, Any] = {
        "cachingOptions": {"enableCache": True} if step.caching else {},
        "componentRef": {"name": f"comp-{step.name}"},
        "taskInfo": {"name": texts.constant(step, step.display_name, "the display name") or step.name},
    }
    if step.depends_on:
        task["dependentTasks"] = sorted(step.depends_on)
    inputs = {name: source(ref) for name, ref in {**texts.inputs(step), **texts.pod_inputs(step)}.items()}
    if inputs:
        task["inputs"] = {"parameters": inputs}
    if step.retry and step.retry.count:
        if step.retry.policy != "Always":
            raise TargetError(
                f"Kubeflow v2 has no retry policy {step.retry.policy!r}", fix="leave the policy out", step=step.name
            )
        task["retryPolicy"] = {
            "maxRetryCount": step.retry.count,
            "backoffDuration": f"{resources.seconds(step.retry.backoff)}s",
            "backoffFactor": float(step.retry.factor),
            # Counted from the start of the first attempt: the SDK's hour would let no long training be
            # tried again (kubeflow/pipelines#13452), and without a value nothing is tried again.
            "backoffMaxDuration": f"{_YEAR}s",
        }
    return task


def _make_claim(spec: dict[str, Any], graph: Graph, workspace: NewClaim) -> None:
    """Add the task that makes the claim, which the driver carries out itself; every step waits for it."""
    if _CREATE in graph.steps:
        raise TargetError(
            f"a step is named {_CREATE!r}, as the one that makes the workspace",
            fix="give it another name",
            step=_CREATE,
        )
    values = {
        "access_modes": ("LIST", list(workspace.modes)),
        "size": ("STRING", workspace.size),
        "pvc_name_suffix": ("STRING", "-workspace"),
    }
    if workspace.storage_class:
        values["storage_class_name"] = ("STRING", workspace.storage_class)
    spec["components"][f"comp-{_CREATE}"] = {
        "executorLabel": f"exec-{_CREATE}",
        "inputDefinitions": {"parameters": {name: {"parameterType": kind} for name, (kind, _) in values.items()}},
        "outputDefinitions": {"parameters": {"name": {"parameterType": "STRING"}}},
    }
    spec["deploymentSpec"]["executors"][f"exec-{_CREATE}"] = {"container": {"image": "argostub/createpvc"}}
    tasks = spec["root"]["dag"]["tasks"]
    for task in tasks.values():
        task["dependentTasks"] = sorted([*task.get("dependentTasks", []), _CREATE])
    tasks[_CREATE] = {
        "cachingOptions": {},
        "componentRef": {"name": f"comp-{_CREATE}"},
        "inputs": {"parameters": {name: _constant(value) for name, (_, value) in values.items()}},
        "taskInfo": {"name": _CREATE},
    }
