"""The JSON Schema of an action accepts what the check accepts."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from tao_kfp import catalog
from tao_kfp.specs.new import default_spec
from tao_kfp.specs.schema import json_schema
from tao_kfp.specs.yaml_text import parse

TABLES = catalog.default()


def schema(network: str, action: str, release: str = "7.1", group: str | None = None) -> dict[str, Any]:
    row = TABLES.action(release, network, action, group)
    return json_schema(row, row.keys or {})


def test_a_key_says_what_it_takes():
    found = schema("dino", "train")
    assert {key: found[key] for key in ("$schema", "$id", "title", "additionalProperties")} == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:tao-kfp:7.1:dino:model:train",
        "title": "dino train, TAO 7.1",
        "additionalProperties": False,
    }
    assert found["properties"]["train"]["properties"]["num_epochs"] == {
        "anyOf": [{"type": "integer", "minimum": 1}, {"$ref": "#/$defs/open"}],
        "description": "int, default 10",
        "default": 10,
    }
    assert found["properties"]["train"]["properties"]["optim"]["properties"]["lr_scheduler"] == {
        "anyOf": [
            {"enum": ["MultiStep", "multistep", "MULTISTEP", "StepLR", "steplr", "STEPLR"]},
            {"$ref": "#/$defs/open"},
        ],
        "description": "str, default 'MultiStep'",
        "default": "MultiStep",
    }


def networks() -> list[tuple[str, str]]:
    return [(release, network) for release in TABLES.releases() for network in TABLES.networks(release)]


def schemas(release: str, network: str) -> list[tuple[Any, Any]]:
    """One action of each table of keys of a network."""
    seen: dict[Any, Any] = {}
    for group in TABLES.groups(release, network):
        for name in TABLES.actions(release, network, group):
            action = TABLES.action(release, network, name, group)
            if action.dialect != "argparse" and action.keys is not None:
                seen.setdefault((group, tuple(action.keys)), action)
    return [(action, action.keys) for action in seen.values()]


@pytest.mark.slow
@pytest.mark.parametrize(("release", "network"), [pair for pair in networks() if schemas(*pair)])
def test_every_schema_is_one_and_accepts_its_default(release, network):
    for action, keys in schemas(release, network):
        found = json_schema(action, keys)
        jsonschema.Draft202012Validator.check_schema(found)
        text = default_spec(action, keys, whole=True)
        errors = list(jsonschema.Draft202012Validator(found).iter_errors(parse(text).plain()))
        assert [(list(error.path), error.message) for error in errors] == []


SPECS = {
    "train: {num_epochs: 0}": False,
    "train: {num_epochs: ten}": False,
    "train: {num_epochs: '${epochs}'}": True,
    "train: {num_epochs: '???'}": True,
    "train: {num_epoch: 3}": False,
    "train: {optim: {lr: 1e-4, lr_scheduler: StepLR}}": True,
    "train: {optim: {lr_scheduler: Cosine}}": False,
    "train: {freeze: null}": True,
    "model: {backbone: of_mine}": True,
    "dataset: {augmentation: {scales: [480, wide]}}": False,
    "dataset: {augmentation: {scales: [480, '512']}}": True,
    "dataset: {train_data_sources: [{image_dir: /a, json_file: /b}]}": True,
    "dataset: {train_data_sources: /a}": False,
    "distill: null": True,
    "quantize: {layers: [{module_name: a}]}": True,
    "quantize: {layers: [{module: a}]}": False,
    "encryption_key: 5": True,
    "wandb: {tags: [a]}": True,
    "hydra: {run: {dir: .}}": True,
}


@pytest.mark.parametrize("text", SPECS)
def test_the_schema_and_the_check_agree(text, tmp_path):
    from tao_kfp.specs import files

    (tmp_path / "a.yaml").write_text(text + "\n")
    found = files.check(str(tmp_path / "a.yaml"), TABLES.action("7.1", "dino", "train"), said=False)
    assert any(one.level == "error" for one in found) is not SPECS[text]
    validator = jsonschema.Draft202012Validator(schema("dino", "train"))
    assert validator.is_valid(parse(text).plain()) is SPECS[text]
