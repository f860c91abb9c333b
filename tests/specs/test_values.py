"""Values of spec files, held against the OmegaConf that TAO reads them with (TAO 7.1 pins 2.3.0)."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, make_dataclass
from typing import Any, Dict, List, Optional, Union  # noqa: UP035 - OmegaConf 2.3 reads these on every Python

import pytest
import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from tao_kfp import catalog
from tao_kfp.catalog import Key
from tao_kfp.specs import values

# Every type that a key of the shipped catalogue has; the first test holds the list against the catalogue.
TYPES = (
    "any?", "bool", "bool?", "float", "float?", "float|str", "int", "int?", "section", "section?", "str", "str?",
    "[[any]]", "[[float]]", "[[int]]", "[any]", "[any]?", "[float]", "[float]?", "[int]", "[int]?", "[section]", "[section]?",
    "[str]", "[str]?", "[{any}]", "[{any}]?", "[{float}]", "[{str}]?",
    "{[int]}?", "{[str]}?", "{any}", "{any}?", "{float}", "{float}?", "{int}", "{int}?", "{str}", "{str}?",
)  # fmt: skip


def test_these_are_the_types_of_the_catalogue():
    known = catalog.default()
    rows = (
        known.action(release, network, action, group)
        for release in known.releases()
        for network in known.networks(release)
        for group in known.groups(release, network)
        for action in known.actions(release, network, group)
    )
    assert {key.type for row in rows for key in (row.keys or {}).values()} == set(TYPES)


# What TAO does -----------------------------------------------------------------------------------


@dataclass
class Section:
    """A section of a spec file, whose own keys take anything."""

    a: Any = None
    b: Any = None


def python_type(kind: values.Type) -> Any:
    """What a configuration class of TAO's declares for a type."""
    if kind.kind == "any":
        return Any
    inner = [python_type(one) for one in kind.inner]
    if kind.kind == "list":
        found: Any = List[inner[0]]  # noqa: UP006
    elif kind.kind == "dict":
        found = Dict[str, inner[0]]  # noqa: UP006
    elif kind.kind == "union":
        found = Union[tuple(inner)]
    else:
        found = {"int": int, "float": float, "str": str, "bool": bool, "section": Section}[kind.kind]
    return Optional[found] if kind.optional else found  # noqa: UP045


@functools.cache
def schema(type_name: str) -> Any:
    kind = python_type(values.parse_type(type_name))
    return OmegaConf.structured(make_dataclass("Config", [("key", kind, field(default="???"))]))


def omegaconf_takes(type_name: str, value: Any) -> bool:
    """Whether a spec file with this value passes, as TAO merges it into its configuration class."""
    try:
        OmegaConf.merge(schema(type_name), OmegaConf.create({"key": value}))
    except (OmegaConfBaseException, OverflowError):
        return False
    return True


# A value that fits is as likely as one that does not, at every depth.
TEXTS = st.sampled_from(
    ("a", "", "1", "-2", "1.5", "1e-4", "0x10", "1_000", " 3 ", "inf", ".inf", "nan", "true", "Yes", "off", "null", "???", "${a.b}", "x-${a}-${b}", "${a", "${ }", "$")
) | st.text(st.characters(exclude_characters="$", exclude_categories=("Cs",)), max_size=5)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)


ANYTHING = st.recursive(SCALARS, containers, max_leaves=4)


def near(kind: values.Type) -> st.SearchStrategy[Any]:
    """Values of a type, now and then with anything else in their place."""
    scalars = {"int": st.integers(), "float": st.floats(), "str": TEXTS, "bool": st.booleans()}
    if kind.kind == "list":
        right: st.SearchStrategy[Any] = st.lists(near(kind.inner[0]), max_size=3)
    elif kind.kind == "dict":
        right = st.dictionaries(st.sampled_from("ab"), near(kind.inner[0]), max_size=2)
    elif kind.kind == "union":
        right = st.one_of([near(one) for one in kind.inner])
    elif kind.kind == "section":
        right = st.dictionaries(st.sampled_from("ab"), SCALARS, max_size=2)
    else:
        right = scalars.get(kind.kind, ANYTHING)
    return right | right | ANYTHING


