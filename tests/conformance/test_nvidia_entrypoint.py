"""The commands that our ops write, read by NVIDIA's own launchers and its own Hydra, for TAO 7.1.

NVIDIA's, as published on PyPI and unchanged: the launchers of the PyTorch and the deploy image with their argument
parser, their joining and splitting of words and their search for a network's scripts; the scripts of classification_pyt
and dino down to the call of their `main`; `hydra_runner`; the configuration classes. Hydra and OmegaConf are those of
PyPI, too. The launcher starts its script as a process of its own, through `bash -c` in the deploy image, as in a container.

Not NVIDIA's: what runs behind `main`, and all that a command is read without: torch, TensorRT, CUDA, the networks, the
telemetry. `STAND_INS` in nvidia_stage.py lists each of them, with what it would have done. No GPU is asked for.
"""

from __future__ import annotations

import copy
import functools
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import environ
from pathlib import Path
from typing import Any

import pytest
from building import command_of, graph_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tao_kfp as tao
from conformance.nvidia import package
from tao_kfp import catalog
from tao_kfp.pipelines.classification_pyt import classification_pyt
from tao_kfp.pipelines.graph import Graph
from tao_kfp.specs.new import default_spec
from tao_kfp.specs.yaml_text import parse
from tao_kfp.text import render, to_text

pytestmark = pytest.mark.slow

RELEASE = "7.1"
PACKAGES = {"model": "nvidia-tao-pytorch==7.1.0", "deploy": "nvidia-tao-deploy==7.1.0"}
SPECS = Path(__file__).parents[2] / "specs"
STAGE = Path(__file__).with_name("nvidia_stage.py")


@dataclass
class Run:
    """What became of a command.

    Attributes:
        code: The launcher's exit code.
        output: What it and its script printed.
        config: What the script's `main` would have got; None when it was not reached.
        modules: NVIDIA's own modules that the script ran.
    """

    code: int
    output: str
    config: dict[str, Any] | None
    modules: set[str]


