"""Names that Kubernetes accepts."""

from __future__ import annotations

import re

from tao_kfp.errors import TaoKfpError

MAX = 63  # a DNS label, RFC 1123: the strictest place a name of ours ends up in

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


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
    if len(label) > MAX:
        raise TaoKfpError(f"the {what} name {name!r} has {len(label)} characters", fix=f"use at most {MAX}")
    return label


def check_object_name(name: str, what: str) -> None:
    """Refuse a name that no Kubernetes object can have (RFC 1123 subdomain, 253 characters at most)."""
    parts = name.split(".") if isinstance(name, str) else [""]
    if len(name) > 253 or not all(_LABEL.fullmatch(part) for part in parts):
        raise TaoKfpError(
            f"{name!r} cannot be the name of a {what}",
            fix="use lower-case letters, digits, '-' and '.', as in 'tao-workspace'",
        )


def check_env_name(name: str) -> None:
    """Refuse a name that no environment variable can have."""
    if not isinstance(name, str) or not _ENV.fullmatch(name):
        raise TaoKfpError(f"{name!r} cannot be the name of an environment variable", fix="use letters, digits and '_'")
