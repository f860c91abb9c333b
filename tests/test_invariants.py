"""What holds for every step of every pipeline on every target."""

from __future__ import annotations

import json
import re

import pytest
from building import argo_of, kfp_of
from packages import PIPELINES, WORKSPACES, graph

from tao_kfp import secrets
from tao_kfp.targets import render

every = pytest.mark.parametrize(("pipeline", "workspace"), [(p, w) for p in PIPELINES for w in WORKSPACES])


def argo_containers(pipeline, workspace):
    return {t["name"]: t for t in argo_of(graph(pipeline, workspace))["spec"]["templates"] if "container" in t}


@every
def test_the_workspace_is_mounted_on_every_step(pipeline, workspace):
    built = graph(pipeline, workspace)
    templates = argo_containers(pipeline, workspace)
    assert templates.keys() == built.steps.keys()
    for template in templates.values():
        assert [mount["name"] for mount in template["container"]["volumeMounts"]].count("workspace") == 1
        assert [volume["name"] for volume in template["volumes"]].count("workspace") == 1
    executors = kfp_of(built)[1]
    assert {
        name for name, executor in executors.items() if executor["pvcMount"][0]["mountPath"] == "/mnt/workspace"
    } == built.steps.keys()


@every
def test_the_edges_are_those_of_the_graph(pipeline, workspace):
    built = graph(pipeline, workspace)
    tasks = argo_of(built)["spec"]["templates"][0]["dag"]["tasks"]
    argo = {(before, task["name"]) for task in tasks for before in task.get("dependencies", [])}
    assert {edge for edge in argo if edge[0] != "create-workspace"} == set(built.edges())
    spec, _ = kfp_of(built)
    kfp = {
        (before, name)
        for name, task in spec["root"]["dag"]["tasks"].items()
        for before in task.get("dependentTasks", [])
    }
    assert {edge for edge in kfp if edge[0] != "createpvc"} == set(built.edges())


@every
def test_a_gpu_is_asked_for_where_the_step_says_so_and_nowhere_else(pipeline, workspace):
    built = graph(pipeline, workspace)
    with_gpu = {name for name, step in built.steps.items() if step.uses_gpu}
    argo = {
        name
        for name, template in argo_containers(pipeline, workspace).items()
        if 'nvidia.com/gpu"' in json.dumps(template).replace('"key": "nvidia.com/gpu"', "").replace("\\", "")
    }
    assert argo == with_gpu
    spec, executors = kfp_of(built)
    containers = {
        name.removeprefix("exec-"): executor["container"]
        for name, executor in spec["deploymentSpec"]["executors"].items()
    }
    assert {
        name for name, container in containers.items() if "accelerator" in container.get("resources", {})
    } == with_gpu
    shm = {
        name
        for name, executor in executors.items()
        if any(mount["mountPath"] == "/dev/shm" for mount in executor.get("emptyDirMounts", []))
    }
    assert shm == with_gpu


@every
def test_every_step_is_retried_and_never_cached(pipeline, workspace):
    for template in argo_containers(pipeline, workspace).values():
        assert template["retryStrategy"]["limit"] >= 1
        assert "maxDuration" not in template["retryStrategy"]["backoff"]
        assert template["metadata"]["labels"]["pipelines.kubeflow.org/enable_caching"] == "false"
    spec, _ = kfp_of(graph(pipeline, workspace))
    for name, task in spec["root"]["dag"]["tasks"].items():
        assert task["cachingOptions"] == {}
        assert name == "createpvc" or task["retryPolicy"]["maxRetryCount"] >= 1


@every
def test_no_package_holds_a_key(pipeline, workspace):
    built = graph(pipeline, workspace)
    for target in ("kfp", "argo"):
        text = render(built, target).text
        assert secrets.key_in(text) == ""
        assert "nvidia_tlt" not in text
        for flag_value in re.findall(r"- (?:-k|--key)\n\s*- (.*)", text):
            assert flag_value.strip("'") == "$(TAO_KEY)"
    assert not [name for name in built.parameters if secrets.names_a_key(name)]


@every
def test_every_name_fits_kubernetes(pipeline, workspace):
    built = graph(pipeline, workspace)
    workflow = argo_of(built)
    names = [built.name, *built.steps, *(template["name"] for template in workflow["spec"]["templates"])]
    names += [
        volume["name"] for template in argo_containers(pipeline, workspace).values() for volume in template["volumes"]
    ]
    names += kfp_of(built)[0]["root"]["dag"]["tasks"]
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name)] == []


@every
def test_every_image_names_its_registry_or_is_the_authors(pipeline, workspace):
    images = {step.image for step in graph(pipeline, workspace).steps.values()} - {"python:3.12-slim"}
    assert images <= {
        "localhost/tao-kfp-ngc:4.37",
        "nvcr.io/nvidia/tao/tao-toolkit-tf:v3.21.08-py3",
        "nvcr.io/nvidia/tao/tao-toolkit:5.0.0-tf1.15.5",
        "nvcr.io/nvidia/tao/tao-toolkit:5.0.0-deploy",
        "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-pyt",
        "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-deploy",
        "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-data-services",
    }


@every
def test_no_text_of_the_builder_is_left(pipeline, workspace):
    for target in ("kfp", "argo"):
        text = render(graph(pipeline, workspace), target).text
        assert "\0" not in text


@every
def test_the_same_graph_gives_the_same_text(pipeline, workspace):
    for target in ("kfp", "argo"):
        first, second = (PIPELINES[pipeline].build(**WORKSPACES[workspace]) for _ in range(2))
        assert render(first, target).text == render(second, target).text
