"""The kfp target, field by field."""

from __future__ import annotations

import inspect
import subprocess
from pathlib import Path
from typing import Literal

import pytest
import yaml
from building import graph_of, kfp_of

import tao_kfp as tao
from tao_kfp.errors import TargetError, UsageError
from tao_kfp.targets import render
from tao_kfp.targets.kfp import copy_script

PARAMETER = "{{$.inputs.parameters['%s']}}"


def test_a_step_of_two_values():
    def function(word: str = "hello", times: int = 2):
        tao.ContainerOp("say", image="busybox:1.36", command=["echo"], arguments=[f"{word}!", times]).set_display_name(
            "Say it"
        )

    spec, executors = kfp_of(graph_of(function))
    assert spec["components"]["comp-say"] == {
        "executorLabel": "exec-say",
        "inputDefinitions": {
            "parameters": {"word": {"parameterType": "STRING"}, "times": {"parameterType": "NUMBER_INTEGER"}}
        },
    }
    assert spec["deploymentSpec"]["executors"]["exec-say"]["container"] == {
        "image": "busybox:1.36",
        "command": ["echo"],
        "args": [PARAMETER % "word" + "!", PARAMETER % "times"],
    }
    task = spec["root"]["dag"]["tasks"]["say"]
    assert task["taskInfo"] == {"name": "Say it"}
    assert task["cachingOptions"] == {}
    # A year for all attempts together: the SDK's own hour would end a long training for good.
    assert task["retryPolicy"] == {
        "maxRetryCount": 2,
        "backoffDuration": "60s",
        "backoffFactor": 2.0,
        "backoffMaxDuration": "31536000s",
    }
    assert executors["say"] == {
        "pvcMount": [
            {
                "constant": "tao-workspace",
                "mountPath": "/mnt/workspace",
                "pvcNameParameter": {"runtimeValue": {"constant": "tao-workspace"}},
            }
        ],
        "imagePullSecret": [
            {
                "secretName": "nvcr-pull-secret",
                "secretNameParameter": {"runtimeValue": {"constant": "nvcr-pull-secret"}},
            }
        ],
    }


