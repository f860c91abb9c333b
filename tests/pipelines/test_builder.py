"""A decorated function is a pipeline."""

from __future__ import annotations

import subprocess
import sys
from typing import Literal

import pytest
from building import graph_of

import tao_kfp as tao
from tao_kfp.errors import ParameterError, PipelineError


@tao.pipeline("Two Steps", workspace=tao.Claim("data"), node_selector={"pool": "gpu"})
def two_steps(epochs: int = 3, gpus: Literal[1, 2] = 1):
    """Do two things.

    The second waits for the first.

    Args:
        epochs: How long.
    """
    first = tao.CommandOp("first", command="echo", arguments=["--epochs", epochs])
    tao.CommandOp("second", command="true", num_gpus=gpus).after(first)


def test_a_function_becomes_a_graph():
    graph = two_steps.build()
    assert (graph.name, graph.description) == ("two-steps", "Do two things.\n\nThe second waits for the first.")
    assert list(graph.parameters) == ["epochs", "gpus"]
    assert list(graph.steps) == ["first", "second"]
    assert graph.edges() == [("first", "second")]
    assert graph.layers() == [["first"], ["second"]]


def test_building_twice_gives_two_equal_graphs():
    assert two_steps.build().steps == two_steps.build().steps


def test_values_and_settings_can_be_given_when_it_is_built():
    graph = two_steps.build({"epochs": 9}, mount="/data", image="mine:1")
    assert graph.parameters["epochs"].default == 9
    assert graph.steps["first"].image == "mine:1"
    assert graph.steps["first"].mounts == [{"name": "workspace", "mountPath": "/data"}]


@pytest.mark.parametrize("values", [{"epoch": 1}, {"epochs": "3"}, {"gpus": 4}])
def test_a_value_that_does_not_fit_is_refused(values):
    with pytest.raises(ParameterError):
        two_steps.build(values)


def test_a_setting_that_does_not_exist_is_refused():
    with pytest.raises(PipelineError, match="there is no setting 'workspce'"):
        two_steps.build(workspce=tao.Claim("a"))


def test_a_pipeline_is_not_called():
    with pytest.raises(PipelineError, match="a pipeline is not called"):
        two_steps()


def test_an_op_of_another_pipeline_is_no_dependency():
    kept = []

    def first():
        kept.append(tao.CommandOp("a", command="ls"))

    def second():
        tao.CommandOp("b", command="ls").after(kept[0])

    graph_of(first)
    with pytest.raises(PipelineError, match="it comes after 'a' of another pipeline"):
        graph_of(second)


def test_a_parameter_of_another_pipeline_is_refused():
    kept = []

    def first(n: int = 1):
        kept.append(n)
        tao.CommandOp("a", command="ls")

    graph_of(first)
    with pytest.raises(PipelineError, match="the parameter 'n' belongs to another pipeline"):
        graph_of(lambda: tao.CommandOp("b", command="echo", arguments=kept[0]))


@pytest.mark.parametrize(
    ("use", "modules"),
    [
        ("classification.build()", []),
        ("classification.compile('p.yaml', target='argo')", ["yaml"]),
        ("classification.compile('p.yaml', target='kfp')", ["yaml"]),
    ],
)
def test_neither_building_nor_compiling_imports_an_sdk(use, modules, tmp_path):
    code = (
        f"import sys; from tao_kfp.pipelines.classification import classification; {use};"
        "print(sorted({'kfp', 'kubernetes', 'docker', 'google', 'yaml', 'click'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == f"{modules}\n"


def test_types_of_an_enclosing_function_are_known():
    from typing import Literal as Choice

    @tao.pipeline("local")
    def local(size: Choice["s", "m"] = "m", /, *, on: bool = True):
        tao.CommandOp("a", command="echo", arguments=[size, on])

    assert local.build().parameters["size"].choices == ("s", "m")


def test_an_unused_parameter_is_noted():
    def function(used: int = 1, forgotten: int = 2):
        tao.CommandOp("a", command="echo", arguments=used)

    assert graph_of(function).notes == ["the parameter 'forgotten' is used by no step"]
