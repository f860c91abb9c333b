"""Train the text detector OCDNet with TAO 7.1, prune it, train it again, and build a TensorRT engine."""

from __future__ import annotations

from typing import Literal

from tao_kfp.ops.evaluate import EvaluateOp
from tao_kfp.ops.export import ExportOp
from tao_kfp.ops.gen_trt_engine import GenTrtEngineOp
from tao_kfp.ops.prune import PruneOp
from tao_kfp.ops.pull import PullOp
from tao_kfp.ops.tao_op import Reads
from tao_kfp.ops.train import RetrainOp, TrainOp
from tao_kfp.pipelines.builder import pipeline
from tao_kfp.workspace import Claim

NETWORK = "ocdnet"


@pipeline(name="tao-ocdnet", release="7.1", workspace=Claim("tao-workspace"))
def ocdnet(
    pretrained_model_name: str = "nvidia/tao/ocdnet:trainable_resnet18_v1.0",
    pretrained_model_dir: str = "models",
    pretrained_model_file: str = "ocdnet_vtrainable_resnet18_v1.0/ocdnet_deformable_resnet18.pth",
    spec: str = "specs/ocdnet.yaml",
    data: str = "tao-experiments/data/text",
    results: str = "tao-experiments/ocdnet",
    backbone: Literal["deformable_resnet18", "deformable_resnet50", "fan_tiny_8_p4_hybrid"] = "deformable_resnet18",
    train_num_gpus: Literal[1, 2, 4, 8] = 1,
    train_num_epochs: int = 30,
    prune_sparsity: Literal["0.05", "0.1", "0.15", "0.2", "0.3", "0.4", "0.5"] = "0.1",
    retrain_num_epochs: int = 30,
    engine_precision: Literal["FP32", "FP16", "INT8"] = "FP16",
) -> None:
    """Train a text detector, prune it, train it again, and build a TensorRT engine.

    Args:
        pretrained_model_name: NGC model to start from, ORG/TEAM/NAME:VERSION.
        pretrained_model_dir: Folder of the workspace for it.
        pretrained_model_file: Its file below that folder, NAME_vVERSION/FILE. Another backbone needs another.
        spec: Spec file of all steps.
        data: Folder with the parts train and test, each with img and gt.
        results: Folder for all that the run writes. Give each run its own: TAO goes on with a training that it
            finds there, and refuses to export over a file.
        backbone: Network that finds the features.
        train_num_gpus: GPUs of each training step.
        train_num_epochs: Epochs of the first training; more than the spec's warm-up.
        prune_sparsity: Share of the channels to prune. TAO writes it into the pruned file's name.
        retrain_num_epochs: Epochs of the second training; more than the spec's warm-up.
        engine_precision: Precision of the engine; INT8 calibrates it with the training images.
    """
    pretrained = f"{pretrained_model_dir}/{pretrained_model_file}"
    # The best of the validations, which this network keeps beside ocd_model_latest.pth.
    checkpoint = f"{results}/train/model_best.pth"
    pruned = f"{results}/prune/pruned_{prune_sparsity}.pth"
    retrained = f"{results}/retrain/train/model_best.pth"
    exported = f"{results}/export/model.onnx"
    engine = f"{results}/export/model.engine"
    train_data = {"dataset.train_dataset.data_path": [f"{data}/train"]}
    test_data = {"dataset.validate_dataset.data_path": [f"{data}/test"]}
    model = {"model.backbone": backbone}
    # The shape of the pruned model is in its file, not in the spec.
    shape = {"model.load_pruned_graph": True, "model.pruned_graph_path": Reads(pruned, produced=True)}

    pull = PullOp("download-model", model=pretrained_model_name, dest=pretrained_model_dir)
    train = TrainOp(
        "train-model",
        network=NETWORK,
        spec=spec,
        results=results,
        num_gpus=train_num_gpus,
        flags={
            **model,
            **train_data,
            **test_data,
            "model.pretrained_model_path": Reads(pretrained, produced=True),
            "train.num_epochs": train_num_epochs,
        },
    ).after(pull)
    evaluate = EvaluateOp(
        "evaluate-model", network=NETWORK, spec=spec, model=checkpoint, results=results, flags={**model, **test_data}
    ).after(train)
    prune = PruneOp(
        "prune-model",
        network=NETWORK,
        spec=spec,
        model=checkpoint,
        results=results,
        flags={**model, **test_data, "prune.ch_sparsity": prune_sparsity},
    ).after(train)
    retrain = RetrainOp(
        "retrain-model",
        network=NETWORK,
        spec=spec,
        results=f"{results}/retrain",
        pruned_model=pruned,
        num_gpus=train_num_gpus,
        flags={
            **model,
            **train_data,
            **test_data,
            "model.load_pruned_graph": True,
            "train.num_epochs": retrain_num_epochs,
        },
    ).after(prune, evaluate)  # it reads the pruned model only; a failed evaluation saves its GPU hours

    EvaluateOp(
        "reevaluate-model",
        network=NETWORK,
        spec=spec,
        model=retrained,
        results=f"{results}/retrain",
        flags={**model, **test_data, **shape},
    ).after(retrain)
    export = ExportOp(
        "export-model",
        network=NETWORK,
        spec=spec,
        model=retrained,
        output=exported,
        results=results,
        flags={**model, **shape},
    ).after(retrain)
    build = GenTrtEngineOp(
        "build-engine",
        network=NETWORK,
        spec=spec,
        model=exported,
        output=engine,
        precision=engine_precision,
        results=f"{results}/engine",
        # INT8 reads these; the other precisions leave them alone.
        flags={
            "gen_trt_engine.tensorrt.calibration.cal_image_dir": [f"{data}/train/img"],
            "gen_trt_engine.tensorrt.calibration.cal_cache_file": f"{results}/export/calibration.bin",
        },
    ).after(export)
    EvaluateOp(
        "evaluate-engine", network=NETWORK, spec=spec, engine=engine, results=f"{results}/engine", flags=test_data
    ).after(build)
