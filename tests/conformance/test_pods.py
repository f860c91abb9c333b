"""The pods of the argo package, and the objects beside a package, against Kubernetes' own schema."""

from __future__ import annotations

import json
import re

import kubernetes_validate
import pytest
import yaml
from building import argo_of
from packages import PIPELINES, WORKSPACES, graph

from tao_kfp.targets import render

VERSION = "1.30"
every = pytest.mark.parametrize(("pipeline", "workspace"), [(p, w) for p in PIPELINES for w in WORKSPACES])


def merge(base, patch):
    """A strategic merge, as far as our patches go: containers by name, maps by key."""
    merged = dict(base)
    for key, value in patch.items():
        merged[key] = merge(base.get(key, {}), value) if isinstance(value, dict) else value
    return merged


@every
def test_every_pod_is_valid(pipeline, workspace):
    workflow = argo_of(graph(pipeline, workspace))["spec"]
    values = {parameter["name"]: parameter["value"] for parameter in workflow["arguments"]["parameters"]}
    checked = 0
    for template in workflow["templates"]:
        if "container" not in template:
            continue
        filled = json.loads(
            re.sub(
                r"\{\{[^}]*?([A-Za-z0-9_-]+)\}\}",
                lambda m: json.dumps(values.get(m.group(1), "value"))[1:-1],
                json.dumps(template),
            )
        )
        container = {"name": "main", **filled["container"]}
        if "podSpecPatch" in template:
            patch = json.loads(
                re.sub(
                    r"\{\{inputs\.parameters\.([A-Za-z0-9_-]+)\}\}",
                    lambda m: values[m.group(1)],
                    template["podSpecPatch"],
                )
            )
            container = merge(container, patch["containers"][0])
        spec = {
            "containers": [container],
            "volumes": filled["volumes"],
            "imagePullSecrets": workflow["imagePullSecrets"],
        }
        spec |= {key: filled[key] for key in ("nodeSelector", "tolerations", "activeDeadlineSeconds") if key in filled}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": template["name"], **filled["metadata"]},
            "spec": spec,
        }
        kubernetes_validate.validate(pod, VERSION, strict=True)
        checked += 1
    assert checked == len(graph(pipeline, workspace).steps)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_objects_beside_a_package_are_valid(pipeline):
    objects = list(yaml.safe_load_all(render(graph(pipeline, "a host path"), "kfp").manifest))
    assert [item["kind"] for item in objects] == ["PersistentVolume", "PersistentVolumeClaim"]
    for item in objects:
        kubernetes_validate.validate(item, VERSION, strict=True)


def test_the_claim_of_a_run_is_valid():
    templates = argo_of(graph("classification", "a new claim"))["spec"]["templates"]
    manifest = next(template["resource"]["manifest"] for template in templates if "resource" in template)
    claim = yaml.safe_load(manifest.replace("{{workflow.name}}", "run-1"))
    kubernetes_validate.validate(claim, VERSION, strict=True)
    assert claim["metadata"]["name"] == "run-1-workspace"
