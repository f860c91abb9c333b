"""Runs NVIDIA's own launcher and its own scripts where there is no GPU, no torch and no TensorRT.

    python nvidia_stage.py FOLDER NETWORK ACTION ...   # what an image's program NETWORK does; FOLDER holds its package
    python nvidia_stage.py SCRIPT.py ...               # what the launcher starts as `python SCRIPT.py ...`

A program named `python` that calls this file must stand first on PATH, for the launcher starts its scripts by that
name. A script runs as far as its own configuration: what Hydra hands to its `main` is written to the file that the
variable ARRIVED names, as JSON with the names of NVIDIA's modules that led there, and `main` itself does not run.

Everything that is not in STAND_INS is NVIDIA's code as it is published, or hydra-core and omegaconf from PyPI.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import json
import os
import runpy
import sys
import types
from pathlib import Path
from typing import Any

STAND_INS = {
    # Of others, and not to be had on a machine for tests
    "torch": "the framework: 800 MB; a command is read without it",
    "pytorch_lightning": "trains",
    "tensorrt": "builds and runs engines; needs a GPU",
    "pycuda": "asks CUDA how many GPUs there are; the stand-in says one",
    "numpy": "computes; a script names it at its top",
    "pandas": "writes the table of an inference",
    "sklearn": "computes the figures of an evaluation",
    "tqdm": "draws a bar",
    # NVIDIA's, for other things than reading a command
    "nvidia_tao_core": "telemetry to NVIDIA, and NVIDIA's cloud service",
    "nvidia_tao_deploy.cv.common.telemetry": "asks NVML which GPUs there are, for the telemetry",
    "nvidia_tao_deploy.cv.common.logging.status_logging": "appends to status.json",
    "nvidia_tao_deploy.cv.common.initialize_experiments": "prepares TensorRT",
    "nvidia_tao_deploy.cv.common.utils": "reads models",
    "nvidia_tao_deploy.cv.classification_tf1": "the engine's builder, and its loader of images",
    "nvidia_tao_deploy.utils": "decrypts models",
    "nvidia_tao_pytorch.core.connectors": "reads encrypted checkpoints",
    "nvidia_tao_pytorch.core.cookbooks": "writes encrypted checkpoints",
    "nvidia_tao_pytorch.core.initialize_experiments": "prepares Lightning",
    "nvidia_tao_pytorch.core.loggers": "appends to status.json",
    "nvidia_tao_pytorch.core.quantization": "quantises models",
    "nvidia_tao_pytorch.core.utilities": "reads and writes models",
    "nvidia_tao_pytorch.core.utils.ptm_utils": "loads pretrained weights",
    **{
        f"nvidia_tao_pytorch.cv.{network}.{part}": "the network itself and its data"
        for network in ("classification_pyt", "deformable_detr", "dino")
        for part in ("dataloader", "distillation", "model", "types", "utils")
    },
    # NVIDIA's, which ran `main`: here it writes what `main` would get
    "nvidia_tao_pytorch.core.decorators": "makes the results folder, writes status.json, runs `main`",
    "nvidia_tao_deploy.cv.common.decorators": "makes the results folder, writes status.json, runs `main`",
}


class _Nothing(type):
    """A class that can be called, subclassed and asked for anything, as modules do at their top."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing(name, (), {})

    def __call__(cls, *_: Any, **__: Any) -> Any:
        return cls

    def __iter__(cls) -> Any:
        return iter(())


def _arrived(**_: Any) -> Any:
    """Stands for NVIDIA's `monitor_status`: writes the configuration instead of running with it."""
    from omegaconf import OmegaConf

    def decorator(_main: Any) -> Any:
        def write(config: Any) -> None:
            content = OmegaConf.to_container(config, resolve=True)
            nvidias = [name for name in sys.modules if name.startswith("nvidia_") and not _stands_in(name)]
            arrived = json.dumps({"config": content, "modules": nvidias})
            Path(os.environ["ARRIVED"]).write_text(arrived, encoding="utf-8")

        return write

    return decorator


# What NVIDIA's code looks at, beyond that it is there.
_SAYS: dict[str, dict[str, Any]] = {
    "torch": {"__version__": "0.0.0"},  # too old for NVIDIA's patches to it
    "pycuda.driver": {"Device": types.SimpleNamespace(count=lambda: 1)},
    "nvidia_tao_pytorch.core.decorators.workflow": {"monitor_status": _arrived},
    "nvidia_tao_deploy.cv.common.decorators": {"monitor_status": _arrived},
}


def _stands_in(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in STAND_INS)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the stand-ins, before the real modules are looked for."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return importlib.machinery.ModuleSpec(name, self) if _stands_in(name) else None

    def create_module(self, spec: Any) -> Any:
        module = types.ModuleType(spec.name)
        module.__path__ = []
        module.__getattr__ = lambda name: getattr(_Nothing("module", (), {}), name)  # type: ignore[method-assign]
        vars(module).update(_SAYS.get(spec.name, {}))
        return module

    def exec_module(self, module: Any) -> None:
        """Nothing is in it."""


def main() -> None:
    """Run a launcher, or a script."""
    sys.meta_path.insert(0, _Finder())
    if sys.argv[1].endswith(".py"):
        sys.argv = sys.argv[1:]
        runpy.run_path(sys.argv[0], run_name="__main__")
        return
    folder, network = sys.argv[1:3]
    sys.path.insert(0, folder)
    os.environ["PYTHONPATH"] = folder
    programs = [one for package in importlib.metadata.distributions(path=[folder]) for one in package.entry_points]
    module, _, function = next(one.value for one in programs if one.name == network).partition(":")
    sys.argv = sys.argv[2:]
    getattr(importlib.import_module(module), function)()


if __name__ == "__main__":
    main()
