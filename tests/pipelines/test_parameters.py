"""Run parameters from a signature."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tao_kfp as tao
from tao_kfp.errors import TaoKfpError
from tao_kfp.pipelines.parameters import Parameter, from_function


def test_every_type_is_read_with_its_default_choices_and_description():
    def function(
        name: str = "a",
        epochs: int = 20,
        rate: float = 1,
        amp: bool = True,
        sizes: list = [1, 2],  # noqa: B006
        more: dict[str, int] = {"b": 1},  # noqa: B006
        gpus: Literal[1, 2] = 2,
        mount: tao.MountPath = "/data",
    ):
        """Do it.

        Args:
            name: What it is
                called.
            epochs (int): How long.
        """

    found = from_function(function)
    assert {name: (p.type, p.default, p.choices, p.is_mount) for name, p in found.items()} == {
        "name": ("str", "a", (), False),
        "epochs": ("int", 20, (), False),
        "rate": ("float", 1.0, (), False),
        "amp": ("bool", True, (), False),
        "sizes": ("list", [1, 2], (), False),
        "more": ("dict", {"b": 1}, (), False),
        "gpus": ("int", 2, (1, 2), False),
        "mount": ("str", "/data", (), True),
    }
    assert (found["name"].description, found["epochs"].description) == ("What it is called.", "How long.")


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("bool", True, "true"),
        ("float", 1e-05, "1e-05"),
        ("list", [1, "a"], '[1, "a"]'),
        ("dict", {"b": 1, "a": 2}, '{"a": 2, "b": 1}'),
    ],
)
def test_a_value_is_text_as_a_command_gets_it(kind, value, text):
    assert Parameter("p", kind, value).examples() == [text]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "4", 4),
        ("float", "1e-3", 0.001),
        ("bool", "False", False),
        ("list", "[1]", [1]),
        ("dict", '{"a": 1}', {"a": 1}),
        ("str", "", ""),
    ],
)
def test_a_value_of_the_command_line_has_the_parameters_type(kind, text, value):
    assert Parameter("p", kind, None).parse(text) == value


def wrong(annotation, default):
    def function(p=default):
        pass

    function.__annotations__ = {"p": annotation}
    return function


@pytest.mark.parametrize(
    "function",
    [
        wrong(int, 1.0),
        wrong(int, True),
        wrong(float, "1"),
        wrong(float, float("nan")),
        wrong(bool, 1),
        wrong(list, ()),
        wrong(list, [object()]),
        wrong(dict, [1]),
        wrong(str, None),
        wrong(bytes, b""),
        wrong(Literal[1, "a"], 1),
        wrong(Literal[1, 1.0], 1),
        wrong(Annotated[str, "x"], 1),
        wrong("Undefined", 1),
        wrong(str, "a\u2028b"),
        wrong(str, "cost$"),
        wrong(str, "a$$b"),
        wrong(tao.MountPath, "relative"),
        wrong(tao.MountPath, "/"),
    ],
)
def test_what_a_form_cannot_hold_is_refused(function):
    with pytest.raises(TaoKfpError):
        from_function(function)


@pytest.mark.parametrize("signature", ["*args", "**kwargs", "_hidden: int = 1", "größe: int = 1"])
def test_a_parameter_that_no_form_can_name_is_refused(signature):
    scope: dict = {}
    exec(f"def function({signature}): pass", scope)
    with pytest.raises(TaoKfpError):
        from_function(scope["function"])


@given(st.text())
def test_a_text_default_is_kept_unchanged_or_refused(text):
    try:
        parameter = from_function(wrong(str, text))["p"]
    except TaoKfpError:
        return
    assert parameter.examples() == [text]
    assert len(text.splitlines()) <= 1
    assert "$(" not in text