class Image:
    """A folder that stands for a container: a workspace, and a `python` that runs NVIDIA's scripts."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "workspace"
        (self.workspace / "specs").mkdir(parents=True)
        self.arrived = folder / "arrived.json"
        self.bin = folder / "bin"
        self.bin.mkdir()
        program = self.bin / "python"
        program.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-W", "ignore", str(STAGE)])} "$@"\n')
        program.chmod(0o755)

    def spec(self, network: str, action: str, group: str) -> dict[str, Any]:
        """Write specs/a.yaml as `tao-kfp spec new` does, and give its content."""
        row = catalog.default().action(RELEASE, network, action, group)
        text = default_spec(row, row.keys or {}, whole=True)
        (self.workspace / "specs" / "a.yaml").write_text(text)
        return parse(text).plain()

    def placed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values with the workspace's folder for W."""
        return {
            key: value.replace("W/", f"{self.workspace}/") if isinstance(value, str) else value
            for key, value in values.items()
        }

    def run(self, words: list[str], group: str) -> Run:
        """Run a command as the image of its group would."""
        self.arrived.unlink(missing_ok=True)
        env = {"PATH": f"{self.bin}:{environ['PATH']}", "LANG": "C.UTF-8", "ARRIVED": str(self.arrived)}
        done = subprocess.run(
            [str(self.bin / "python"), str(package(PACKAGES[group])), *words],
            cwd=self.workspace,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        arrived = json.loads(self.arrived.read_text()) if self.arrived.exists() else {"config": None, "modules": []}
        return Run(done.returncode, done.stdout + done.stderr, arrived["config"], set(arrived["modules"]))


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return Image(tmp_path)


@pytest.fixture(scope="module", params=PACKAGES)
def group(request: pytest.FixtureRequest) -> str:
    """Each kind of image whose package is here."""
    package(PACKAGES[request.param])
    return str(request.param)


def changed(spec: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A spec's content with some of its keys set."""
    found = copy.deepcopy(dict(spec))
    for name, value in values.items():
        *above, last = name.split(".")
        section = found
        for part in above:
            section = section[part]
        section[last] = value
    return found


def value_of(config: Mapping[str, Any], name: str) -> Any:
    return functools.reduce(lambda section, part: section[part], name.split("."), config)


# The commands of our ops --------------------------------------------------------------------------

# Network, kind of image, op, and what it sets over its spec file; W is the workspace.
COMMANDS: dict[str, tuple[str, str, Callable[[], Any], dict[str, Any]]] = {
    "train": (
        "classification_pyt",
        "model",
        lambda: tao.TrainOp("x", network="classification_pyt", spec="specs/a.yaml", results="out", num_gpus=2),
        {"results_dir": "W/out", "train.num_gpus": 2},
    ),
    "evaluate": (
        "classification_pyt",
        "model",
        lambda: tao.EvaluateOp(
            "x", network="classification_pyt", spec="specs/a.yaml", model=tao.Existing("m.pth"), results="out"
        ),
        {"evaluate.checkpoint": "W/m.pth", "results_dir": "W/out", "evaluate.num_gpus": 1},
    ),
    "export": (
        "classification_pyt",
        "model",
        lambda: tao.ExportOp(
            "x", network="classification_pyt", spec="specs/a.yaml", model=tao.Existing("m.pth"), output="m.onnx"
        ),
        {"export.checkpoint": "W/m.pth", "export.onnx_file": "W/m.onnx", "export.gpu_id": 0},
    ),
    "train another network": (
        "dino",
        "model",
        lambda: tao.TrainOp(
            "x",
            network="dino",
            spec="specs/a.yaml",
            results="out",
            pretrained_model=tao.Existing("r.pth"),
            flags={"dataset.augmentation.scales": [480, 512]},
        ),
        {
            "results_dir": "W/out",
            "train.pretrained_model_path": "W/r.pth",
            "train.num_gpus": 1,
            "dataset.augmentation.scales": [480, 512],
        },
    ),
    "build an engine": (
        "classification_pyt",
        "deploy",
        lambda: tao.GenTrtEngineOp(
            "x",
            network="classification_pyt",
            spec="specs/a.yaml",
            model=tao.Existing("m.onnx"),
            output="m.engine",
            precision="fp16",
            results="out",
        ),
        {
            "gen_trt_engine.onnx_file": "W/m.onnx",
            "gen_trt_engine.trt_engine": "W/m.engine",
            "gen_trt_engine.tensorrt.data_type": "fp16",
            "gen_trt_engine.gpu_id": 0,
            "results_dir": "W/out",
        },
    ),
    "evaluate an engine": (
        "classification_pyt",
        "deploy",
        lambda: tao.EvaluateOp(
            "x", network="classification_pyt", spec="specs/a.yaml", engine=tao.Existing("m.engine"), results="out"
        ),
        {"evaluate.trt_engine": "W/m.engine", "results_dir": "W/out", "evaluate.num_gpus": 1},
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_nvidia_reads_of_a_command_what_the_op_was_given(image, name):
    network, group, make, values = COMMANDS[name]
    words = command_of(make, release=RELEASE, mount=str(image.workspace))
    spec = image.spec(network, words[1], group)
    found = image.run(words, group)
    assert (found.code, found.config) == (0, changed(spec, image.placed(values))), found.output


# NVIDIA's modules that a script runs, beside those of the configuration.
MODULES = {
    "train": {"core.hydra.hydra_runner", "core.tlt_logging", "cv.classification_pyt", "cv.version"},
    "build an engine": {"cv.common.hydra.hydra_runner"},
}


@pytest.mark.parametrize("name", MODULES)
def test_what_runs_is_nvidias(image, name):
    network, group, make, _ = COMMANDS[name]
    words = command_of(make, release=RELEASE, mount=str(image.workspace))
    image.spec(network, words[1], group)
    modules = {one.partition(".")[2] for one in image.run(words, group).modules}
    assert "config.classification_pyt.default_config" in modules
    above = {one.rpartition(".")[0] for one in modules}
    assert {one for one in modules - above if not one.startswith("config.")} == MODULES[name]


# Values of every kind -----------------------------------------------------------------------------

VALUES = {
    "wandb.name": 'it\'s "quoted", 100% {odd} \\ ünïcode ☃ & <tags> #1: - | > !',
    "wandb.project": "$HOME `id` $(id) ; rm * ? ~ [a-z] {a,b} \t\n.",
    "wandb.entity": "a=b,c=d",
    "wandb.group": "'",
    "wandb.run_id": "007",
    "wandb.tags": ["a b", "it's", '"', "x,y", "$HOME", "", "null", "true", "1", "1e-4", "\\", "a:b", "{}", "[x]"],
    "train.checkpointer.filename": "model_{epoch:03d}-{val_loss:.2f}",
    "train.checkpointer.monitor": "true",
    "train.checkpointer.dirpath": None,
    "train.optim.monitor_name": "\\\\ends\\",
    "train.optim.lr": 1e-05,
    "train.optim.betas": [0.8, 1e-3],
    "train.cudnn.benchmark": True,
    "train.seed": -1,
    "train.clip_grad_norm": 2,
    "model.head.topk": [],
}


def with_flags(group: str, flags: Mapping[str, Any]) -> Any:
    if group == "model":
        return tao.TrainOp("x", network="classification_pyt", spec="specs/a.yaml", results="out", flags=flags)
    return tao.EvaluateOp(
        "x", network="classification_pyt", spec="specs/a.yaml", engine=tao.Existing("m"), results="out", flags=flags
    )


# What these two ops set themselves.
OWN = {
    "model": {"results_dir": "W/out", "train.num_gpus": 1},
    "deploy": {"results_dir": "W/out", "evaluate.trt_engine": "W/m", "evaluate.num_gpus": 1},
}


def check(image: Image, group: str, flags: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Hold the whole configuration that NVIDIA reads against the spec file with what is expected of the flags."""
    words = command_of(lambda: with_flags(group, flags), release=RELEASE, mount=str(image.workspace))
    spec = image.spec("classification_pyt", words[1], group)
    found = image.run(words, group)
    assert (found.code, found.config) == (0, changed(spec, {**image.placed(OWN[group]), **expected})), found.output


def test_every_value_arrives_as_it_was_given(image, group):
    check(image, group, VALUES, VALUES)


def test_a_mapping_adds_to_the_one_of_the_spec_file(image, group):
    given = {"step_size": 5, "a b:c=d,e": "it's", "$x[0](y)": 1, "none": None, "deep": {"x": [1, "2"]}}
    merged = {"step_size": 5, "gamma": 0.1, "milestones": [10, 20], **given}
    check(image, group, {"train.optim.policy_params": given}, {"train.optim.policy_params": merged})


def test_a_key_below_a_mapping_need_not_be_there_before(image, group):
    flags = {"train.optim.policy_params.power": 0.9}
    check(image, group, flags, flags)


TEXTS = st.text("ab1 '\"\\$`!{}[]()<>|&;,:=#~*?%@^+-./\n\té☃", max_size=8).filter(lambda text: "${" not in text)


@settings(max_examples=8, deadline=None)
@given(texts=st.lists(TEXTS, min_size=4, max_size=4), tags=st.lists(TEXTS, max_size=4))
@example(texts=["a' 'b", '\\"', "\\'", "'\\''"], tags=["'", '"', "\\"])
def test_any_text_arrives(tmp_path_factory, group, texts, tags):
    keys = ("wandb.name", "wandb.project", "train.checkpointer.filename", "train.optim.monitor_name")
    values = {**dict(zip(keys, texts, strict=True)), "wandb.tags": tags}
    check(Image(tmp_path_factory.mktemp("image")), group, values, values)


def test_a_run_parameter_arrives_whole(image, group):
    def pipeline(name: str = "Grace Hopper, run 3 (b)", epochs: int = 3) -> None:
        with_flags(group, {"wandb.name": name, "wandb.tags": [name, f"of {name}"], "train.num_epochs": epochs})

    step = list(graph_of(pipeline, release=RELEASE, mount=str(image.workspace)).steps.values())[-1]
    form = {"name": "Ada; $HOME & *, [1]", "epochs": "7"}
    words = [render(word, lambda ref: form[ref.name]) for word in (*step.command, *step.arguments)]
    spec = image.spec("classification_pyt", words[1], group)
    expected = {
        "wandb.name": form["name"],
        "wandb.tags": [form["name"], f"of {form['name']}"],
        "train.num_epochs": 7,
    }
    found = image.run(words, group)
    assert (found.code, found.config) == (0, changed(spec, {**image.placed(OWN[group]), **expected})), found.output


# What NVIDIA refuses ------------------------------------------------------------------------------

REFUSED = {
    "an unknown key": (["train", "-e", "specs/a.yaml", "train.num_epoch=3"], 1, "Key 'num_epoch' not in 'TrainExpConfig'"),
    "a wrong type": (["train", "-e", "specs/a.yaml", "train.num_epochs=many"], 1, "could not be converted to Integer"),
    "a list with a blank": (["train", "-e", "specs/a.yaml", "train.optim.betas=[0.1, 0.2]"], 1, "no viable alternative"),
    "a mapping where there is null": (["train", "-e", "specs/a.yaml", "++model.head.custom_args={a:1}"], 1, "has no attribute 'get'"),
    "a spec without a folder": (["train", "-e", "a.yaml"], 1, "Primary config directory not found"),
    "a spec that is not there": (["train", "-e", "specs/b.yaml"], 1, "doesn't exist"),
    "no spec": (["train"], 1, "requires the following argument: -e"),
    "a flag of 5.x": (["train", "-e", "specs/a.yaml", "-r", "out"], 1, "Error parsing override 'out'"),
    "an unknown action": (["prune", "-e", "specs/a.yaml"], 2, "invalid choice: 'prune'"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_nvidia_refuses(image, name):
    words, code, message = REFUSED[name]
    image.spec("classification_pyt", "train", "model")
    (image.workspace / "a.yaml").write_text("train: {}\n")
    found = image.run(["classification_pyt", *words], "model")
    assert (found.code, found.config) == (code, None)
    assert message in found.output


WRONG_SPECS = {
    "trian: {num_epochs: 3}\n": "Key 'trian' not in 'ExperimentConfig'",
    "train: {num_epochs: ten}\n": "could not be converted to Integer",
    "train: {optim: null}\n": "not Optional",
    "train: {num_epochs: 3}\ntrain: {seed: 1}\n": "found duplicate key train",
}


@pytest.mark.parametrize("text", WRONG_SPECS)
def test_nvidia_refuses_a_spec_file(image, text):
    (image.workspace / "specs" / "a.yaml").write_text(text)
    found = image.run(["classification_pyt", "train", "-e", "specs/a.yaml"], "model")
    assert (found.code, found.config) == (1, None)
    assert WRONG_SPECS[text] in found.output


def test_nvidias_own_conversion_for_dino_starts_with_no_spec(image):
    """Its configuration class cannot be built, see UNBUILDABLE in test_nvidia_config.py: no fault of a command of ours."""
    words = command_of(
        lambda: tao.TaoOp("x", network="dino", action="convert", options={"spec": "specs/a.yaml", "results": "out"}),
        release=RELEASE,
        mount=str(image.workspace),
    )
    image.spec("dino", "convert", "model")
    found = image.run(words, "model")
    assert (found.code, found.config) == (1, None)
    assert "Incompatible value 'None' for field of type 'str'" in found.output


def test_every_step_of_the_ready_made_pipeline_is_read(image):
    graph = classification_pyt.build()
    spec = (SPECS / "classification_pyt.yaml").read_text()
    (image.workspace / "specs" / "classification_pyt.yaml").write_text(spec)
    read = {}
    for step in graph.steps.values():
        if step.spec is None:
            continue
        words = [with_defaults(graph, word) for word in (*step.command, *step.arguments)]
        words = [word.replace(f"{graph.mount}/specs/", f"{image.workspace}/specs/") for word in words]
        found = image.run(words, step.spec.action.group)
        assert found.config is not None, found.output
        wanted = {key: with_defaults(graph, to_text(value)) for key, value in step.spec.overrides.items()}
        assert {key: to_text(value_of(found.config, key)) for key in wanted} == wanted
        read[step.name] = found.config["dataset"]["num_classes"]
    assert read == dict.fromkeys(
        ("train-model", "evaluate-model", "export-model", "build-engine", "evaluate-engine"), 2
    )


def with_defaults(graph: Graph, text: str) -> str:
    """A text of a step with the defaults of the run parameters in it."""
    return render(text, lambda ref: graph.parameters[ref.name].examples()[0])
