"""Train, prune and deploy the object detector DetectNet_v2 with TAO 5.0, from data in KITTI format.

The export writes ONNX; what 3.x called exporting for INT8 is calibration in the deploy image, from the training images.
"""

from __future__ import annotations

from typing import Literal

from tao_kfp.ops.dataset_convert import DatasetConvertOp
from tao_kfp.ops.evaluate import EvaluateOp
from tao_kfp.ops.export import ExportOp
from tao_kfp.ops.gen_trt_engine import GenTrtEngineOp
from tao_kfp.ops.prune import PruneOp
from tao_kfp.ops.pull import PullOp
from tao_kfp.ops.train import RetrainOp, TrainOp
from tao_kfp.pipelines.builder import pipeline
from tao_kfp.workspace import Claim

NETWORK = "detectnet_v2"

# The names of the checkpoints below end in .hdf5: the models that TAO 5.0 writes when it is given no key.
NO_KEY = {"key": None}


@pipeline(name="tao-detectnet-v2", release="5.0", workspace=Claim("tao-workspace"))
def detectnet_v2(
    pretrained_model_name: str = "nvidia/tao/pretrained_detectnet_v2:resnet18",
    pretrained_model_dir: str = "models",
    data: str = "tao-experiments/data/kitti",
    results: str = "tao-experiments/detectnet_v2",
    convert_spec: str = "specs/detectnet_v2_convert.txt",
    train_spec: str = "specs/detectnet_v2_train.txt",
    train_num_gpus: Literal[1, 2, 4, 8] = 1,
    prune_threshold: float = 0.0000052,
    prune_equalization_criterion: Literal["union", "intersection", "arithmetic_mean", "geometric_mean"] = "union",
    retrain_spec: str = "specs/detectnet_v2_retrain.txt",
    engine_precision: Literal["fp32", "fp16", "int8"] = "int8",
    engine_batch_size: Literal[1, 2, 4, 8, 16, 32] = 8,
    engine_calibration_batches: int = 10,
) -> None:
    """Train an object detector, prune it, train it again, and build a TensorRT engine.

    Args:
        pretrained_model_name: NGC model to start from, ORG/TEAM/NAME:VERSION; the first spec file names its file.
        pretrained_model_dir: Folder of the workspace for it.
        data: Folder with the parts train and test, each with images and labels; the spec files name the first.
        results: Folder for all that the run writes; the spec files name it too, so change it there as well.
        convert_spec: Spec file of the conversion to TFRecords.
        train_spec: Spec file of the first training.
        train_num_gpus: GPUs of each training step.
        prune_threshold: Norm below which filters go; higher makes a smaller model. It is small here because
            this network is trained with L1 regularization.
        prune_equalization_criterion: How the inputs of an element-wise layer are made equal.
        retrain_spec: Spec file of the second training, which starts from the pruned model.
        engine_precision: Precision of the engine; int8 calibrates it with the training images.
        engine_batch_size: Largest batch of the engine, and the batch of its calibration.
        engine_calibration_batches: Batches of training images that int8 takes.
    """
    checkpoint = f"{results}/train/weights/model.hdf5"
    pruned = f"{results}/prune/model_pruned.hdf5"
    retrained = f"{results}/retrain/weights/model.hdf5"
    exported = f"{results}/export/model.onnx"
    engine = f"{results}/export/model.engine"

    pull = PullOp("download-model", model=pretrained_model_name, dest=pretrained_model_dir)
    convert = DatasetConvertOp(
        "convert-data",
        network=NETWORK,
        spec=convert_spec,
        output=f"{results}/tfrecords/kitti",  # the beginning of each file's name
        results=f"{results}/tfrecords",
    )
    train = TrainOp(
        "train-model",
        network=NETWORK,
        spec=train_spec,
        results=f"{results}/train",
        data=f"{data}/train",
        num_gpus=train_num_gpus,
        flags=NO_KEY,
    ).after(pull, convert)
    evaluate = EvaluateOp(
        "evaluate-model",
        network=NETWORK,
        spec=train_spec,
        model=checkpoint,
        results=f"{results}/evaluate",
        flags=NO_KEY,
    ).after(train)
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
        data=f"{data}/train",
        num_gpus=train_num_gpus,
        flags=NO_KEY,
    ).after(prune, evaluate)  # it reads the pruned model only; a failed evaluation saves its GPU hours

    EvaluateOp(
        "reevaluate-model",
        network=NETWORK,
        spec=retrain_spec,
        model=retrained,
        results=f"{results}/reevaluate",
        flags=NO_KEY,
    ).after(retrain)
    export = ExportOp(
        "export-model",
        network=NETWORK,
        model=retrained,
        output=exported,
        spec=retrain_spec,
        results=f"{results}/export",
        flags=NO_KEY,
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
            # TAO calibrates in batches that the engine can take: its smallest, usual or largest.
            "opt_batch_size": engine_batch_size,
            "max_batch_size": engine_batch_size,
            # int8 reads these; the other precisions leave them alone.
            "cal_image_dir": f"{data}/train/images",
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
        flags={"image_dir": f"{data}/test/images", "label_dir": f"{data}/test/labels"},
    ).after(build)
