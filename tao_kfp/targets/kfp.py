"""The kfp target: v2 IR and its Kubernetes platform document, through the public API of kfp 2.

Each step becomes a container component with one typed input per run-time value, and a task of it. The
SDK writes the IR; this file adds what it has no call for (drop-downs) and takes out what it adds
against us (a limit on the time of all retries).
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import json_format

with warnings.catch_warnings():  # of the SDK's own imports, none of them the user's to mend
    warnings.simplefilter("ignore")
    from kfp import dsl, kubernetes

from tao_kfp import resources
from tao_kfp.errors import TargetError
from tao_kfp.ops.step import Step
from tao_kfp.pipelines.complete import WORKSPACE
from tao_kfp.pipelines.graph import Graph
from tao_kfp.pipelines.parameters import Parameter
from tao_kfp.targets import Rendered, kfp_backend, manifests, yaml_text
from tao_kfp.targets.pod_text import pod_text
from tao_kfp.text import Ref, refs, split
from tao_kfp.text import render as render_text
from tao_kfp.workspace import Claim, HostPath, NewClaim

_TYPES: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}

# The SDK writes these inputs of its own beside a component's, over one of the same name.
_RESERVED = {
    "base_image", "accelerator_count", "accelerator_type", "cpu_limit", "cpu_request", "memory_limit", "memory_request",
}  # fmt: skip

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
    writer = _Writer(graph)
    component = writer.component()
    spec = json_format.MessageToDict(component.pipeline_spec)
    platform = json_format.MessageToDict(component.platform_spec)
    _drop_defaults(platform)
    _describe_inputs(spec, writer.run_parameters)
    _declare_quantities(spec)
    for task in spec["root"]["dag"]["tasks"].values():
        if "retryPolicy" in task:
            # Counted from the start of the first attempt: the SDK's hour would let no long training be
            # tried again (kubeflow/pipelines#13452), and without a value nothing is tried again.
            task["retryPolicy"]["backoffMaxDuration"] = f"{_YEAR}s"
    documents = [spec, platform]
    notes = kfp_backend.fit(documents, oldest)
    text = yaml_text.dump(*documents, sort_keys=True)
    if "{{channel:" in text:
        raise TargetError(
            "a run parameter stands where Kubeflow v2 takes none", fix="use it in a command or an argument"
        )
    manifest = ""
    if isinstance(graph.workspace, HostPath):
        manifest = manifests.host_path_claim(graph.workspace, writer.claim)
    return Rendered(text, notes, manifest)


def _describe_inputs(spec: dict[str, Any], parameters: Mapping[str, Parameter]) -> None:
    """Add the drop-downs and descriptions of the run parameters, for which the SDK has no call."""
    inputs = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    for name, parameter in parameters.items():
        choices = (True, False) if parameter.type == "bool" else parameter.choices
        if choices:
            inputs[name]["literals"] = list(choices)
        if parameter.description:
            inputs[name]["description"] = parameter.description


def _declare_quantities(spec: dict[str, Any]) -> None:
    """Declare, as text, the inputs that a step's CPU, memory and GPU quantities come from.

    The SDK passes such a value to the task without declaring it. The driver then keeps its type and
    reads it as text, so that an int is empty and the pod gets no GPU at all; a declared text input is
    converted (backend/src/v2/driver: resolvePodSpecInputRuntimeParameter, resolveInputs).
    """
    for component in spec["components"].values():
        container = spec["deploymentSpec"]["executors"][component["executorLabel"]].get("container", {})
        for name in re.findall(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}", str(container.get("resources", {}))):
            component.setdefault("inputDefinitions", {}).setdefault("parameters", {})[name] = {
                "parameterType": "STRING"
            }


def _drop_defaults(value: Any) -> None:
    """Take out `optional: false`, which says nothing and which older backends do not know."""
    if isinstance(value, dict):
        if value.get("optional") is False:
            del value["optional"]
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        _drop_defaults(item)


class _Writer:
    """Calls the SDK for one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        # A mount path cannot be a run parameter in v2: its value is fixed in the package.
        self.fixed = {name: p.examples()[0] for name, p in graph.parameters.items() if p.is_mount}
        self.run_parameters = {name: p for name, p in graph.parameters.items() if not p.is_mount}
        workspace = graph.workspace
        self.claim = workspace.name if isinstance(workspace, Claim) else f"{graph.name}-{WORKSPACE}"

    def component(self) -> Any:
        """The pipeline as a kfp component."""
        for parameter in self.run_parameters.values():
            for example in parameter.examples():
                _refuse_placeholders(example, f"the parameter {parameter.name!r}")
        function = _function(
            self.graph.name,
            {name: (_TYPES[p.type], p.default) for name, p in self.run_parameters.items()},
            self._make_tasks,
        )
        return dsl.pipeline(name=self.graph.name, description=self.graph.description or None)(function)

    def _make_tasks(self, **values: Any) -> None:
        claim: Any = self.claim
        if isinstance(self.graph.workspace, NewClaim):
            claim = self._make_claim(self.graph.workspace)
        tasks: dict[str, Any] = {}
        for layer in self.graph.layers():
            for name in layer:
                tasks[name] = self._make_task(self.graph.steps[name], values, tasks, claim)
        for name, step in self.graph.steps.items():
            for before in sorted(step.depends_on):
                tasks[name].after(tasks[before])

    def _make_claim(self, workspace: NewClaim) -> Any:
        task = kubernetes.CreatePVC(
            access_modes=list(workspace.modes),
            size=workspace.size,
            pvc_name_suffix=f"-{WORKSPACE}",
            **({"storage_class_name": workspace.storage_class} if workspace.storage_class else {}),
        )
        return task.set_caching_options(False).outputs["name"]

    def _make_task(self, step: Step, values: Mapping[str, Any], tasks: Mapping[str, Any], claim: Any) -> Any:
        if not step.command:
            raise TargetError(
                "Kubeflow v2 does not run an image's entry point", fix="give command=[...]", step=step.name
            )
        inputs = self._inputs(step)
        component = dsl.container_component(
            _function(
                step.name.replace("-", "_"),
                {
                    **{name: (_TYPES[self._type(ref)], inspect.Parameter.empty) for name, ref in inputs.items()},
                    **{
                        _output_input(name): (dsl.OutputPath(str), inspect.Parameter.empty)
                        for name in step.output_files
                    },
                },
                lambda **given: self._container(step, inputs, given),
            )
        )
        channels = {name: self._channel(ref, values, tasks) for name, ref in inputs.items()}
        task = component(**channels)
        task.set_caching_options(bool(step.caching))
        if step.display_name:
            task.set_display_name(self._constant(step, step.display_name, "the display name"))
        if refs(step.image):
            task.set_container_image(self._whole_channel(step, step.image, values, tasks, "the image"))
        self._set_resources(task, step, values, tasks)
        if step.retry and step.retry.count:
            if step.retry.policy != "Always":
                raise TargetError(
                    f"Kubeflow v2 has no retry policy {step.retry.policy!r}", fix="leave the policy out", step=step.name
                )
            task.set_retry(
                step.retry.count,
                backoff_duration=f"{resources.seconds(step.retry.backoff)}s",
                backoff_factor=float(step.retry.factor),
            )
        self._set_environment(task, step)
        self._set_pod(task, step)
        self._mount(task, step, claim)
        return task

    # The container -----------------------------------------------------------------------------

    def _container(self, step: Step, inputs: Mapping[str, Ref], given: Mapping[str, Any]) -> Any:
        names = {ref: name for name, ref in inputs.items()}

        def value(ref: Ref) -> str:
            return self.fixed[ref.name] if ref.name in self.fixed and ref.kind == "param" else str(given[names[ref]])

        def pod(text: str) -> str:
            for piece in split(text):
                if isinstance(piece, str):
                    _refuse_placeholders(piece, "a text of the step", step.name)
            return pod_text(text, step.env.keys(), value)

        command = [pod(text) for text in step.command]
        arguments = [pod(text) for text in step.arguments]
        if step.output_files:
            pairs = [text for name, path in step.output_files.items() for text in (path, given[_output_input(name)])]
            command, arguments = ["sh", "-c", _copy_script(len(pairs)), "sh"], [*pairs, *command, *arguments]
        image = step.image if not refs(step.image) else "set-at-run-time"
        return dsl.ContainerSpec(image=image, command=command, args=arguments)

    def _inputs(self, step: Step) -> dict[str, Ref]:
        """The component's inputs by name: one for each run-time value in the step's command and arguments."""
        found: dict[str, Ref] = {}
        for text in (*step.command, *step.arguments):
            for ref in refs(text):
                if ref.kind == "output" or (ref.kind == "param" and ref.name not in self.fixed):
                    found[_input_name(ref)] = ref
        return dict(sorted(found.items()))

    def _type(self, ref: Ref) -> str:
        return self.graph.parameters[ref.name].type if ref.kind == "param" else "str"

    def _channel(self, ref: Ref, values: Mapping[str, Any], tasks: Mapping[str, Any]) -> Any:
        return values[ref.name] if ref.kind == "param" else tasks[ref.step].outputs[_output_input(ref.name)]

    def _whole_channel(
        self, step: Step, text: str, values: Mapping[str, Any], tasks: Mapping[str, Any], what: str
    ) -> Any:
        """The run-time value that is a text's only content."""
        pieces = split(text)
        if len(pieces) != 1 or not isinstance(pieces[0], Ref):
            raise TargetError(
                f"Kubeflow v2 takes a run parameter as {what} only whole, without text around it",
                fix="let the parameter hold all of it",
                step=step.name,
            )
        return self._channel(pieces[0], values, tasks)

    def _constant(self, step: Step, text: str, what: str) -> str:
        """A text that v2 fixes in the package."""

        def value(ref: Ref) -> str:
            if ref.name in self.fixed:
                return self.fixed[ref.name]
            raise TargetError(
                f"Kubeflow v2 cannot take the run parameter {ref.name!r} in {what}",
                fix="pass it as an argument, or use --target argo",
                step=step.name,
            )

        _refuse_placeholders(text, what, step.name)
        return render_text(text, value)

    # Around the container ----------------------------------------------------------------------

    def _set_resources(self, task: Any, step: Step, values: Mapping[str, Any], tasks: Mapping[str, Any]) -> None:
        setters: list[tuple[str, Callable[[Any], Any], str]] = [
            (step.requests.get("cpu", ""), task.set_cpu_request, "a CPU request"),
            (step.limits.get("cpu", ""), task.set_cpu_limit, "a CPU limit"),
            (step.requests.get("memory", ""), task.set_memory_request, "a memory request"),
            (step.limits.get("memory", ""), task.set_memory_limit, "a memory limit"),
            (step.gpus if step.uses_gpu else "", task.set_accelerator_limit, "a GPU limit"),
        ]
        if step.uses_gpu:
            task.set_accelerator_type(step.gpu_resource)
        for text, setter, what in setters:
            if text:
                setter(self._whole_channel(step, text, values, tasks, what) if refs(text) else text)

    def _set_environment(self, task: Any, step: Step) -> None:
        env = step.env.keys()
        for name, variable in step.env.items():
            if "value" in variable:
                constant = self._constant_env(step, variable["value"], name, env)
                task.set_env_variable(name, constant)
                continue
            (kind, source), *more = variable.get("valueFrom", {"": {}}).items()
            if kind == "secretKeyRef" and not more:
                kubernetes.use_secret_as_env(
                    task, source["name"], {source["key"]: name}, optional=source.get("optional", False)
                )
            elif kind == "configMapKeyRef" and not more:
                kubernetes.use_config_map_as_env(task, source["name"], {source["key"]: name})
            elif kind == "fieldRef" and not more:
                kubernetes.use_field_path_as_env(task, name, source["fieldPath"])
            else:
                raise TargetError(
                    f"Kubeflow v2 cannot fill the variable {name!r} from {kind or 'nothing'}",
                    fix="use a secret, a config map or a pod field",
                    step=step.name,
                )

    def _constant_env(self, step: Step, text: str, name: str, env: Any) -> str:
        def value(ref: Ref) -> str:
            return self._constant(step, ref.marker, f"the environment variable {name!r}")

        _refuse_placeholders(text, f"the environment variable {name!r}", step.name)
        return pod_text(text, env, value)

    def _set_pod(self, task: Any, step: Step) -> None:
        if step.pull_secrets:
            kubernetes.set_image_pull_secrets(task, list(step.pull_secrets))
        if step.pull_policy:
            kubernetes.set_image_pull_policy(task, step.pull_policy)
        if step.timeout:
            kubernetes.set_timeout(task, step.timeout)
        for label, value in step.node_selector.items():
            kubernetes.add_node_selector(task, label, self._constant(step, value, "a node selector"))
        for toleration in step.tolerations:
            kubernetes.add_toleration(
                task,
                key=toleration.get("key"),
                operator=toleration.get("operator"),
                value=toleration.get("value"),
                effect=toleration.get("effect"),
                toleration_seconds=toleration.get("tolerationSeconds"),
            )
        for label, value in step.labels.items():
            kubernetes.add_pod_label(
                task, self._constant(step, label, "a pod label"), self._constant(step, value, "a pod label")
            )
        for name, value in step.annotations.items():
            kubernetes.add_pod_annotation(
                task, self._constant(step, name, "a pod annotation"), self._constant(step, value, "a pod annotation")
            )

    def _mount(self, task: Any, step: Step, claim: Any) -> None:
        for mount in step.mounts:
            path = self._constant(step, mount["mountPath"], "a mount path")
            name = mount["name"]
            extra = mount.keys() - {"name", "mountPath", "subPath"}
            if name == WORKSPACE:
                kubernetes.mount_pvc(task, pvc_name=claim, mount_path=path, **_sub_path(mount))
                continue
            (kind, source), *_ = step.volumes[name].items()
            if extra or ("subPath" in mount and kind != "persistentVolumeClaim"):
                raise TargetError(
                    f"Kubeflow v2 has no {', '.join(sorted(extra)) or 'subPath'} for a mount of {kind}",
                    fix="leave it out, or use --target argo",
                    step=step.name,
                )
            mounter = _MOUNTERS.get(kind)
            unknown = source.keys() - mounter[0] if mounter else set()
            if mounter is None or unknown:
                raise TargetError(
                    f"Kubeflow v2 has no volume of kind {kind}"
                    + (f" with {', '.join(sorted(unknown))}" if unknown else ""),
                    fix="use a PersistentVolumeClaim, or --target argo"
                    if kind in ("hostPath", "nfs")
                    else "use --target argo",
                    step=step.name,
                )
            mounter[1](task, name, source, path, mount)


