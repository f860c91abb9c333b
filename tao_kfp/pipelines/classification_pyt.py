"""Fine-tune an image classifier with TAO 7.1, and build a TensorRT engine of it."""

from __future__ import annotations

from typing import Literal

from tao_kfp.ops.evaluate import EvaluateOp
from tao_kfp.ops.export import ExportOp
from tao_kfp.ops.gen_trt_engine import GenTrtEngineOp
from tao_kfp.ops.pull import PullOp
from tao_kfp.ops.tao_op import Reads
from tao_kfp.ops.train import TrainOp
from tao_kfp.pipelines.builder import pipeline
from tao_kfp.workspace import Claim

NETWORK = "classification_pyt"


@pipeline(name="tao-classification-pyt", release="7.1", workspace=Claim("tao-workspace"))
def classification_pyt(
    pretrained_model_name: str = "nvidia/tao/pretrained_fan_classification_imagenet:fan_hybrid_small",
    pretrained_model_dir: str = "models",
    pretrained_model_file: str = "pretrained_fan_classification_imagenet_vfan_hybrid_small/fan_hybrid_small.pth",
    spec: str = "specs/classification_pyt.yaml",
    data: str = "tao-experiments/data/split",
    results: str = "tao-experiments/classification_pyt",
    backbone: Literal[
        "fan_tiny_8_p4_hybrid",
        "fan_small_12_p4_hybrid",
        "fan_base_16_p4_hybrid",
        "fan_large_16_p4_hybrid",
        "resnet_18",
        "resnet_50",
        "convnext_tiny",
        "efficientvit_b1",
    ] = "fan_small_12_p4_hybrid",
    train_num_gpus: Literal[1, 2, 4, 8] = 1,
    train_num_epochs: int = 20,
    train_precision: Literal["fp32", "fp16"] = "fp32",
    engine_precision: Literal["FP32", "FP16"] = "FP16",
    engine_batch_size: Literal[1, 2, 4, 8, 16, 32, 64] = 8,
) -> None:
    """Fine-tune an image classifier, export it, and build and judge a TensorRT engine.

    Args:
        pretrained_model_name: NGC model with the weights of the backbone, ORG/TEAM/NAME:VERSION.
        pretrained_model_dir: Folder of the workspace for it.
        pretrained_model_file: Its file below that folder, NAME_vVERSION/FILE. Another backbone needs another.
        spec: Spec file of all steps; its number of classes is yours to set.
        data: Folder with the parts train, val and test, and with classes.txt.
        results: Folder for all that the run writes. Give each run its own: TAO goes on with a training that it
            finds there, and refuses to export over a file.
        backbone: Network that the classifier is made of.
        train_num_gpus: GPUs of the training.
        train_num_epochs: Epochs of the training.
        train_precision: Precision of the training.
        engine_precision: Precision of the engine. TAO has no calibration, so no INT8, for this network.
        engine_batch_size: Largest batch of the engine.
    """
    pretrained = f"{pretrained_model_dir}/{pretrained_model_file}"
    checkpoint = f"{results}/train/classifier_model_latest.pth"
    exported = f"{results}/export/model.onnx"
    engine = f"{results}/export/model.engine"
    model = {"model.backbone.type": backbone, "dataset.root_dir": data}

    pull = PullOp("download-model", model=pretrained_model_name, dest=pretrained_model_dir)
    train = TrainOp(
        "train-model",
        network=NETWORK,
        spec=spec,
        results=results,
        data=data,
        num_gpus=train_num_gpus,
        flags={
            **model,
            "model.backbone.pretrained_backbone_path": Reads(pretrained, produced=True),
            "train.num_epochs": train_num_epochs,
            "train.precision": train_precision,
        },
    ).after(pull)
    # TAO evaluates a checkpoint with the validation images: these are put in their place, as for the engine.
    EvaluateOp(
        "evaluate-model",
        network=NETWORK,
        spec=spec,
        model=checkpoint,
        results=results,
        flags={**model, "dataset.val_dataset.images_dir": f"{data}/test"},
    ).after(train)
    export = ExportOp(
        "export-model", network=NETWORK, spec=spec, model=checkpoint, output=exported, results=results, flags=model
    ).after(train)
    build = GenTrtEngineOp(
        "build-engine",
        network=NETWORK,
        spec=spec,
        model=exported,
        output=engine,
        precision=engine_precision,
        results=f"{results}/engine",
        flags={
            "gen_trt_engine.tensorrt.opt_batch_size": engine_batch_size,
            "gen_trt_engine.tensorrt.max_batch_size": engine_batch_size,
        },
    ).after(export)
    EvaluateOp(
        "evaluate-engine",
        network=NETWORK,
        spec=spec,
        engine=engine,
        results=f"{results}/engine",
        # In 7.1 it reads the scores of a larger batch as those of one image.
        flags={"dataset.root_dir": data, "dataset.batch_size": 1},
    ).after(build)
