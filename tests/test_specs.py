"""The spec files of the classification pipeline, against the pipeline's own defaults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tao_kfp.errors import SpecError
from tao_kfp.pipelines.classification import classification
from tao_kfp.pipelines.graph import Graph
from tao_kfp.specs.protobuf_text import Message, parse

SPECS = Path(__file__).parents[1] / "specs"
FILES = ("classification_spec.cfg", "classification_retrain_spec.cfg")
DATA = "/mnt/workspace/tao-experiments/data/split"

# Fields of TAO 3.x image classification: docs.nvidia.com/tao/tao-toolkit-archive (Image Classification), of which
# only those that 3.21.08 is known to have.
FIELDS = {
    "model_config": {"arch", "n_layers", "use_batch_norm", "use_bias", "all_projections", "use_pooling", "freeze_bn",
                     "freeze_blocks", "input_image_size"},
    "train_config": {"train_dataset_path", "val_dataset_path", "pretrained_model_path", "optimizer",
                     "batch_size_per_gpu", "n_epochs", "n_workers", "preprocess_mode", "enable_random_crop",
                     "enable_center_crop", "label_smoothing", "mixup_alpha", "reg_config", "lr_config"},
    "optimizer": {"sgd"},
    "sgd": {"lr", "decay", "momentum", "nesterov"},
    "reg_config": {"type", "scope", "weight_decay"},
    "lr_config": {"step"},
    "step": {"learning_rate", "step_size", "gamma"},
    "eval_config": {"eval_dataset_path", "model_path", "top_k", "batch_size", "n_workers", "enable_center_crop"},
}  # fmt: skip


def as_dict(message: Message) -> dict[str, Any]:
    """The fields by name; one that comes twice is a list."""
    found: dict[str, list[Any]] = {}
    for field in message.fields:
        value = as_dict(field.value) if isinstance(field.value, Message) else field.value
        found.setdefault(field.name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def spec(name: str) -> dict[str, Any]:
    return as_dict(parse((SPECS / name).read_text(), name))


@pytest.fixture(scope="module")
def graph() -> Graph:
    return classification.build()


def default(graph: Graph, name: str) -> str:
    return f"/mnt/workspace/{graph.parameters[name].default}"


@pytest.mark.parametrize("name", FILES)
def test_the_braces_balance_and_every_field_is_one_of_tao(name):
    def unknown(section: str, fields: dict[str, Any]) -> list[str]:
        found = [f"{section}.{field}" for field in fields if field not in FIELDS[section]]
        return found + [
            far for field, value in fields.items() if isinstance(value, dict) for far in unknown(field, value)
        ]

    sections = spec(name)
    assert list(sections) == ["model_config", "train_config", "eval_config"]
    assert [field for section, fields in sections.items() for field in unknown(section, fields)] == []


@pytest.mark.parametrize("broken", ["a {", "a { b: 1", "}", "a { b: 1 } }"])
def test_braces_that_do_not_balance_would_be_seen(broken):
    with pytest.raises(SpecError):
        parse(broken)


@pytest.mark.parametrize("name", FILES)
def test_every_path_is_below_the_mount_of_the_pipeline(graph, name):
    paths = re.findall(r'"(/[^"]*)"', (SPECS / name).read_text())
    mount = graph.parameters["tao_mount_dir"].default
    assert len(paths) == 5
    assert [path for path in paths if not path.startswith(f"{mount}/")] == []


@pytest.mark.parametrize("name", FILES)
def test_the_data_are_the_three_parts_of_the_split(name):
    found = spec(name)
    paths = [
        found["train_config"]["train_dataset_path"],
        found["train_config"]["val_dataset_path"],
        found["eval_config"]["eval_dataset_path"],
    ]
    assert paths == [f"{DATA}/train", f"{DATA}/val", f"{DATA}/test"]


def test_the_pipeline_reads_these_files(graph):
    parameters = ("train_classification_spec", "retrain_classification_spec", "calibrate_classification_spec")
    assert [graph.parameters[name].default for name in parameters] == [
        f"specs/{FILES[0]}",
        f"specs/{FILES[1]}",
        f"specs/{FILES[1]}",
    ]


def test_the_first_training_starts_where_the_pull_puts_the_model(graph):
    name, version = graph.parameters["pretrained_model_name"].default.rpartition("/")[2].split(":")
    folder = f"{default(graph, 'pretrained_model_dir')}/{name}_v{version}"
    assert spec(FILES[0])["train_config"]["pretrained_model_path"] == f"{folder}/resnet_18.hdf5"


def test_the_second_training_starts_from_the_pruned_model(graph):
    assert spec(FILES[1])["train_config"]["pretrained_model_path"] == default(graph, "prune_model_output_file")


def test_each_evaluation_reads_the_checkpoint_that_the_other_steps_read(graph):
    first, second = (spec(name)["eval_config"]["model_path"] for name in FILES)
    assert first == default(graph, "prune_model_input_file")
    assert second == default(graph, "test_infer_model_input_file") == default(graph, "export_model_input_file")


@pytest.mark.parametrize(
    ("name", "results"), [(FILES[0], "train_classification_output"), (FILES[1], "retrain_classification_output")]
)
def test_the_checkpoint_is_the_last_of_its_training(graph, name, results):
    found = spec(name)
    last = f"{found['model_config']['arch']}_{found['train_config']['n_epochs']:03d}.tlt"
    assert found["eval_config"]["model_path"] == f"{default(graph, results)}/weights/{last}"


def test_the_engine_gets_the_input_size_of_the_network(graph):
    assert [spec(name)["model_config"]["input_image_size"] for name in FILES] == [
        graph.parameters["convert_trt_dims"].default
    ] * 2


def test_the_trainings_differ_only_in_where_they_start_and_what_they_freeze():
    def flat(fields: dict[str, Any], prefix: str = "") -> dict[str, Any]:
        return {
            path: found
            for name, value in fields.items()
            for path, found in (
                flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
            ).items()
        }

    first, second = (flat(spec(name)) for name in FILES)
    different = {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}
    assert different == {"model_config.freeze_blocks", "train_config.pretrained_model_path", "eval_config.model_path"}
