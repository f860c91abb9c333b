"""The kfp package, read as the server and the SDK read it."""

from __future__ import annotations

import io
import re
import tarfile

import pytest
import yaml
from google.protobuf import json_format
from kfp import components
from kfp.kubernetes import kubernetes_executor_config_pb2
from kfp.pipeline_spec import pipeline_spec_pb2
from packages import PIPELINES, WORKSPACES, graph

from tao_kfp.targets import render
from tao_kfp.targets.archive import package_bytes

every = pytest.mark.parametrize(("pipeline", "workspace"), [(p, w) for p in PIPELINES for w in WORKSPACES])


@every
def test_both_documents_parse_strictly(pipeline, workspace):
    spec, platform = yaml.safe_load_all(render(graph(pipeline, workspace), "kfp").text)
    message = json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    assert (message.schema_version, message.pipeline_info.name, bool(message.root.dag.tasks)) == (
        "2.1.0",
        graph(pipeline).name,
        True,
    )
    json_format.ParseDict(platform, pipeline_spec_pb2.PlatformSpec())
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    configurations = [
        json_format.ParseDict(executor, kubernetes_executor_config_pb2.KubernetesExecutorConfig())
        for executor in executors.values()
    ]
    assert all(configuration.pvc_mount for configuration in configurations)


@every
def test_the_package_loads_with_the_sdk(pipeline, workspace):
    component = components.load_component_from_text(render(graph(pipeline, workspace), "kfp").text)
    expected = {name for name, parameter in graph(pipeline, workspace).parameters.items() if not parameter.is_mount}
    assert set(component.component_spec.inputs or {}) == expected


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_tarball_holds_the_member_that_the_server_looks_for(pipeline):
    packed = package_bytes("p.tar.gz", render(graph(pipeline), "kfp").text)
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        assert archive.getnames() == ["pipeline.yaml"]


@every
def test_every_value_of_a_text_is_an_input_of_its_component(pipeline, workspace):
    spec, _ = yaml.safe_load_all(render(graph(pipeline, workspace), "kfp").text)
    for name, task in spec["root"]["dag"]["tasks"].items():
        component = spec["components"][task["componentRef"]["name"]]
        declared = set(component.get("inputDefinitions", {}).get("parameters", {}))
        passed = set(task.get("inputs", {}).get("parameters", {}))
        assert declared == passed, name
        container = spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
        for text in (*container.get("command", []), *container.get("args", []), str(container.get("resources", ""))):
            for used in re.findall(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}", text):
                assert used in declared, (name, used)
