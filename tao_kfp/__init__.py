"""NVIDIA TAO commands as steps of a Kubeflow pipeline.

    import tao_kfp as tao

    @tao.pipeline(name="my-training", workspace=tao.Claim("tao-workspace"))
    def my_training(num_gpus: int = 1):
        tao.TrainOp("train", network="classification", spec="specs/train.cfg", results="results", num_gpus=num_gpus)

    my_training.compile("my_training.tar.gz")

The names below are the public ones. Each is imported when it is first used, so that `tao-kfp --help`
and `import tao_kfp` stay fast. Ops of installed plug-ins (docs/plugins.md) are found here by name as well.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tao_kfp.errors import TaoKfpError, print_uncaught_in_one_line

if TYPE_CHECKING:
    from tao_kfp.ops.calibrate import CalibrateOp as CalibrateOp
    from tao_kfp.ops.command import CommandOp as CommandOp
    from tao_kfp.ops.container_op import ContainerOp as ContainerOp
    from tao_kfp.ops.container_op import Existing as Existing
    from tao_kfp.ops.dataset_convert import DatasetConvertOp as DatasetConvertOp
    from tao_kfp.ops.deploy import DeployOp as DeployOp
    from tao_kfp.ops.distill import DistillOp as DistillOp
    from tao_kfp.ops.evaluate import EvaluateOp as EvaluateOp
    from tao_kfp.ops.export import ExportOp as ExportOp
    from tao_kfp.ops.gen_trt_engine import GenTrtEngineOp as GenTrtEngineOp
    from tao_kfp.ops.inference import InferenceOp as InferenceOp
    from tao_kfp.ops.list_files import FetchOp as FetchOp
    from tao_kfp.ops.list_files import ListOp as ListOp
    from tao_kfp.ops.prune import PruneOp as PruneOp
    from tao_kfp.ops.pull import PullOp as PullOp
    from tao_kfp.ops.quantize import QuantizeOp as QuantizeOp
    from tao_kfp.ops.read_result import ReadResultOp as ReadResultOp
    from tao_kfp.ops.tao_op import IfTaken as IfTaken
    from tao_kfp.ops.tao_op import Key as Key
    from tao_kfp.ops.tao_op import Reads as Reads
    from tao_kfp.ops.tao_op import TaoOp as TaoOp
    from tao_kfp.ops.tao_op import Writes as Writes
    from tao_kfp.ops.train import RetrainOp as RetrainOp
    from tao_kfp.ops.train import TrainOp as TrainOp
    from tao_kfp.ops.trt_convert import TrtConvertOp as TrtConvertOp
    from tao_kfp.pipelines.builder import Pipeline as Pipeline
    from tao_kfp.pipelines.builder import pipeline as pipeline
    from tao_kfp.pipelines.parameters import MountPath as MountPath
    from tao_kfp.resources import Retry as Retry
    from tao_kfp.secrets import SecretKey as SecretKey
    from tao_kfp.workspace import Claim as Claim
    from tao_kfp.workspace import HostPath as HostPath
    from tao_kfp.workspace import NewClaim as NewClaim

_HOME = {
    "CalibrateOp": "ops.calibrate",
    "Claim": "workspace",
    "CommandOp": "ops.command",
    "ContainerOp": "ops.container_op",
    "DatasetConvertOp": "ops.dataset_convert",
    "DeployOp": "ops.deploy",
    "DistillOp": "ops.distill",
    "EvaluateOp": "ops.evaluate",
    "Existing": "ops.container_op",
    "ExportOp": "ops.export",
    "FetchOp": "ops.list_files",
    "GenTrtEngineOp": "ops.gen_trt_engine",
    "HostPath": "workspace",
    "IfTaken": "ops.tao_op",
    "InferenceOp": "ops.inference",
    "Key": "ops.tao_op",
    "ListOp": "ops.list_files",
    "MountPath": "pipelines.parameters",
    "NewClaim": "workspace",
    "Pipeline": "pipelines.builder",
    "PruneOp": "ops.prune",
    "PullOp": "ops.pull",
    "QuantizeOp": "ops.quantize",
    "ReadResultOp": "ops.read_result",
    "Reads": "ops.tao_op",
    "RetrainOp": "ops.train",
    "Retry": "resources",
    "SecretKey": "secrets",
    "TaoOp": "ops.tao_op",
    "TrainOp": "ops.train",
    "TrtConvertOp": "ops.trt_convert",
    "Writes": "ops.tao_op",
    "pipeline": "pipelines.builder",
}

__all__ = ["TaoKfpError", "__version__", *sorted(_HOME)]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(f"tao_kfp.{_HOME[name]}"), name)
    else:
        # `from tao_kfp import cli` asks here for `cli` first: only what can be an op is looked for.
        value = _plugin(name) if name.endswith("Op") else None
        if value is None:
            raise AttributeError(f"module 'tao_kfp' has no attribute {name!r}")
    globals()[name] = value
    return value


def _plugin(name: str) -> Any:
    from tao_kfp import plugins

    base = __getattr__("ContainerOp")
    return plugins.get(plugins.OPS, name, lambda value: isinstance(value, type) and issubclass(value, base))


def __dir__() -> list[str]:
    from tao_kfp import plugins

    return sorted([*__all__, *plugins.names(plugins.OPS, __all__)])


print_uncaught_in_one_line()