def test_a_gpu_step_has_its_pod_settings():
    def function():
        tao.TrainOp("train", network="classification", spec="s", results="r", num_gpus=2).set_timeout(
            "1h"
        ).add_pod_label("team", "a")

    spec, executors = kfp_of(graph_of(function, node_selector={"pool": "gpu"}))
    container = spec["deploymentSpec"]["executors"]["exec-train"]["container"]
    assert container["args"][:4] == ["train", "--gpus", "2", "-k"]
    assert container["args"][4] == "$(TAO_KEY)"
    assert container["resources"]["accelerator"] == {
        "count": "2", "resourceCount": "2", "resourceType": "nvidia.com/gpu", "type": "nvidia.com/gpu",
    }  # fmt: skip
    assert executors["train"]["emptyDirMounts"] == [
        {"volumeName": "dshm", "mountPath": "/dev/shm", "medium": "Memory", "sizeLimit": "16Gi"}
    ]
    assert executors["train"]["secretAsEnv"] == [
        {
            "secretName": "tao-key",
            "secretNameParameter": {"runtimeValue": {"constant": "tao-key"}},
            "keyToEnv": [{"secretKey": "key", "envVar": "TAO_KEY"}],
        }
    ]
    assert executors["train"]["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    ]
    assert executors["train"]["nodeSelector"] == {"labels": {"pool": "gpu"}}
    assert executors["train"]["activeDeadlineSeconds"] == "3600"
    assert executors["train"]["podMetadata"] == {"labels": {"team": "a"}}


def test_gpus_of_a_run_parameter_are_declared_as_text_so_that_the_driver_reads_them():
    def function(gpus: Literal[1, 2] = 1):
        tao.TrainOp("train", network="classification", spec="s", results="r", num_gpus=gpus)

    spec, _ = kfp_of(graph_of(function))
    resource = spec["deploymentSpec"]["executors"]["exec-train"]["container"]["resources"]["accelerator"]
    assert resource == {
        "resourceCount": PARAMETER % "pipelinechannel--gpus", "resourceType": "nvidia.com/gpu", "type": "nvidia.com/gpu",
    }  # fmt: skip
    assert spec["components"]["comp-train"]["inputDefinitions"]["parameters"]["pipelinechannel--gpus"] == {
        "parameterType": "STRING"
    }
    inputs = spec["root"]["dag"]["tasks"]["train"]["inputs"]["parameters"]
    assert inputs["pipelinechannel--gpus"] == {"componentInputParameter": "gpus"}


def test_choices_are_drop_downs_and_booleans_too():
    def function(size: Literal["s", "m"] = "m", gpus: Literal[1, 2] = 1, amp: bool = False):
        tao.CommandOp("a", command="echo", arguments=[size, gpus, amp])

    parameters = kfp_of(graph_of(function))[0]["root"]["inputDefinitions"]["parameters"]
    assert {name: parameter["literals"] for name, parameter in parameters.items()} == {
        "size": ["s", "m"],
        "gpus": [1, 2],
        "amp": [True, False],
    }


@pytest.mark.parametrize(
    ("backend", "fields", "notes"),
    [
        (None, {"literals", "optional"}, ["accepted by Kubeflow Pipelines backends 2.16 and newer (drop-downs are drawn from 2.17 on; for older ones: --kfp-backend VERSION)"]),
        ("2.16.1", {"literals", "optional"}, ["accepted by Kubeflow Pipelines backends 2.16 and newer (drop-downs are drawn from 2.17 on; for older ones: --kfp-backend VERSION)"]),
        ("2.15", {"optional"}, ["accepted by Kubeflow Pipelines backends 2.15 and newer", "no drop-downs: backends before 2.16 refuse them"]),
        ("2.14", set(), ["accepted by Kubeflow Pipelines backends 2.14 and newer", "no drop-downs: backends before 2.16 refuse them",
                         "backends before 2.15 have no optional secrets in variables: every secret that a step names must exist"]),
        ("9.1", {"literals", "optional"}, ["accepted by Kubeflow Pipelines backends 2.16 and newer (drop-downs are drawn from 2.17 on; for older ones: --kfp-backend VERSION)"]),
    ],
)  # fmt: skip
def test_what_an_older_backend_would_refuse_is_left_out(backend, fields, notes):
    def function(amp: bool = False):
        tao.PullOp("pull", model=f"a/b:{amp}", dest="models")

    rendered = render(graph_of(function), "kfp", kfp_backend=backend)
    assert rendered.notes == notes
    assert {field for field in ("literals", "optional") if f"{field}:" in rendered.text} == fields


def test_a_parameter_named_like_such_a_field_is_kept():
    def function(optional: str = "a", literals: str = "b", subPath: str = "c"):  # noqa: N803
        tao.CommandOp("a", command="echo", arguments=[optional, literals, subPath])

    spec = next(iter(yaml.safe_load_all(render(graph_of(function), "kfp", kfp_backend="2.14").text)))
    assert list(spec["root"]["inputDefinitions"]["parameters"]) == ["literals", "optional", "subPath"]
    assert set(spec["root"]["dag"]["tasks"]["a"]["inputs"]["parameters"]) == {"literals", "optional", "subPath"}


def test_a_sub_path_needs_a_backend_that_has_it():
    graph = graph_of(lambda: tao.ListOp("a"), workspace=tao.Claim("data", sub_path="team"))
    assert kfp_of(graph)[1]["a"]["pvcMount"][0]["subPath"] == "team"
    with pytest.raises(TargetError, match=r"a sub-path of a claim needs a Kubeflow Pipelines backend from 2\.16 on"):
        render(graph, "kfp", kfp_backend="2.15")


def test_a_host_path_becomes_a_claim_and_the_objects_to_apply():
    workspace = tao.HostPath("/raid/ws", node_selector={"kubernetes.io/hostname": "dgx1"}, size="500Gi")
    graph = graph_of(lambda: tao.ListOp("a"), workspace=workspace)
    assert kfp_of(graph)[1]["a"]["pvcMount"][0]["constant"] == "test-workspace"
    volume, claim = yaml.safe_load_all(render(graph, "kfp").manifest)
    assert volume == {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "test-workspace"},
        "spec": {
            "capacity": {"storage": "500Gi"},
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "test-workspace",
            "hostPath": {"path": "/raid/ws", "type": "Directory"},
            "nodeAffinity": {
                "required": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["dgx1"]}]}
                    ]
                }
            },
        },
    }
    assert claim == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "test-workspace"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "test-workspace",
            "volumeName": "test-workspace",
            "resources": {"requests": {"storage": "500Gi"}},
        },
    }


def test_a_new_claim_is_made_by_a_first_task():
    spec, executors = kfp_of(graph_of(lambda: tao.ListOp("a"), workspace=tao.NewClaim("10Gi", storage_class="fast")))
    create = spec["root"]["dag"]["tasks"]["createpvc"]
    assert {name: value["runtimeValue"]["constant"] for name, value in create["inputs"]["parameters"].items()} == {
        "access_modes": ["ReadWriteMany"], "size": "10Gi", "pvc_name_suffix": "-workspace", "storage_class_name": "fast",
    }  # fmt: skip
    assert create["cachingOptions"] == {}
    assert spec["root"]["dag"]["tasks"]["a"]["dependentTasks"] == ["createpvc"]
    assert executors["a"]["pvcMount"][0]["taskOutputParameter"] == {
        "producerTask": "createpvc",
        "outputParameterKey": "name",
    }
    assert "deletepvc" not in str(spec)


