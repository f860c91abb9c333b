"""Texts arrive at the command unchanged, through the kubelet's own expansion rules."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_kfp.targets.pod_text import pod_text
from tao_kfp.text import Ref

ENV = {"TAO_KEY": "the-key", "HOME": "/root"}


def kubelet(text: str, env: dict[str, str]) -> str:
    """Kubernetes' expansion, by its published rules (Container.args in the API reference)."""

    def replace(match: re.Match[str]) -> str:
        if match.group() == "$$":
            return "$"
        return env.get(match.group(1), match.group())

    return re.sub(r"\$\$|\$\(([^)]*)\)", replace, text)


dollars = st.text(st.sampled_from("$()AaT_K {}'\"\\\n"), max_size=30)


@given(dollars)
def test_a_literal_text_arrives_unchanged(text):
    assert kubelet(pod_text(text, {}, lambda ref: ""), {**ENV, "A": "x", "a": "y"}) == text


@given(dollars, dollars, dollars)
def test_a_text_around_a_value_arrives_unchanged(before, value, after):
    # What a person types on the form cannot be escaped; parameters refuse defaults with these (see there).
    if "$" in value:
        return
    written = pod_text(before + Ref("param", "p").marker + after, {}, lambda ref: value)
    assert kubelet(written, ENV) == before + value + after


@pytest.mark.parametrize(
    ("text", "written", "arrives"),
    [
        ("$(TAO_KEY)", "$(TAO_KEY)", "the-key"),
        ("a$(TAO_KEY)b", "a$(TAO_KEY)b", "athe-keyb"),
        ("$$(TAO_KEY)", "$$$(TAO_KEY)", "$the-key"),
        ("$(OTHER)", "$$(OTHER)", "$(OTHER)"),
        ("echo $HOME $$ $(nproc)", "echo $HOME $$$$ $$(nproc)", "echo $HOME $$ $(nproc)"),
        ("${HOME}", "${HOME}", "${HOME}"),
        ("5$", "5$", "5$"),
    ],
)
def test_only_the_dollars_that_would_be_read_are_doubled(text, written, arrives):
    assert pod_text(text, {"TAO_KEY"}, lambda ref: "") == written
    assert kubelet(written, {"TAO_KEY": "the-key"}) == arrives


def test_a_secret_is_a_reference_of_the_kubelet():
    assert pod_text("key=" + Ref("env", "TAO_KEY").marker, {"TAO_KEY"}, lambda ref: "") == "key=$(TAO_KEY)"


def test_a_dollar_before_a_value_is_doubled():
    assert pod_text("$" + Ref("param", "p").marker, {}, lambda ref: "(A)") == "$$(A)"
