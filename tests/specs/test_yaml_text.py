"""YAML spec files: what is read, what is refused, and what a change leaves as it was."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from tao_kfp.errors import SpecError
from tao_kfp.specs.yaml_text import parse, set_value

SPEC = """# a spec
train:   # of the network
  num_epochs: 10   # short
  optim: {lr: 0.01, name: 'sgd'}
  scales: [1, 2]
model:
  path: "/a b"
empty:
"""


def error(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        parse(text, "a.yaml")
    return str(caught.value)


def test_every_value_knows_its_line():
    root = parse(SPEC)
    train = root.entries["train"][1]
    assert [(name, value.line) for name, (_, value) in train.entries.items()] == [
        ("num_epochs", 3),
        ("optim", 4),
        ("scales", 5),
    ]
    assert root.plain() == {
        "train": {"num_epochs": 10, "optim": {"lr": 0.01, "name": "sgd"}, "scales": [1, 2]},
        "model": {"path": "/a b"},
        "empty": None,
    }


@pytest.mark.parametrize(
    "text",
    [
        "a: 1e-4\nb: yes\nc: 0x10\nd: 017\ne: 1_000\nf: 2026-11-21\ng: ~\nh: .inf\ni: '1'\nj: 1:30\nk: ${a}\nl: ???\n",
        "base: &b {x: 1}\na:\n  <<: *b\n  y: 2\n",
        "a: [1, {b: c}]\n1: one\n",
        "a: |\n  text\n  more\nb: >-\n  folded\n  line\n",
        "",
        "# only a comment\n",
    ],
)
def test_values_are_those_that_omegaconf_reads(text):
    theirs = OmegaConf.to_container(OmegaConf.create(text or "{}"), resolve=False)
    assert parse(text).plain() == theirs


REFUSED = {
    "a: 1\nb: 2\na: 3\n": "a.yaml:3: the key 'a' is given twice, first on line 1; delete one: TAO refuses both",
    "a:\n\tb: 1\n": "a.yaml:2: a tab indents the line; indent with blanks",
    "a: [1, 2\nb: 3\n": "a.yaml:2: it is no YAML: did not find expected ',' or ']'",
    "- a\n- b\n": "a.yaml:1: it is no mapping of keys to values; a spec begins with a key such as `train:`",
    "a: 1\n---\nb: 2\n": "a.yaml:2: there is a second document; TAO reads one; delete what follows ---",
    "a: *b\n": "a.yaml:1: there is no anchor &b above",
    "a: !!python/object/apply:os.system ['true']\n": "a.yaml:1: the tag 'tag:yaml.org,2002:python/object/apply:os.system' "
    "is not for a spec file; write the value without it",
    "a: " + "[" * 200 + "]" * 200 + "\n": "a.yaml:1: it is nested deeper than 100 levels",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_spec_is_one_clear_line(text):
    assert error(text) == REFUSED[text]


def test_anchors_that_grow_without_end_are_refused():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert error(bomb) == "a.yaml:6: its anchors grow to more than 100,000 values; write the values out"


CHANGES = [
    ("train.num_epochs", 20, "num_epochs: 10   # short", "num_epochs: 20   # short"),
    ("train.optim.lr", 1e-05, "lr: 0.01,", "lr: 1e-05,"),
    ("train.optim.name", "it's", "'sgd'", "'it''s'"),
    ("train.optim.momentum", 0.9, "name: 'sgd'}", "name: 'sgd', momentum: 0.9}"),
    ("train.scales[1]", 3, "[1, 2]", "[1, 3]"),
    ("train.scales", [4, 5, 6], "[1, 2]", "[4, 5, 6]"),
    ("model.path", "/c", '"/a b"', '"/c"'),
    ("model.name", "yes", '  path: "/a b"\n', '  path: "/a b"\n  name: "yes"\n'),
    ("empty.of.all", None, "empty:\n", "empty:\n  of:\n    all: null\n"),
    ("new.key", True, "empty:\n", "empty:\nnew:\n  key: true\n"),
]


@pytest.mark.parametrize(("path", "value", "old", "new"), CHANGES, ids=[row[0] for row in CHANGES])
def test_a_change_touches_one_value_only(path, value, old, new):
    assert set_value(SPEC, path, value) == SPEC.replace(old, new)


def test_a_path_through_a_value_without_keys_is_refused():
    with pytest.raises(SpecError) as caught:
        set_value(SPEC, "train.num_epochs.more", 1, "a.yaml")
    assert str(caught.value) == "a.yaml: 'train.num_epochs.more' leads through a value that has no more"


names = st.from_regex(r"[a-z][a-z_0-9]{0,6}", fullmatch=True).filter(
    lambda name: name not in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, width=32),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12),
)
trees = st.dictionaries(
    names,
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
    ),
    min_size=1,
    max_size=4,
)


def paths(tree: Any, above: str = "") -> list[str]:
    if isinstance(tree, dict):
        return [path for key, value in tree.items() for path in [f"{above}{key}", *paths(value, f"{above}{key}.")]]
    if isinstance(tree, list):
        return [
            path
            for at, value in enumerate(tree)
            for path in [f"{above[:-1]}[{at}]", *paths(value, f"{above[:-1]}[{at}].")]
        ]
    return []


@given(trees, st.booleans(), st.data())
def test_any_value_of_any_file_can_be_changed_and_the_rest_stays(tree, flow, data):
    text = yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True, width=1000)
    before = parse(text).plain()
    path = data.draw(st.sampled_from(paths(before)))
    value = data.draw(scalars)
    after = parse(set_value(text, path, value)).plain()
    expected = parse(text)
    node = expected.find(path)
    node.kind, node.scalar, node.items, node.entries = "scalar", value, [], {}
    assert after == expected.plain()


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(SpecError):
        parse(text, "a.yaml")