def _copy_script(count: int) -> str:
    """A script that runs a command and then copies each output file to where Kubeflow wants it.

    Its arguments are `count` file names, from and to in turn, and then the command.
    """
    copies = [f'cp "${{{at}}}" "${{{at + 1}}}"' for at in range(1, count, 2)]
    return " && ".join([f'( shift {count}; "$@" )', *copies])


def _sub_path(mount: Mapping[str, Any]) -> dict[str, str]:
    return {"sub_path": mount["subPath"]} if mount.get("subPath") else {}


# Volume kinds of v2: the fields of the source that it knows, and the call that mounts it.
_MOUNTERS: Mapping[str, tuple[set[str], Callable[[Any, str, Any, str, Any], Any]]] = {
    "persistentVolumeClaim": (
        {"claimName"},
        lambda task, name, source, path, mount: kubernetes.mount_pvc(
            task, pvc_name=source["claimName"], mount_path=path, **_sub_path(mount)
        ),
    ),
    "emptyDir": (
        {"medium", "sizeLimit"},
        lambda task, name, source, path, mount: kubernetes.empty_dir_mount(
            task, volume_name=name, mount_path=path, medium=source.get("medium"), size_limit=source.get("sizeLimit")
        ),
    ),
    "secret": (
        {"secretName", "optional"},
        lambda task, name, source, path, mount: kubernetes.use_secret_as_volume(
            task, source["secretName"], mount_path=path, optional=source.get("optional", False)
        ),
    ),
    "configMap": (
        {"name", "optional"},
        lambda task, name, source, path, mount: kubernetes.use_config_map_as_volume(
            task, source["name"], mount_path=path, optional=source.get("optional", False)
        ),
    ),
}


def _function(name: str, arguments: Mapping[str, tuple[Any, Any]], body: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose signature the SDK reads as a component's interface."""

    def function(*positional: Any, **given: Any) -> Any:
        return body(**dict(zip(arguments, positional, strict=False)), **given)

    function.__name__ = name
    function.__qualname__ = name
    function.__doc__ = None
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(argument, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind)
            for argument, (kind, default) in arguments.items()
        ]
    )
    function.__annotations__ = {argument: kind for argument, (kind, _) in arguments.items()}
    return function


def _input_name(ref: Ref) -> str:
    name = f"{ref.step}_{ref.name}".replace("-", "_") if ref.kind == "output" else ref.name
    return f"{name}_value" if name in _RESERVED else name


def _output_input(name: str) -> str:
    return name.replace("-", "_")


def _refuse_placeholders(text: str, what: str, step: str = "") -> None:
    if "{{" in text:
        raise TargetError(
            f"{what} holds '{{{{', which Kubeflow reads as one of its own values: {text[max(0, text.index('{{') - 10) :][:40]!r}",
            fix="put the text into a file of the workspace, or write the braces apart",
            step=step,
        )
