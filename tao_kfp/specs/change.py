"""Changes one value of a spec file in either format, when its key takes it."""

from __future__ import annotations

from typing import Any

from tao_kfp.catalog import Action
from tao_kfp.errors import SpecError
from tao_kfp.specs import check_proto, protobuf_text, values, yaml_text


def change(text: str, key: str, value: str, action: Action | None, file: str) -> str:
    """The text with one value changed.

    Args:
        text: The spec file.
        key: Dotted name of the key or field.
        value: The value as it is written in such a file.
        action: What reads the file, where it is known: then an unknown key and a wrong value are refused.
        file: Name of the file, for messages.

    Raises:
        SpecError: The key is unknown, does not take the value, or cannot be changed in place.
        CatalogError: TAO has no such key.
    """
    if _is_yaml(file, action):
        return _in_yaml(text, key, value, action, file)
    return _in_proto(text, key, value, action, file)


def _is_yaml(file: str, action: Action | None) -> bool:
    if action is not None and (action.keys is not None or action.fields is not None):
        return action.keys is not None
    return file.endswith((".yaml", ".yml"))


def _in_yaml(text: str, key: str, value: str, action: Action | None, file: str) -> str:
    content = yaml_text.parse(f"value: {value}", "").plain()["value"] if value else ""
    changed = yaml_text.set_value(text, key, content, file)
    if action is not None and action.keys is not None and "[" not in key:
        row = action.key(key)
        problem = values.problem(row, content)
        if problem and not values.may_be_right(row, content):
            raise SpecError(f"{key}: {problem}", where=file)
    return changed


def _in_proto(text: str, key: str, value: str, action: Action | None, file: str) -> str:
    changed = protobuf_text.set_value(text, key, _proto_value(value), file)
    if action is None or action.fields is None:
        return changed
    before = {(one.key, one.what) for one in check_proto.check(protobuf_text.parse(text, file), action, action.fields)}
    for one in check_proto.check(protobuf_text.parse(changed, file), action, action.fields):
        if one.level == "error" and (one.key, one.what) not in before:
            raise SpecError(f"{one.key}: {one.what}", fix=one.fix, where=f"{file}:{one.line}")
    return changed


def _proto_value(value: str) -> Any:
    """A value as protobuf text has it; a text that is none of its words and numbers is meant in quotes."""
    try:
        fields = protobuf_text.parse(f"value: {value}").fields
    except SpecError:
        return value
    if len(fields) != 1 or isinstance(fields[0].value, protobuf_text.Message):
        return value
    found = fields[0].value
    return found if not isinstance(found, protobuf_text.Word) or found.isupper() else str(found)
