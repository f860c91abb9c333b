"""Kubernetes objects as plain dicts, whichever way a user gives them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from tao_kfp import resources
from tao_kfp.errors import StepError
from tao_kfp.text import RunTimeValue, to_text

VOLUME_SOURCES = (
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "configMap", "csi", "downwardAPI", "emptyDir",
    "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "image", "iscsi", "nfs",
    "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected", "quobyte", "rbd", "scaleIO", "secret",
    "storageos", "vsphereVolume",
)  # fmt: skip
VARIABLE_SOURCES = ("configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef")
MOUNT_FIELDS = ("mountPath", "mountPropagation", "name", "readOnly", "recursiveReadOnly", "subPath", "subPathExpr")
TOLERATION_FIELDS = ("effect", "key", "operator", "tolerationSeconds", "value")


def check_fields(given: Collection[str], known: Collection[str], what: str) -> None:
    """Refuse a field that Kubernetes does not have, such as one in the client's spelling.

    Raises:
        StepError: There is one. The message names the nearest that exists.
    """
    for field in given:
        if field not in known:
            near = difflib.get_close_matches(field.replace("_", ""), list(known), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
            raise StepError(f"{what} has no field {field!r}", fix=hint)


# The fields of common sources, those that they need first, with a count of these.
_SOURCE_FIELDS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "configMap": (1, ("name", "defaultMode", "items", "optional")),
    "configMapKeyRef": (2, ("name", "key", "optional")),
    "emptyDir": (0, ("medium", "sizeLimit")),
    "fieldRef": (1, ("fieldPath", "apiVersion")),
    "hostPath": (1, ("path", "type")),
    "nfs": (2, ("server", "path", "readOnly")),
    "persistentVolumeClaim": (1, ("claimName", "readOnly")),
    "secret": (1, ("secretName", "defaultMode", "items", "optional")),
    "secretKeyRef": (2, ("name", "key", "optional")),
}


def check_source(kind: str, fields: Any, what: str) -> None:
    """Refuse a source of a volume or a variable that Kubernetes would.

    Raises:
        StepError: It is no dict, has an unknown field, or lacks one that it needs.
    """
    if not isinstance(fields, dict):
        raise StepError(f"{kind} of {what} is no dict", fix="write its fields, or {} for none")
    needed, known = _SOURCE_FIELDS.get(kind, (0, tuple(fields)))
    check_fields(fields, known, f"{kind} of {what}")
    for field in known[:needed]:
        if not fields.get(field):
            raise StepError(f"{kind} of {what} has no {field}", fix=f"give {field}")
    if "sizeLimit" in fields:
        fields["sizeLimit"] = resources.memory(fields["sizeLimit"])
    if not isinstance(fields.get("optional", False), bool):
        raise StepError(f"{kind} of {what} has optional={fields['optional']!r}", fix="give True or False")


def toleration(value: Any) -> dict[str, Any]:
    """Read a toleration, and refuse one that Kubernetes would.

    Raises:
        StepError: It is none, or its fields contradict each other.
    """
    found = to_dict(value, "V1Toleration")
    check_fields(found, TOLERATION_FIELDS, "a toleration")
    if found.get("operator", "Equal") not in ("Exists", "Equal"):
        raise StepError(f"a toleration has the operator {found['operator']!r}", fix="use Exists or Equal")
    if found.get("effect", "NoSchedule") not in ("NoSchedule", "PreferNoSchedule", "NoExecute"):
        raise StepError(
            f"a toleration has the effect {found['effect']!r}", fix="use NoSchedule, PreferNoSchedule or NoExecute"
        )
    if found.get("operator") == "Exists" and found.get("value"):
        raise StepError("a toleration has the operator Exists and a value", fix="leave the value out, or use Equal")
    if not all(isinstance(found.get(field, ""), str) for field in ("key", "operator", "value", "effect")):
        raise StepError(f"a toleration has a field that is no text: {found!r}", fix="write it in quotes")
    if not found.get("key") and found.get("operator") != "Exists":
        raise StepError("a toleration has no key", fix="give one, or operator='Exists' for every taint")
    if type(found.get("tolerationSeconds", 0)) is not int:
        raise StepError(f"a toleration has tolerationSeconds={found['tolerationSeconds']!r}", fix="give whole seconds")
    return found


def to_dict(value: Any, kind: str) -> dict[str, Any]:
    """Read a `kubernetes.client` object, or a dict with Kubernetes' own keys.

    The client's models carry their JSON names in `attribute_map`, so the client itself is not needed.

    Args:
        value: Such as `V1Volume(...)` or `{"name": "data", "emptyDir": {}}`.
        kind: The client's class name, such as `V1Volume`, for the message.

    Raises:
        StepError: It is neither.
    """
    if type(value).__name__ == kind or isinstance(value, Mapping):
        plain = _plain(value)
        if isinstance(plain, dict):
            return plain
    raise StepError(f"{value!r} is no {kind}", fix=f"give kubernetes.client.{kind}(...) or a dict with its fields")


def _plain(value: Any) -> Any:
    if hasattr(value, "attribute_map"):
        fields = {json_name: getattr(value, name) for name, json_name in value.attribute_map.items()}
        return {name: _plain(field) for name, field in fields.items() if field is not None}
    if isinstance(value, Mapping):
        return {str(name): _plain(field) for name, field in value.items() if field is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return to_text(value) if isinstance(value, RunTimeValue) else value
