"""The argo package equals what kfp 1.8.24 compiles from the same steps, written its way.

kfp 1.8 lives in an environment of its own, which `make test` makes; TAO_KFP_KFP1_PYTHON names its Python.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from building import argo_of
from packages import graph

PYTHON = os.environ.get("TAO_KFP_KFP1_PYTHON", "")
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "plain_kfp1.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="no environment with kfp 1.8.24: TAO_KFP_KFP1_PYTHON is not set"),
]


def by_name(items):
    return sorted(items, key=lambda item: item["name"])


def ordered(workflow):
    """The Workflow without what each compiler adds for itself, and with every list of named things sorted."""
    spec = workflow["spec"]
    spec.pop("serviceAccountName", None)  # kfp's own default; the server fills an empty one in
    spec["arguments"]["parameters"] = [
        {key: parameter[key] for key in ("name", "value")} for parameter in spec["arguments"]["parameters"]
    ]
    for template in spec["templates"]:
        template.get("metadata", {}).pop("annotations", None)
        labels = template.get("metadata", {}).get("labels", {})
        for label in [label for label in labels if label != "pipelines.kubeflow.org/enable_caching"]:
            del labels[label]
        # A GPU number from a parameter: kfp 1.8 writes it wrong (kubeflow/pipelines#6858), ours goes through a patch.
        template.pop("podSpecPatch", None)
        if "inputs" in template:
            template["inputs"]["parameters"] = by_name(template["inputs"]["parameters"])
        if "dag" in template:
            template["dag"]["tasks"] = by_name(template["dag"]["tasks"])
            for task in template["dag"]["tasks"]:
                task["dependencies"] = sorted(task.get("dependencies", []))
                task.setdefault("arguments", {"parameters": []})
                task["arguments"]["parameters"] = by_name(task["arguments"]["parameters"])
        if "container" in template:
            for key in ("env", "volumeMounts"):
                template["container"][key] = by_name(template["container"].get(key, []))
            for quantities in template["container"].get("resources", {}).values():
                quantities.update({name: str(quantity) for name, quantity in quantities.items()})
            template["volumes"] = by_name(template["volumes"])
    spec["templates"] = {template["name"]: template for template in spec["templates"]}
    return spec


def test_the_classification_package_equals_that_of_kfp_1(tmp_path):
    theirs = tmp_path / "theirs.yaml"
    subprocess.run([PYTHON, "-W", "ignore", str(SCRIPT), str(theirs)], check=True, capture_output=True, text=True)
    expected = ordered(yaml.safe_load(theirs.read_text()))
    assert ordered(argo_of(graph("classification"))) == expected
    assert len(expected["templates"]) == 12
