"""The examples in the README and the docs do what they say.

A python block names its file in its first line. A console block is run line by line, and what it shows
is compared; `...` stands for any text. A yaml block names a file that a command wrote, and is part of it; one that
begins with `# new FILE` is the whole of a file, which the commands after it use.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
from pathlib import Path

import pytest
from conftest import BIN

import tao_kfp

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOT_HERE = ("$ make ",)  # needs a checkout to itself; CI runs these


def blocks(page: Path) -> list[tuple[str, str]]:
    return re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def run(command: str, folder: Path) -> str:
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def check_console(text: str, folder: Path) -> None:
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
        if f"$ {command}".startswith(NOT_HERE):
            continue
        pattern = re.escape(shown).replace(r"\.\.\.", ".*")
        printed = run(command, folder)
        assert re.fullmatch(pattern, printed), f"$ {command}\nprinted:\n{printed}\nthe page shows:\n{shown}"


def check_python(text: str, folder: Path) -> None:
    name = text.splitlines()[0].removeprefix("# ")
    (folder / name).write_text(text, encoding="utf-8")
    if name in ("typo.py", "shown.py"):  # wrong on purpose, and shown to be
        return
    for target in ("kfp", "argo"):
        assert ": ok, " in run(f"tao-kfp check {name} --target {target}", folder)


def check_yaml(text: str, folder: Path) -> None:
    name, *lines = text.splitlines()
    if name.startswith("# new "):
        (folder / name.removeprefix("# new ")).write_text(text, encoding="utf-8")
        return
    written = [line.strip() for line in (folder / name.removeprefix("# ")).read_text(encoding="utf-8").splitlines()]
    wanted = [line.strip() for line in lines]
    starts = [at for at in range(len(written)) if written[at : at + len(wanted)] == wanted]
    assert starts, f"{name} does not hold:\n{text}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_of_a_page_do_what_they_say(page, tmp_path):
    for kind, text in blocks(page):
        check = {"console": check_console, "python": check_python, "yaml": check_yaml}.get(kind)
        if check:
            check(text, tmp_path)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_links_inside_the_repository_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_is_one_screen_with_the_two_commands_first():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 75
    assert re.findall(r"^\$ (make \w+)", text, re.MULTILINE)[:2] == ["make pipeline", "make test"]


def test_the_picture_of_the_dag_is_the_pipelines():
    from tao_kfp.pipelines.classification import classification
    from tao_kfp.pipelines.show import show

    assert (ROOT / "docs" / "images" / "classification.svg").read_text(encoding="utf-8") == show(
        classification.build(), "svg"
    )


@pytest.mark.parametrize("name", [name for name in tao_kfp.__all__ if name not in ("__version__", "MountPath")])
def test_every_public_name_has_a_docstring(name):
    doc = getattr(tao_kfp, name).__doc__ or ""
    assert len(doc.strip()) > 20


def test_every_operator_of_v1_has_a_successor_with_the_arguments_that_the_page_names():
    page = (ROOT / "docs" / "coming-from-kfp-v1.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+?)`.*? \| `?(?:the same with `)?(.*) \|$", page, re.MULTILINE)
    named = re.findall(r"tao\.(\w+)\(name, ([^)]*)\)", page)
    assert len(rows) == 16
    for op, arguments in named:
        wanted = re.findall(r"(\w+)=", arguments)
        assert set(wanted) <= set(inspect.signature(getattr(tao_kfp, op)).parameters), op
    assert {op for op, _ in named} >= {
        "PullOp",
        "TrainOp",
        "PruneOp",
        "DeployOp",
        "ListOp",
        "FetchOp",
        "CommandOp",
        "ReadResultOp",
    }


def test_the_names_for_type_checkers_are_the_public_ones():
    source = ast.parse(Path(tao_kfp.__file__).read_text(encoding="utf-8"))
    block = next(node for node in source.body if isinstance(node, ast.If))
    assert sorted(alias.name for node in block.body for alias in node.names) == sorted(tao_kfp._HOME)
