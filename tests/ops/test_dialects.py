"""One op, three dialects: what it writes for each release, and what TAO's own reading makes of it."""

from __future__ import annotations

import argparse
import ast
import os
import posixpath
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from building import command_of, graph_of, step_of
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tao_kfp as tao
from tao_kfp import catalog
from tao_kfp.errors import TaoKfpError
from tao_kfp.ops.step import Step

W = "/mnt/workspace"

# One call, several releases ----------------------------------------------------------------------


def train(network: str, **more: Any) -> Any:
    return tao.TrainOp("x", network=network, spec="specs/a.yaml", results="out", **more)


# An op, and what it runs in a release: `W` is the workspace.
SAID = {
    "train, PyTorch": (
        lambda: train("dino", num_gpus=2, flags={"train.num_epochs": 20}),
        {
            "5.0": "dino train -e W/specs/a.yaml -r W/out -k $(TAO_KEY) --gpus 2 train.num_epochs=20",
            "5.3": "dino train -e W/specs/a.yaml -r W/out -k $(TAO_KEY) --gpus 2 train.num_epochs=20",
            "5.5": "dino train -e W/specs/a.yaml results_dir=W/out train.num_gpus=2 train.num_epochs=20",
            "7.1": "dino train -e W/specs/a.yaml results_dir=W/out train.num_gpus=2 train.num_epochs=20",
        },
    ),
    "train, TF1": (
        lambda: train("detectnet_v2", num_gpus=2),
        dict.fromkeys(
            ("3.21.08", "3.22.05", "5.0", "7.1"),
            "detectnet_v2 train --gpus 2 -k $(TAO_KEY) -e W/specs/a.yaml -r W/out",
        ),
    ),
    "train, TF2": (
        lambda: train("classification_tf2", num_gpus=2),
        dict.fromkeys(("5.0", "6.0", "7.1"), "classification_tf2 train -e W/specs/a.yaml results_dir=W/out num_gpus=2"),
    ),
    "train from weights": (
        lambda: train("dino", pretrained_model=tao.Existing("fan.pth")),
        {
            "5.3": "dino train -e W/specs/a.yaml -r W/out -k $(TAO_KEY) --gpus 1 train.pretrained_model_path=W/fan.pth",
            "7.1": "dino train -e W/specs/a.yaml results_dir=W/out train.num_gpus=1 train.pretrained_model_path=W/fan.pth",
        },
    ),
    "a key for a command that reads a spec": (
        lambda: train("dino", flags={"encryption_key": tao.Key()}),
        {"7.1": "dino train -e W/specs/a.yaml results_dir=W/out train.num_gpus=1 encryption_key=$(TAO_KEY)"},
    ),
    "evaluate a checkpoint": (
        lambda: tao.EvaluateOp("x", network="classification_pyt", spec="s/a.yaml", model=tao.Existing("m.pth")),
        {
            "5.0": "classification_pyt evaluate -e W/s/a.yaml -k $(TAO_KEY) --gpus 1 evaluate.checkpoint=W/m.pth",
            "5.5": "classification_pyt evaluate -e W/s/a.yaml evaluate.checkpoint=W/m.pth evaluate.num_gpus=1",
            "7.1": "classification_pyt evaluate -e W/s/a.yaml evaluate.checkpoint=W/m.pth evaluate.num_gpus=1",
        },
    ),
    "evaluate an engine": (
        lambda: tao.EvaluateOp("x", network="dino", spec="s/a.yaml", engine=tao.Existing("m.engine"), results="out"),
        dict.fromkeys(
            ("5.0", "7.1"),
            "dino evaluate -e W/s/a.yaml results_dir=W/out evaluate.trt_engine=W/m.engine evaluate.num_gpus=1",
        ),
    ),
    "evaluate an engine, TF1": (
        lambda: tao.EvaluateOp("x", network="detectnet_v2", spec="s/a.txt", engine=tao.Existing("m.engine"), results="out"),
        dict.fromkeys(("5.0", "7.1"), "detectnet_v2 evaluate -e W/s/a.txt -m W/m.engine -r W/out"),
    ),
    "inference": (
        lambda: tao.InferenceOp(
            "x", network="dino", spec="s/a.yaml", model=tao.Existing("m.pth"), results="out", num_gpus=2, batch_size=4
        ),
        {
            "5.3": "dino inference -e W/s/a.yaml -r W/out -k $(TAO_KEY) --gpus 2 inference.checkpoint=W/m.pth dataset.batch_size=4",
            "5.5": "dino inference -e W/s/a.yaml results_dir=W/out inference.checkpoint=W/m.pth dataset.batch_size=4 inference.num_gpus=2",
            "7.1": "dino inference -e W/s/a.yaml results_dir=W/out inference.checkpoint=W/m.pth inference.batch_size=4 inference.num_gpus=2",
        },
    ),
    "inference by an engine": (
        lambda: tao.InferenceOp("x", network="dino", spec="s/a.yaml", engine=tao.Existing("m.engine"), results="out"),
        {"7.1": "dino inference -e W/s/a.yaml results_dir=W/out inference.trt_engine=W/m.engine inference.num_gpus=1"},
    ),
    "export": (
        lambda: tao.ExportOp("x", network="dino", spec="s/a.yaml", model=tao.Existing("m.pth"), output="m.onnx"),
        {
            "5.0": "dino export -e W/s/a.yaml -k $(TAO_KEY) --gpus 1 export.checkpoint=W/m.pth export.onnx_file=W/m.onnx export.gpu_id=0",
            "7.1": "dino export -e W/s/a.yaml export.checkpoint=W/m.pth export.onnx_file=W/m.onnx export.gpu_id=0",
        },
    ),
    "export, TF1": (
        lambda: tao.ExportOp(
            "x", network="detectnet_v2", spec="s/a.txt", model=tao.Existing("m.tlt"), output="m.onnx", precision="fp16"
        ),
        dict.fromkeys(
            ("3.22.05", "7.1"), "detectnet_v2 export -m W/m.tlt -k $(TAO_KEY) -o W/m.onnx -e W/s/a.txt --data_type fp16"
        ),
    ),
    "prune": (
        lambda: tao.PruneOp(
            "x", network="ocdnet", spec="s/a.yaml", model=tao.Existing("m.pth"), results="out", threshold=0.3
        ),
        {
            "5.0": "ocdnet prune -e W/s/a.yaml -r W/out -k $(TAO_KEY) --gpus 1 prune.checkpoint=W/m.pth prune.pruning_thresh=0.3 prune.gpu_id=0",
            "7.1": "ocdnet prune -e W/s/a.yaml results_dir=W/out prune.checkpoint=W/m.pth prune.ch_sparsity=0.3 prune.gpu_id=0",
        },
    ),
    "prune, TF1": (
        lambda: tao.PruneOp("x", network="detectnet_v2", model=tao.Existing("m.tlt"), output="p.tlt", threshold=0.3),
        dict.fromkeys(("3.22.05", "7.1"), "detectnet_v2 prune -k $(TAO_KEY) -m W/m.tlt -o W/p.tlt -pth 0.3 -eq union"),
    ),
    "prune, TF2": (
        lambda: tao.PruneOp(
            "x", network="classification_tf2", spec="s/a.yaml", model=tao.Existing("m"), results="out", criterion="union"
        ),
        {
            "7.1": "classification_tf2 prune -e W/s/a.yaml results_dir=W/out prune.checkpoint=W/m prune.equalization_criterion=union num_gpus=1"
        },
    ),
    "retrain": (
        lambda: tao.RetrainOp("x", network="ocdnet", spec="s/a.yaml", results="out", pruned_model=tao.Existing("p.pth")),
        {
            "5.0": "ocdnet train -e W/s/a.yaml -r W/out -k $(TAO_KEY) --gpus 1 model.pruned_graph_path=W/p.pth",
            "7.1": "ocdnet train -e W/s/a.yaml results_dir=W/out train.num_gpus=1 model.pruned_graph_path=W/p.pth",
        },
    ),
    "build an engine": (
        lambda: tao.GenTrtEngineOp(
            "x", network="dino", spec="s/a.yaml", model=tao.Existing("m.onnx"), output="m.engine", precision="fp16"
        ),
        {
            "7.1": "dino gen_trt_engine -e W/s/a.yaml gen_trt_engine.onnx_file=W/m.onnx gen_trt_engine.trt_engine=W/m.engine "
            "gen_trt_engine.tensorrt.data_type=FP16 gen_trt_engine.gpu_id=0"
        },
    ),
    "build an engine, another network": (
        lambda: tao.GenTrtEngineOp(
            "x", network="pointpillars", spec="s/a.yaml", model=tao.Existing("m.onnx"), output="m.engine", precision="fp16"
        ),
        {
            "7.1": "pointpillars gen_trt_engine -e W/s/a.yaml gen_trt_engine.onnx_file=W/m.onnx gen_trt_engine.save_engine=W/m.engine "
            "gen_trt_engine.data_type=fp16 gen_trt_engine.gpu_id=0"
        },
    ),
    "build an engine, TF1": (
        lambda: tao.GenTrtEngineOp(
            "x", network="detectnet_v2", spec="s/a.txt", model=tao.Existing("m.onnx"), output="m.engine", results="out"
        ),
        {"7.1": "detectnet_v2 gen_trt_engine -e W/s/a.txt -m W/m.onnx -k $(TAO_KEY) --engine_file W/m.engine -r W/out"},
    ),
    "quantize": (
        lambda: tao.QuantizeOp("x", network="rtdetr", spec="s/a.yaml", model=tao.Existing("m.pth"), results="out"),
        {"7.1": "rtdetr quantize -e W/s/a.yaml results_dir=W/out quantize.model_path=W/m.pth train.num_gpus=1"},
    ),
    "distill": (
        lambda: tao.DistillOp(
            "x", network="dino", spec="s/a.yaml", teacher=tao.Existing("t.pth"), results="out", num_gpus=2
        ),
        dict.fromkeys(
            ("5.5", "7.1"),
            "dino distill -e W/s/a.yaml results_dir=W/out distill.pretrained_teacher_model_path=W/t.pth train.num_gpus=2",
        ),
    ),
    "convert data, PyTorch": (
        lambda: tao.DatasetConvertOp("x", network="ocrnet", spec="s/a.yaml", results="out"),
        {
            "5.3": "ocrnet dataset_convert -e W/s/a.yaml -r W/out",
            "7.1": "ocrnet dataset_convert -e W/s/a.yaml results_dir=W/out",
        },
    ),
    "convert data, data services": (
        lambda: tao.TaoOp(
            "x", network="annotations", action="convert", options={"spec": "s/a.yaml", "results": "out"},
            flags={"data.input_format": "KITTI"},
        ),
        dict.fromkeys(("5.0", "7.1"), "annotations convert -e W/s/a.yaml results_dir=W/out data.input_format=KITTI"),
    ),
    "augment data": (
        lambda: tao.TaoOp("x", network="augmentation", action="generate", options={"spec": "s/a.yaml"}, num_gpus=2),
        dict.fromkeys(("5.0", "7.1"), "augmentation generate -e W/s/a.yaml num_gpus=2"),
    ),
    "any action, TF1": (
        lambda: tao.TaoOp(
            "x", network="yolo_v4", action="kmeans",
            flags={"-l": ["data/a/labels", "data/b/labels"], "-i": ["data/a/images", "data/b/images"], "-x": 416, "-y": 416},
        ),
        {"7.1": "yolo_v4 kmeans -l W/data/a/labels W/data/b/labels -i W/data/a/images W/data/b/images -x 416 -y 416"},
    ),
    "a network whose keys nobody tells": (
        lambda: train("pointpillars", flags={"OPTIMIZATION.NUM_EPOCHS": 20}),
        {"5.0": "pointpillars train -e W/specs/a.yaml -r W/out -k $(TAO_KEY) --gpus 1 OPTIMIZATION.NUM_EPOCHS=20"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "release"), [(name, release) for name, (_, said) in SAID.items() for release in said])
def test_an_op_speaks_the_dialect_of_the_release(name, release):
    make, said = SAID[name]
    words = command_of(make, release=release)
    assert [word.replace(W, "W") for word in words] == said[release].split()


def test_an_engine_runs_in_the_deploy_image():
    def function() -> None:
        where: dict[str, Any] = {"network": "classification_pyt", "spec": "s/a.yaml"}
        tao.EvaluateOp("checkpoint", model=tao.Existing("m.pth"), **where)
        tao.EvaluateOp("engine", engine=tao.Existing("m.engine"), **where)
        tao.InferenceOp("inference", engine=tao.Existing("m.engine"), results="out", **where)
        tao.GenTrtEngineOp("build", model=tao.Existing("m.onnx"), output="m.engine", **where)

    assert {name: step.image for name, step in graph_of(function, release="7.1").steps.items()} == {
        "checkpoint": "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-pyt",
        "engine": "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-deploy",
        "inference": "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-deploy",
        "build": "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-deploy",
    }


def test_an_image_is_that_of_the_step_or_of_the_pipeline_or_of_the_network():
    def function() -> None:
        train("dino", image="mine:3")
        tao.TrainOp("y", network="classification_tf1", spec="specs/a.cfg", results="more")

    assert {name: step.image for name, step in graph_of(function, release="7.1").steps.items()} == {
        "x": "mine:3",
        "y": "nvcr.io/nvidia/tao/tao-toolkit:5.0.0-tf1.15.5",
    }
    assert {name: step.image for name, step in graph_of(function, release="7.1", image="mine:2").steps.items()} == {
        "x": "mine:3",
        "y": "mine:2",
    }


def test_a_pinned_release_is_that_release():
    def made(release: str) -> Step:
        return step_of(lambda: train("dino"), release=release)

    assert (made("7.1.0").image, made("7.1.0").arguments) == (made("7.1").image, made("7.1").arguments)


# Mistakes ----------------------------------------------------------------------------------------

AT = "pipeline 'test', step 'x', "
WRONG = {
    "a key that is misspelt": (
        lambda: train("dino", flags={"train.num_epoch": 3}),
        "test_dialects.py: TAO 7.1 has no key 'train.num_epoch' for `dino train`; did you mean 'train.num_epochs'?",
    ),
    "a flag of the old dialect": (
        lambda: train("dino", flags={"--use_amp": True}),
        "argument '--use_amp', test_dialects.py: TAO 7.1 has no flag '--use_amp' for `dino train`: its values are keys of the spec file; "
        "write flags={'SECTION.KEY': VALUE}",
    ),
    "a key of the new dialect": (
        lambda: train("detectnet_v2", flags={"train.num_epochs": 3}),
        "test_dialects.py: TAO 7.1 has no flag 'train.num_epochs' for `detectnet_v2 train`; "
        "it has --num_processes, --gpus, --gpu_index, --use_amp, --log_file, -e, -r, -n, -v, -k, --enable_determinism",
    ),
    "a value of another type": (
        lambda: train("dino", flags={"train.num_epochs": "many"}),
        "argument 'train.num_epochs', test_dialects.py: train.num_epochs: 'many' is not a whole number",
    ),
    "a value that TAO does not list": (
        lambda: train("dino", flags={"train.precision": "fp8"}),
        "argument 'train.precision', test_dialects.py: train.precision: 'fp8' is none of fp16, fp32",
    ),
    "a value that a flag does not list": (
        lambda: tao.TaoOp("x", network="detectnet_v2", action="export", options={"model": "m", "data_type": "fp8", "output": "o"}),
        "argument 'data_type', test_dialects.py: --data_type does not take 'fp8'; use fp32, fp16, int8",
    ),
    "a value twice": (
        lambda: train("dino", flags={"results_dir": "b"}),
        "argument 'results_dir', test_dialects.py: results_dir is given twice",
    ),
    "an option that this network does not take": (
        lambda: tao.EvaluateOp("x", network="dino", spec="s/a.yaml", flags={"images": "data"}),
        "argument 'images', test_dialects.py: `dino evaluate` takes no images in TAO 7.1",
    ),
    "a required flag left out": (
        lambda: tao.EvaluateOp("x", network="detectnet_v2", spec="s/a.txt", engine=tao.Existing("e")),
        "test_dialects.py: `detectnet_v2 evaluate` needs -r (results_dir); give flags={'results_dir': ...}",
    ),
    "no spec file": (
        lambda: tao.InferenceOp("x", network="dino", model=tao.Existing("m.pth")),
        "argument 'spec', test_dialects.py: `dino inference` reads a spec file; give spec='specs/...yaml'",
    ),
    "a network without published keys": (
        lambda: tao.EvaluateOp("x", network="cosmos-embed1", spec="s/a.yaml", model=tao.Existing("m.pth")),
        "argument 'model', test_dialects.py: no published source tells which key of `cosmos-embed1 evaluate` in TAO 7.1 is its model; "
        "write flags={'SECTION.KEY': VALUE}",
    ),
    "a spec file whose name TAO would split": (
        lambda: tao.EvaluateOp("x", network="dino", spec="specs/my dino.yaml"),
        "argument 'spec', test_dialects.py: TAO would split or expand '/mnt/workspace/specs/my dino.yaml'; use letters, digits and '-_./' only",
    ),
    "a list of GPUs that the pod does not have": (
        lambda: train("dino", num_gpus=2, flags={"train.gpu_ids": [0, 1, 2]}),
        "argument 'train.gpu_ids', test_dialects.py: train.gpu_ids asks for 3 GPUs, and the step has 2; give the op num_gpus=...",
    ),
    "another number of GPUs": (
        lambda: tao.EvaluateOp("x", network="dino", spec="s/a.yaml", flags={"evaluate.num_gpus": 4}),
        "argument 'evaluate.num_gpus', test_dialects.py: evaluate.num_gpus asks for 4 GPUs, and the step has 1; give the op num_gpus=...",
    ),
    "a text that TAO takes for a number of GPUs": (
        lambda: train("dino", flags={"wandb.project": "num_gpus=8"}),
        "argument 'wandb.project', test_dialects.py: TAO would take the 'num_gpus' in its value for its own; write the value in another way",
    ),
    "a key with a command in it": (
        lambda: train("pointpillars", flags={"x;touch y": 1}),
        "test_dialects.py: TAO 7.1 has no key 'x;touch y' for `pointpillars train`; "
        "`tao-kfp networks show pointpillars` lists its keys",
    ),
    "a reference without an end": (
        lambda: train("dino", flags={"wandb.project": "${results_dir"}),
        "argument 'wandb.project', test_dialects.py: wandb.project: '${results_dir' has a '${' without a name and a '}'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_tao_would_not_read_is_said_in_one_line(what):
    make, line = WRONG[what]
    with pytest.raises(TaoKfpError) as caught:
        step_of(make, release="7.1")
    said = str(caught.value).replace(f"test_dialects.py:{caught.value.where.rpartition(':')[2]}", "test_dialects.py")
    assert said == AT + line


def test_a_key_that_no_table_knows_is_still_one_word():
    with pytest.raises(TaoKfpError) as caught:
        step_of(lambda: train("pointpillars", flags={"x;touch y": 1}), release="5.0")
    assert "the key 'x;touch y' cannot stand in a command; write it in the spec file" in str(caught.value)


# GPUs --------------------------------------------------------------------------------------------

GPUS = {
    ("3.22.05", "detectnet_v2"): ["--gpus", "N"],
    ("5.3", "dino"): ["--gpus", "N"],
    ("5.3", "ocdnet"): ["--gpus", "N"],
    ("7.1", "dino"): ["train.num_gpus=N"],
    ("7.1", "classification_tf2"): ["num_gpus=N"],
}


@pytest.mark.parametrize(("release", "network"), GPUS)
def test_the_command_is_told_the_gpus_of_the_pod(release, network):
    def function(gpus: Literal[1, 2, 4] = 2) -> None:
        tao.TrainOp("number", network=network, spec="specs/a", results="a", num_gpus=4)
        tao.TrainOp("parameter", network=network, spec="specs/a", results="b", num_gpus=gpus)

    steps = graph_of(function, release=release).steps
    told = {
        name: [word for word in step.arguments if "gpus" in word or word == step.gpus] for name, step in steps.items()
    }
    assert {name: (step.gpus, told[name]) for name, step in steps.items()} == {
        "number": ("4", [word.replace("N", "4") for word in GPUS[release, network]]),
        "parameter": ("\0{gpus}\0", [word.replace("N", "\0{gpus}\0") for word in GPUS[release, network]]),
    }


@pytest.mark.parametrize(("release", "network"), [("7.1", "dino"), ("7.1", "rtdetr"), ("5.5", "segformer")])
def test_tao_counts_the_gpus_that_the_pod_has(release, network):
    words = command_of(lambda: train(network, num_gpus=4), release=release)
    assert tao_counts_gpus(" ".join(unknown_words(words)[1])) == 4


def test_a_distilled_or_quantized_network_uses_the_gpus_of_its_training_section():
    step = step_of(
        lambda: tao.TaoOp("x", network="rtdetr", action="quantize", options={"spec": "s/a"}, num_gpus=2), release="7.1"
    )
    assert (step.gpus, step.arguments[-1]) == ("2", "train.num_gpus=2")


def test_the_conversion_of_data_gets_no_gpu():
    step = step_of(lambda: tao.DatasetConvertOp("x", network="ocrnet", spec="s/a.yaml", results="out"), release="7.1")
    assert (step.gpus, step.needs_gpu) == ("0", False)


# What TAO makes of it ----------------------------------------------------------------------------
#
# TAO's entry points take their arguments apart, join what they did not know with blanks, and split that anew. The functions
# here do what theirs do, in the same order, with the same standard library and a real bash.


class Container:
    """A folder in which `bash` finds a `python` that writes its arguments, each ended by NUL."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        (folder / "bin").mkdir()
        for name in ("python", "python3"):
            program = folder / "bin" / name
            program.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\n')
            program.chmod(0o755)
        for name in self.files:  # what a pattern of bash would find
            (self.home / name).touch()
        self.env = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": "/home/me", "a": "expanded"}

    files = ("0", "a", "b", "wandb.project=a", "x")

    def run(self, command: str) -> list[str]:
        """The arguments of the last program that TAO's command runs, past the script."""
        ran = subprocess.run(
            shlex.split(command),
            cwd=self.home,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            errors="surrogateescape",
        )
        assert (ran.returncode, ran.stderr) == (0, ""), command
        return ran.stdout.split("\0")[1:-1]

    def untouched(self) -> bool:
        return tuple(sorted(os.listdir(self.home))) == self.files


@pytest.fixture(scope="module")
def container(tmp_path_factory) -> Container:
    return Container(tmp_path_factory.mktemp("container"))


Words = list[str]


def unknown_words(words: Words) -> tuple[argparse.Namespace, Words]:
    """command_line_parser() of nvidia-tao-pytorch, nvidia-tao-deploy and nvidia-tao-ds 7.1.0; -r and -k of tao_pytorch_backend 5.0 to 5.3."""
    parser = argparse.ArgumentParser()
    parser.add_argument("network")
    parser.add_argument("subtask")
    parser.add_argument("-e", "--experiment_spec_file")
    parser.add_argument("-r", "--results_dir")
    parser.add_argument("-k", "--key")
    parser.add_argument("--gpus", type=int)
    return parser.parse_known_args(words)


def read_by_shlex(words: Words, _: Container) -> Words:
    """launch() of nvidia_tao_pytorch/core/entrypoint.py and nvidia_tao_ds/core/entrypoint/entrypoint.py 7.1.0."""
    args, unknown = unknown_words(words)
    path, name = posixpath.split(args.experiment_spec_file)
    script_args = f" --config-path {path} --config-name {name}"
    if args.results_dir:
        script_args += " results_dir=" + args.results_dir
    call = "python " + "script.py" + script_args + " " + " ".join(unknown)
    if args.gpus is None and args.subtask in ("train", "evaluate", "inference", "distill", "generate"):
        tao_counts_gpus(" ".join(unknown))
    return shlex.split(call)[2:]


def read_by_bash(words: Words, container: Container) -> Words:
    """launch() of nvidia_tao_deploy/cv/common/entrypoint/entrypoint_hydra.py 7.1.0; that of TF2, and of augmentation in nvidia-tao-ds, alike."""
    args, unknown = unknown_words(words)
    if args.subtask in ("evaluate", "inference"):
        tao_counts_gpus(" ".join(unknown))
    path, name = posixpath.split(args.experiment_spec_file)
    task_command = f"python script.py --config-path {path} --config-name {name} {' '.join(unknown)}"
    return container.run(f"bash -c ' CUDA_VISIBLE_DEVICES=0 {task_command}'")


def tao_counts_gpus(unknown_args_as_str: str) -> int | None:
    """The same functions: they look for these names in all that was joined."""
    if "gpu_ids" in unknown_args_as_str:
        ast.literal_eval(unknown_args_as_str.split("gpu_ids=")[1].split()[0])
    if "num_gpus" in unknown_args_as_str:
        return int(unknown_args_as_str.split("num_gpus=")[1].split()[0])
    return None


HYDRA = OverridesParser.create()


def read_by_hydra(words: Words) -> dict[str, Any]:
    """What Hydra makes of the words: nothing else is there but its two flags."""
    assert (words[0], words[2]) == ("--config-path", "--config-name")
    return {override.key_or_group: override.value() for override in HYDRA.parse_overrides(words[4:])}


@dataclass(frozen=True)
class Case:
    """A command, a key of its spec that takes any text, one that takes several, and who splits its words."""

    release: str
    network: str
    action: str
    text: str
    texts: str
    read: Callable[[Words, Container], Words]

    def words(self, flags: dict[str, Any], **more: Any) -> Words:
        options = {"spec": "specs/a.yaml", **more}
        step = step_of(
            lambda: tao.TaoOp("x", network=self.network, action=self.action, options=options, flags=flags),
            release=self.release,
        )
        return [*step.command, *step.arguments]

    def arrives(self, words: Words, container: Container) -> dict[str, Any]:
        return read_by_hydra(self.read(words, container))


CASES = {
    "PyTorch": Case("7.1", "dino", "train", "wandb.project", "wandb.tags", read_by_shlex),
    "PyTorch of 5.3": Case("5.3", "dino", "train", "train.optim.monitor_name", "model.loss_types", read_by_shlex),
    "data services": Case("7.1", "auto_label", "generate", "grounding_dino.model.text_encoder_type", "grounding_dino.model.loss_types", read_by_shlex),
    "deploy": Case("7.1", "dino", "gen_trt_engine", "wandb.project", "wandb.tags", read_by_bash),
    "TF2": Case("7.1", "classification_tf2", "train", "train.wandb.project", "train.wandb.tags", read_by_bash),
    "augmentation": Case("7.1", "augmentation", "generate", "data.output_dataset", "", read_by_bash),
}  # fmt: skip
BY_SHLEX = [name for name, case in CASES.items() if case.read is read_by_shlex]
BY_BASH = [name for name, case in CASES.items() if case.read is read_by_bash]

# Everything that one of the readers has a use for.
HOSTILE = (
    *"ab0x'\"$`;&|*?[]{}()<>\\!~#%^=,:@+-./_ \t\né日\u2028\u00a0", "${a}", "${", "}", "$(touch pwned)", "`touch pwned`", ";touch pwned;",
    "|touch pwned", "&touch pwned&", "$HOME", "$a", "\\\"", "\\'", "'\\''", "null", "true", "nan", "1e3", ".5", "???", "//", "--", "num_gpus", "gpu_ids",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(HOSTILE), max_size=6).map("".join)

PAYLOADS = (
    "", "a b", " ", "$(touch pwned)", "`touch pwned`", "; touch pwned;", "a; touch pwned", "' ; touch pwned ; '", "'\\''; touch pwned; '\\''", '"; touch pwned; "',
    "x\ntouch pwned\n", "| touch pwned", "&& touch pwned", "> pwned", "$HOME", "$a", "*", "[ab]", "{a,b}", "~", "#", "!!", "-x", "--config-name=x",
    "a=b", "a,b", "[1,2]", "{a: 1}", "null", "true", "1", ".5", "1e-4", "nan", "inf", "'", '"', "\\", "\\\\", 'a\\"', "\\'", "${results_dir}", "x-${a.b}",
    "${oc.env:HOME,a b}", "${", "${}", "a}", "é", "\u2028", "\u00a0", "results_dir=x", "gpu_ids", "num_gpus=8", "???",
)  # fmt: skip


# What no quoting can save: no interpolation of OmegaConf's, or a name that TAO's entry points look for before Hydra does.
REFUSED = {"${", "${}", "gpu_ids", "num_gpus=8"}


def arrives_or_is_refused(case: Case, key: str, value: Any, container: Container) -> str:
    """Whether TAO's own reading gives exactly the value, and nothing else came of it; or the op refused it."""
    try:
        words = case.words({key: value})
    except TaoKfpError:
        return "refused"
    found = case.arrives(words, container)
    as_it_is = typed(found.pop(key, "missing")) == typed(value) and set(found) <= {"results_dir", *ALSO}
    return "arrived" if as_it_is and container.untouched() else f"{words} gives {found}"


ALSO = ("train.num_gpus", "num_gpus", "gen_trt_engine.gpu_id")  # what the op itself writes


def typed(value: Any) -> str:
    """A value with its type: 1 is not 1.0, nor True."""
    return repr(value)


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_text_arrives_as_one_value(name, container):
    case = CASES[name]
    found = {text: arrives_or_is_refused(case, case.text, text, container) for text in PAYLOADS}
    assert found == {text: "refused" if text in REFUSED else "arrived" for text in PAYLOADS}


@pytest.mark.parametrize("name", BY_SHLEX)
@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_any_text_arrives_through_shlex_and_hydra(name, text, container):
    assert arrives_or_is_refused(CASES[name], CASES[name].text, text, container) in ("arrived", "refused")


@pytest.mark.parametrize("name", BY_BASH)
@settings(max_examples=25, deadline=None)
@given(text=TEXTS)
def test_any_text_arrives_through_bash_and_hydra(name, text, container):
    assert arrives_or_is_refused(CASES[name], CASES[name].text, text, container) in ("arrived", "refused")


@pytest.mark.parametrize("name", ["PyTorch", "deploy"])
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(TEXTS, max_size=3))
def test_any_list_of_texts_arrives(name, texts, container):
    assert arrives_or_is_refused(CASES[name], CASES[name].texts, texts, container) in ("arrived", "refused")


NUMBERS = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.none()
NAMES = st.sampled_from(("a", "b-1", "x y", "a:b", "a=b", "(c)", "1", "null", "é")) | TEXTS
TREES = st.recursive(
    NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(value=st.lists(TREES, max_size=3) | st.dictionaries(NAMES, TREES, max_size=3))
def test_any_value_arrives_in_a_key_that_takes_any(value, container):
    case = Case("7.1", "annotations", "convert", "", "", read_by_shlex)
    key = "SUB_CLASS_DICT" if isinstance(value, dict) else "CLASS_LIST"
    assert arrives_or_is_refused(case, f"aicity.class_config.{key}", value, container) in ("arrived", "refused")


SPELT = {
    ("train.num_epochs", 20): "train.num_epochs=20",
    ("train.num_epochs", "20"): "train.num_epochs=20",
    ("train.optim.lr", 1e-05): "train.optim.lr=1e-05",
    ("wandb.enable", True): "wandb.enable=true",
    ("wandb.entity", "null"): """wandb.entity='"null"'""",
    ("wandb.project", "5"): """wandb.project='"5"'""",
    ("wandb.project", "my project"): """wandb.project='"my project"'""",
    ("wandb.project", "${results_dir}"): "wandb.project=${results_dir}",
    ("train.precision", "FP16"): "train.precision=fp16",
}


def word(name: str, key: str, value: Any) -> str:
    return next(word for word in CASES[name].words({key: value}) if word.startswith(f"{key}="))


def test_a_value_is_written_in_the_shortest_way_that_is_safe():
    assert {(key, value): word("PyTorch", key, value) for key, value in SPELT} == SPELT
    assert word("PyTorch", "wandb.tags", ["a", "b c"]) == """wandb.tags='[a,"b c"]'"""
    assert word("PyTorch", "dataset.augmentation.input_mean", (0.5, 1)) == "dataset.augmentation.input_mean=[0.5,1]"
    assert word("deploy", "wandb.project", "my project") == """wandb.project='\\''"my project"'\\''"""


# Paths and flags ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["PyTorch", "PyTorch of 5.3", "deploy"])
@settings(max_examples=30, deadline=None)
@given(text=TEXTS)
@example(text="my results")
@example(text="a,b")
@example(text="x=1")
@example(text="$(touch pwned)")
def test_any_path_arrives_below_the_workspace(name, text, container):
    case = CASES[name]
    try:
        words = case.words({}, results=text)
    except TaoKfpError:
        return
    arrived = case.arrives(words, container)["results_dir"]
    given_whole = text.startswith((W, "${"))  # the mount path, and a reference to another key
    expected = posixpath.normpath(text if given_whole else f"{W}/{text}")
    assert (posixpath.normpath(arrived), container.untouched()) == (expected, True)


def row(release: str, network: str, action: str, group: str | None = None) -> catalog.Action:
    return catalog.default().action(release, network, action, group)


def parser_of(action: catalog.Action) -> argparse.ArgumentParser:
    """The parser that both TAO's entry point and its script build of the same function."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    for flag in action.flags.values():
        kind: dict[str, Any] = {"action": "store_true"}
        if flag.type != "flag":
            kind = {"type": {"int": int, "float": float}.get(flag.type, str), "nargs": "+" if flag.many else None}
        parser.add_argument(*flag.flags, dest=flag.name, required=flag.required, **kind)
    return parser


def format_command_line_args(args: dict[str, Any]) -> str:
    """The function of this name in nvidia_tao_deploy/cv/common/entrypoint/entrypoint_proto.py 7.1.0, and of TAO's TF1 backend 5.0."""
    formatted_string = ""
    for arg, value in args.items():
        if arg in ["gpu_index", "log_file"]:
            continue
        if value in [None, ""]:
            continue
        if isinstance(value, bool):
            if value:
                formatted_string += f"--{arg} "
        elif isinstance(value, list):
            formatted_string += f"--{arg} {' '.join(value)} "
        else:
            formatted_string += f"--{arg} {value} "
    return formatted_string


def read_by_tf1(action: catalog.Action, words: Words, container: Container) -> dict[str, Any]:
    """launch_job() of the same files: parsed, pasted together, split, run by bash, and parsed again by the script."""
    args = vars(parser_of(action).parse_args(words[2:]))
    run_command = f"bash -c ' CUDA_VISIBLE_DEVICES=0 python3 script.py {format_command_line_args(args)}'"
    return vars(parser_of(action).parse_args(container.run(run_command)))


EXPORT = {"model": tao.Existing("m.hdf5")}


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
@example(text="")
@example(text="a b")
@example(text="[ab]")
@example(text="$(touch pwned)")
@example(text="'; touch pwned; '")
@example(text="'\\''; touch pwned; '\\''")
@example(text="--key")
def test_any_text_of_a_flag_arrives_as_one_value_or_is_refused(text, container):
    action = row("3.22.05", "yolo_v4", "export")
    try:
        step = step_of(
            lambda: tao.TaoOp("x", network="yolo_v4", action="export", options=EXPORT, flags={"onnx_route": text}),
            release="3.22.05",
        )
    except TaoKfpError:
        assert text == "" or text.startswith("-")
        return
    found = read_by_tf1(action, [*step.command, *step.arguments], container)
    assert {name: value for name, value in found.items() if value} == {"model": f"{W}/m.hdf5", "onnx_route": text}
    assert container.untouched()


@settings(max_examples=20, deadline=None)
@given(texts=st.lists(TEXTS.filter(lambda text: text and not text.startswith("-")), min_size=1, max_size=3))
def test_any_texts_of_a_flag_that_takes_several_arrive(texts, container):
    action = row("7.1", "ssd", "prune")
    options = {"model": tao.Existing("m"), "output": "p", "-el": texts}
    step = step_of(lambda: tao.TaoOp("x", network="ssd", action="prune", options=options), release="7.1")
    found = read_by_tf1(action, [*step.command, *step.arguments], container)
    assert (found["excluded_layers"], container.untouched()) == (texts, True)


def test_a_tf1_engine_is_evaluated_by_the_flags_of_the_deploy_image(container):
    step = step_of(
        lambda: tao.EvaluateOp(
            "x", network="unet", spec="s/a b.txt", engine=tao.Existing("it's.engine"), results="out", flags={"-b": 4}
        ),
        release="7.1",
    )
    found = read_by_tf1(row("7.1", "unet", "evaluate", "deploy"), [*step.command, *step.arguments], container)
    assert {name: value for name, value in found.items() if value is not None} == {
        "experiment_spec": f"{W}/s/a b.txt", "model_path": f"{W}/it's.engine", "results_dir": f"{W}/out", "batch_size": 4,
    }  # fmt: skip


# Run parameters ----------------------------------------------------------------------------------
#
# Their text is filled in by Kubeflow after all quoting was done.


def filled_in(name: str, key: str, text: str, around: str = "{}", default: str = "x") -> Words:
    """The command of a pipeline whose run parameter stands in a key, as it is when somebody typed a text for it."""
    case = CASES[name]

    def function(typed: str = default) -> None:
        value = typed if around == "{}" else around.format(typed)
        tao.TaoOp("x", network=case.network, action=case.action, options={"spec": "s/a.yaml"}, flags={key: value})

    step = next(iter(graph_of(function, release=case.release).steps.values()))
    return [word.replace("\0{typed}\0", text) for word in (*step.command, *step.arguments)]


TYPED = st.lists(
    st.sampled_from([text for text in HOSTILE if not {"'", '"', "\\", "${", "${a}"} & {*text, text}]), max_size=6
).map("".join)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=20, deadline=None)
@given(text=TYPED.filter(lambda text: "num_gpus" not in text and "gpu_ids" not in text))
@example(text="two words")
@example(text="a,b")
@example(text="$(touch pwned)")
@example(text="; touch pwned;")
@example(text="x & touch pwned | cat")
@example(text="null")
def test_what_somebody_types_for_a_run_arrives_as_one_value(name, text, container):
    case = CASES[name]
    for around in ("{}", "it's {}", "[{}]"):
        found = case.arrives(filled_in(name, case.text, text, around), container)
        assert (found[case.text], container.untouched()) == (around.format(text), True)


@pytest.mark.parametrize("name", ["PyTorch", "deploy"])
def test_what_somebody_types_for_a_number_is_one_word(name, container):
    case = CASES[name]
    for text in ("5", "5; touch pwned", "5 results_dir=elsewhere"):
        read = case.read(filled_in(name, "train.num_epochs", text, default="5"), container)
        assert (f"train.num_epochs={text}" in read, container.untouched()) == (True, True)
    assert case.arrives(filled_in(name, "train.num_epochs", "5", default="5"), container)["train.num_epochs"] == 5


def test_a_default_that_ends_its_quotes_is_refused():
    def function(project: str = 'my "best" project') -> None:
        train("dino", flags={"wandb.project": project})

    with pytest.raises(TaoKfpError) as caught:
        graph_of(function, release="7.1")
    assert caught.value.what == "TAO would end the value 'my \"best\" project' at its quotes"
    assert caught.value.fix == "give a run parameter no quotes, and no '\\' at the end"


def test_quotes_that_somebody_types_for_a_run_are_not_safe(container):
    """What only a program in the container could mend: the text is filled in after the quotes were written around it.

    A text with both kinds of quotes gets out of them. In the images that split as a shell does it becomes a second argument,
    in those that run bash a command. A default or a choice with a quote is refused when the package is built.
    """
    words = filled_in("PyTorch", "wandb.project", """"' results_dir=elsewhere a='\"""")
    assert CASES["PyTorch"].arrives(words, container) == {
        "train.num_gpus": 1, "wandb.project": "", "results_dir": "elsewhere", "a": "",
    }  # fmt: skip
    words = filled_in("deploy", "wandb.project", """'\\''; touch pwned; '\\''""")
    with pytest.raises(AssertionError):
        CASES["deploy"].arrives(words, container)
    assert (container.home / "pwned").exists()
    (container.home / "pwned").unlink()


def test_what_somebody_types_for_a_flag_of_tf1_is_pasted_as_it_is(container):
    """Run-time values stand in the flags of TF1 without quotes, so that what is typed for a run reaches bash as it is.

    A default or a choice that bash would take apart is refused when the package is built.
    """

    def function(name: str = "m") -> None:
        tao.TaoOp("x", network="yolo_v4", action="export", options={"model": tao.Existing(f"models/{name}.hdf5")})

    step = next(iter(graph_of(function, release="3.22.05").steps.values()))
    words = [word.replace("\0{name}\0", "m.hdf5; touch pwned; echo ") for word in (*step.command, *step.arguments)]
    assert read_by_tf1(row("3.22.05", "yolo_v4", "export"), words, container)["model"] == f"{W}/models/m.hdf5"
    assert (container.home / "pwned").exists()
    (container.home / "pwned").unlink()

    def spaced(name: str = "my model") -> None:
        tao.TaoOp("x", network="yolo_v4", action="export", options={"model": tao.Existing(f"models/{name}.hdf5")})

    with pytest.raises(TaoKfpError) as caught:
        graph_of(spaced, release="3.22.05")
    assert caught.value.what == "TAO would split or expand '/mnt/workspace/models/my model.hdf5'"


def test_auto_label_is_refused_several_gpus_where_it_drops_its_overrides():
    def label(**extra):
        tao.TaoOp("x", network="auto_label", action="generate", options={"spec": "a.yaml", "results": "r"}, **extra)

    assert command_of(lambda: label(num_gpus=2), release="6.0")[-1] == "num_gpus=2"
    with pytest.raises(
        tao.TaoKfpError, match="auto_label of TAO 7.1 drops what is not in its spec file when it uses several GPUs"
    ):
        command_of(lambda: label(num_gpus=2), release="7.1")


def test_a_run_parameter_with_quotes_is_refused_in_a_list_too():
    def function(tag: str = "it's"):
        tao.TrainOp("x", network="dino", spec="a.yaml", results="r", flags={"wandb.tags": ["a", tag]})

    with pytest.raises(tao.TaoKfpError, match="TAO would end the value"):
        graph_of(function, release="7.1")
