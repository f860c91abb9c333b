"""NVIDIA's published packages, unpacked: which commands they have, and which configuration class each reads.

Nothing of theirs is run but the modules that define configuration classes; the rest is read as text.
"""

from __future__ import annotations

import ast
import configparser
import dataclasses
import functools
import importlib
import subprocess
import sys
import types
import zipfile
from pathlib import Path

# NVIDIA's PyTorch wheels are for this Python and platform; they are unpacked, never installed.
_WHEEL = ["--python-version", "3.12", "--only-binary=:all:"]
_PLATFORMS = ("manylinux1_x86_64", "manylinux2014_x86_64", "manylinux_2_28_x86_64", "linux_x86_64")


def fetch(requirement: str, cache: Path) -> Path:
    """Download and unpack a wheel, once.

    Args:
        requirement: Such as `nvidia-tao-core==7.1.0`; or a folder that holds a checkout of NVIDIA's source.
        cache: Where the wheels and what is in them are kept.

    Returns:
        The folder that holds its packages.
    """
    if Path(requirement).is_dir():
        return Path(requirement)
    folder = cache / requirement.replace("==", "-")
    if not folder.is_dir():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *_WHEEL, "--dest", str(folder) + ".whl"]
        for platform in _PLATFORMS:
            pip += ["--platform", platform]
        subprocess.run([*pip, requirement], check=True)
        with zipfile.ZipFile(next(Path(str(folder) + ".whl").glob("*.whl"))) as wheel:
            names = [name for name in wheel.namelist() if name.endswith((".py", ".json", ".txt"))]
            wheel.extractall(f"{folder}.part", names)
        Path(f"{folder}.part").rename(folder)
    return folder


def commands(package: Path) -> dict[str, str]:
    """The networks that a package has commands for, each with the dotted name of its `scripts` package."""
    found = {}
    for file in package.glob("*.dist-info/entry_points.txt"):
        parser = configparser.ConfigParser()
        parser.read(file)
        for network, target in parser["console_scripts"].items():
            module = target.partition(":")[0]
            scripts = module.rsplit(".entrypoint.", 1)[0] + ".scripts"
            if _folder(package, scripts).is_dir():
                found[network] = scripts
    return dict(sorted(found.items()))


def actions(package: Path, scripts: str) -> dict[str, str]:
    """The actions of a network, each with `module:Class` of the configuration it reads, or `` where it reads flags."""
    found = {}
    for file in sorted(_folder(package, scripts).glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        schema = next(filter(None, (_schema(node) for node in functions)), None)
        if schema:
            found[file.stem] = _home(tree, schema) or f"{scripts}.{file.stem}:{schema}"
        elif any(node.name == "build_command_line_parser" for node in functions):
            found[file.stem] = ""
    return found


def config_class(spec: str, packages: list[Path]) -> type:
    """Import a configuration class from unpacked packages, without running their `__init__`.

    The defaults of older ones are mutable instances, which newer Pythons refuse for a dataclass that has no hash.
    """
    for name in [name for name in sys.modules if name.startswith("nvidia_tao")]:
        del sys.modules[name]
    for package in packages:
        for top in package.glob("nvidia_tao*"):
            if top.is_dir() and not top.name.endswith("-info"):
                module = types.ModuleType(top.name)
                module.__path__ = [str(top)]
                sys.modules[top.name] = module
    module_name, _, name = spec.partition(":")
    plain, dataclasses.dataclass = dataclasses.dataclass, functools.partial(dataclasses.dataclass, unsafe_hash=True)
    try:
        found: type = getattr(importlib.import_module(module_name), name)
    finally:
        dataclasses.dataclass = plain
    return found


def _folder(package: Path, dotted: str) -> Path:
    return package.joinpath(*dotted.split("."))


def _schema(function: ast.FunctionDef) -> str | None:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "hydra_runner":
            for keyword in decorator.keywords:
                if keyword.arg == "schema" and isinstance(keyword.value, ast.Name):
                    return keyword.value.id
    return None


def _home(tree: ast.Module, name: str) -> str:
    """Where a name is imported from, as `module:name`; `` where the module itself defines it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return f"{node.module}:{alias.name}"
    return ""