def test_a_mount_parameter_is_fixed_in_the_package():
    def function(mount: tao.MountPath = "/data", path: str = "specs"):
        tao.ListOp("a", path=path)

    spec, executors = kfp_of(graph_of(function))
    assert list(spec["root"]["inputDefinitions"]["parameters"]) == ["path"]
    assert executors["a"]["pvcMount"][0]["mountPath"] == "/data"
    assert "/data/" + PARAMETER % "path" in spec["deploymentSpec"]["executors"]["exec-a"]["container"]["args"]


def test_an_output_file_is_copied_to_where_kubeflow_wants_it():
    def function():
        one = tao.ContainerOp(
            "one", image="i", command=["sh", "-c"], arguments=["echo hi > /tmp/v"], file_outputs={"my-value": "/tmp/v"}
        )
        tao.ContainerOp("two", image="i", command="echo", arguments=one.outputs["my-value"])

    spec, _ = kfp_of(graph_of(function))
    container = spec["deploymentSpec"]["executors"]["exec-one"]["container"]
    assert container["command"] == ["sh", "-c", '( shift 2; "$@" ) && cp "${1}" "${2}"', "sh"]
    assert container["args"] == [
        "/tmp/v",
        "{{$.outputs.parameters['my-value'].output_file}}",
        "sh",
        "-c",
        "echo hi > /tmp/v",
    ]
    assert spec["root"]["dag"]["tasks"]["two"]["inputs"]["parameters"] == {
        "one--my-value": {"taskOutputParameter": {"outputParameterKey": "my-value", "producerTask": "one"}}
    }


@pytest.mark.parametrize("count", [1, 3, 6])
def test_the_copy_script_runs_the_command_and_copies_every_file(tmp_path, count):
    pairs = [str(tmp_path / f"{kind} {at}") for at in range(count) for kind in ("from", "to")]
    command = ["sh", "-c", 'for f in "$@"; do echo "$f" > "$f"; done; exit 0', "sh", *pairs[::2]]
    run = subprocess.run(["sh", "-c", copy_script(2 * count), "sh", *pairs, *command], check=False)
    assert run.returncode == 0
    assert [Path(path).read_text() for path in pairs[1::2]] == [path + "\n" for path in pairs[::2]]


def test_the_copy_script_ends_with_the_commands_exit_code(tmp_path):
    run = subprocess.run(
        ["sh", "-c", copy_script(2), "sh", "/nowhere", str(tmp_path / "to"), "sh", "-c", "exit 7"], check=False
    )
    assert (run.returncode, list(tmp_path.iterdir())) == (7, [])


VOLUMES = {
    "persistentVolumeClaim": ({"claimName": "c"}, {}, ("pvcMount", 1)),
    "emptyDir": ({"sizeLimit": "1Gi"}, {}, ("emptyDirMounts", 0)),
    "secret": ({"secretName": "s"}, {}, ("secretAsVolume", 0)),
    "configMap": ({"name": "m"}, {}, ("configMapAsVolume", 0)),
}


@pytest.mark.parametrize("kind", VOLUMES)
def test_the_volumes_of_v2_are_mounted(kind):
    source, extra, (field, at) = VOLUMES[kind]

    def function():
        tao.ListOp("a").add_volume({"name": "v", kind: source}).add_volume_mount(
            {"name": "v", "mountPath": "/v", **extra}
        )

    assert kfp_of(graph_of(function))[1]["a"][field][at]["mountPath"] == "/v"


