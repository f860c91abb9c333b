"""Legal pipelines of the kind that a check for keys, paths or fields could refuse by mistake."""

from __future__ import annotations

import pytest
from building import graph_of
from kubernetes import client as k8s

import tao_kfp as tao
from tao_kfp.targets import render


def step():
    return tao.ListOp("a")


STEPS = {
    "an annotation of Vault": lambda: step().add_pod_annotation("vault.hashicorp.com/agent-inject-secret-db", "database/creds/db"),
    "the address of a secrets manager": lambda: step().add_env_variable("SECRETS_MANAGER_URL", "https://vault:8200"),
    "the place of credentials": lambda: step().add_env_variable("GOOGLE_APPLICATION_CREDENTIALS", "creds/gcp.json"),
    "a number about passwords": lambda: step().add_env_variable("PASSWORD_LENGTH", "12"),
    "a variable with a dot": lambda: step().add_env_variable("discovery.type", "single-node"),
    "a recommended label": lambda: step().add_pod_label("app.kubernetes.io/name", "x"),
    "JSON in an annotation": lambda: step().add_pod_annotation("cfg", '{"a": [1, 2]}'),
    "a field of the pod": lambda: step().add_env_variable({"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}),
    "a variable of the client": lambda: step().add_env_variable(k8s.V1EnvVar(name="X", value="5")),
    "a shell script": lambda: tao.CommandOp(
        "a", command=["sh", "-c"], arguments="awk '{print $1}' f | jq '.a[] | {b: .c}' && echo $(date) ${HOME} \"$@\" $$"
    ),
    "Python with braces": lambda: tao.CommandOp("a", command=["python", "-c"], arguments="d = {'a': {'b': 1}}; print(d)"),
    "an image by its digest": lambda: tao.ContainerOp("a", image="reg.local:5000/a/b@sha256:" + "a1" * 32, command="c"),
    "a toleration of every taint": lambda: step().add_toleration(k8s.V1Toleration(operator="Exists")),
    "a scratch volume": lambda: step().add_volume({"name": "n", "emptyDir": {"sizeLimit": "1Gi"}}).add_volume_mount(
        k8s.V1VolumeMount(name="n", mount_path="/n", read_only=False)
    ),
}  # fmt: skip

SETTINGS = [
    *({"mount": mount} for mount in ("/workspace", "/home/tao", "/opt/ws", "/tmp/ws", "/usr/src/app", "/data")),
    *(
        {"workspace": tao.HostPath(path, any_node=True)}
        for path in ("/home/user/ws", "/var/lib/ws", "/usr/local/tao", "/run/media/u")
    ),
    {"workspace": tao.Claim("a.b", sub_path="x/y")},
    {"workspace": tao.NewClaim("1Gi", modes=["ReadWriteOnce"])},
]


@pytest.mark.parametrize("target", ["kfp", "argo"])
@pytest.mark.parametrize("name", STEPS)
def test_a_legal_step_is_taken(name, target):
    assert render(graph_of(lambda: STEPS[name]()), target).text


@pytest.mark.parametrize("target", ["kfp", "argo"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_legal_workspace_is_taken(settings, target):
    assert render(graph_of(lambda: step(), **settings), target).text


def test_legal_parameters_are_taken():
    def function(
        authorization: bool = False,
        max_new_tokens: int = 3,
        secret_manager: str = "x",
        image_pull_secret: str = "y",
        sort: dict = {"key": "id"},  # noqa: B006
        expression: str = "^a.*b",
        empty: str = "",
        blank: str = "a b",
    ):
        tao.CommandOp(
            "a", command="echo", arguments=[authorization, max_new_tokens, secret_manager, image_pull_secret, sort]
        )
        tao.CommandOp("b", command="echo", arguments=[expression, empty, blank])

    assert len(graph_of(function).parameters) == 8
