"""What several tests need: the installed command line, and the switch that renews goldens."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="write the golden packages anew")


@pytest.fixture
def tao_kfp(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the installed `tao-kfp` in an empty folder."""

    def run(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        command = [str(BIN / "tao-kfp"), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, **extra}, check=False
        )

    return run


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script with the tests' Python in an empty folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    return run
