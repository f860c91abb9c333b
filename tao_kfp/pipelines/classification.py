"""Fine-tune, prune and deploy an image classifier with TAO 3.21.08.

The steps, parameters and defaults are those of the pipeline that docs/coming-from-kfp-v1.md
describes, with its faults mended: the key is a secret, and what need not wait runs side by side.
"""

from __future__ import annotations

from typing import Literal

from tao_kfp.ops.calibrate import CalibrateOp
from tao_kfp.ops.evaluate import EvaluateOp
from tao_kfp.ops.export import ExportOp
from tao_kfp.ops.inference import InferenceOp
from tao_kfp.ops.prune import PruneOp
from tao_kfp.ops.pull import PullOp
from tao_kfp.ops.train import RetrainOp, TrainOp
from tao_kfp.ops.trt_convert import TrtConvertOp
from tao_kfp.pipelines.builder import pipeline
from tao_kfp.pipelines.parameters import MountPath
from tao_kfp.workspace import Claim

NETWORK = "classification"


@pipeline(name="tao-classification", release="3.21.08", workspace=Claim("tao-workspace"))
def classification(
    pretrained_model_name: str = "nvidia/tao/pretrained_classification:resnet18",
    pretrained_model_dir: str = "models",
    train_classification_data: str = "tao-experiments/data",
    train_classification_spec: str = "specs/classification_spec.cfg",
    train_classification_output: str = "tao-experiments/output",
    train_num_gpus: Literal[1, 2, 4, 8] = 1,
    prune_model_input_file: str = "tao-experiments/output/weights/resnet_020.tlt",
    prune_model_output_file: str = "tao-experiments/output-pruned/resnet18_nopool_bn_pruned.tlt",
    prune_equalization_criterion: Literal["union", "intersection", "arithmetic_mean", "geometric_mean"] = "union",
    prune_threshold: float = 0.6,
    retrain_classification_spec: str = "specs/classification_retrain_spec.cfg",
    retrain_classification_output: str = "tao-experiments/output-retrain",
    test_infer_model_input_file: str = "tao-experiments/output-retrain/weights/resnet_020.tlt",
    test_infer_image_path: str = "tao-experiments/data/split/test/person",
    test_infer_class_map: str = "tao-experiments/output-retrain/classmap.json",
    test_infer_batch_size: int = 16,
    export_model_input_file: str = "tao-experiments/output-retrain/weights/resnet_020.tlt",
    export_model_output_file: str = "tao-experiments/export/final_model.etlt",
    calibrate_classification_spec: str = "specs/classification_retrain_spec.cfg",
    calibrate_max_batches: int = 10,
    calibrate_output_file: str = "tao-experiments/export/calibration.tensor",
    export_int8_cache_file: str = "tao-experiments/export/final_model_int8_cache.bin",
    export_int8_batches: int = 10,
    export_int8_model_output_file: str = "tao-experiments/export/final_int8_model.etlt",
    convert_trt_output_file: str = "tao-experiments/export/final_model.trt",
    convert_trt_output_layer: str = "predictions/Softmax",
    convert_trt_dims: str = "3,224,224",
    convert_trt_input_type: Literal["nchw", "nhwc", "nc"] = "nchw",
    convert_trt_max_batch_size: int = 64,
    convert_trt_precision: Literal["fp32", "fp16", "int8"] = "int8",
    convert_trt_batch_size: int = 64,
    tao_mount_dir: MountPath = "/mnt/workspace",
) -> None:
    """Fine-tune an image classifier, prune it, train it again, and build a TensorRT engine for INT8.

    Args:
        pretrained_model_name: NGC model to start from, ORG/TEAM/NAME:VERSION.
        pretrained_model_dir: Folder of the workspace for it.
        train_classification_data: Folder of the data; the spec files name its train, val and test parts.
        train_classification_spec: Spec file of the first training.
        train_classification_output: Results folder of the first training.
        train_num_gpus: GPUs of each training step.
        prune_model_input_file: Checkpoint to prune, as the first training names its last.
        prune_model_output_file: The pruned model, which the retraining spec starts from.
        prune_equalization_criterion: How the inputs of an element-wise layer are made equal.
        prune_threshold: Norm below which filters go; higher makes a smaller model.
        retrain_classification_spec: Spec file of the second training.
        retrain_classification_output: Results folder of the second training.
        test_infer_model_input_file: Checkpoint for the inference test.
        test_infer_image_path: Folder of images for the inference test.
        test_infer_class_map: classmap.json that the second training writes.
        test_infer_batch_size: Images at a time in the inference test.
        export_model_input_file: Checkpoint to export.
        export_model_output_file: The exported model, fp32.
        calibrate_classification_spec: Spec file whose training images calibrate INT8.
        calibrate_max_batches: Batches to collect for INT8.
        calibrate_output_file: The collected tensors.
        export_int8_cache_file: The INT8 calibration cache.
        export_int8_batches: Batches that the INT8 export uses of them.
        export_int8_model_output_file: The exported model for INT8.
        convert_trt_output_file: The TensorRT engine.
        convert_trt_output_layer: Output layer of the model.
        convert_trt_dims: Input dimensions without the batch.
        convert_trt_input_type: Order of the input dimensions.
        convert_trt_max_batch_size: Largest batch of the engine.
        convert_trt_precision: Precision of the engine.
        convert_trt_batch_size: Batch of the calibration.
        tao_mount_dir: Where every step sees the workspace; the spec files name it too.
    """
    pull = PullOp("download-model", model=pretrained_model_name, dest=pretrained_model_dir)
    train = TrainOp(
        "train-model",
        network=NETWORK,
        spec=train_classification_spec,
        results=train_classification_output,
        data=train_classification_data,
        num_gpus=train_num_gpus,
    ).after(pull)
    evaluate = EvaluateOp("evaluate-model", network=NETWORK, spec=train_classification_spec).after(train)
    prune = PruneOp(
        "prune-model",
        network=NETWORK,
        model=prune_model_input_file,
        output=prune_model_output_file,
        threshold=prune_threshold,
        criterion=prune_equalization_criterion,
    ).after(train)
    retrain = RetrainOp(
        "retrain-model",
        network=NETWORK,
        spec=retrain_classification_spec,
        results=retrain_classification_output,
        pruned_model=prune_model_output_file,
        data=train_classification_data,
        num_gpus=train_num_gpus,
    ).after(prune, evaluate)  # it reads the pruned model only; a failed evaluation saves its GPU hours

    # The retrained model is all that these four need: they run side by side.
    EvaluateOp("reevaluate-model", network=NETWORK, spec=retrain_classification_spec).after(retrain)
    InferenceOp(
        "test-infer",
        network=NETWORK,
        spec=retrain_classification_spec,
        model=test_infer_model_input_file,
        images=test_infer_image_path,
        batch_size=test_infer_batch_size,
        classmap=test_infer_class_map,
    ).after(retrain)
    ExportOp("export-model", network=NETWORK, model=export_model_input_file, output=export_model_output_file).after(
        retrain
    )
    calibrate = CalibrateOp(
        "calibrate-model",
        network=NETWORK,
        spec=calibrate_classification_spec,
        output=calibrate_output_file,
        max_batches=calibrate_max_batches,
    ).after(retrain)

    export_int8 = ExportOp(
        "export-int8-model",
        network=NETWORK,
        model=export_model_input_file,
        output=export_int8_model_output_file,
        precision="int8",
        calibration_data=calibrate_output_file,
        calibration_cache=export_int8_cache_file,
        batches=export_int8_batches,
    ).after(calibrate)
    TrtConvertOp(
        "convert-trt",
        model=export_int8_model_output_file,
        output=convert_trt_output_file,
        layers=convert_trt_output_layer,
        dims=convert_trt_dims,
        input_order=convert_trt_input_type,
        max_batch_size=convert_trt_max_batch_size,
        precision=convert_trt_precision,
        batch_size=convert_trt_batch_size,
        calibration_cache=export_int8_cache_file,
    ).after(export_int8)
