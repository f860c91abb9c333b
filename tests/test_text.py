"""Run-time values in ordinary text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_kfp.errors import ParameterError, StepError
from tao_kfp.pipelines.parameters import Parameter
from tao_kfp.text import Ref, refs, render, split, to_text

EPOCHS = Parameter("epochs", "int", 20)
literal = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    "text",
    [f"n={EPOCHS}!", "n=%s!" % EPOCHS, "n={}!".format(EPOCHS), "n=" + str(EPOCHS) + "!", "n=" + EPOCHS + "!"],  # noqa: UP031, UP032
)
def test_every_way_to_write_a_parameter_into_text_works(text):
    assert split(text) == ["n=", Ref("param", "epochs"), "!"]


@pytest.mark.parametrize("text", [repr(EPOCHS), f"{[EPOCHS]}", f"{EPOCHS!r}", str(EPOCHS)[1:], str(EPOCHS)[:-2]])
def test_a_parameter_that_was_cut_or_written_with_repr_is_refused(text):
    with pytest.raises(ParameterError, match="was cut, changed or written with repr"):
        split(text)


@pytest.mark.parametrize(
    "use",
    [
        lambda p: "%d" % p,  # noqa: UP031
        lambda p: p + 1,
        lambda p: 2 * p,
        lambda p: p > 1,
        lambda p: p in (1, 2),
        lambda p: range(p),
        lambda p: bool(p),
        lambda p: f"{p:03d}",
        lambda p: [1, 2][p],
        lambda p: list(p),
    ],
)
def test_what_needs_the_value_now_says_so(use):
    with pytest.raises(ParameterError, match="which is known only at run time"):
        use(EPOCHS)


@given(
    st.lists(
        st.one_of(literal, st.sampled_from([Ref("param", "a"), Ref("output", "value", "read"), Ref("env", "TAO_KEY")]))
    )
)
def test_text_splits_into_what_it_was_made_of(pieces):
    text = "".join(piece.marker if isinstance(piece, Ref) else piece for piece in pieces)
    merged: list = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece != "":
            merged.append(piece)
    assert split(text) == merged
    assert refs(text) == [piece for piece in merged if isinstance(piece, Ref)]


@given(literal)
def test_text_without_run_time_values_is_rendered_unchanged(text):
    assert render(text, lambda ref: pytest.fail("there is none")) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (1e-05, "1e-05"),
        (0.6, "0.6"),
        ("a b", "a b"),
        ({"b": 1, "a": [2]}, '{"a": [2], "b": 1}'),
    ],
)
def test_values_are_written_as_kubeflow_writes_them(value, text):
    assert to_text(value) == text


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), [1], object(), "\ud800", b"bytes"])
def test_what_has_no_text_is_refused(value):
    with pytest.raises(StepError):
        to_text(value)
