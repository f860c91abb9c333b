"""Train the object detector RT-DETR with TAO 7.1, quantize it, and build a TensorRT engine for INT8."""

from __future__ import annotations

from typing import Any, Literal

from tao_kfp.ops.evaluate import EvaluateOp
from tao_kfp.ops.export import ExportOp
from tao_kfp.ops.gen_trt_engine import GenTrtEngineOp
from tao_kfp.ops.pull import PullOp
from tao_kfp.ops.quantize import QuantizeOp
from tao_kfp.ops.tao_op import Reads
from tao_kfp.ops.train import TrainOp
from tao_kfp.pipelines.builder import pipeline
from tao_kfp.workspace import Claim

NETWORK = "rtdetr"


@pipeline(name="tao-rtdetr", release="7.1", workspace=Claim("tao-workspace"))
def rtdetr(
    pretrained_model_name: str = "nvidia/tao/pretrained_deformable_detr_nvimagenet:resnet50",
    pretrained_model_dir: str = "models",
    pretrained_model_file: str = "pretrained_deformable_detr_nvimagenet_vresnet50/resnet50_nvimagenetv2.pth.tar",
    spec: str = "specs/rtdetr.yaml",
    results: str = "tao-experiments/rtdetr",
    backbone: Literal[
        "resnet_18",
        "resnet_34",
        "resnet_50",
        "resnet_101",
        "convnext_tiny",
        "convnext_small",
        "convnext_base",
        "efficientvit_b1",
        "efficientvit_l1",
    ] = "resnet_50",
    train_num_gpus: Literal[1, 2, 4, 8] = 1,
    train_num_epochs: int = 40,
    train_precision: Literal["bf16", "fp16", "fp32"] = "bf16",
    engine_batch_size: Literal[1, 2, 4, 8, 16] = 4,
) -> None:
    """Train an object detector, quantize it to INT8, and build and judge a TensorRT engine.

    The spec file says what is quantized. Both models are evaluated, so that the price of INT8 shows.

    Args:
        pretrained_model_name: NGC model with the weights of the backbone, ORG/TEAM/NAME:VERSION.
        pretrained_model_dir: Folder of the workspace for it.
        pretrained_model_file: Its file below that folder, NAME_vVERSION/FILE. Another backbone needs another.
        spec: Spec file of all steps. The data, and the number of classes, are yours to set there.
        results: Folder for all that the run writes. Give each run its own: TAO goes on with a training that it
            finds there, and refuses to export over a file.
        backbone: Network that finds the features.
        train_num_gpus: GPUs of the training.
        train_num_epochs: Epochs of the training.
        train_precision: Precision of the training.
        engine_batch_size: Largest batch of the engine.
    """
    pretrained = f"{pretrained_model_dir}/{pretrained_model_file}"
    checkpoint = f"{results}/train/rtdetr_model_latest.pth"
    quantized = f"{results}/quantize/quantized_model_modelopt.pytorch.pth"
    exported = f"{results}/export/model.onnx"
    engine = f"{results}/export/model.engine"
    # All steps name the weights: with them TAO builds a ResNet with other normalization layers than without.
    model: dict[str, Any] = {
        "model.backbone": backbone,
        "model.pretrained_backbone_path": Reads(pretrained, produced=True),
    }

    pull = PullOp("download-model", model=pretrained_model_name, dest=pretrained_model_dir)
    train = TrainOp(
        "train-model",
        network=NETWORK,
        spec=spec,
        results=results,
        num_gpus=train_num_gpus,
        flags={
            **model,
            "train.num_epochs": train_num_epochs,
            "train.precision": train_precision,
        },
    ).after(pull)
    EvaluateOp("evaluate-model", network=NETWORK, spec=spec, model=checkpoint, results=results, flags=model).after(
        train
    )
    # The file's name below is this backend's, which keeps a model that TAO can evaluate and export.
    quantize = QuantizeOp(
        "quantize-model",
        network=NETWORK,
        spec=spec,
        model=checkpoint,
        results=results,
        flags={**model, "quantize.backend": "modelopt.pytorch", "quantize.mode": "static_ptq"},
    ).after(train)
    EvaluateOp(
        "evaluate-quantized",
        network=NETWORK,
        spec=spec,
        model=quantized,
        results=f"{results}/quantized",
        flags={**model, "evaluate.is_quantized": True},
    ).after(quantize)
    export = ExportOp(
        "export-model",
        network=NETWORK,
        spec=spec,
        model=quantized,
        output=exported,
        results=results,
        flags={**model, "export.is_quantized": True},
    ).after(quantize)
    build = GenTrtEngineOp(
        "build-engine",
        network=NETWORK,
        spec=spec,
        model=exported,
        output=engine,
        precision="INT8",  # the quantized model can be built for no other
        results=f"{results}/engine",
        flags={
            "gen_trt_engine.tensorrt.opt_batch_size": engine_batch_size,
            "gen_trt_engine.tensorrt.max_batch_size": engine_batch_size,
            "gen_trt_engine.tensorrt.calibration.cal_cache_file": f"{results}/export/calibration.bin",
        },
    ).after(export)
    EvaluateOp(
        "evaluate-engine",
        network=NETWORK,
        spec=spec,
        engine=engine,
        results=f"{results}/engine",
        flags={"dataset.batch_size": engine_batch_size},
    ).after(build)
