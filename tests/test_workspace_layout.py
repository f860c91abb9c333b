"""The folders that `tao-kfp init` makes, and the manifests that come with them."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tao_kfp.pipelines.classification import classification
from tao_kfp.pipelines.settings import Settings
from tao_kfp.targets.manifests import host_path_claim
from tao_kfp.workspace import HOSTNAME, Claim, HostPath

LAYOUT = Path(__file__).parents[1] / "workspace_layout"
KUBERNETES = LAYOUT / "kubernetes"


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((KUBERNETES / name).read_text()))


def nearest_readme(path: str) -> str:
    """The README of the innermost folder of the layout that a workspace path is in."""
    folder = LAYOUT / path
    while not folder.is_dir():
        folder = folder.parent
    return (folder / "README.md").read_text()


def test_the_folders_are_those_of_the_pipeline():
    found = {str(path.relative_to(LAYOUT)) for path in LAYOUT.rglob("*") if path.is_dir()}
    assert found == {
        "kubernetes",
        "models",
        "specs",
        "tao-experiments",
        "tao-experiments/data",
        "tao-experiments/data/split",
        "tao-experiments/data/split/test",
        "tao-experiments/data/split/train",
        "tao-experiments/data/split/val",
        "tao-experiments/export",
        "tao-experiments/output",
        "tao-experiments/output-pruned",
        "tao-experiments/output-retrain",
    }


def test_every_folder_says_what_belongs_there():
    folders = [LAYOUT, *(path for path in LAYOUT.rglob("*") if path.is_dir())]
    assert [str(folder) for folder in folders if not (folder / "README.md").is_file()] == []


def test_every_step_is_named_where_it_reads_and_writes():
    missing = [
        f"{step.name}: {path.relative}"
        for step in classification.build().steps.values()
        for path in (*step.reads, *step.writes)
        if not re.search(rf"\b{step.name}\b", nearest_readme(path.relative))
    ]
    assert missing == []


def test_the_images_that_calibration_needs_are_counted_right():
    batches = classification.build().parameters["calibrate_max_batches"].default
    text = (LAYOUT.parent / "specs/classification_retrain_spec.cfg").read_text()
    size = int(re.search(r"batch_size_per_gpu: (\d+)", text)[1])
    sentence = f"{batches} batches of {size}, so it needs {batches * size} images"
    assert sentence in (LAYOUT / "tao-experiments/data/split/train/README.md").read_text()


@pytest.mark.parametrize("name", ["host-path.yaml", "claim.yaml", "secrets.yaml"])
def test_the_manifests_are_valid(name):
    for document in documents(name):
        kubernetes_validate.validate(document, "1.31", strict=True)


def test_the_host_path_is_what_the_package_itself_would_write():
    written = host_path_claim(HostPath("/raid/workspace", {HOSTNAME: "dgx1"}), "tao-workspace")
    assert documents("host-path.yaml") == list(yaml.safe_load_all(written))


def test_the_claim_is_the_one_the_pipeline_mounts():
    assert classification.settings.workspace == Claim("tao-workspace")
    assert documents("claim.yaml") == [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "tao-workspace"},
            "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "500Gi"}}},
        }
    ]


def test_the_secrets_are_those_that_the_steps_ask_for():
    settings = Settings()
    assert [(found["metadata"]["name"], found["type"], list(found["data"])) for found in documents("secrets.yaml")] == [
        (settings.key.secret, "Opaque", [settings.key.key]),
        (settings.ngc_key.secret, "Opaque", [settings.ngc_key.key]),
        (settings.image_pull_secret, "kubernetes.io/dockerconfigjson", [".dockerconfigjson"]),
    ]


def test_the_commands_of_the_readme_make_the_same_secrets():
    commands = re.findall(
        r"kubectl create secret generic (\S+)(?: --type=(\S+))? --from-file=(\S+)=/dev/stdin",
        (KUBERNETES / "README.md").read_text(),
    )
    made = [(name, kind or "Opaque", [key]) for name, kind, key in commands]
    assert made == [
        (found["metadata"]["name"], found["type"], list(found["data"])) for found in documents("secrets.yaml")
    ]


@pytest.mark.parametrize("secret", documents("secrets.yaml"), ids=lambda secret: secret["metadata"]["name"])
def test_an_unfilled_secret_cannot_be_applied(secret):
    # The API server decodes `data`; what is no base64 it refuses with "illegal base64 data".
    for value in secret["data"].values():
        with pytest.raises(binascii.Error):
            base64.b64decode(value, validate=True)
