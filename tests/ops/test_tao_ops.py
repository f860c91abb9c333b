"""What each op runs, word by word."""

from __future__ import annotations

import pytest
from building import command_of, graph_of, step_of

import tao_kfp as tao

W = "/mnt/workspace"

COMMANDS = {
    "pull": (
        lambda: tao.PullOp("x", model="nvidia/tao/pretrained_classification:resnet18", dest="models"),
        ["ngc", "registry", "model", "download-version", "nvidia/tao/pretrained_classification:resnet18", "--dest", f"{W}/models"],
    ),
    "dataset_convert": (
        lambda: tao.DatasetConvertOp("x", network="detectnet_v2", spec="specs/kitti.txt", output="data/tfrecords/train"),
        ["detectnet_v2", "dataset_convert", "-d", f"{W}/specs/kitti.txt", "-o", f"{W}/data/tfrecords/train"],
    ),
    "train": (
        lambda: tao.TrainOp("x", network="classification", spec="specs/a.cfg", results="out", num_gpus=4),
        ["classification", "train", "--gpus", "4", "-k", "$(TAO_KEY)", "-e", f"{W}/specs/a.cfg", "-r", f"{W}/out"],
    ),
    "train with flags": (
        lambda: tao.TrainOp("x", network="classification", spec="a", results="b", flags={"use_amp": True, "--init_epoch": 3, "-v": False}),
        ["classification", "train", "--gpus", "1", "-k", "$(TAO_KEY)", "-e", f"{W}/a", "-r", f"{W}/b", "--use_amp", "--init_epoch", "3"],
    ),
    "train a network with a model directory": (
        lambda: tao.TrainOp("x", network="mask_rcnn", spec="a", results="b"),
        ["mask_rcnn", "train", "--gpus", "1", "-k", "$(TAO_KEY)", "-e", f"{W}/a", "-d", f"{W}/b"],
    ),
    "retrain": (
        lambda: tao.RetrainOp("x", network="classification", spec="a", results="b", pruned_model=tao.Existing("c")),
        ["classification", "train", "--gpus", "1", "-k", "$(TAO_KEY)", "-e", f"{W}/a", "-r", f"{W}/b"],
    ),
    "evaluate": (
        lambda: tao.EvaluateOp("x", network="classification", spec="a"),
        ["classification", "evaluate", "-e", f"{W}/a", "-k", "$(TAO_KEY)"],
    ),
    "evaluate a model": (
        lambda: tao.EvaluateOp("x", network="detectnet_v2", spec="a", model=tao.Existing("m.tlt")),
        ["detectnet_v2", "evaluate", "-e", f"{W}/a", "-k", "$(TAO_KEY)", "-m", f"{W}/m.tlt"],
    ),
    "prune": (
        lambda: tao.PruneOp("x", network="classification", model=tao.Existing("m"), output="p", threshold=0.6, criterion="union"),
        ["classification", "prune", "-k", "$(TAO_KEY)", "-m", f"{W}/m", "-o", f"{W}/p", "-pth", "0.6", "-eq", "union"],
    ),
    "inference": (
        lambda: tao.InferenceOp("x", network="classification", spec="a", model=tao.Existing("m"), images="d", batch_size=16, classmap=tao.Existing("c")),
        ["classification", "inference", "-k", "$(TAO_KEY)", "-e", f"{W}/a", "-m", f"{W}/m", "-d", f"{W}/d", "-b", "16", "-cm", f"{W}/c"],
    ),
    "calibrate": (
        lambda: tao.CalibrateOp("x", network="classification", spec="a", output="t", max_batches=10),
        ["classification", "calibration_tensorfile", "-e", f"{W}/a", "-m", "10", "-o", f"{W}/t"],
    ),
    "export": (
        lambda: tao.ExportOp("x", network="classification", model=tao.Existing("m"), output="o"),
        ["classification", "export", "-m", f"{W}/m", "-k", "$(TAO_KEY)", "-o", f"{W}/o"],
    ),
    "export fp16": (
        lambda: tao.ExportOp("x", network="classification", model=tao.Existing("m"), output="o", precision="fp16"),
        ["classification", "export", "-m", f"{W}/m", "-k", "$(TAO_KEY)", "-o", f"{W}/o", "--data_type", "fp16"],
    ),
    "export int8": (
        lambda: tao.ExportOp(
            "x", network="classification", model=tao.Existing("m"), output="o", precision="int8",
            calibration_data=tao.Existing("t"), calibration_cache="c", batches=10,
        ),
        ["classification", "export", "-m", f"{W}/m", "-k", "$(TAO_KEY)", "-o", f"{W}/o", "--cal_data_file", f"{W}/t",
         "--data_type", "int8", "--batches", "10", "--cal_cache_file", f"{W}/c", "-v"],
    ),
    "convert to TensorRT": (
        lambda: tao.TrtConvertOp(
            "x", model=tao.Existing("m"), output="e", layers="predictions/Softmax", dims="3,224,224", input_order="nchw",
            max_batch_size=64, precision="fp16", batch_size=64,
        ),
        ["converter", f"{W}/m", "-k", "$(TAO_KEY)", "-o", "predictions/Softmax", "-d", "3,224,224", "-i", "nchw", "-m", "64",
         "-t", "fp16", "-e", f"{W}/e", "-b", "64"],
    ),
    "convert to TensorRT for int8": (
        lambda: tao.TrtConvertOp("x", model=tao.Existing("m"), output="e", layers="l", dims="3,2,2", precision="int8", calibration_cache=tao.Existing("c")),
        ["converter", f"{W}/m", "-k", "$(TAO_KEY)", "-c", f"{W}/c", "-o", "l", "-d", "3,2,2", "-i", "nchw", "-m", "1",
         "-t", "int8", "-e", f"{W}/e", "-b", "8"],
    ),
    "a flag that is a path is joined": (
        lambda: tao.PruneOp("x", network="unet", model=tao.Existing("m"), output="p", flags={"experiment_spec_path": "specs/u.txt"}),
        ["unet", "prune", "-k", "$(TAO_KEY)", "-m", f"{W}/m", "-o", f"{W}/p", "-pth", "0.1", "-eq", "union", "-e", f"{W}/specs/u.txt"],
    ),
    "prune with a spec": (
        lambda: tao.PruneOp("x", network="yolo_v4", model=tao.Existing("m"), output="p", spec="specs/y.txt"),
        ["yolo_v4", "prune", "-k", "$(TAO_KEY)", "-m", f"{W}/m", "-o", f"{W}/p", "-e", f"{W}/specs/y.txt", "-pth", "0.1", "-eq", "union"],
    ),
    "convert a data set by flags": (
        lambda: tao.DatasetConvertOp("x", network="mask_rcnn", output="tf", flags={"image_dir": "images", "annotations_file": "a.json"}),
        ["mask_rcnn", "dataset_convert", "-o", f"{W}/tf", "-i", f"{W}/images", "-a", f"{W}/a.json"],
    ),
    "infer by a spec alone": (
        lambda: tao.InferenceOp("x", network="faster_rcnn", model=tao.Existing("m"), spec="s"),
        ["faster_rcnn", "inference", "-k", "$(TAO_KEY)", "-e", f"{W}/s", "-m", f"{W}/m"],
    ),
    "any command": (
        lambda: tao.CommandOp("x", command=["bash", "-c"], arguments=["ls $HOME && nproc"]),
        ["bash", "-c", "ls $HOME && nproc"],
    ),
    "one word": (lambda: tao.CommandOp("x", command="nvidia-smi"), ["nvidia-smi"]),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_an_op_runs_this_command(name):
    make, words = COMMANDS[name]
    assert command_of(make) == words


GPUS = {
    "0": [
        lambda: tao.PullOp("x", model="a/b:1", dest="models"),
        lambda: tao.ListOp("x"),
        lambda: tao.FetchOp("x", path="a", file="b"),
        lambda: tao.ReadResultOp("x", file="a"),
        lambda: tao.DeployOp("x", model=tao.Existing("a"), repository="r", model_name="m"),
        lambda: tao.CommandOp("x", command="ls"),
    ],
    "1": [
        lambda: tao.EvaluateOp("x", network="classification", spec="a"),
        lambda: tao.CalibrateOp("x", network="classification", spec="a", output="b"),
        lambda: tao.DatasetConvertOp("x", network="detectnet_v2", spec="a", output="b"),
        lambda: tao.TrtConvertOp("x", model=tao.Existing("a"), output="b", layers="l", dims="d"),
        lambda: tao.CommandOp("x", command="ls", num_gpus=1),
    ],
}


@pytest.mark.parametrize(("gpus", "make"), [(gpus, make) for gpus, makes in GPUS.items() for make in makes])
def test_a_step_asks_for_a_gpu_only_where_its_command_uses_one(gpus, make):
    assert step_of(make).gpus == gpus


def test_the_release_and_its_image_can_be_chosen_for_the_pipeline():
    step = step_of(lambda: tao.EvaluateOp("x", network="classification", spec="a"), release="3.22.05")
    assert step.image == "nvcr.io/nvidia/tao/tao-toolkit-tf:v3.22.05-tf1.15.5-py3"


def test_an_image_can_be_given_for_the_pipeline_and_for_a_step():
    def two():
        tao.EvaluateOp("a", network="classification", spec="a")
        tao.EvaluateOp("b", network="classification", spec="a", image="mine:2")

    assert {name: step.image for name, step in graph_of(two, image="mine:1").steps.items()} == {
        "a": "mine:1",
        "b": "mine:2",
    }


def test_an_image_that_no_source_confirms_is_said_so():
    graph = graph_of(lambda: tao.EvaluateOp("x", network="ssd", spec="a", model=tao.Existing("m")))
    assert graph.notes == [
        "step 'x': no published source confirms all of `ssd evaluate` in TAO 3.21.08: "
        "no published source names its image; flags of the 5.0 source, the images are closed"
    ]


def test_what_a_step_reads_and_writes_is_known():
    step = step_of(lambda: tao.TrainOp("x", network="classification", spec="specs/a.cfg", results="out", data="data"))
    assert {path.relative for path in step.reads} == {"specs/a.cfg", "data"}
    assert {path.relative for path in step.writes} == {"out"}


def test_an_absolute_path_below_the_mount_is_joined_once():
    assert command_of(lambda: tao.EvaluateOp("x", network="classification", spec="/mnt/workspace/a.cfg")) == [
        "classification", "evaluate", "-e", "/mnt/workspace/a.cfg", "-k", "$(TAO_KEY)",
    ]  # fmt: skip


def test_another_action_is_one_short_subclass():
    class ConfusionMatrixOp(tao.TaoOp):
        """Write the confusion matrix of a multitask classifier."""

        def __init__(self, name, *, model, images, labels):
            super().__init__(
                name,
                network="multitask_classification",
                action="confmat",
                options={
                    "model": tao.Reads(model, produced=True),
                    "img_root": tao.Reads(images),
                    "target_csv": tao.Reads(labels),
                    "key": tao.Key(),
                },
            )

    assert command_of(lambda: ConfusionMatrixOp("x", model=tao.Existing("m.tlt"), images="data/val", labels="data/val.csv")) == [
        "multitask_classification", "confmat", "--model", f"{W}/m.tlt", "--img_root", f"{W}/data/val",
        "--target_csv", f"{W}/data/val.csv", "--key", "$(TAO_KEY)",
    ]  # fmt: skip


def test_every_value_may_be_the_output_of_a_step():
    def function():
        value = tao.ReadResultOp("read", file="a", key="x").output
        train = tao.TrainOp(
            "train", network="classification", spec="s", results="r", num_gpus=value, flags={"--init_epoch": value}
        )
        train.set_memory_limit(f"{value}Gi")
        tao.PruneOp("prune", network="classification", model=f"r/{value}.tlt", output="p", threshold=value).after(train)
        tao.DeployOp("deploy", model="r/m", repository="triton", model_name="m", version=value).after(train)
        tao.PullOp("pull", model=value, dest="models")
        tao.TrtConvertOp(
            "trt", model=tao.Existing("m"), output="e", layers="l", dims="d", max_batch_size=value, precision=value
        )

    graph = graph_of(function)
    assert {after for before, after in graph.edges() if before == "read"} == {"train", "prune", "deploy", "pull", "trt"}


def test_an_existing_folder_may_be_given_to_any_op():
    step = step_of(lambda: tao.FetchOp("x", path=tao.Existing("out"), file="a.txt"))
    assert step.arguments == ["/mnt/workspace/out", "/tmp/tao_kfp_value", "/mnt/workspace/out/a.txt"]


def test_a_path_flag_by_its_spelling_is_written_or_read_as_by_its_name():
    step = step_of(
        lambda: tao.InferenceOp(
            "x", network="detectnet_v2", model=tao.Existing("m"), flags={"-e": "spec.txt", "-i": "images", "-r": "out"}
        )
    )
    assert [path.relative for path in step.writes] == ["out"]
    assert [path.relative for path in step.reads] == ["m", "spec.txt", "images"]
