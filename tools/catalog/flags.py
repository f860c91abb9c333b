"""The flags of NVIDIA's argparse commands, read from their source without running it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

_TYPES = {"int": "int", "float": "float", "str": "str"}


def flags(file: Path) -> dict[str, dict[str, Any]]:
    """Every flag that a file adds to a parser, by its name inside TAO.

    Hidden flags are left out: NVIDIA does not document them.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"))
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            spellings = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
            if (
                not spellings
                or not str(spellings[0]).startswith("-")
                or "SUPPRESS" in ast.dump(given.get("help", node))
            ):
                continue
            name = next((text for text in spellings if text.startswith("--")), spellings[0]).lstrip("-")
            found[name] = _row(spellings, given, constants)
    return found


def _row(spellings: list[str], given: dict[str, ast.expr], constants: dict[str, ast.expr]) -> dict[str, Any]:
    action = _value(given.get("action"), constants)
    row: dict[str, Any] = {"flags": spellings}
    if action in ("store_true", "store_false"):
        row["type"] = "flag"
        return row
    row["type"] = _TYPES.get(getattr(given.get("type"), "id", "str"), "str")
    if _value(given.get("required"), constants) is True:
        row["required"] = True
    default = _value(given.get("default"), constants)
    if default not in (None, ""):
        row["default"] = default
    for key in ("nargs", "choices"):
        if key in given:
            row[key] = _value(given[key], constants)
    return row


def _value(node: ast.expr | None, constants: dict[str, ast.expr]) -> Any:
    if isinstance(node, ast.Name):
        node = constants.get(node.id)
    try:
        return None if node is None else ast.literal_eval(node)
    except ValueError:
        return None
