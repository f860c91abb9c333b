"""The default spec of an action."""

from __future__ import annotations

from tao_kfp import catalog
from tao_kfp.specs.new import default_spec
from tao_kfp.specs.yaml_text import parse

TABLES = catalog.default()


def default(network: str, action: str, release: str = "7.1", **extra: object) -> str:
    row = TABLES.action(release, network, action)
    return default_spec(row, row.keys or {}, **extra)  # type: ignore[arg-type]


def test_a_short_spec_is_this_text():
    assert default("dino", "convert", schema="dino.schema.json") == (
        "# tao-kfp: dino convert, TAO 7.1\n"
        "# yaml-language-server: $schema=dino.schema.json\n"
        "# The defaults of tao-toolkit:7.1.0-pyt; ??? stands where a value is needed, here or from the op.\n"
        "input_source: null  # str\n"
        "data_root: null  # str\n"
        "results_dir: ???  # str\n"
        "image_dir_name: null  # str\n"
        "label_dir_name: null  # str\n"
        "val_split: 0  # from 0\n"
        "num_shards: 20  # from 0\n"
        "num_partitions: 1  # from 1\n"
        "partition_mode: null  # str\n"
        "image_extension: .jpg\n"
        "mapping_path: null  # str\n"
    )


def test_the_sections_of_other_actions_are_left_out_unless_they_are_wanted():
    assert list(parse(default("dino", "export")).plain()) == [
        "model_name", "encryption_key", "results_dir", "wandb", "model", "dataset", "export",
    ]  # fmt: skip
    assert {"train", "evaluate", "inference", "gen_trt_engine", "quantize"} <= set(
        parse(default("dino", "export", whole=True)).plain()
    )


def test_a_default_belongs_to_its_release():
    values = {
        release: parse(default("dino", "train", release)).plain()["train"]["num_epochs"]
        for release in ("5.0", "5.3", "6.0", "7.1")
    }
    assert values == {"5.0": 12, "5.3": 12, "6.0": 10, "7.1": 10}
