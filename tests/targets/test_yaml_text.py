"""YAML that says the same to every reader."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tao_kfp.targets.yaml_text import dump

scalar = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
)
tree = st.recursive(
    scalar,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("abc-1", min_size=1), inner, max_size=4)
    ),
)


@given(tree)
def test_what_is_written_is_read_back(value):
    assert yaml.safe_load(dump(value, sort_keys=False)) == value


@pytest.mark.parametrize(
    "text",
    [
        "1e-05",
        "y",
        "N",
        "on",
        "0x1F",
        "0o17",
        "1_000",
        "null",
        "~",
        "2024-01-01",
        ".5",
        "-",
        "=",
        "<<",
        "1:30",
        "-inf",
        "NaN",
        "",
    ],
)
def test_a_text_that_some_reader_takes_for_something_else_is_quoted(text):
    assert dump([text], sort_keys=False) == f"- '{text}'\n"


@pytest.mark.parametrize(
    "text",
    ["train", "--gpus", "-e", "specs/a.cfg", "nvcr.io/nvidia/tao/tao-toolkit-tf:v3.21.08-py3", "argoproj.io/v1alpha1"],
)
def test_an_ordinary_text_is_plain(text):
    assert dump([text], sort_keys=False) == f"- {text}\n"


def test_a_script_is_written_line_by_line():
    assert dump({"a": "x\n  y\n"}, sort_keys=False) == "a: |\n  x\n    y\n"


def test_the_same_object_twice_is_no_alias():
    shared = {"x": 1}
    assert dump([shared, shared], sort_keys=False) == "- x: 1\n- x: 1\n"
