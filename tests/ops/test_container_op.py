"""ContainerOp and its verbs."""

from __future__ import annotations

import pytest
from building import graph_of, step_of
from kubernetes import client as k8s

import tao_kfp as tao
from tao_kfp.errors import TaoKfpError
from tao_kfp.resources import Retry


def op(**extra):
    return tao.ContainerOp("x", image="busybox:1.36", command=["echo"], arguments=["hello"], **extra)


def test_a_container_op_is_plain_data():
    step = step_of(op)
    assert (step.name, step.image, step.command, step.arguments) == ("x", "busybox:1.36", ["echo"], ["hello"])


def test_every_verb_chains_and_sets_one_thing():
    step = step_of(
        lambda: (
            op()
            .set_cpu_request("500m")
            .set_cpu_limit(2)
            .set_memory_request("1Gi")
            .set_memory_limit("2Gi")
            .set_gpu_limit(3, vendor="amd")
            .set_shm_size("1Gi")
            .set_image_pull_policy("Always")
            .set_caching_options(True)
            .add_node_selector_constraint("gpu", "a100")
            .add_pod_label("team", "vision")
            .add_pod_annotation("note", "any text")
            .set_retry(4, policy="OnFailure", backoff_duration="5m", backoff_factor=3)
            .set_timeout("12h")
            .set_display_name("Say hello")
            .add_env_variable("A", "1")
        )
    )
    assert step.requests == {"cpu": "500m", "memory": "1Gi"}
    assert step.limits == {"cpu": "2", "memory": "2Gi"}
    assert (step.gpus, step.gpu_resource, step.shm_size) == ("3", "amd.com/gpu", "1Gi")
    assert (step.pull_policy, step.caching, step.timeout, step.display_name) == ("Always", True, 43200, "Say hello")
    assert (step.node_selector, step.labels, step.annotations) == (
        {"gpu": "a100"},
        {"team": "vision"},
        {"note": "any text"},
    )
    assert step.retry == Retry(4, backoff="5m", factor=3, policy="OnFailure")
    assert step.env == {"A": {"value": "1"}}


