"""Small pipelines for tests, built in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

import tao_kfp as tao
from tao_kfp.ops.step import Step
from tao_kfp.pipelines.graph import Graph
from tao_kfp.targets import render


def graph_of(function: Callable[..., object], **settings: Any) -> Graph:
    """The graph of a pipeline function."""
    return tao.pipeline("test", **settings)(function).build()


def step_of(make: Callable[[], Any], **settings: Any) -> Step:
    """The complete step of the last op that `make` makes."""
    return list(graph_of(lambda: make(), **settings).steps.values())[-1]


def command_of(make: Callable[[], Any], **settings: Any) -> list[str]:
    """The words of the command that `make`'s last op runs, keys as `$(NAME)`."""
    step = step_of(make, **settings)
    return [word.replace("\0{$TAO_KEY}\0", "$(TAO_KEY)") for word in (*step.command, *step.arguments)]


def argo_of(graph: Graph) -> dict[str, Any]:
    """The Workflow of a graph."""
    return yaml.safe_load(render(graph, "argo").text)


def argo_template(graph: Graph, name: str) -> dict[str, Any]:
    """One template of the Workflow of a graph."""
    return next(template for template in argo_of(graph)["spec"]["templates"] if template["name"] == name)


def kfp_of(graph: Graph, backend: str | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The IR and the platform's executors of a graph."""
    documents = list(yaml.safe_load_all(render(graph, "kfp", kfp_backend=backend).text))
    executors = documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return documents[0], {name.removeprefix("exec-"): executor for name, executor in executors.items()}
