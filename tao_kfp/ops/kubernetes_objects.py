"""Kubernetes objects as plain dicts, whichever way a user gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tao_kfp.errors import StepError
from tao_kfp.text import RunTimeValue, to_text


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