CLIENT_OBJECTS = {
    "volume": (
        lambda op: op.add_volume(
            k8s.V1Volume(name="cfg", config_map=k8s.V1ConfigMapVolumeSource(name="settings"))
        ).add_volume_mount(k8s.V1VolumeMount(name="cfg", mount_path="/cfg", read_only=True)),
        lambda step: (step.volumes["cfg"], step.mounts[-1]),
        ({"configMap": {"name": "settings"}}, {"name": "cfg", "mountPath": "/cfg", "readOnly": True}),
    ),
    "toleration": (
        lambda op: op.add_toleration(k8s.V1Toleration(key="gpu", operator="Exists", effect="NoSchedule")),
        lambda step: step.tolerations,
        [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
    ),
    "variable": (
        lambda op: op.add_env_variable(
            k8s.V1EnvVar(
                name="K", value_from=k8s.V1EnvVarSource(secret_key_ref=k8s.V1SecretKeySelector(name="s", key="k"))
            )
        ),
        lambda step: step.env,
        {"K": {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}},
    ),
}


@pytest.mark.parametrize("name", CLIENT_OBJECTS)
def test_objects_of_the_kubernetes_client_are_taken(name):
    verb, read, value = CLIENT_OBJECTS[name]
    assert read(step_of(lambda: verb(op()))) == value


def test_dicts_are_taken_as_well():
    step = step_of(
        lambda: (
            op().add_volume({"name": "tmp", "emptyDir": {}}).add_volume_mount({"name": "tmp", "mountPath": "/scratch"})
        )
    )
    assert step.volumes == {"tmp": {"emptyDir": {}}}


def test_a_secret_key_becomes_a_variable_and_its_reference():
    key = tao.SecretKey("wandb", "api-key", env="WANDB_API_KEY")
    step = step_of(lambda: tao.ContainerOp("x", image="i", command="login", arguments=["--key", key]))
    assert step.env == {"WANDB_API_KEY": {"valueFrom": {"secretKeyRef": {"name": "wandb", "key": "api-key"}}}}
    assert step.arguments == ["--key", "\0{$WANDB_API_KEY}\0"]


def test_an_output_in_an_argument_is_an_edge():
    def two():
        one = op(file_outputs={"value": "/tmp/v"})
        tao.ContainerOp("y", image="i", command="echo", arguments=f"got {one.output}")

    assert graph_of(two).edges() == [("x", "y")]


def test_a_name_of_a_person_becomes_a_label_and_stays_on_the_screen():
    step = step_of(lambda: tao.ContainerOp("Download Data", image="i", command="c"))
    assert (step.name, step.display_name) == ("download-data", "Download Data")


def test_a_mount_parameter_may_be_written_into_a_path_as_v1_scripts_do():
    def function(tao_mount_dir: tao.MountPath = "/data"):
        tao.EvaluateOp("x", network="classification", spec=f"{tao_mount_dir}/specs/a.cfg")

    step = graph_of(function).steps["x"]
    assert (step.arguments[2], step.reads[0].relative) == ("\0{tao_mount_dir}\0/specs/a.cfg", "specs/a.cfg")


def test_a_single_path_needs_no_list():
    assert [path.relative for path in step_of(lambda: op(writes="out")).writes] == ["out"]


def test_a_name_that_begins_with_a_digit_gets_a_word_before_it():
    step = step_of(lambda: tao.ContainerOp("1-prep", image="i", command="c"))
    assert (step.name, step.display_name) == ("step-1-prep", "1-prep")


def test_a_literal_that_is_no_key_may_stand_in_a_variable_of_such_a_name():
    step = step_of(
        lambda: (
            op()
            .add_env_variable("GOOGLE_APPLICATION_CREDENTIALS", "/var/gcp.json")
            .add_env_variable("NO_PASSWORD", "true")
        )
    )
    assert list(step.env) == ["GOOGLE_APPLICATION_CREDENTIALS", "NO_PASSWORD"]


def test_a_secret_may_be_given_a_variable_of_another_name():
    step = step_of(lambda: op().add_env_variable("MY_KEY", tao.SecretKey("s", "k", env="OTHER")))
    assert step.env == {"MY_KEY": {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}}


def test_shared_memory_that_was_asked_for_is_there_without_a_gpu_too():
    assert step_of(lambda: op().set_shm_size("2Gi")).volumes == {
        "dshm": {"emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}
    }


def test_the_toleration_is_that_of_the_gpus_vendor():
    step = step_of(lambda: op().set_gpu_limit(1, vendor="amd"))
    assert step.tolerations == [{"key": "amd.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: tao.ContainerOp("", image="i"),
        lambda: tao.ContainerOp("!!", image="i"),
        lambda: tao.ContainerOp("x" * 64, image="i"),
        lambda: tao.ContainerOp("x", image=""),
        lambda: tao.ContainerOp("x", image="a b"),
        lambda: op(file_outputs={"a b": "/tmp/v"}),
        lambda: op(file_outputs={"v": "tmp/v"}),
        lambda: op().add_pod_label("team", "a b"),
        lambda: op().add_pod_label("-team", "a"),
        lambda: op().add_node_selector_constraint("gpu", 1),
        lambda: op().set_gpu_limit(-1),
        lambda: op().set_gpu_limit("two"),
        lambda: op().set_gpu_limit(True),
        lambda: op().set_gpu_limit(1, vendor="intel"),
        lambda: op().add_volume("data"),
        lambda: op().add_volume({"name": "workspace", "emptyDir": {}}),
        lambda: op().add_volume({"name": "a", "emptyDir": {}}).add_volume({"name": "a", "secret": {"secretName": "s"}}),
        lambda: (
            op()
            .add_volume({"name": "a", "emptyDir": {}})
            .add_volume_mount({"name": "a", "mountPath": "/mnt/workspace"})
        ),
        lambda: op().add_volume({"name": "a", "emptyDir": {}}).add_volume_mount({"name": "a", "mountPath": "data"}),
        lambda: op().add_env_variable("1A", "x"),
        lambda: op().add_env_variable("A", None).add_env_variable(None),
        lambda: op().set_retry(-1),
        lambda: op().set_timeout(0),
        lambda: tao.ContainerOp("x", image="i", command="echo", arguments=f"{tao.SecretKey('s', 'k', env='K')}"),
    ],
)
def test_what_no_pod_could_have_is_refused(wrong):
    with pytest.raises(TaoKfpError):
        graph_of(lambda: wrong())
