"""Every pipeline that the invariants, goldens and conformance tests look at."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import tao_kfp as tao
from tao_kfp.pipelines import find
from tao_kfp.pipelines.graph import Graph
from tao_kfp.starter import first_pipeline


@tao.pipeline(
    "everything",
    workspace=tao.NewClaim("50Gi", storage_class="fast"),
    timeout="12h",
    tolerations=[{"key": "team", "operator": "Exists"}],
)
def everything(
    network: Literal["classification", "detectnet_v2"] = "classification",
    images: list = ["a.jpg", "b.jpg"],  # noqa: B006
    options: dict = {"deep": {"er": 1}},  # noqa: B006
    rate: float = 1e-05,
    amp: bool = False,
    gpus: int = 2,
    memory: str = "8Gi",
    text: str = 'it\'s "quoted", 100% {odd} \\ ünïcode ☃ & <tags> #1: - | > !',
):
    """Use every kind of op, parameter, output and verb.

    Args:
        rate: A number that YAML readers disagree on.
    """
    pull = tao.PullOp("Pull model", model="nvidia/tao/pretrained_classification:resnet18", dest="models")
    train = tao.TrainOp("train", network="classification", spec="specs/a.cfg", results="out", num_gpus=gpus).after(pull)
    accuracy = tao.ReadResultOp("accuracy", file="out/status.json", key="kpi.accuracy").after(train)
    tao.ContainerOp(
        "report",
        image="python:3.12-slim",
        command=["sh", "-c", 'echo "$1" $(date) $$ > /tmp/report; cp /tmp/report /tmp/copy', "report"],
        arguments=[f"{accuracy.output} {text}", images, options, rate, amp, network],
        file_outputs={"report": "/tmp/report", "copy": "/tmp/copy"},
    ).set_memory_limit(memory).set_cpu_request("500m").set_retry(1, backoff_duration="5s").set_timeout("10m")
    tao.ListOp("list", path="out").after(train)
    tao.FetchOp("fetch", path="out", file="log.txt").after(train)
    tao.DeployOp("deploy", model="out/weights/model.trt", repository="triton", model_name="people").after(
        train
    ).set_display_name("Deploy to Triton")
    (
        tao.CommandOp("volumes", command="ls", num_gpus=1)
        .add_volume({"name": "cfg", "configMap": {"name": "settings"}})
        .add_volume_mount({"name": "cfg", "mountPath": "/cfg"})
        .add_volume({"name": "cert", "secret": {"secretName": "cert", "optional": True}})
        .add_volume_mount({"name": "cert", "mountPath": "/cert"})
        .add_env_variable(tao.SecretKey("wandb", "key", env="WANDB_API_KEY", optional=True))
        .add_env_variable("COSTS", "$5 and $(NOTHING)")
        .add_pod_label("team", "vision")
        .add_pod_annotation("note", "any: text")
        .set_image_pull_policy("IfNotPresent")
        .after(train)
    )


PIPELINES = {
    **{name: find.find(name) for name in find.READY_MADE},
    "my-classifier": first_pipeline.my_classifier,
    "everything": everything,
}

WORKSPACES: dict[str, Any] = {
    "as declared": {},
    "a claim with a sub-path": {"workspace": tao.Claim("data", sub_path="team-a")},
    "a host path": {"workspace": tao.HostPath("/raid/ws", node_selector={"kubernetes.io/hostname": "dgx1"})},
    "a new claim": {"workspace": tao.NewClaim("100Gi")},
}


@cache
def graph(pipeline: str, workspace: str = "as declared") -> Graph:
    """One of the pipelines with one of the workspaces."""
    return PIPELINES[pipeline].build(**WORKSPACES[workspace])
