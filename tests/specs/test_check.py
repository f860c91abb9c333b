"""What a check of a spec file finds, and what it leaves in peace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tao_kfp import catalog
from tao_kfp.errors import TaoKfpError
from tao_kfp.specs import files
from tao_kfp.specs.new import default_spec
from tao_kfp.specs.yaml_text import set_value

TABLES = catalog.default()
DINO = TABLES.action("7.1", "dino", "train")


@pytest.fixture
def found(tmp_path: Path) -> Any:
    """Check a text, and give the findings as the command line prints them."""

    def check(text: str, network: str = "dino", action: str = "train", release: str = "7.1", **extra: Any) -> list[str]:
        path = tmp_path / "a.yaml"
        path.write_bytes(text.encode())
        group = extra.pop("group", None)
        row = TABLES.action(release, network, action, group)
        return [finding.text("a.yaml") for finding in files.check(str(path), row, **extra)]

    return check


FINDINGS = {
    "a misspelt key": (
        "train:\n  num_epoch: 3\n",
        ["a.yaml:2: error: train.num_epoch: TAO 7.1 has no such key for `dino train`; did you mean 'num_epochs'?"],
    ),
    "a misspelt section": (
        "dataset:\n  batch_size: 2\ntrian:\n  num_epochs: 3\n",
        ["a.yaml:3: error: trian: TAO 7.1 has no such key for `dino train`; did you mean 'train'?"],
    ),
    "a key in the wrong section": (
        "train:\n  lr: 0.1\n",
        ["a.yaml:2: error: train.lr: TAO 7.1 has no such key for `dino train`; there is train.optim.lr"],
    ),
    "a wrong type": (
        "train:\n  # how long\n  num_epochs: ten\n",
        ["a.yaml:3: error: train.num_epochs: 'ten' is not a whole number"],
    ),
    "a wrong element of a list": (
        "dataset:\n  augmentation:\n    scales:\n    - 480\n    - wide\n",
        ["a.yaml:5: error: dataset.augmentation.scales[1]: 'wide' is not a whole number"],
    ),
    "a value for a section": (
        "train: 3\n",
        ["a.yaml:1: error: train: 3 is not a section of keys"],
    ),
    "an empty section": (
        "train:\n",
        ["a.yaml:1: error: train: the section is empty; delete the line, or write its keys below it"],
    ),
    "a value below the range": (
        "train:\n  num_epochs: 0\n",
        ["a.yaml:2: error: train.num_epochs: 0 is below 1, the smallest that TAO takes"],
    ),
    "a value above the range": (
        "model:\n  num_feature_levels: 6\n",
        ["a.yaml:2: error: model.num_feature_levels: 6 is above 5, the largest that TAO takes"],
    ),
    "a value that is not allowed": (
        "train:\n  optim:\n    lr_scheduler: Cosine\n",
        ["a.yaml:3: error: train.optim.lr_scheduler: 'Cosine' is none of MultiStep, StepLR"],
    ),
    "a backbone that NVIDIA does not list": (
        "model:\n  backbone: resnet50\n",
        ["a.yaml:2: warning: model.backbone: 'resnet50' is none of the 24 values that TAO lists; did you mean 'resnet_50'?"],
    ),
    "nothing": (
        "train:\n  num_epochs: 1_0\n  optim: {lr: 1e-4}\ndataset:\n  batch_size: '4'\nresults_dir: ${oc.env:RESULTS}/x\n"
        "encryption_key: ???\nhydra: {run: {dir: .}}\n",
        [],
    ),
    "dotted keys": ("train.num_epochs: 5\ntrain.optim.lr: 0.1\n", []),
}  # fmt: skip


@pytest.mark.parametrize("name", FINDINGS)
def test_a_mistake_is_found_with_its_line(name, found):
    text, lines = FINDINGS[name]
    assert found(text) == lines


def test_a_path_outside_the_mount_is_found_where_it_matters_to_the_action(found):
    text = "dataset:\n  train_data_sources:\n  - image_dir: /data/images\n    json_file: /mnt/workspace/a.json\nexport:\n  onnx_file: /elsewhere\n"
    assert found(text, mount="/mnt/workspace") == [
        "a.yaml:3: error: dataset.train_data_sources[0].image_dir: '/data/images' is outside the workspace, which the steps see at "
        "/mnt/workspace; write a path below /mnt/workspace"
    ]
    assert found(text) == []


def test_what_the_action_needs_may_come_from_the_command(found):
    text = "evaluate:\n  batch_size: 4\n"
    needs = "evaluate.checkpoint: `dino evaluate` needs a value; give it here, or to the op"
    assert found(text, action="evaluate") == [f"a.yaml:2: warning: {needs}"]
    assert found(text, action="evaluate", given={}) == [f"a.yaml:2: error: {needs}"]
    assert found(text, action="evaluate", given={"evaluate.checkpoint": "/m.pth"}) == []


def test_what_another_action_needs_does_not_matter(found):
    assert found("evaluate:\n  checkpoint: ???\nexport:\n  checkpoint: ???\n", given={}) == []


def test_the_keys_are_those_of_the_action(found):
    assert found("data_root: /d\ninput_source: a\n", action="convert", given={"results_dir": "/r"}) == []
    assert found("data_root: /d\n") == [
        "a.yaml:1: error: data_root: TAO 7.1 has no such key for `dino train`; a spec has model_name, encryption_key, results_dir, "
        "wandb, model, dataset, train, evaluate, inference, export, gen_trt_engine, distill, ..."
    ]


def test_a_spec_of_another_release_is_recognised(found):
    old = "dataset:\n  data:\n    samples_per_gpu: 8\n    train: {data_prefix: /d}\n  sampler: {type: a}\ntrain:\n  train_config:\n    runner: {max_epochs: 3}\n  exp_config: {manual_seed: 4}\n"
    lines = found(old, network="classification_pyt")
    assert lines[0].startswith("a.yaml:2: warning: all its keys are those of `classification_pyt")
    assert "(the mmlab configuration)" in lines[0]
    assert [line for line in found(old, network="classification_pyt", release="5.3") if ": error: " in line] == []


def test_without_a_published_schema_nothing_is_guessed(tmp_path):
    (tmp_path / "a.yaml").write_text("train: {}\n")
    with pytest.raises(TaoKfpError) as caught:
        files.check(str(tmp_path / "a.yaml"), TABLES.action("7.1", "cosmos-embed1", "train"))
    assert str(caught.value) == (
        "a.yaml: no schema is known for `cosmos-embed1 train` of TAO 7.1: no published package has its commands"
    )


PROTO = """random_seed: 42
training_config {
  batch_size_per_gpu: 4
  num_epochs: 12.5
  optimizer { adam { epsilon: 1e-8 } }
}
model_config {
  arch: "resnet"
  num_layers: eighteen
  pretrained_model_fil: "/mnt/workspace/m.hdf5"
}
"""


def test_a_protobuf_spec_is_checked_by_its_fields(found):
    assert found(PROTO, network="detectnet_v2", release="5.0", mount="/mnt/workspace") == [
        "a.yaml:4: error: training_config.num_epochs: 12.5 is not a whole number from 0",
        "a.yaml:9: error: model_config.num_layers: eighteen is not a whole number",
        "a.yaml:10: error: model_config.pretrained_model_fil: ModelConfig of `detectnet_v2 train` has no such field; did you mean 'pretrained_model_file'?",
    ]


def test_a_protobuf_path_outside_the_mount_is_found(found):
    text = PROTO.replace("12.5", "12").replace("eighteen", "18").replace("model_fil:", "model_file:")
    assert found(text, network="detectnet_v2", release="5.0", mount="/workspace") == [
        "a.yaml:10: error: model_config.pretrained_model_file: '/mnt/workspace/m.hdf5' is outside the workspace, which the steps see at "
        "/workspace; write a path below /workspace"
    ]


BAD_FILES = {
    "truncated": (b"train:\n  optim: {lr: 0.1\n", "a.yaml:3: it is no YAML: did not find expected ',' or '}'"),
    "binary": (b"\x7fELF\x02\x01\x01\x00\x00", "a.yaml:1: it is binary, and no spec file"),
    "not UTF-8": (b"a: 1\nb: \xff\xfe\n", "a.yaml:2: it is no UTF-8 text; is it a spec file?"),
    "large": (b"a: 1\n" * 10_000_000, "a.yaml: it has 50,000,000 bytes, and no spec file has more than 4,194,304"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_what_is_no_spec_file_is_one_clear_line(name, tmp_path):
    content, line = BAD_FILES[name]
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(TaoKfpError) as caught:
        files.check(str(tmp_path / "a.yaml"), DINO)
    assert str(caught.value) == line


def tables() -> list[Any]:
    """One action of every table of keys."""
    seen: dict[Any, Any] = {}
    for release in TABLES.releases():
        for network in TABLES.networks(release):
            for group in TABLES.groups(release, network):
                for name in TABLES.actions(release, network, group):
                    action = TABLES.action(release, network, name, group)
                    if action.dialect != "argparse" and action.keys is not None:
                        seen.setdefault((release, network, group, tuple(action.keys)), action)
    return list(seen.values())


ALL = tables()
LEAVES = {
    id(action): [
        key
        for key in (action.keys or {}).values()
        if "[]" not in key.name and "*" not in key.name and "section" not in key.type and len(key.name) > 1
    ]
    for action in ALL
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_mutated_default_is_caught_and_the_default_is_not(tmp_path, data):
    action = data.draw(st.sampled_from(ALL))
    assert action.keys is not None
    text = default_spec(action, action.keys, whole=True)
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert [
        one
        for one in files.check(str(path), action, mount="/mnt/workspace")
        if one.level == "error" and "outside" not in one.what
    ] == []

    shown = [key for key in LEAVES[id(action)] if f"{key.name.rpartition('.')[2]}:" in text]
    key = data.draw(st.sampled_from(shown))
    try:
        changed, named = mutated(text, key, data)
    except TaoKfpError:
        return  # below a section that is null
    path.write_text(changed)
    errors = [one for one in files.check(str(path), action, mount="/mnt/workspace") if one.level == "error"]
    assert any(one.key.startswith(named) for one in errors), (key, changed)


def mutated(text: str, key: Any, data: Any) -> tuple[str, str]:
    """A default spec with one mistake, and the key it is at."""
    kind = key.type.rstrip("?")
    mistakes = ["misspelt"]
    if kind in ("int", "float", "bool") or kind.startswith(("[int", "[float", "{", "[")):
        mistakes.append("type")
    if key.min is not None or key.max is not None:
        mistakes.append("range")
    mistake = data.draw(st.sampled_from(mistakes))
    if mistake == "misspelt":
        parent, _, last = key.name.rpartition(".")
        at = data.draw(st.integers(0, len(last)))
        wrong = f"{last[:at]}q{last[at:]}"
        name = f"{parent}.{wrong}" if parent else wrong
        return set_value(text, name, 1), name
    if mistake == "type":
        return set_value(text, key.name, "no such value" if not kind.startswith(("[", "{")) else 17), key.name
    value = key.min - 1 if key.min is not None else key.max + 1
    return set_value(text, key.name, int(value) if kind == "int" else float(value)), key.name
