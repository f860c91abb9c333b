"""What every step gets without asking."""

from __future__ import annotations

import pytest
from building import graph_of, step_of

import tao_kfp as tao
from tao_kfp.errors import TaoKfpError
from tao_kfp.resources import Retry

GPU_TAINT = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def train():
    return tao.TrainOp("train", network="classification", spec="a", results="b", num_gpus=2)


def test_a_gpu_step_gets_all_it_needs():
    step = step_of(train)
    assert (step.gpus, step.gpu_resource) == ("2", "nvidia.com/gpu")
    assert step.volumes == {"dshm": {"emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}}}
    assert step.mounts == [
        {"name": "workspace", "mountPath": "/mnt/workspace"},
        {"name": "dshm", "mountPath": "/dev/shm"},
    ]
    assert step.env == {"TAO_KEY": {"valueFrom": {"secretKeyRef": {"name": "tao-key", "key": "key"}}}}
    assert step.retry == Retry(count=2, backoff=60, factor=2, policy="Always")
    assert step.caching is False
    assert step.tolerations == [GPU_TAINT]
    assert step.pull_secrets == ["nvcr-pull-secret"]


def test_a_step_without_gpu_gets_the_workspace_and_no_key():
    step = step_of(lambda: tao.ListOp("ls"))
    assert step.mounts == [{"name": "workspace", "mountPath": "/mnt/workspace"}]
    assert (step.gpus, step.volumes, step.tolerations, step.caching) == ("0", {}, [], False)
    assert "TAO_KEY" not in step.env
    assert step.pull_secrets == ["nvcr-pull-secret"]


def test_pull_gets_the_ngc_key_where_there_is_one():
    step = step_of(lambda: tao.PullOp("pull", model="a/b:1", dest="models"))
    assert step.env == {
        "NGC_CLI_API_KEY": {"valueFrom": {"secretKeyRef": {"name": "ngc-api-key", "key": "key", "optional": True}}}
    }


def test_settings_of_the_pipeline_reach_every_step_and_a_step_can_differ():
    def function():
        train()
        tao.CommandOp("other", command="ls").set_retry(0).set_timeout(60).add_node_selector_constraint("pool", "cpu")

    graph = graph_of(
        function,
        node_selector={"pool": "gpu"},
        tolerations=[{"key": "team", "operator": "Exists"}],
        image_pull_secret="mine",
        shm_size="32Gi",
        retry=tao.Retry(5),
        timeout="12h",
        key=tao.SecretKey("team-key", "tao", env="TEAM_KEY"),
    )
    steps = graph.steps
    assert [step.node_selector for step in steps.values()] == [{"pool": "gpu"}, {"pool": "cpu"}]
    assert [step.tolerations for step in steps.values()] == [
        [{"key": "team", "operator": "Exists"}, GPU_TAINT],
        [{"key": "team", "operator": "Exists"}],
    ]
    assert [step.pull_secrets for step in steps.values()] == [["mine"], ["mine"]]
    assert [step.retry.count for step in steps.values()] == [5, 0]
    assert [step.timeout for step in steps.values()] == [43200, 60]
    assert steps["train"].volumes["dshm"]["emptyDir"]["sizeLimit"] == "32Gi"
    assert steps["train"].env == {"TEAM_KEY": {"valueFrom": {"secretKeyRef": {"name": "team-key", "key": "tao"}}}}


def test_a_command_that_names_the_key_gets_it():
    step = step_of(lambda: tao.CommandOp("x", command="classification", arguments=["evaluate", "-k", "$(TAO_KEY)"]))
    assert step.env == {"TAO_KEY": {"valueFrom": {"secretKeyRef": {"name": "tao-key", "key": "key"}}}}


def test_a_shm_of_the_authors_own_is_left_alone():
    step = step_of(
        lambda: (
            train()
            .add_volume({"name": "big", "emptyDir": {"medium": "Memory"}})
            .add_volume_mount({"name": "big", "mountPath": "/dev/shm/"})
        )
    )
    assert step.volumes == {"big": {"emptyDir": {"medium": "Memory"}}}


def test_a_host_path_binds_every_step_to_its_node():
    graph = graph_of(
        lambda: (train(), tao.ListOp("ls")),
        workspace=tao.HostPath("/raid", node_selector={"kubernetes.io/hostname": "dgx1"}),
    )
    assert [step.node_selector for step in graph.steps.values()] == [{"kubernetes.io/hostname": "dgx1"}] * 2


def test_a_step_cannot_leave_the_node_of_the_workspace():
    with pytest.raises(TaoKfpError, match="it wants nodes with kubernetes.io/hostname=dgx2, but the workspace is on"):
        graph_of(
            lambda: train().add_node_selector_constraint("kubernetes.io/hostname", "dgx2"),
            workspace=tao.HostPath("/raid", node_selector={"kubernetes.io/hostname": "dgx1"}),
        )


def test_a_sub_path_is_on_the_mount():
    assert step_of(train, workspace=tao.Claim("data", sub_path="team")).mounts[0] == {
        "name": "workspace", "mountPath": "/mnt/workspace", "subPath": "team",
    }  # fmt: skip
