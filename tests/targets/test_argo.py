"""The argo target, field by field."""

from __future__ import annotations

import json
from typing import Literal

import pytest
import yaml
from building import argo_of, argo_template, graph_of

import tao_kfp as tao
from tao_kfp.errors import TargetError
from tao_kfp.targets import render


def test_a_workflow_of_two_steps():
    def function(word: str = "hello"):
        """Say it."""
        one = tao.ContainerOp(
            "one", image="busybox:1.36", command=["echo"], arguments=[f"{word}!"], file_outputs={"said": "/tmp/said"}
        ).set_retry(0)
        tao.ContainerOp("two", image="busybox:1.36", command="cat", arguments=one.output).set_retry(1)

    workflow = argo_of(graph_of(function, image_pull_secret=""))
    annotation = json.loads(workflow["metadata"]["annotations"].pop("pipelines.kubeflow.org/pipeline_spec"))
    assert annotation == {
        "name": "test",
        "description": "Say it.",
        "inputs": [{"name": "word", "type": "String", "default": "hello", "optional": True, "description": ""}],
    }
    volume = {"name": "workspace", "persistentVolumeClaim": {"claimName": "tao-workspace"}}
    mount = {"name": "workspace", "mountPath": "/mnt/workspace"}
    labels = {"labels": {"pipelines.kubeflow.org/enable_caching": "false"}}
    assert workflow == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "test-", "annotations": {}},
        "spec": {
            "entrypoint": "test",
            "arguments": {"parameters": [{"name": "word", "value": "hello"}]},
            "templates": [
                {
                    "name": "test",
                    "inputs": {"parameters": [{"name": "word"}]},
                    "dag": {
                        "tasks": [
                            {
                                "name": "one",
                                "template": "one",
                                "arguments": {"parameters": [{"name": "word", "value": "{{inputs.parameters.word}}"}]},
                            },
                            {
                                "name": "two",
                                "template": "two",
                                "dependencies": ["one"],
                                "arguments": {
                                    "parameters": [
                                        {"name": "one-said", "value": "{{tasks.one.outputs.parameters.one-said}}"}
                                    ]
                                },
                            },
                        ]
                    },
                },
                {
                    "name": "one",
                    "inputs": {"parameters": [{"name": "word"}]},
                    "outputs": {"parameters": [{"name": "one-said", "valueFrom": {"path": "/tmp/said"}}]},
                    "container": {
                        "image": "busybox:1.36",
                        "command": ["echo"],
                        "args": ["{{inputs.parameters.word}}!"],
                        "volumeMounts": [mount],
                    },
                    "metadata": labels,
                    "volumes": [volume],
                },
                {
                    "name": "two",
                    "inputs": {"parameters": [{"name": "one-said"}]},
                    "container": {
                        "image": "busybox:1.36",
                        "command": ["cat"],
                        "args": ["{{inputs.parameters.one-said}}"],
                        "volumeMounts": [mount],
                    },
                    "metadata": labels,
                    "retryStrategy": {"limit": 1, "retryPolicy": "Always", "backoff": {"duration": "60s", "factor": 2}},
                    "volumes": [volume],
                },
            ],
        },
    }


def gpu_step(gpus: int = 1):
    tao.TrainOp("train", network="classification", spec="s", results="r", num_gpus=gpus).set_cpu_limit(4)


def test_gpus_of_a_run_parameter_reach_the_pod_through_a_patch():
    template = argo_template(graph_of(gpu_step), "train")
    assert json.loads(template["podSpecPatch"]) == {
        "containers": [{"name": "main", "resources": {"limits": {"nvidia.com/gpu": "{{inputs.parameters.gpus}}"}}}]
    }
    assert template["container"]["resources"] == {"limits": {"cpu": "4"}}


def test_a_fixed_number_of_gpus_is_a_limit():
    template = argo_template(graph_of(lambda: gpu_step(2)), "train")
    assert template["container"]["resources"] == {"limits": {"cpu": "4", "nvidia.com/gpu": "2"}}
    assert "podSpecPatch" not in template


def test_a_host_path_says_when_its_folder_is_missing():
    graph = graph_of(
        lambda: gpu_step(1), workspace=tao.HostPath("/raid/ws", node_selector={"kubernetes.io/hostname": "dgx1"})
    )
    template = argo_template(graph, "train")
    assert template["volumes"][0] == {"name": "workspace", "hostPath": {"path": "/raid/ws", "type": "Directory"}}
    assert template["nodeSelector"] == {"kubernetes.io/hostname": "dgx1"}


