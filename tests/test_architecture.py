"""The rooms and the one way that imports point; what is in the wheel."""

from __future__ import annotations

import ast
from importlib.metadata import files
from pathlib import Path

import pytest

import tao_kfp

PACKAGE = Path(tao_kfp.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOT = Path(__file__).parent.parent

# A room may import the rooms to its left, and itself.
ORDER = ["base", "catalog", "specs", "ops", "pipelines", "targets", "commands", "cli"]
BASE = {"errors", "models", "names", "plugins", "resources", "secrets", "text", "workspace"}
SDKS = {"kfp", "kubernetes", "docker", "google", "yaml", "click"}
MAY_IMPORT_SDKS = {"catalog": {"yaml"}, "targets": {"yaml"}, "specs": {"yaml"}, "commands": {"click"}, "cli": {"click"}}


def room(module: str) -> str:
    first = module.removeprefix("tao_kfp").lstrip(".").split(".")[0]
    return "base" if first in BASE or not first else first


def imports(path: Path) -> list[tuple[str, bool]]:
    """Every module that a file imports, and whether it does so when it is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node) for function in ast.walk(tree) if isinstance(function, ast.FunctionDef) for node in ast.walk(function)
    }
    checking = {
        id(node)
        for test in ast.walk(tree)
        if isinstance(test, ast.If) and "TYPE_CHECKING" in ast.dump(test.test)
        for node in ast.walk(test)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in checking:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) not in inside) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [
                f"{node.module}.{alias.name}"
                if node.module in ("tao_kfp", "tao_kfp.ops", "tao_kfp.pipelines", "tao_kfp.targets")
                else node.module
                for alias in node.names
            ]
            found += [(name, id(node) not in inside) for name in names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path):
    here = room(
        "tao_kfp."
        + ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__").removesuffix("__init__")
    )
    if here in ("starter", "step"):
        return
    for module, at_load in imports(path):
        top = module.split(".")[0]
        if top in SDKS:
            assert top in MAY_IMPORT_SDKS.get(here, set()), f"{path.name} imports {module}"
        if top != "tao_kfp" or room(module) not in ORDER:
            continue
        upwards = ORDER.index(room(module)) > ORDER.index(here)
        # The one seam: Pipeline.compile() asks the targets, or the command line, when it is called.
        assert not upwards or (path.name == "builder.py" and not at_load), f"{path.name} imports {module}"


def test_the_tests_run_against_the_installed_package():
    assert "site-packages" in PACKAGE.parts


def test_the_wheel_holds_the_package_and_its_starter_files_only():
    names = {str(file) for file in files("tao-kfp") or []}
    tops = {name.split("/")[0] for name in names} - {".."}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tao_kfp"}
    assert {
        "tao_kfp/py.typed",
        "tao_kfp/catalog/data/releases/7.1.json",
        "tao_kfp/catalog/data/keys/7.1/dino.json",
        "tao_kfp/step/deploy.py",
        "tao_kfp/starter/specs/classification_spec.cfg",
        "tao_kfp/starter/workspace_layout/kubernetes/claim.yaml",
    } <= names
    assert not [name for name in names if name.startswith(("tests/", "docker/", "benchmarks/", "docs/"))]


def test_every_folder_of_the_package_is_installed():
    checkout = {path.parent.relative_to(ROOT) for path in (ROOT / "tao_kfp").rglob("*.py")}
    assert {path for path in checkout if not (PACKAGE.parent / path).is_dir()} == set()
