"""The workspace: one shared folder that every step mounts at one path."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Union

from tao_kfp import names, resources
from tao_kfp.errors import StepError, UsageError, WorkspaceError

MOUNT = "/mnt/workspace"
HOSTNAME = "kubernetes.io/hostname"
MODES = ("ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod")
_SYSTEM = {"bin", "boot", "dev", "etc", "lib", "lib64", "proc", "sbin", "sys"}
_SYSTEM_ROOTS = {"/", "/home", "/run", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/sbin", "/var"}
# Modes in which the volume is attached to one node at a time.
ONE_NODE_MODES = {"ReadWriteOnce", "ReadWriteOncePod"}


@dataclass(frozen=True)
class HostPath:
    """A folder of a node, as on one DGX.

    On the argo target it is a hostPath volume of type `Directory`: a missing folder is reported and
    never made. Kubeflow v2 has no hostPath; there it becomes a PersistentVolume with its claim,
    written beside the package for an administrator to apply once.

    Attributes:
        path: Absolute path on the node.
        node_selector: Labels of the node that has the folder, such as
            `{"kubernetes.io/hostname": "dgx1"}`. Every step runs there.
        any_node: The same folder is on every node (a one-node cluster, or a mount that the
            administrator made on all of them), so no node selector is needed.
        size: Capacity that the volume claims to have; nothing enforces it. Default 1Ti.
    """

    path: str
    node_selector: Mapping[str, str] = field(default_factory=dict)
    any_node: bool = False
    size: str = "1Ti"

    def check(self) -> None:
        """Refuse a folder that no step could mount.

        Raises:
            WorkspaceError: A relative path, or neither a node nor `any_node=True`.
        """
        if not isinstance(self.path, str) or not self.path.startswith("/") or ".." in self.path.split("/"):
            raise WorkspaceError(
                f"the host path {self.path!r} is not absolute, or holds '..'",
                fix="give a path such as '/raid/workspace'",
            )
        if not self.node_selector and not self.any_node:
            raise WorkspaceError(
                f"HostPath({self.path!r}) does not say which node has the folder, so a step may run on one without it",
                fix=f"add node_selector={{'{HOSTNAME}': 'NODE'}}, or any_node=True where every node has it",
            )
        if not self.path.isprintable() or "{{" in self.path:
            raise WorkspaceError(
                f"the host path {self.path!r} holds characters that engines read", fix="rename the folder"
            )
        if _is_system(self.path):
            raise WorkspaceError(
                f"the host path {self.path!r} is the node's own", fix="give a folder such as '/raid/workspace'"
            )
        for label, value in self.node_selector.items():
            names.check_label(label, value)
        resources.memory(self.size)


@dataclass(frozen=True)
class Claim:
    """A PersistentVolumeClaim that exists already, in the namespace of the run.

    Attributes:
        name: Name of the claim.
        sub_path: Folder inside the volume to use as the workspace. Default: the whole volume.
        modes: Access modes of the claim, where known: with only ReadWriteOnce, parallel branches
            are refused unless the steps are bound to one node. Default: not known.
    """

    name: str
    sub_path: str = ""
    modes: Sequence[str] = ()

    def check(self) -> None:
        """Refuse names and folders that Kubernetes does not accept.

        Raises:
            TaoKfpError: A wrong claim name, an absolute or `..` sub-path, an unknown mode.
        """
        names.check_object_name(self.name, "claim")
        if not isinstance(self.sub_path, str) or self.sub_path.startswith("/") or ".." in self.sub_path.split("/"):
            raise WorkspaceError(
                f"the sub-path {self.sub_path!r} leaves the volume", fix="give a relative folder, as in 'team-a'"
            )
        _check_modes(self.modes)


@dataclass(frozen=True)
class NewClaim:
    """A PersistentVolumeClaim that each run makes for itself, and that stays when the run ends.

    Attributes:
        size: Storage to ask for, such as `100Gi`.
        modes: Access modes. Default ReadWriteMany, which parallel branches on several nodes need.
        storage_class: StorageClass to ask. Default: the cluster's own.
    """

    size: str
    modes: Sequence[str] = ("ReadWriteMany",)
    storage_class: str = ""

    def check(self) -> None:
        """Refuse a claim that no cluster could bind.

        Raises:
            TaoKfpError: A wrong size, an unknown mode or class name.
        """
        resources.memory(self.size)
        _check_modes(self.modes)
        if not self.modes:
            raise WorkspaceError("NewClaim(modes=[]) has no access mode", fix="give one, as in modes=['ReadWriteMany']")
        if self.storage_class:
            names.check_object_name(self.storage_class, "storage class")


Workspace = Union[HostPath, Claim, NewClaim]


def _check_modes(modes: Sequence[str]) -> None:
    if isinstance(modes, str):
        raise WorkspaceError(f"modes={modes!r} is no list", fix=f"write modes=[{modes!r}]")
    for mode in modes:
        if mode not in MODES:
            raise WorkspaceError(
                f"{mode!r} is no access mode that steps can write through", fix=f"use {', '.join(MODES)}"
            )


def _is_system(path: str) -> bool:
    """Whether a folder belongs to the system, of a node or of a container."""
    clean = posixpath.normpath("/" + path.lstrip("/"))
    return clean in _SYSTEM_ROOTS or clean.split("/")[1] in _SYSTEM


def check_mount(path: str) -> None:
    """Refuse a mount path that would hide what a container needs.

    Raises:
        WorkspaceError: A relative path, `/`, or a system folder.
    """
    wrong = not isinstance(path, str) or not path.startswith("/") or posixpath.normpath(path) != path.rstrip("/")
    if wrong or _is_system(path) or ":" in path or not path.isprintable():
        raise WorkspaceError(
            f"the workspace cannot be mounted at {path!r}", fix=f"use an absolute folder such as {MOUNT!r}"
        )


def inside(path: str, mount: str) -> str:
    """Bring a path to its form relative to the workspace.

    Args:
        path: Relative to the workspace, or absolute below `mount`.
        mount: The mount path of the workspace.

    Returns:
        The relative path, as written apart from a leading mount path and trailing slashes.

    Raises:
        StepError: The path is empty, outside the workspace, or cannot be a path.
    """
    fix = f"give a path relative to the workspace, as in 'specs/train.cfg' (it is mounted at {mount})"
    if not path.strip():
        raise StepError("the path is empty", fix=fix)
    if any(ord(char) < 32 for char in path):
        raise StepError(f"the path {path!r} holds a control character", fix=fix)
    if path.startswith("~"):
        raise StepError(f"the path {path!r} starts with '~', which nothing expands in a container", fix=fix)
    relative = path
    if path.startswith("/"):
        base = mount.rstrip("/")
        if path != base and not path.startswith(base + "/"):
            raise StepError(f"the path {path!r} is outside the workspace", fix=fix)
        relative = path[len(base) :].lstrip("/") or "."
    depth = posixpath.normpath(relative)
    if depth == ".." or depth.startswith("../"):
        raise StepError(f"the path {path!r} leads out of the workspace", fix=fix)
    return relative.rstrip("/") or "."


def parse(text: str) -> Workspace:
    """Read a workspace from a command line.

    `claim:NAME[/SUB/PATH]`, `hostpath:/PATH@NODE` (`@KEY=VALUE` for another label, `@*` for any node),
    `newclaim:SIZE[,MODE][,STORAGE_CLASS]`.

    Raises:
        UsageError: The text is none of these.
    """
    kind, _, rest = text.partition(":")
    if kind == "claim" and rest:
        name, _, sub_path = rest.partition("/")
        return Claim(name, sub_path=sub_path)
    if kind == "hostpath" and rest:
        path, _, node = rest.partition("@")
        if node == "*":
            return HostPath(path, any_node=True)
        label, _, value = node.partition("=")
        selector = {label: value} if value else {HOSTNAME: node}
        return HostPath(path, node_selector=selector if node else {})
    if kind == "newclaim" and rest:
        size, *more = rest.split(",")
        modes = [part for part in more if part in MODES]
        classes = [part for part in more if part not in MODES]
        if len(classes) <= 1 and not {part.lower() for part in classes} & {mode.lower() for mode in MODES}:
            return NewClaim(size, modes=modes or NewClaim.modes, storage_class="".join(classes))
    raise UsageError(
        f"{text!r} is no workspace",
        fix="use claim:NAME[/SUB_PATH], hostpath:/PATH@NODE or newclaim:SIZE[,MODE][,STORAGE_CLASS]",
    )
