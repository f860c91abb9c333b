"""The same steps, written with the public API of kfp 2: what the kfp target's IR is held against.

Each step becomes a container component with one typed input per run-time value, and a task of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import json_format
from kfp import dsl, kubernetes

from tao_kfp import resources
from tao_kfp.ops.step import Step
from tao_kfp.pipelines.complete import WORKSPACE
from tao_kfp.pipelines.graph import Graph
from tao_kfp.targets.kfp import copy_script
from tao_kfp.targets.pod_text import pod_text
from tao_kfp.text import Ref, refs, render
from tao_kfp.workspace import Claim, NewClaim

TYPES: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}


def documents(graph: Graph) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pipeline spec and the platform spec that kfp's compiler makes of a graph's steps."""
    component = Writer(graph).component()
    return json_format.MessageToDict(component.pipeline_spec), json_format.MessageToDict(component.platform_spec)


class Writer:
    """Calls the SDK for one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.fixed = {name: p.examples()[0] for name, p in graph.parameters.items() if p.is_mount}
        self.values: Mapping[str, Any] = {}
        self.tasks: dict[str, Any] = {}

    def component(self) -> Any:
        parameters = {name: (TYPES[p.type], p.default) for name, p in self.graph.parameters.items() if not p.is_mount}
        function = make_function(self.graph.name, parameters, self.make_tasks)
        return dsl.pipeline(name=self.graph.name, description=self.graph.description or None)(function)

    def make_tasks(self, **values: Any) -> None:
        self.values = values
        workspace = self.graph.workspace
        claim: Any = workspace.name if isinstance(workspace, Claim) else f"{self.graph.name}-{WORKSPACE}"
        if isinstance(workspace, NewClaim):
            storage_class = {"storage_class_name": workspace.storage_class} if workspace.storage_class else {}
            create = kubernetes.CreatePVC(
                access_modes=list(workspace.modes),
                size=workspace.size,
                pvc_name_suffix=f"-{WORKSPACE}",
                **storage_class,
            )
            claim = create.set_caching_options(False).outputs["name"]
        for layer in self.graph.layers():
            for name in layer:
                self.tasks[name] = self.make_task(self.graph.steps[name], claim)
        for name, step in self.graph.steps.items():
            for before in sorted(step.depends_on):
                self.tasks[name].after(self.tasks[before])

    def make_task(self, step: Step, claim: Any) -> Any:
        found = [ref for text in (*step.command, *step.arguments) for ref in refs(text)]
        inputs = {input_name(ref): ref for ref in found if ref.kind != "env" and ref.name not in self.fixed}
        interface = {name: (TYPES[self.type_of(ref)], inspect.Parameter.empty) for name, ref in inputs.items()}
        outputs = {dashless(name): (dsl.OutputPath(str), inspect.Parameter.empty) for name in step.output_files}
        component = dsl.container_component(
            make_function(
                step.name.replace("-", "_"),
                {**interface, **outputs},
                lambda **given: self.container(step, inputs, given),
            )
        )
        task = component(**{name: self.channel(ref) for name, ref in inputs.items()})
        task.set_caching_options(bool(step.caching))
        if step.display_name:
            task.set_display_name(step.display_name)
        if refs(step.image):
            task.set_container_image(self.channel(refs(step.image)[0]))
        if step.uses_gpu:
            task.set_accelerator_type(step.gpu_resource)
        for text, setter in (
            (step.requests.get("cpu"), task.set_cpu_request),
            (step.limits.get("cpu"), task.set_cpu_limit),
            (step.requests.get("memory"), task.set_memory_request),
            (step.limits.get("memory"), task.set_memory_limit),
            (step.gpus if step.uses_gpu else None, task.set_accelerator_limit),
        ):
            if text:
                setter(self.channel(refs(text)[0]) if refs(text) else text)
        if step.retry and step.retry.count:
            backoff = f"{resources.seconds(step.retry.backoff)}s"
            task.set_retry(step.retry.count, backoff_duration=backoff, backoff_factor=float(step.retry.factor))
        self.set_environment(task, step)
        self.set_pod(task, step)
        self.mount(task, step, claim)
        return task

    def container(self, step: Step, inputs: Mapping[str, Ref], given: Mapping[str, Any]) -> Any:
        names = {ref: name for name, ref in inputs.items()}

        def pod(text: str) -> str:
            return pod_text(text, step.env.keys(), lambda ref: self.fixed.get(ref.name) or str(given[names[ref]]))

        command, arguments = [pod(text) for text in step.command], [pod(text) for text in step.arguments]
        if step.output_files:
            pairs = [text for name, path in step.output_files.items() for text in (path, given[dashless(name)])]
            command, arguments = ["sh", "-c", copy_script(len(pairs)), "sh"], [*pairs, *command, *arguments]
        return dsl.ContainerSpec(image="unset" if refs(step.image) else step.image, command=command, args=arguments)

    def set_environment(self, task: Any, step: Step) -> None:
        for name, variable in step.env.items():
            if "value" in variable:
                task.set_env_variable(
                    name, pod_text(variable["value"], step.env.keys(), lambda ref: self.fixed[ref.name])
                )
                continue
            [(kind, source)] = variable["valueFrom"].items()
            if kind == "secretKeyRef":
                optional = source.get("optional", False)
                kubernetes.use_secret_as_env(task, source["name"], {source["key"]: name}, optional=optional)
            elif kind == "configMapKeyRef":
                kubernetes.use_config_map_as_env(task, source["name"], {source["key"]: name})
            else:
                kubernetes.use_field_path_as_env(task, name, source["fieldPath"])

    def set_pod(self, task: Any, step: Step) -> None:
        kubernetes.set_image_pull_secrets(task, list(step.pull_secrets))
        if step.pull_policy:
            kubernetes.set_image_pull_policy(task, step.pull_policy)
        if step.timeout:
            kubernetes.set_timeout(task, step.timeout)
        for label, value in step.node_selector.items():
            kubernetes.add_node_selector(task, label, value)
        for toleration in step.tolerations:
            kubernetes.add_toleration(
                task, **{name: toleration.get(name) for name in ("key", "operator", "value", "effect")}
            )
        for label, value in step.labels.items():
            kubernetes.add_pod_label(task, label, value)
        for name, value in step.annotations.items():
            kubernetes.add_pod_annotation(task, name, value)

    def mount(self, task: Any, step: Step, claim: Any) -> None:
        for mount in step.mounts:
            name, path = mount["name"], render(mount["mountPath"], lambda ref: self.fixed[ref.name])
            kind, source = ("workspace", {}) if name == WORKSPACE else next(iter(step.volumes[name].items()))
            sub_path = {"sub_path": mount["subPath"]} if "subPath" in mount else {}
            if kind == "workspace":
                kubernetes.mount_pvc(task, pvc_name=claim, mount_path=path, **sub_path)
            elif kind == "persistentVolumeClaim":
                kubernetes.mount_pvc(task, pvc_name=source["claimName"], mount_path=path, **sub_path)
            elif kind == "emptyDir":
                medium, size = source.get("medium"), source.get("sizeLimit")
                kubernetes.empty_dir_mount(task, volume_name=name, mount_path=path, medium=medium, size_limit=size)
            elif kind == "secret":
                optional = source.get("optional", False)
                kubernetes.use_secret_as_volume(task, source["secretName"], mount_path=path, optional=optional)
            else:
                kubernetes.use_config_map_as_volume(task, source["name"], mount_path=path)

    def type_of(self, ref: Ref) -> str:
        return self.graph.parameters[ref.name].type if ref.kind == "param" else "str"

    def channel(self, ref: Ref) -> Any:
        return self.values[ref.name] if ref.kind == "param" else self.tasks[ref.step].outputs[dashless(ref.name)]


def make_function(name: str, arguments: Mapping[str, tuple[Any, Any]], body: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose signature the SDK reads as a component's interface."""

    def function(*positional: Any, **given: Any) -> Any:
        return body(**dict(zip(arguments, positional, strict=False)), **given)

    function.__name__ = function.__qualname__ = name
    function.__signature__ = inspect.Signature(
        [
            inspect.Parameter(argument, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind)
            for argument, (kind, default) in arguments.items()
        ]
    )
    function.__annotations__ = {argument: kind for argument, (kind, _) in arguments.items()}
    return function


def dashless(name: str) -> str:
    return name.replace("-", "_")


def input_name(ref: Ref) -> str:
    return dashless(f"{ref.step}_{ref.name}") if ref.kind == "output" else ref.name
