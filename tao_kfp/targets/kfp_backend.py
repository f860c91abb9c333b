"""What each Kubeflow Pipelines backend accepts: it parses strictly, so a field it lacks is a refused upload.

Read off the protocol buffers in the published kfp-pipeline-spec and kfp-kubernetes of each version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tao_kfp.errors import TargetError, UsageError

NEWEST = (2, 17)
OLDEST = (2, 14)


@dataclass(frozen=True)
class _Field:
    """A field that not every backend has.

    Attributes:
        name: Its name in the package.
        since: The first backend that has it.
        holders: The parts of a package (pipeline spec, executor configurations) that may have it.
        loss: What cannot be done without it; empty when only comfort is lost.
        note: What to say when it is left out.
    """

    name: str
    since: tuple[int, int]
    holders: Callable[[dict[str, Any], list[dict[str, Any]]], list[dict[str, Any]]]
    loss: str = ""
    note: str = ""


_FIELDS = (
    _Field(
        "literals",
        (2, 16),
        lambda spec, _: list(spec["root"].get("inputDefinitions", {}).get("parameters", {}).values()),
        note="no drop-downs: backends before 2.16 refuse them",
    ),
    _Field(
        "subPath",
        (2, 16),
        lambda _, configurations: [mount for config in configurations for mount in config.get("pvcMount", [])],
        loss="a sub-path of a claim",
    ),
    _Field(
        "optional",
        (2, 15),
        lambda _, configurations: [
            entry
            for config in configurations
            for kind in ("secretAsEnv", "configMapAsEnv")
            for entry in config.get(kind, [])
        ],
        note="backends before 2.15 have no optional secrets in variables: every secret that a step names must exist",
    ),
)


def parse(version: str | None) -> tuple[int, int]:
    """Read a backend version such as `2.16` or `2.16.1`; None is the newest known.

    Raises:
        UsageError: It is no version, or older than the oldest known. A newer one counts as the newest.
    """
    if version is None:
        return NEWEST
    parts = str(version).removeprefix("v").split(".")
    if len(parts) not in (2, 3) or not all(part.isdigit() for part in parts):
        raise UsageError(f"{version!r} is no Kubeflow Pipelines version", fix="write it as in 2.16")
    wanted = (int(parts[0]), int(parts[1]))
    if wanted < OLDEST:
        raise UsageError(
            f"the kfp target writes for backends from {_text(OLDEST)} on, and this one is {version}",
            fix="use --target argo for older ones",
        )
    return min(wanted, NEWEST)


def fit(spec: dict[str, Any], configurations: list[dict[str, Any]], backend: tuple[int, int]) -> list[str]:
    """Take out of a package, in place, what a backend would refuse.

    Args:
        spec: The pipeline spec.
        configurations: The steps' configurations in the platform spec.
        backend: The oldest backend that must accept the package.

    Returns:
        Notes on which backends accept the result, and on what was left out.

    Raises:
        TargetError: The pipeline needs a field that the backend does not have.
    """
    notes = []
    needed = OLDEST
    has_choices = False
    for field in _FIELDS:
        holders = [holder for holder in field.holders(spec, configurations) if field.name in holder]
        if not holders:
            continue
        if field.since <= backend:
            needed = max(needed, field.since)
            has_choices = has_choices or field.name == "literals"
            continue
        if field.loss:
            raise TargetError(
                f"{field.loss} needs a Kubeflow Pipelines backend from {_text(field.since)} on",
                fix="leave it out, or use --target argo",
            )
        for holder in holders:
            del holder[field.name]
        notes.append(field.note)
    accepted = f"accepted by Kubeflow Pipelines backends {_text(needed)} and newer"
    if has_choices:
        accepted += " (drop-downs are drawn from 2.17 on; for older ones: --kfp-backend VERSION)"
    return [accepted, *notes]


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
