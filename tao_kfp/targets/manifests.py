"""Kubernetes objects that somebody applies once, outside of any run."""

from __future__ import annotations

from typing import Any

from tao_kfp import resources
from tao_kfp.targets import yaml_text
from tao_kfp.workspace import HostPath


def host_path_claim(workspace: HostPath, name: str) -> str:
    """The PersistentVolume of a host folder and the claim bound to it, as YAML.

    The volume is never deleted with its claim (Retain), and the folder must exist (type Directory).
    It is bound to its nodes, so a step that mounts the claim runs where the folder is. The storage class
    is a name of its own, which no provisioner serves: no other claim can take the volume.

    Args:
        workspace: The folder.
        name: Name of both objects.
    """
    modes = ["ReadWriteMany"]  # a folder of one node; every pod that mounts it runs there
    size = resources.memory(workspace.size)
    volume: dict[str, Any] = {
        "capacity": {"storage": size},
        "accessModes": modes,
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": name,
        "hostPath": {"path": workspace.path, "type": "Directory"},
    }
    if workspace.node_selector:
        terms = [
            {"key": label, "operator": "In", "values": [value]}
            for label, value in sorted(workspace.node_selector.items())
        ]
        volume["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": terms}]}}
    claim = {
        "accessModes": modes,
        "storageClassName": name,
        "volumeName": name,
        "resources": {"requests": {"storage": size}},
    }
    return yaml_text.dump(
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": volume},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": claim},
        sort_keys=False,
    )
