"""Names that Kubernetes accepts."""

from __future__ import annotations

import re

from tao_kfp.errors import TaoKfpError

MAX = 63  # a DNS label, RFC 1123: the strictest place a name of ours ends up in

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_ENV = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]*")
_LABEL_KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")


def identifier(name: str, what: str) -> str:
    """Turn a name such as `Download Data` into a DNS label such as `download-data`, as KFP does.

    Raises:
        TaoKfpError: Nothing is left of it, or it is longer than 63 characters.
    """
    label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") if isinstance(name, str) else ""
    if not label:
        raise TaoKfpError(
            f"{name!r} is no name for a {what}", fix="use letters, digits and dashes, as in 'train-model'"
        )
    if label[0].isdigit() and what == "step":
        label = f"step-{label}"  # Argo: the name of a task with dependencies cannot begin with a digit
    if len(label) > MAX:
        raise TaoKfpError(f"the {what} name {name!r} has {len(label)} characters", fix=f"use at most {MAX}")
    return label


def check_object_name(name: str, what: str) -> None:
    """Refuse a name that no Kubernetes object can have (RFC 1123 subdomain, 253 characters at most)."""
    parts = name.split(".") if isinstance(name, str) and len(name) <= 253 else [""]
    if not all(_LABEL.fullmatch(part) for part in parts):
        raise TaoKfpError(
            f"{name!r} cannot be the name of a {what}",
            fix="use lower-case letters, digits, '-' and '.', as in 'tao-workspace'",
        )


def check_env_name(name: str) -> None:
    """Refuse a name that no environment variable can have."""
    if not isinstance(name, str) or not _ENV.fullmatch(name):
        raise TaoKfpError(
            f"{name!r} cannot be the name of an environment variable", fix="use letters, digits, '_', '-' and '.'"
        )


def check_label_name(name: str) -> None:
    """Refuse a name that no label, annotation or node selector can have."""
    if not isinstance(name, str) or not _LABEL_KEY.fullmatch(name):
        raise TaoKfpError(
            f"{name!r} cannot be the name of a label",
            fix="use letters, digits, '-', '_', '.', with an optional prefix as in 'nvidia.com/gpu.product'",
        )


def check_label(name: str, value: str) -> None:
    """Refuse a label, or a node selector, that Kubernetes does not accept."""
    check_label_name(name)
    if not isinstance(value, str):
        raise TaoKfpError(f"the label {name!r} has the value {value!r}", fix="write it as text")
    if not _LABEL_VALUE.fullmatch(value):
        raise TaoKfpError(
            f"{value!r} cannot be the value of the label {name!r}",
            fix="use at most 63 letters, digits, '-', '_' and '.'",
        )
