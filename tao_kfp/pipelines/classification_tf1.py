"""Fine-tune, prune and deploy an image classifier with TAO 5.0, whose TensorFlow 1 networks are the last of their kind.

Against 3.21.08 the export writes ONNX, and the engine is built, and calibrated, in the deploy image.
"""

from __future__ import annotations

from typing import Literal

from tao_kfp.ops.evaluate import EvaluateOp
from tao_kfp.ops.export import ExportOp
from tao_kfp.ops.gen_trt_engine import GenTrtEngineOp
from tao_kfp.ops.prune import PruneOp
from tao_kfp.ops.pull import PullOp
from tao_kfp.ops.tao_op import Reads, Writes
from tao_kfp.ops.train import RetrainOp, TrainOp
from tao_kfp.pipelines.builder import pipeline
from tao_kfp.workspace import Claim

NETWORK = "classification_tf1"

# The names of the checkpoints below end in .hdf5: the models that TAO 5.0 writes when it is given no key.
NO_KEY = {"key": None}


@pipeline(name="tao-classification-tf1", release="5.0", workspace=Claim("tao-workspace"))
def classification_tf1(
    pretrained_model_name: str = "nvidia/tao/pretrained_classification:resnet18",
    pretrained_model_dir: str = "models",
    data: str = "tao-experiments/data/split",
    results: str = "tao-experiments/classification_tf1",
    last_checkpoint: str = "resnet_020.hdf5",
    train_spec: str = "specs/classification_tf1.cfg",
    train_num_gpus: Literal[1, 2, 4, 8] = 1,
    prune_threshold: float = 0.6,
    prune_equalization_criterion: Literal["union", "intersection", "arithmetic_mean", "geometric_mean"] = "union",
    retrain_spec: str = "specs/classification_tf1_retrain.cfg",
    engine_precision: Literal["fp32", "fp16", "int8"] = "int8",
    engine_batch_size: Literal[1, 2, 4, 8, 16, 32, 64] = 8,
    engine_calibration_batches: int = 10,
) -> None:
    """Fine-tune an image classifier, prune it, train it again, and build a TensorRT engine.

    Args:
        pretrained_model_name: NGC model to start from, ORG/TEAM/NAME:VERSION; the first spec file names its file.
        pretrained_model_dir: Folder of the workspace for it.
        data: Folder with the parts train, val and test; the spec files name them too.
        results: Folder for all that the run writes; the spec files name it too, so change it there as well.
        last_checkpoint: Name of the last checkpoint of each training: the arch and n_epochs of the spec files.
        train_spec: Spec file of the first training.
        train_num_gpus: GPUs of each training step.
        prune_threshold: Norm below which filters go; higher makes a smaller model.
        prune_equalization_criterion: How the inputs of an element-wise layer are made equal.
        retrain_spec: Spec file of the second training, which starts from the pruned model.
        engine_precision: Precision of the engine; int8 calibrates it with the training images.
        engine_batch_size: Largest batch of the engine, and the batch of its calibration.
        engine_calibration_batches: Batches of training images that int8 takes.
    """
    checkpoint = f"{results}/train/weights/{last_checkpoint}"
    pruned = f"{results}/prune/resnet18_pruned.hdf5"
    retrained = f"{results}/retrain/weights/{last_checkpoint}"
    exported = f"{results}/export/model.onnx"
    engine = f"{results}/export/model.engine"
    classmap = f"{results}/retrain/classmap.json"

    pull = PullOp("download-model", model=pretrained_model_name, dest=pretrained_model_dir)
    train = TrainOp(
        "train-model",
        network=NETWORK,
        spec=train_spec,
        results=f"{results}/train",
        data=data,
        num_gpus=train_num_gpus,
        flags=NO_KEY,
    ).after(pull)
    # Its spec file names the checkpoint: evaluate's own flag for one is there for the deploy image only.
    evaluate = EvaluateOp("evaluate-model", network=NETWORK, spec=train_spec, flags=NO_KEY).after(train)
    prune = PruneOp(
        "prune-model",
        network=NETWORK,
        model=checkpoint,
        output=pruned,
        threshold=prune_threshold,
        criterion=prune_equalization_criterion,
        results=f"{results}/prune",  # TAO makes this folder, where the pruned model goes
        flags=NO_KEY,
    ).after(train)
    retrain = RetrainOp(
        "retrain-model",
        network=NETWORK,
        spec=retrain_spec,
        results=f"{results}/retrain",
        pruned_model=pruned,
        data=data,
        num_gpus=train_num_gpus,
        flags=NO_KEY,
    ).after(prune, evaluate)  # it reads the pruned model only; a failed evaluation saves its GPU hours

    EvaluateOp("reevaluate-model", network=NETWORK, spec=retrain_spec, flags=NO_KEY).after(retrain)
    export = ExportOp(
        "export-model",
        network=NETWORK,
        model=retrained,
        output=exported,
        spec=retrain_spec,
        results=f"{results}/export",
        flags={**NO_KEY, "classmap_json": Reads(classmap, produced=True)},
    ).after(retrain)
    build = GenTrtEngineOp(
        "build-engine",
        network=NETWORK,
        model=exported,
        output=engine,
        spec=retrain_spec,
        precision=engine_precision,
        results=f"{results}/export",
        flags={
            "opt_batch_size": engine_batch_size,
            "max_batch_size": engine_batch_size,
            # int8 reads these; the other precisions leave them alone.
            "cal_image_dir": f"{data}/train",
            "cal_data_file": Writes(f"{results}/export/calibration.tensor"),
            "cal_cache_file": f"{results}/export/calibration.bin",
            "batch_size": engine_batch_size,
            "batches": engine_calibration_batches,
        },
    ).after(export)
    EvaluateOp(
        "evaluate-engine",
        network=NETWORK,
        spec=retrain_spec,
        engine=engine,
        results=f"{results}/engine",
        flags={"classmap": Reads(classmap, produced=True), "image_dir": f"{data}/test"},
    ).after(build)
