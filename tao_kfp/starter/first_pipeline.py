"""A first pipeline: train, evaluate and export an image classifier.

    python tao_pipeline.py              writes tao_pipeline.tar.gz for Kubeflow's upload dialog
    python tao_pipeline.py --help       other targets, workspaces and parameters

Every parameter below is a field of the Create Run screen. Paths are relative to the workspace.
"""

from typing import Literal

import tao_kfp as tao


@tao.pipeline(name="my-classifier", workspace=tao.Claim("tao-workspace"))
def my_classifier(
    pretrained_model: str = "nvidia/tao/pretrained_classification:resnet18",
    train_spec: str = "specs/classification_spec.cfg",
    train_results: str = "tao-experiments/output",
    train_num_gpus: Literal[1, 2, 4, 8] = 1,
    export_checkpoint: str = "resnet_020.tlt",
):
    """Fine-tune an image classifier and export it.

    Args:
        pretrained_model: NGC model to start from.
        train_spec: Spec file of the training; it names the data.
        train_results: Folder for checkpoints and logs.
        train_num_gpus: GPUs for the training.
        export_checkpoint: Checkpoint to export, as the spec's last epoch names it.
    """
    pull = tao.PullOp("download-model", model=pretrained_model, dest="models")
    train = tao.TrainOp(
        "train-model", network="classification", spec=train_spec, results=train_results, num_gpus=train_num_gpus
    ).after(pull)
    tao.EvaluateOp("evaluate-model", network="classification", spec=train_spec).after(train)
    tao.ExportOp(
        "export-model",
        network="classification",
        model=f"{train_results}/weights/{export_checkpoint}",
        output="tao-experiments/export/model.etlt",
    ).after(train)


if __name__ == "__main__":
    my_classifier.compile(__file__)
