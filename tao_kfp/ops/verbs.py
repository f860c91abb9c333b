"""The verbs of Kubeflow Pipelines v1: what can be said of a step after it was made.

`add_` appends, `set_` replaces; each returns the op, so that calls chain.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TypeVar, Union

from tao_kfp import names, resources, secrets
from tao_kfp.errors import StepError, TaoKfpError
from tao_kfp.ops import kubernetes_objects
from tao_kfp.ops.scope import Scope
from tao_kfp.ops.step import Step
from tao_kfp.secrets import SecretKey
from tao_kfp.text import RunTimeValue, to_text

Op = TypeVar("Op", bound="Verbs")
Text = Union[str, int, float, bool, RunTimeValue]

_GPUS = re.compile(r"0|[1-9][0-9]{0,3}")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")


class Verbs(Step):
    """A step of a pipeline that is being built, with the verbs to change it."""

    _scope: Scope

    def add_volume(self: Op, volume: Any) -> Op:
        """Add a volume: a `kubernetes.client.V1Volume`, or its dict."""
        with blame(self, "volume"):
            source = kubernetes_objects.to_dict(volume, "V1Volume")
            name = source.pop("name", "")
            names.check_object_name(name, "volume")
            if "." in name or len(name) > names.MAX:
                raise StepError(
                    f"{name!r} cannot be the name of a volume", fix="use at most 63 letters, digits and '-'"
                )
            kubernetes_objects.check_fields(source, kubernetes_objects.VOLUME_SOURCES, f"the volume {name!r}")
            for kind, fields in source.items():
                kubernetes_objects.check_source(kind, fields, f"the volume {name!r}")
            if self.volumes.get(name, source) != source:
                raise StepError(f"there are two different volumes named {name!r}", fix="give one of them another name")
            if len(source) != 1:
                raise StepError(
                    f"the volume {name!r} has {len(source)} sources", fix="give one, such as empty_dir or secret"
                )
            self.volumes[name] = source
        return self

    def add_volume_mount(self: Op, mount: Any) -> Op:
        """Mount a volume of this op: a `kubernetes.client.V1VolumeMount`, or its dict."""
        with blame(self, "volume_mount"):
            found = kubernetes_objects.to_dict(mount, "V1VolumeMount")
            kubernetes_objects.check_fields(found, kubernetes_objects.MOUNT_FIELDS, "a volume mount")
            if found.get("readOnly") is False:
                del found["readOnly"]  # the default, which the client may spell out
            if ".." in str(found.get("subPath", "")).split("/"):
                raise StepError(f"the sub-path {found['subPath']!r} leaves the volume", fix="give a folder inside it")
            self.mounts.append(found)
        return self

    def add_env_variable(self: Op, variable: Any, value: Text | SecretKey | None = None) -> Op:
        """Set an environment variable.

        Args:
            variable: A `kubernetes.client.V1EnvVar`, its dict, a `tao.SecretKey`, or a name.
            value: The value, with a name; a `tao.SecretKey` too.
        """
        with blame(self, "env"):
            if isinstance(variable, SecretKey):
                self._add_secret(variable)
                return self
            if isinstance(value, SecretKey):
                self._add_secret(replace(value, env=variable))
                return self
            if isinstance(variable, str):
                variable = {"name": variable, "value": "" if value is None else to_text(value)}
            source = kubernetes_objects.to_dict(variable, "V1EnvVar")
            name = source.pop("name", "")
            names.check_env_name(name)
            kubernetes_objects.check_fields(source, ("value", "valueFrom"), f"the variable {name!r}")
            if "value" in source and "valueFrom" in source:
                raise StepError(f"the variable {name!r} has a value and a source", fix="give one of them")
            if "valueFrom" in source:
                what = f"the source of the variable {name!r}"
                kubernetes_objects.check_fields(source["valueFrom"], kubernetes_objects.VARIABLE_SOURCES, what)
                if len(source["valueFrom"]) != 1:
                    raise StepError(f"{what} has {len(source['valueFrom'])} kinds", fix="give one")
                for kind, fields in source["valueFrom"].items():
                    kubernetes_objects.check_source(kind, fields, what)
            else:
                source["value"] = to_text(source.get("value", ""))
                secrets.check_entry(name, source["value"], "the environment variable")
            self.env[name] = source
        return self

    def set_gpu_limit(self: Op, limit: int | str | RunTimeValue, vendor: str = "nvidia") -> Op:
        """Ask for GPUs.

        Args:
            limit: How many, a number or a run parameter.
            vendor: `nvidia` or `amd`; the resource is `VENDOR.com/gpu`.
        """
        with blame(self, "gpu_limit"):
            text = to_text(limit)
            for example in self._scope.examples(text):
                if isinstance(limit, bool) or not _GPUS.fullmatch(example):
                    raise StepError(
                        f"{example!r} is no number of GPUs", fix="give a whole number, or a run parameter of type int"
                    )
            if vendor not in ("nvidia", "amd"):
                raise StepError(f"{vendor!r} is no GPU vendor", fix="use 'nvidia' or 'amd'")
            self.gpus = text
            self.gpu_resource = f"{vendor}.com/gpu"
        return self

    def set_cpu_request(self: Op, cpu: int | float | str | RunTimeValue) -> Op:
        """Ask for CPU: cores (`2`, `0.5`) or millicores (`500m`)."""
        return self._set_quantity(self.requests, "cpu", cpu)

    def set_cpu_limit(self: Op, cpu: int | float | str | RunTimeValue) -> Op:
        """Limit CPU: cores (`2`, `0.5`) or millicores (`500m`)."""
        return self._set_quantity(self.limits, "cpu", cpu)

    def set_memory_request(self: Op, memory: int | str | RunTimeValue) -> Op:
        """Ask for memory: bytes, or a number with a unit (`8Gi`)."""
        return self._set_quantity(self.requests, "memory", memory)

    def set_memory_limit(self: Op, memory: int | str | RunTimeValue) -> Op:
        """Limit memory: bytes, or a number with a unit (`8Gi`)."""
        return self._set_quantity(self.limits, "memory", memory)

    def set_shm_size(self: Op, size: str) -> Op:
        """Set the size of /dev/shm, such as `32Gi`; it counts towards the step's memory."""
        with blame(self, "shm_size"):
            self.shm_size = resources.memory(size)
        return self

    def set_image_pull_policy(self: Op, policy: str) -> Op:
        """Set when the image is pulled: `Always`, `IfNotPresent` or `Never`."""
        if policy not in _PULL_POLICIES:
            raise self._error(f"{policy!r} is no image pull policy", fix=f"use {', '.join(_PULL_POLICIES)}")
        self.pull_policy = policy
        return self

    def set_caching_options(self: Op, enable_caching: bool) -> Op:
        """Let Kubeflow skip the step when it ran before with the same inputs.

        Off by default: a skipped step leaves nothing in the workspace. A TAO step refuses it.
        """
        if not isinstance(enable_caching, bool):
            raise self._error(f"{enable_caching!r} is neither True nor False")
        if enable_caching and self.is_tao:
            raise self._error(
                "a cached TAO step would be skipped and write nothing to the workspace", fix="leave caching off"
            )
        self.caching = enable_caching
        return self

    def add_node_selector_constraint(self: Op, label: str, value: str) -> Op:
        """Run only on nodes that have this label with this value."""
        with blame(self, "node_selector"):
            names.check_label(label, value)
            self.node_selector[label] = value
        return self

    def add_toleration(self: Op, toleration: Any) -> Op:
        """Tolerate a taint: a `kubernetes.client.V1Toleration`, or its dict."""
        with blame(self, "toleration"):
            self.tolerations.append(kubernetes_objects.toleration(toleration))
        return self

    def add_pod_label(self: Op, name: Text, value: Text) -> Op:
        """Label the step's pod."""
        with blame(self, "pod_label"):
            for label in self._scope.examples(to_text(name)):
                for text in self._scope.examples(to_text(value)):
                    names.check_label(label, text)
                    secrets.check_entry("" if "/" in label else label, text, "the label")
                if label == "pipelines.kubeflow.org/enable_caching":
                    raise StepError("this label is Kubeflow's own", fix="use .set_caching_options(...)")
            self.labels[to_text(name)] = to_text(value)
        return self

    def add_pod_annotation(self: Op, name: Text, value: Text) -> Op:
        """Annotate the step's pod."""
        with blame(self, "pod_annotation"):
            for label in self._scope.examples(to_text(name)):
                names.check_label_name(label)
                # Vault and others have annotations of such names, under a prefix of their own.
                secrets.check_entry("" if "/" in label else label, to_text(value), "the annotation")
            self.annotations[to_text(name)] = to_text(value)
        return self

    def set_retry(
        self: Op,
        num_retries: int,
        policy: str | None = None,
        backoff_duration: int | str | None = None,
        backoff_factor: float | None = None,
        backoff_max_duration: str | None = None,
    ) -> Op:
        """Set how often a failed step is tried again.

        Args:
            num_retries: Further attempts; 0 for none.
            policy: `Always` (default), `OnFailure`, `OnError` or `OnTransientError`.
            backoff_duration: Wait before the first retry, in seconds or as `5m`. Default one minute.
            backoff_factor: Factor from one wait to the next. Default 2.
            backoff_max_duration: Refused, see the message.
        """
        if backoff_max_duration is not None:
            raise self._error(
                "backoff_max_duration counts from the start of the first attempt, so that a step longer than it is never tried again",
                fix="leave it out; bound one attempt with .set_timeout()",
            )
        given = {"count": num_retries, "policy": policy, "backoff": backoff_duration, "factor": backoff_factor}
        with blame(self, "retry"):
            self.retry = resources.Retry(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
            self.retry.check()
        return self

    def set_timeout(self: Op, timeout: int | str) -> Op:
        """Limit the time of one attempt: seconds, or `90s`, `30m`, `12h`, `2d`."""
        with blame(self, "timeout"):
            self.timeout = resources.seconds(timeout)
        return self

    def set_display_name(self: Op, name: str) -> Op:
        """Set what the screen shows for this step."""
        self.display_name = to_text(name)
        return self

    # Inside ------------------------------------------------------------------------------------

    def _add_secret(self, secret: SecretKey) -> None:
        secret.check()
        reference: dict[str, Any] = {"name": secret.secret, "key": secret.key}
        if secret.optional:
            reference["optional"] = True
        self.env[secret.env] = {"valueFrom": {"secretKeyRef": reference}}

    def _set_quantity(self: Op, kind: dict[str, str], name: str, value: Any) -> Op:
        with blame(self, name):
            check = resources.cpu if name == "cpu" else resources.memory
            text = to_text(value)
            for example in self._scope.examples(text):
                check(example)
            kind[name] = text
        return self

    def _error(self, what: str, fix: str = "") -> StepError:
        return StepError(what, fix=fix, step=self.name, where=self.where)


class blame:  # noqa: N801 - reads as a statement: with blame(op, ...)
    """Add the step and its place to an error that is raised inside a verb."""

    def __init__(self, op: Verbs, argument: str = "") -> None:
        self._op = op
        self._argument = argument

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, TaoKfpError):
            error.at(step=self._op.name, argument=self._argument, where=self._op.where)
