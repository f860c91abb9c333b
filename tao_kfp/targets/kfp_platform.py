"""The Kubernetes platform spec of a v2 package: what the driver puts into a step's pod.

A protocol buffer (kubeflow/pipelines kubernetes_platform/proto/kubernetes_executor_config.proto), written
as the dict of its JSON form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tao_kfp.errors import TargetError
from tao_kfp.ops.step import Step
from tao_kfp.pipelines.complete import WORKSPACE
from tao_kfp.targets.kfp_text import Texts


def executor_config(texts: Texts, step: Step, claim: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of one step.

    Args:
        texts: Writes the step's texts.
        step: The step.
        claim: Where the name of the workspace's claim comes from: a constant, or a task's output.

    Raises:
        TargetError: The step asks for what v2 does not have.
    """
    config: dict[str, Any] = {}
    _add_variables(config, texts, step)
    _add_mounts(config, texts, step, claim)
    if step.pull_secrets:
        config["imagePullSecret"] = [_named(texts, step, "secretName", name) for name in step.pull_secrets]
    if step.pull_policy:
        config["imagePullPolicy"] = step.pull_policy
    if step.timeout:
        config["activeDeadlineSeconds"] = str(step.timeout)
    if step.node_selector:
        labels = {label: texts.constant(step, value, "a node selector") for label, value in step.node_selector.items()}
        config["nodeSelector"] = {"labels": labels}
    if step.tolerations:
        config["tolerations"] = [
            {
                field: texts.constant(step, value, "a toleration") if isinstance(value, str) else value
                for field, value in given.items()
            }
            for given in step.tolerations
        ]
    metadata = {
        "labels": _constants(texts, step, step.labels, "a pod label"),
        "annotations": _constants(texts, step, step.annotations, "a pod annotation"),
    }
    if any(metadata.values()):
        config["podMetadata"] = {kind: entries for kind, entries in metadata.items() if entries}
    return config


def _constants(texts: Texts, step: Step, entries: Mapping[str, str], what: str) -> dict[str, str]:
    return {texts.constant(step, name, what): texts.constant(step, value, what) for name, value in entries.items()}


def _named(texts: Texts, step: Step, field: str, name: str) -> dict[str, Any]:
    """A reference to an object, in the form of today and, where it is fixed, in the one before, for older backends."""
    found = texts.object_name(step, name, "the name of an object")
    fixed = {field: found["runtimeValue"]["constant"]} if "runtimeValue" in found else {}
    return {**fixed, f"{field}Parameter": found}


def _add_variables(config: dict[str, Any], texts: Texts, step: Step) -> None:
    for name, variable in step.env.items():
        if "value" in variable:
            continue  # written into the container
        kind, source = _only(variable.get("valueFrom", {}))
        if kind == "secretKeyRef":
            entry = {
                "keyToEnv": [{"secretKey": source["key"], "envVar": name}],
                **_named(texts, step, "secretName", source["name"]),
            }
            config.setdefault("secretAsEnv", []).append({**entry, **_optional(source)})
        elif kind == "configMapKeyRef":
            entry = {
                "keyToEnv": [{"configMapKey": source["key"], "envVar": name}],
                **_named(texts, step, "configMapName", source["name"]),
            }
            config.setdefault("configMapAsEnv", []).append({**entry, **_optional(source)})
        elif kind == "fieldRef":
            config.setdefault("fieldPathAsEnv", []).append({"name": name, "fieldPath": source["fieldPath"]})
        else:
            raise TargetError(
                f"Kubeflow v2 cannot fill the variable {name!r} from {kind or 'nothing'}",
                fix="use a secret, a config map or a pod field",
                step=step.name,
            )


def _only(sources: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The one source of a variable or volume, and its kind."""
    return next(iter(sources.items()), ("", {}))


def _optional(source: Mapping[str, Any]) -> dict[str, bool]:
    return {"optional": True} if source.get("optional") else {}


def _add_mounts(config: dict[str, Any], texts: Texts, step: Step, claim: Mapping[str, Any]) -> None:
    for mount in step.mounts:
        name, path = mount["name"], texts.constant(step, mount["mountPath"], "a mount path")
        kind, source = ("workspace", claim) if name == WORKSPACE else _only(step.volumes[name])
        is_claim = kind in ("workspace", "persistentVolumeClaim")
        # Secrets and config maps are never writable, so saying so changes nothing.
        unknown = mount.keys() - {
            "name",
            "mountPath",
            *(["subPath"] if is_claim else ["readOnly"] if kind in ("secret", "configMap") else []),
        }
        if unknown:
            raise TargetError(
                f"Kubeflow v2 has no {', '.join(sorted(unknown))} for a mount of {kind}",
                fix="leave it out, or use --target argo",
                step=step.name,
            )
        if is_claim:
            _refuse_unknown(step, kind, source, {"claimName", "runtimeValue", "taskOutputParameter"})
            entry = {
                "mountPath": path,
                **_claim(texts, step, source),
                **({"subPath": mount["subPath"]} if "subPath" in mount else {}),
            }
            config.setdefault("pvcMount", []).append(entry)
        elif kind == "emptyDir":
            _refuse_unknown(step, kind, source, {"medium", "sizeLimit"})
            config.setdefault("emptyDirMounts", []).append({"volumeName": name, "mountPath": path, **source})
        elif kind == "secret":
            _refuse_unknown(step, kind, source, {"secretName", "optional"})
            entry = {"mountPath": path, **_named(texts, step, "secretName", source["secretName"]), **_optional(source)}
            config.setdefault("secretAsVolume", []).append(entry)
        elif kind == "configMap":
            _refuse_unknown(step, kind, source, {"name", "optional"})
            entry = {"mountPath": path, **_named(texts, step, "configMapName", source["name"]), **_optional(source)}
            config.setdefault("configMapAsVolume", []).append(entry)
        else:
            raise TargetError(
                f"Kubeflow v2 has no volume of kind {kind}",
                fix="use a PersistentVolumeClaim" if kind in ("hostPath", "nfs") else "use --target argo",
                step=step.name,
            )


def _claim(texts: Texts, step: Step, source: Mapping[str, Any]) -> dict[str, Any]:
    """A claim by a constant name or by a run-time value, in the form of today and in the one before."""
    found = (
        texts.object_name(step, source["claimName"], "the name of a claim") if "claimName" in source else dict(source)
    )
    before = {"constant": found["runtimeValue"]["constant"]} if "runtimeValue" in found else found
    return {**before, "pvcNameParameter": found}


def _refuse_unknown(step: Step, kind: str, source: Mapping[str, Any], known: set[str]) -> None:
    unknown = source.keys() - known
    if unknown:
        raise TargetError(
            f"Kubeflow v2 has no volume of kind {kind} with {', '.join(sorted(unknown))}",
            fix="use --target argo",
            step=step.name,
        )
