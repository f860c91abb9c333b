"""The kfp package equals what kfp's own compiler writes from the same steps, but for what is listed here."""

from __future__ import annotations

import re

import pytest
import yaml
from packages import PIPELINES, WORKSPACES, graph

from conformance.sdk_writer import documents
from tao_kfp.targets import render


def without_our_additions(spec):
    """What the target adds on purpose, since the SDK has no call for it."""
    assert spec.pop("sdkVersion").startswith("tao-kfp-")
    for parameter in spec["root"].get("inputDefinitions", {}).get("parameters", {}).values():
        parameter.pop("literals", None)  # drop-downs
        parameter.pop("description", None)
    for component in spec["components"].values():
        inputs = component.get("inputDefinitions", {}).get("parameters", {})
        for name in [name for name in inputs if name.startswith("pipelinechannel--")]:
            assert inputs.pop(name) == {"parameterType": "STRING"}  # else the driver leaves a number empty
        if not inputs:
            component.pop("inputDefinitions", None)
    for task in spec["root"]["dag"]["tasks"].values():
        if "retryPolicy" in task:
            assert task["retryPolicy"].pop("backoffMaxDuration") == "31536000s"  # the SDK: an hour for all attempts
    return spec


def without_the_sdks_additions(spec):
    """What the SDK writes that no backend reads."""
    assert spec.pop("sdkVersion").startswith("kfp-")
    used = {"access_modes", "size", "pvc_name_suffix", "storage_class_name"}
    for name, component in spec["components"].items():
        if name == "comp-createpvc":
            given = spec["root"]["dag"]["tasks"]["createpvc"]["inputs"]["parameters"].keys()
            inputs = component["inputDefinitions"]["parameters"]
            component["inputDefinitions"]["parameters"] = {
                key: {"parameterType": inputs[key]["parameterType"]} for key in inputs.keys() & used & given
            }
    for task in spec["root"]["dag"]["tasks"].values():
        task.get("retryPolicy", {}).pop("backoffMaxDuration", None)
        inputs = task.get("inputs", {}).get("parameters", {})
        for name in [name for name, value in inputs.items() if "{{$.inputs" in str(value)]:
            del inputs[name]  # a constant beside the placeholder of a quantity or image: accelerator_count, ...
    return spec


def without_false(value):
    """`optional: false` says nothing, and backends before 2.15 refuse it."""
    if isinstance(value, dict):
        return {key: without_false(item) for key, item in value.items() if (key, item) != ("optional", False)}
    return [without_false(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("workspace", WORKSPACES)
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_package_equals_that_of_the_sdk(pipeline, workspace):
    built = graph(pipeline, workspace)
    # The SDK takes no dash in a name, and so cannot tell `a-b` from `a_b`.
    ours, our_platform = yaml.safe_load_all(render(built, "kfp").text.replace("accuracy--value", "accuracy_value"))
    theirs, their_platform = documents(built)
    assert without_our_additions(ours) == without_the_sdks_additions(theirs)
    assert our_platform == without_false(their_platform)


def test_the_sdk_writes_a_gpu_parameter_without_declaring_it():
    """Why the target declares it: the day this fails, the SDK does so itself."""
    spec, _ = documents(graph("classification"))
    count = spec["deploymentSpec"]["executors"]["exec-train-model"]["container"]["resources"]["accelerator"][
        "resourceCount"
    ]
    name = re.search(r"'(.+)'", count).group(1)
    assert name not in spec["components"]["comp-train-model"]["inputDefinitions"]["parameters"]
