"""`tao-kfp spec`, as a person calls it."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def dino(tao_kfp, tmp_path):
    assert tao_kfp("spec", "new", "dino", "-o", "dino.yaml").returncode == 0
    return tmp_path / "dino.yaml"


def test_a_new_spec_is_right(tao_kfp, dino):
    run = tao_kfp("spec", "check", "dino.yaml")
    assert (run.returncode, run.stdout, run.stderr) == (0, "dino.yaml: ok for dino train, TAO 7.1\n", "")


def test_a_file_that_is_there_is_kept(tao_kfp, dino):
    before = dino.read_bytes()
    run = tao_kfp("spec", "new", "dino", "-o", "dino.yaml")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "error: 'dino.yaml' is there already; give another -o, or move it aside\n"
    assert dino.read_bytes() == before


def test_a_value_is_set_in_place(tao_kfp, dino):
    before = dino.read_text()
    run = tao_kfp(
        "spec",
        "set",
        "dino.yaml",
        "train.num_epochs=20",
        "dataset.augmentation.scales=[480, 512]",
        "train.optim.lr=1e-4",
    )
    assert (run.returncode, run.stderr) == (0, "")
    changed = [
        (old, new) for old, new in zip(before.splitlines(), dino.read_text().splitlines(), strict=True) if old != new
    ]
    assert changed == [
        ("    scales: [480, 512, 544, 576, 608, 640, 672, 704, 736, 768, 800]", "    scales: [480, 512]"),
        ("  num_epochs: 10  # from 1", "  num_epochs: 20  # from 1"),
        ("    lr: 0.0002  # from 0 to 1", "    lr: 0.0001  # from 0 to 1"),
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            "train.num_epoch=3",
            "error: TAO 7.1 has no key 'train.num_epoch' for `dino train`; did you mean 'train.num_epochs'?\n",
        ),
        ("train.num_epochs=0", "error: dino.yaml: train.num_epochs: 0 is below 1, the smallest that TAO takes\n"),
        ("train.num_epochs", "error: 'train.num_epochs' sets nothing; write KEY=VALUE\n"),
    ],
)
def test_a_wrong_change_writes_nothing(tao_kfp, dino, change, line):
    before = dino.read_bytes()
    run = tao_kfp("spec", "set", "dino.yaml", "train.seed=7", change)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", line)
    assert dino.read_bytes() == before


def test_a_protobuf_spec_keeps_its_comments(tao_kfp, tmp_path):
    path = tmp_path / "a.cfg"
    path.write_text('# mine\ntrain_config {\n  n_epochs: 80  # long\n  train_dataset_path: "/a"\n}\n')
    about = ("--network", "classification_tf1", "--release", "5.0")
    run = tao_kfp("spec", "set", "a.cfg", "train_config.n_epochs=20", "train_config.train_dataset_path=/b", *about)
    assert (run.returncode, run.stderr) == (0, "")
    assert path.read_text() == '# mine\ntrain_config {\n  n_epochs: 20  # long\n  train_dataset_path: "/b"\n}\n'
    wrong = tao_kfp("spec", "set", "a.cfg", "train_config.n_epochs=many", *about)
    assert wrong.stderr == "error: a.cfg:3: train_config.n_epochs: 'many' is not a whole number from 0\n"


def test_findings_are_lines_and_json(tao_kfp, dino):
    dino.write_text("train:\n  num_epoch: 3\n")
    about = ("--network", "dino", "--release", "7.1")
    run = tao_kfp("spec", "check", "dino.yaml", *about)
    text = "dino.yaml:2: error: train.num_epoch: TAO 7.1 has no such key for `dino train`; did you mean 'num_epochs'?\n"
    assert (run.returncode, run.stdout, run.stderr) == (2, "", text)
    run = tao_kfp("spec", "check", "dino.yaml", *about, "--format", "json")
    assert run.returncode == 2
    assert json.loads(run.stdout) == [
        {
            "file": "dino.yaml",
            "line": 2,
            "level": "error",
            "key": "train.num_epoch",
            "message": "TAO 7.1 has no such key for `dino train`",
            "fix": "did you mean 'num_epochs'?",
        }
    ]


ERRORS = {
    ("new", "dyno"): "error: TAO 7.1 has no network 'dyno'; did you mean 'dino'?\n",
    (
        "new",
        "dino",
        "--release",
        "9.9",
    ): "error: the catalogue has no TAO release '9.9'; it has 3.21.08, 3.22.05, 5.0, 5.3, 5.5, 6.0, 6.26, 7.1\n",
    (
        "new",
        "dino",
        "--action",
        "prune",
        "--release",
        "7.1",
    ): "error: TAO 7.1 has no action 'prune' for dino; dino has convert, distill, evaluate, "
    "export, gen_trt_engine, inference, quantize, train; prune exists for bpnet, classification_tf1, classification_tf2, detectnet_v2, dssd, "
    "efficientdet_tf1, efficientdet_tf2, faster_rcnn, mask_rcnn, multitask_classification, ocdnet, ocrnet, pointpillars, retinanet, ssd, unet, "
    "yolo_v3, yolo_v4, yolo_v4_tiny\n",
    (
        "new",
        "detectnet_v2",
        "--release",
        "5.0",
    ): "error: `detectnet_v2 train` of TAO 5.0 reads protobuf text, for which TAO has no default; "
    "see specs/ for examples, and `tao-kfp spec check` for its fields\n",
    (
        "schema",
        "cosmos-embed1",
    ): "error: `cosmos-embed1 train` of TAO 7.1 has no published schema; no published package has its commands\n",
    (
        "check",
        "no.yaml",
    ): "no.yaml:1: error: the spec file 'no.yaml' cannot be read: No such file or directory; give the path of a file\n",
    (
        "check",
        "plain.yaml",
    ): "plain.yaml:1: error: nothing says which network it is for; give --network NETWORK, or begin the file with "
    "`# tao-kfp: NETWORK ACTION, TAO RELEASE`\n",
    (
        "new",
        "dino",
        "-o",
        "no/folder.yaml",
    ): "error: the folder 'no' does not exist; make it first, or give another -o\n",
}


@pytest.mark.parametrize("arguments", ERRORS, ids=" ".join)
def test_a_wrong_command_line_is_one_clear_line(tao_kfp, tmp_path, arguments):
    (tmp_path / "plain.yaml").write_text("train: {}\n")
    run = tao_kfp("spec", *arguments)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", ERRORS[arguments])
    assert [path.name for path in tmp_path.iterdir()] == ["plain.yaml"]


def test_a_schema_is_written_for_editors(tao_kfp, tmp_path):
    assert tao_kfp("spec", "schema", "dino", "-o", "dino.schema.json").returncode == 0
    assert json.loads((tmp_path / "dino.schema.json").read_text())["title"] == "dino train, TAO 7.1"
    text = tao_kfp("spec", "new", "dino", "--schema", "dino.schema.json").stdout
    assert text.splitlines()[1] == "# yaml-language-server: $schema=dino.schema.json"