def a_step():
    return tao.CommandOp("a", command="echo")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tao.ContainerOp("a", image="i"), "does not run an image's entry point"),
        (lambda: a_step().add_volume({"name": "v", "hostPath": {"path": "/x"}}).add_volume_mount({"name": "v", "mountPath": "/v"}), "no volume of kind hostPath"),
        (lambda: a_step().add_volume({"name": "v", "secret": {"secretName": "s", "items": []}}).add_volume_mount({"name": "v", "mountPath": "/v"}), "no volume of kind secret with items"),
        (lambda: a_step().add_volume({"name": "v", "emptyDir": {}}).add_volume_mount({"name": "v", "mountPath": "/v", "readOnly": True}), "no readOnly for a mount"),
        (lambda: a_step().add_env_variable({"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}), "cannot fill the variable 'A' from resourceFieldRef"),
        (lambda: a_step().set_retry(1, policy="OnError"), "no retry policy 'OnError'"),
        (lambda: tao.CommandOp("a", command="echo", arguments="{{x}}"), "which Kubeflow reads as one of its own values"),
        (lambda n="a": a_step().add_env_variable("A", n), "cannot take the run parameter 'n' in the environment variable 'A'"),
        (lambda n="a": a_step().add_pod_label("a", n), "cannot take the run parameter 'n' in a pod label"),
        (lambda n="a": tao.ContainerOp("a", image=f"repo:{n}", command="c"), "takes a run parameter as the image only whole"),
    ],
)  # fmt: skip
def test_what_v2_does_not_have_is_an_error_of_this_target(make, message):
    annotations = dict.fromkeys(inspect.signature(make).parameters, str)
    make.__annotations__ = annotations
    with pytest.raises(TargetError, match=message):
        render(graph_of(make), "kfp")


def test_values_of_steps_and_parameters_never_share_a_name():
    def function(a_value: str = "parameter"):
        one = tao.ContainerOp(
            "a", image="i", command="c", file_outputs={"value": "/v", "b-value": "/w", "b_value": "/x"}
        )
        two = tao.ContainerOp("a-b", image="i", command="c", file_outputs={"value": "/v"})
        tao.CommandOp("c", command="echo", arguments=[a_value, *one.outputs.values(), two.output])

    spec, _ = kfp_of(graph_of(function))
    arguments = spec["deploymentSpec"]["executors"]["exec-c"]["container"]["args"]
    assert arguments == [PARAMETER % name for name in ("a_value", "a--value", "a--b-value", "a--b_value", "a-b--value")]
    inputs = spec["root"]["dag"]["tasks"]["c"]["inputs"]["parameters"]
    assert inputs["a--b-value"] == {"taskOutputParameter": {"producerTask": "a", "outputParameterKey": "b-value"}}
    assert inputs["a-b--value"] == {"taskOutputParameter": {"producerTask": "a-b", "outputParameterKey": "value"}}


def test_names_of_secrets_and_claims_can_be_run_parameters():
    def function(secret_name: str = "s", claim: str = "c"):
        (
            tao.ListOp("a")
            .add_env_variable({"name": "A", "valueFrom": {"secretKeyRef": {"name": secret_name, "key": "k"}}})
            .add_volume({"name": "v", "persistentVolumeClaim": {"claimName": claim}})
            .add_volume_mount({"name": "v", "mountPath": "/v", "readOnly": False})
        )

    executor = kfp_of(graph_of(function))[1]["a"]
    assert executor["secretAsEnv"] == [
        {
            "keyToEnv": [{"secretKey": "k", "envVar": "A"}],
            "secretNameParameter": {"componentInputParameter": "secret_name"},
        }
    ]
    assert executor["pvcMount"][1] == {
        "mountPath": "/v", "componentInputParameter": "claim", "pvcNameParameter": {"componentInputParameter": "claim"},
    }  # fmt: skip


def test_an_image_and_quantities_can_be_run_parameters():
    def function(image: str = "repo:1", memory: str = "8Gi", base_image: str = "kept"):
        tao.ContainerOp("a", image=image, command="echo", arguments=base_image).set_memory_limit(memory)

    spec, _ = kfp_of(graph_of(function))
    container = spec["deploymentSpec"]["executors"]["exec-a"]["container"]
    assert container["image"] == PARAMETER % "pipelinechannel--image"
    assert container["resources"]["resourceMemoryLimit"] == PARAMETER % "pipelinechannel--memory"
    assert container["args"] == [PARAMETER % "base_image"]


@pytest.mark.parametrize("version", ["1.8", "2.13", "x", "2", "2.x"])
def test_a_backend_that_no_table_knows_is_refused(version):
    with pytest.raises(UsageError):
        render(graph_of(a_step), "kfp", kfp_backend=version)


def test_a_variable_cannot_hold_a_secret_since_the_driver_sets_secrets_afterwards():
    graph = graph_of(
        lambda: tao.TrainOp("t", network="classification", spec="s", results="r").add_env_variable(
            "H", "Basic $(TAO_KEY)"
        )
    )
    with pytest.raises(TargetError, match="cannot put the variable 'TAO_KEY' into the environment variable 'H'"):
        render(graph, "kfp")


def test_a_dict_default_is_json_whatever_its_keys():
    def function(labels: dict = {0: "cat", 1: "dog"}):  # noqa: B006
        tao.CommandOp("a", command="echo", arguments=labels)

    assert kfp_of(graph_of(function))[0]["root"]["inputDefinitions"]["parameters"]["labels"]["defaultValue"] == {
        "0": "cat",
        "1": "dog",
    }
