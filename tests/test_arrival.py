"""Whatever text a parameter or an argument holds arrives at the command as one argument, unchanged, or is refused.

The engines' parts are played by their published rules: Argo and Kubeflow's launcher put a parameter's
value in place of its name, the kubelet expands `$(NAME)` and `$$`.
"""

from __future__ import annotations

import re

import yaml
from building import graph_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import tao_kfp as tao
from tao_kfp.errors import TaoKfpError
from tao_kfp.targets import render

text = st.one_of(st.text(st.sampled_from("$(){}'\"\\ \n\t%#:-,=ab1"), max_size=12), st.text(max_size=12))
ENV = {"TAO_KEY": "the-key", "a": "x", "b": "y", "1": "z"}
slow = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def kubelet(argument: str) -> str:
    return re.sub(
        r"\$\$|\$\(([^)]*)\)", lambda m: "$" if m.group() == "$$" else ENV.get(m.group(1), m.group()), argument
    )


def graph(value: str, before: str, after: str):
    def function(p=value):
        tao.ContainerOp("a", image="i", command="echo", arguments=[before + str(p) + after, "next"])

    function.__annotations__ = {"p": str}
    return graph_of(function)


def argo_arguments(built) -> list[str]:
    workflow = yaml.safe_load(render(built, "argo").text)["spec"]
    value = workflow["arguments"]["parameters"][0]["value"]
    container = next(template for template in workflow["templates"] if template["name"] == "a")["container"]
    return [kubelet(argument.replace("{{inputs.parameters.p}}", value)) for argument in container["args"]]


def kfp_arguments(built) -> list[str]:
    spec = next(iter(yaml.safe_load_all(render(built, "kfp").text)))
    value = spec["root"]["inputDefinitions"]["parameters"]["p"]["defaultValue"]
    container = spec["deploymentSpec"]["executors"]["exec-a"]["container"]
    # The launcher gets the value as an argument of its own, so the kubelet reads it there too.
    return [kubelet(argument).replace("{{$.inputs.parameters['p']}}", kubelet(value)) for argument in container["args"]]


def may_be_refused(value: str, before: str, after: str) -> bool:
    """Whether there is a reason to refuse these texts: what an engine reads, or what has no place in one line of a form."""
    texts = (value, before, after)
    reads = "$" in value or any("{" in text for text in texts)
    return (
        reads
        or any(not char.isprintable() for char in value)
        or any("\0" in text for text in texts)
        or not value.isascii()
    )


@slow
@given(text, text, text)
@example('it\'s "quoted" & <b> #1: 100%', "-x=", " $HOME $$ $(nproc)")
@example("", "", "")
def test_on_argo(value, before, after):
    try:
        arrived = argo_arguments(graph(value, before, after))
    except TaoKfpError as error:
        assert may_be_refused(value, before, after), error  # noqa: PT017 - a refusal is one of two good answers
        return
    assert arrived == [before + value + after, "next"]


@slow
@given(text, text, text)
@example('it\'s "quoted" & <b> #1: 100%', "-x=", " $HOME $$ $(nproc)")
@example("", "", "")
def test_on_kfp(value, before, after):
    try:
        arrived = kfp_arguments(graph(value, before, after))
    except TaoKfpError as error:
        assert may_be_refused(value, before, after), error  # noqa: PT017 - a refusal is one of two good answers
        return
    assert arrived == [before + value + after, "next"]
