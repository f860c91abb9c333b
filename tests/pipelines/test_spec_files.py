"""`tao-kfp check` looks into the spec files of a pipeline."""

from __future__ import annotations

import pytest

PIPELINE = """
import tao_kfp as tao

@tao.pipeline(name="p", release="7.1")
def p(epochs: int = 12):
    train = tao.TrainOp(
        "train", network="dino", spec="specs/train.yaml", results="results", flags={"train.num_epochs": epochs}
    )
    tao.EvaluateOp("evaluate", network="dino", spec="specs/evaluate.yaml", results="results").after(train)
"""
EVALUATE = "evaluate:\n  checkpoint: %s\n"
MODEL = "/mnt/workspace/results/train/model_epoch_011.pth"


@pytest.fixture
def check(tao_kfp, tmp_path):
    """Check the pipeline with these spec files."""

    def run(
        train: str = "train: {}\n", evaluate: str = EVALUATE % MODEL, pipeline: str = PIPELINE, *more: str
    ) -> tuple[int, str]:
        (tmp_path / "work" / "specs").mkdir(parents=True, exist_ok=True)
        (tmp_path / "work" / "p.py").write_text(pipeline)
        (tmp_path / "work" / "specs" / "train.yaml").write_text(train)
        (tmp_path / "work" / "specs" / "evaluate.yaml").write_text(evaluate)
        done = tao_kfp("check", "work/p.py", *more, PYTHONDONTWRITEBYTECODE="1")
        return done.returncode, done.stderr or done.stdout

    return run


def test_spec_files_beside_the_pipeline_are_checked(check):
    assert check() == (0, "p: ok, 2 steps, 1 parameters, 2 spec files\n")


FOUND = {
    "a misspelt key": (
        {"train": "train:\n  num_epoch: 3\n"},
        "work/specs/train.yaml:2: error: train.num_epoch: TAO 7.1 has no such key for `dino train`; did you mean 'num_epochs'? (step 'train')",
    ),
    "a path outside the mount": (
        {"train": "dataset:\n  train_data_sources:\n  - image_dir: /data\n"},
        "work/specs/train.yaml:3: error: dataset.train_data_sources[0].image_dir: '/data' is outside the workspace, which the steps see at "
        "/mnt/workspace; write a path below /mnt/workspace (step 'train')",
    ),
    "a checkpoint that nobody writes": (
        {"evaluate": EVALUATE % "/mnt/workspace/result/model_epoch_011.pth"},
        "work/specs/evaluate.yaml:2: error: evaluate.checkpoint: no earlier step writes 'result/model_epoch_011.pth'; correct the path, or say "
        "data=[tao.Existing('result/model_epoch_011.pth')] if it is there before the run (step 'evaluate')",
    ),
    "an epoch that is not trained": (
        {"evaluate": EVALUATE % "/mnt/workspace/results/train/model_epoch_015.pth"},
        "work/specs/evaluate.yaml:2: error: evaluate.checkpoint: 'model_epoch_015.pth' is epoch 15, and 'train' trains 12; "
        "name an epoch that is trained (step 'evaluate')",
    ),
    "a value that is missing": (
        {"evaluate": "evaluate:\n  batch_size: 4\n"},
        "work/specs/evaluate.yaml:2: error: evaluate.checkpoint: `dino evaluate` needs a value; give it here, or to the op (step 'evaluate')",
    ),
    "no YAML": (
        {"train": "train: {\n"},
        "work/specs/train.yaml:2: error: it is no YAML: did not find expected node content (step 'train')",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_a_mistake_in_a_spec_file_is_found(check, name):
    specs, line = FOUND[name]
    assert check(**specs) == (2, f"{line}\n")


def test_what_the_command_sets_counts_before_the_file(check):
    train = "train:\n  num_epochs: 40\n  num_gpus: 8\n  gpu_ids: [0, 1, 2, 3, 4, 5, 6, 7]\n"
    assert check(train, EVALUATE % MODEL.replace("011", "030"))[0] == 2
    assert (
        check(
            train, EVALUATE % MODEL.replace("011", "030"), PIPELINE.replace(', flags={"train.num_epochs": epochs}', "")
        )[0]
        == 0
    )


def test_a_model_that_was_there_before_is_said_so(check):
    evaluate = EVALUATE % "/mnt/workspace/models/mine.pth"
    said = PIPELINE.replace(
        'results="results").after', 'results="results", data=[tao.Existing("models/mine.pth")]).after'
    )
    assert check(evaluate=evaluate)[0] == 2
    assert check(evaluate=evaluate, pipeline=said) == (0, "p: ok, 2 steps, 1 parameters, 2 spec files\n")


def test_spec_files_elsewhere_are_named(check, tmp_path):
    check()
    (tmp_path / "empty").mkdir()
    assert check("train: {}\n", EVALUATE % MODEL, PIPELINE, "--files", "empty") == (
        0,
        "note: the spec file 'specs/train.yaml' is not here, and was not checked\n"
        "note: the spec file 'specs/evaluate.yaml' is not here, and was not checked\n"
        "p: ok, 2 steps, 1 parameters\n",
    )


def test_the_checkpoint_of_an_op_is_of_an_epoch_that_is_trained(tao_kfp):
    run = tao_kfp(
        "check", "classification", "--set", "prune_model_input_file=tao-experiments/output/weights/resnet_200.tlt"
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.endswith(
        "step 'prune-model', argument 'model', classification.py:107: 'resnet_200.tlt' is epoch 200, and 'train-model' trains 20; "
        "name an epoch that is trained\n"
    )
