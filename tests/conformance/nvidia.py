"""NVIDIA's published packages, which some tests compare with.

    python tests/conformance/nvidia.py FOLDER     # fetch them, once; `make test` does it

They are downloaded from PyPI by pip and unpacked below FOLDER, which git ignores; nothing of them is installed, and
nothing of them enters this repository. The tests find FOLDER by the variable TAO_KFP_NVIDIA.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from subprocess import CalledProcessError
from types import ModuleType

TOOLS = Path(__file__).parents[2] / "tools" / "catalog"
FOLDER = os.environ.get("TAO_KFP_NVIDIA", "")

PACKAGES = (
    "nvidia-tao-core==6.0.0",  # the configuration of 6.0, of TF2, and of most of 5.5: 1 MB each
    "nvidia-tao-core==6.26.3",
    "nvidia-tao-core==7.1.0",
    "nvidia-tao-ds==7.1.0",
    "nvidia-tao-deploy==7.1.0",
    "nvidia-tao-pytorch==7.1.0",  # 75 MB
)


def tool(name: str) -> ModuleType:
    """A file of tools/catalog, whose names are too plain for the path of modules."""
    spec = importlib.util.spec_from_file_location(f"catalog_{name}", TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package(requirement: str) -> Path:
    """The folder of an unpacked package; the test that asks for it is skipped where it could not be had."""
    import pytest

    if not FOLDER:
        pytest.skip("NVIDIA's packages are not here: `make test` fetches them, and names them in TAO_KFP_NVIDIA")
    folder = Path(FOLDER, requirement.replace("==", "-"))
    if not folder.is_dir():
        pytest.skip(f"{requirement} could not be had from PyPI")
    return folder


def main(folder: str) -> int:
    """Fetch what is not there yet; 1 when something could not be had."""
    os.environ.update(PIP_RETRIES="1", PIP_DEFAULT_TIMEOUT="30")  # offline, say so within seconds
    fetch = tool("packages").fetch
    for requirement in PACKAGES:
        try:
            fetch(requirement, Path(folder))
        except (CalledProcessError, OSError) as error:
            why = f": {error}" if isinstance(error, OSError) else ""  # pip has said it
            print(f"{requirement} cannot be had, so the tests that need it are skipped{why}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
