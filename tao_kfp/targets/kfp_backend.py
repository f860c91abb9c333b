"""What each Kubeflow Pipelines backend accepts: it parses strictly, so a field it lacks is a refused upload.

Read off the protocol buffers in the published kfp-pipeline-spec and kfp-kubernetes of each version.
"""

from __future__ import annotations

from typing import Any

from tao_kfp.errors import TargetError, UsageError

NEWEST = (2, 17)
OLDEST = (2, 14)

# Field, the version that first has it, and what its loss means (empty: nothing but comfort is lost).
_FIELDS: tuple[tuple[str, tuple[int, int], str], ...] = (
    ("literals", (2, 16), ""),
    ("subPath", (2, 16), "a sub-path of a claim"),
    ("optional", (2, 15), ""),
)


def parse(version: str | None) -> tuple[int, int]:
    """Read a backend version such as `2.16` or `2.16.1`; None is the newest known.

    Raises:
        UsageError: It is no version, or one that no table here knows.
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


def fit(documents: list[dict[str, Any]], backend: tuple[int, int]) -> list[str]:
    """Take out of a package, in place, what a backend would refuse.

    Args:
        documents: The pipeline spec and the platform spec.
        backend: The oldest backend that must accept the package.

    Returns:
        Notes on what was left out, and on which backends accept the result.

    Raises:
        TargetError: The pipeline needs a field that the backend does not have.
    """
    notes = []
    needed = OLDEST
    for field, since, loss in _FIELDS:
        if not any(_has(document, field) for document in documents):
            continue
        if since <= backend:
            needed = max(needed, since)
            continue
        if loss:
            raise TargetError(
                f"{loss} needs a Kubeflow Pipelines backend from {_text(since)} on",
                fix="leave it out, or use --target argo",
            )
        for document in documents:
            _remove(document, field)
        if field == "literals":
            notes.append(f"no drop-downs: backends before {_text(since)} refuse them")
        else:
            notes.append(f"backends before {_text(since)} have no optional secrets: make the secret of the NGC key")
    accepted = f"accepted by Kubeflow Pipelines backends {_text(needed)} and newer"
    if any(_has(document, "literals") for document in documents):
        accepted += " (drop-downs are drawn from 2.17 on; for older ones: --kfp-backend VERSION)"
    return [accepted, *notes]


def _has(value: Any, field: str) -> bool:
    if isinstance(value, dict):
        return field in value or any(_has(item, field) for item in value.values())
    return isinstance(value, list) and any(_has(item, field) for item in value)


def _remove(value: Any, field: str) -> None:
    if isinstance(value, dict):
        value.pop(field, None)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _remove(item, field)


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