def test_a_new_claim_is_made_by_a_first_step_and_stays():
    graph = graph_of(lambda: (tao.ListOp("a"), tao.ListOp("b")), workspace=tao.NewClaim("10Gi", storage_class="fast"))
    workflow = argo_of(graph)["spec"]
    create = next(template for template in workflow["templates"] if template["name"] == "create-workspace")
    assert create["resource"]["action"] == "create"
    assert "setOwnerReference" not in create["resource"]
    assert yaml.safe_load(create["resource"]["manifest"]) == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "{{workflow.name}}-workspace"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "10Gi"}},
            "storageClassName": "fast",
        },
    }
    assert "volumeClaimTemplates" not in workflow
    tasks = workflow["templates"][0]["dag"]["tasks"]
    assert [(task["name"], task.get("dependencies")) for task in tasks] == [
        ("create-workspace", None),
        ("a", ["create-workspace"]),
        ("b", ["create-workspace"]),
    ]


def test_the_mount_can_be_a_run_parameter():
    def function(mount: tao.MountPath = "/data"):
        tao.ListOp("a", path="specs")

    template = argo_template(graph_of(function), "a")
    assert template["container"]["volumeMounts"] == [{"name": "workspace", "mountPath": "{{inputs.parameters.mount}}"}]
    assert template["container"]["args"][0] == "{{inputs.parameters.mount}}/specs"


def test_a_choice_is_an_enum_and_a_docstring_a_description():
    def function(size: Literal["s", "m"] = "m"):
        """Do it.

        Args:
            size: How large.
        """
        tao.CommandOp("a", command="echo", arguments=size)

    assert argo_of(graph_of(function))["spec"]["arguments"]["parameters"] == [
        {"name": "size", "value": "m", "description": "How large.", "enum": ["s", "m"]}
    ]


def test_a_file_for_kubectl_apply_has_a_name_that_follows_its_content():
    first = yaml.safe_load(render(graph_of(lambda: gpu_step(1)), "argo", packed=False).text)["metadata"]
    second = yaml.safe_load(render(graph_of(lambda: gpu_step(2)), "argo", packed=False).text)["metadata"]
    assert "generateName" not in first
    assert first["name"].startswith("test-")
    assert first["name"] != second["name"]


def test_a_run_parameter_may_stand_in_any_field():
    def function(memory: int = 8, image: str = "repo/ngc:1", secret_name: str = "s", team: str = "vision"):
        (
            tao.PullOp("a", model="a/b:1", dest="models", image=image)
            .set_memory_limit(f"{memory}Gi")
            .add_env_variable({"name": "A", "valueFrom": {"secretKeyRef": {"name": secret_name, "key": "k"}}})
            .add_toleration({"key": "team", "operator": "Equal", "value": team})
        )

    template = argo_template(graph_of(function), "a")
    assert template["container"]["image"] == "{{inputs.parameters.image}}"
    assert json.loads(template["podSpecPatch"])["containers"][0]["resources"] == {
        "limits": {"memory": "{{inputs.parameters.memory}}Gi"}
    }
    assert template["container"]["env"][1]["valueFrom"]["secretKeyRef"]["name"] == "{{inputs.parameters.secret_name}}"
    assert template["tolerations"] == [{"key": "team", "operator": "Equal", "value": "{{inputs.parameters.team}}"}]
    assert [name["name"] for name in template["inputs"]["parameters"]] == ["image", "memory", "secret_name", "team"]


def test_a_long_name_still_fits_a_workflow():
    graph = tao.pipeline("p" * 63)(lambda: tao.ListOp("a")).build()
    assert len(yaml.safe_load(render(graph, "argo", packed=False).text)["metadata"]["name"]) == 63


def test_a_workflow_that_clusters_may_not_keep_is_noted():
    notes = render(graph_of(lambda: tao.CommandOp("a", command="echo", arguments="x" * 1_100_000)), "argo").notes
    assert len(notes) == 1
    assert "most clusters keep objects up to 1.5 MB" in notes[0]


def test_a_step_named_like_the_pipeline_is_kept_apart():
    workflow = argo_of(graph_of(lambda: tao.ListOp("test")))["spec"]
    assert workflow["entrypoint"] == "test-dag"
    assert [template["name"] for template in workflow["templates"]] == ["test-dag", "test"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: tao.CommandOp("a", command="echo", arguments="{{workflow.name}}"),
        lambda: tao.CommandOp("a", command="echo").add_env_variable("A", "{{x}}"),
        lambda: tao.CommandOp("a", command="echo").add_pod_annotation("a", "{{x}}"),
        lambda: tao.ContainerOp("a", image="{{x}}", command="echo"),
        lambda word="{{x}}": tao.CommandOp("a", command="echo", arguments=word),
    ],
)
def test_text_that_argo_would_read_is_refused(make):
    with pytest.raises(TargetError, match="which Argo reads as one of its own values"):
        render(graph_of(lambda: make()), "argo")


def test_variables_from_secrets_come_before_those_that_may_name_them():
    secret = tao.SecretKey("s", "k", env="W")
    graph = graph_of(
        lambda: tao.ListOp("a").add_env_variable("AUTHORIZATION", f"Bearer {secret}").add_env_variable(secret)
    )
    env = argo_template(graph, "a")["container"]["env"]
    assert [variable["name"] for variable in env] == ["W", "TAO_KFP_SCRIPT", "AUTHORIZATION"]
    assert env[2]["value"] == "Bearer $(W)"