@pytest.mark.parametrize("type_name", TYPES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_value_is_refused_exactly_when_tao_refuses_it(type_name, data):
    value = data.draw(near(values.parse_type(type_name)))
    assert (list(values.problems(Key("key", type_name), value)) == []) == omegaconf_takes(type_name, value)


SEEN = [
    # OmegaConf converts what stands alone, and the elements of a list ...
    ("int", "5", []),
    ("float", "1e-4", []),
    ("bool", "yes", []),
    ("str", 5, []),
    ("[float]", [1, "2"], []),
    ("int", 1.0, [("", "1.0 is not a whole number")]),
    ("int", True, [("", "true is not a whole number")]),
    ("bool", "maybe", [("", "'maybe' is not true or false")]),
    ("str", None, [("", "is empty, and takes a text")]),
    ("str?", None, []),
    ("[int]", 3, [("", "3 is not a list, each a whole number")]),
    ("[int]", [1, "x", None], [("[1]", "'x' is not a whole number"), ("[2]", "is empty, and takes a whole number")]),
    ("{float}", {"a": "x"}, [(".a", "'x' is not a number")]),
    # ... and not what is inside of those, or one of two.
    ("[[float]]", [[1.5], [2]], [("[1]", "[2] is not a list, each a number")]),
    ("float|str", 1, [("", "1 is not a number or a text")]),
    # What is not known here is right.
    ("int", "???", []),
    ("int", "${train.num_gpus}", []),
    ("str", "models/${name", [("", "'models/${name' has a '${' without a name and a '}'")]),
    ("[section]", ["${a}"], [("[0]", "'${a}' is not a section of keys")]),
]


@pytest.mark.parametrize(("type_name", "value", "problems"), SEEN)
def test_a_value_has_these_problems(type_name, value, problems):
    assert list(values.problems(Key("key", type_name), value)) == problems
    assert omegaconf_takes(type_name, value) == (not problems)


CONSTRAINTS = {
    ("int", 0): "0 is below 1, the smallest that TAO takes",
    ("int", 10**400): f"{str(10**400)[:57]}... is above 8, the largest that TAO takes",
    ("int", "9"): "'9' is above 8, the largest that TAO takes",
    ("int", 8): "",
    ("float", float("inf")): "inf is above 8, the largest that TAO takes",
    ("float", "${rate}"): "",
}


@pytest.mark.parametrize(("type_name", "value"), CONSTRAINTS)
def test_a_number_keeps_within_its_range(type_name, value):
    assert values.problem(Key("key", type_name, min=1, max=8), value) == CONSTRAINTS[type_name, value]


def test_a_value_is_one_of_those_that_tao_lists():
    precision = Key("key", "str", options=("FP32", "FP16", "INT8"))
    assert [values.problem(precision, value) for value in ("fp16", "FP8", 16)] == [
        "",
        "'FP8' is none of FP32, FP16, INT8",
        "16 is none of FP32, FP16, INT8",
    ]
    assert [values.as_spelt(precision, value) for value in ("fp16", "FP8", 16)] == ["FP16", "FP8", 16]


def test_a_long_list_of_values_may_lack_one():
    arch = Key("model.backbone", "str", options=tuple(f"resnet_{depth}" for depth in range(9)))
    said = "'resnet_99' is none of the 9 values that TAO lists; did you mean 'resnet_8'?"
    assert values.problem(arch, "resnet_99") == said
    assert values.may_be_right(arch, "resnet_99")
    assert not values.may_be_right(arch, "resnet_8")


# Plain scalars -----------------------------------------------------------------------------------

WRITTEN = (
    r"[-+]?(0|[1-9][0-9_]{0,3}|0[0-7_]{1,3}|0[0-9]{1,3})",
    r"[-+]?0[xbo][0-9a-fA-F_]{0,4}",
    r"[-+]?[0-9][0-9_]{0,2}(:[0-9]{1,2}){1,2}(\.[0-9_]{0,2})?",
    r"[-+]?[0-9_]{0,3}\.?[0-9_]{0,3}([eE][-+]?[0-9_]{1,2})?",
    r"[-+]?\.?(inf|Inf|INF|nan|NaN|NAN|iNf)",
    r"[12][0-9]{3}-[01]?[0-9]-[0-3]?[0-9]",
    r"~|([Nn]ull|NULL|nULL|[Yy]es|YES|yEs|[Nn]o|[Oo]n|ON|[Oo]ff|OFF|[Tt]rue|TRUE|[Ff]alse|FALSE|y|n|Y|N)",
    r"[-+0-9.:_eExXobB~a-fnuty]{1,6}",
)


def is_plain(text: str) -> bool:
    """Whether YAML reads the whole text as one unquoted scalar."""
    try:
        node = yaml.compose(f"key: {text}", yaml.SafeLoader).value[0][1]
    except yaml.YAMLError:
        return False
    return isinstance(node, yaml.ScalarNode) and node.value == text


@settings(max_examples=500)
@given(text=st.one_of([st.from_regex(rf"\A({one})\Z") for one in WRITTEN]))
@example(text="1e-4")
@example(text="190:20:30")
@example(text="0o17")
@example(text="017")
@example(text="08")
@example(text="2001-01-01")
@example(text="._5")
def test_a_plain_text_is_read_as_tao_reads_it(text):
    assume(is_plain(text))
    try:
        expected = OmegaConf.to_container(OmegaConf.create(f"key: {text}"))["key"]
    except ValueError:  # 0x_ is a number by the rules, and its reader fails
        expected = text
    assert repr(values.read_scalar(text)) == repr(expected)
