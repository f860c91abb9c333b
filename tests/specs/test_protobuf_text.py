"""Spec files in protobuf text: what is read, what is refused, and what a change leaves as it was."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tao_kfp.errors import SpecError
from tao_kfp.specs.protobuf_text import Field, Message, Word, parse, set_value


def tree(message: Message) -> list[tuple[str, Any]]:
    """Names and values only."""
    return [(f.name, tree(f.value) if isinstance(f.value, Message) else f.value) for f in message.fields]


def walk(message: Message, above: str = "") -> list[tuple[str, Field]]:
    """Every field with its path, each step with an index."""
    seen: dict[str, int] = {}
    found = []
    for field in message.fields:
        path = f"{above}{field.name}[{seen.setdefault(field.name, 0)}]"
        seen[field.name] += 1
        found += [(path, field), *(walk(field.value, f"{path}.") if isinstance(field.value, Message) else [])]
    return found


def leaves(text: str) -> list[tuple[str, Field]]:
    return [(path, field) for path, field in walk(parse(text)) if not isinstance(field.value, Message)]


def error(text: str, file: str = "a.cfg") -> str:
    with pytest.raises(SpecError) as caught:
        parse(text, file)
    return str(caught.value)


SPEC = """\
# Detection of cars.
random_seed: 42
dataset_config {
  data_sources: {
    image_directory_path: "/data/a"   # the first half
  }
  data_sources: {
    image_directory_path: '/data/b'
  }
  batch_size: 16
}
model_config {
  arch: "resnet"
  use_batch_norm: True
  all_projections: false
  type: L2
  sgd { lr: 0.01 }
}
"""


def test_a_field_knows_where_it_stands():
    message = parse('\n# c\na {\n  b:\n    "x"\n}')
    inner = Field("b", "x", line=4, value_line=5, start=18, end=21)
    assert message == Message([Field("a", Message([inner]), line=3, value_line=3, start=7, end=23)])


LEGAL = {
    "a { b: 1 }": [("a", [("b", 1)])],
    "a: { b: 1 }": [("a", [("b", 1)])],
    "a < b: 1 > a: <>": [("a", [("b", 1)]), ("a", [])],
    "a: 'x', b: \"y\"; c { d: 1, }": [("a", "x"), ("b", "y"), ("c", [("d", 1)])],
    "a: 1 # b: 2 }\n#\nc: 3#": [("a", 1), ("c", 3)],
    "a#\n:#\n1": [("a", 1)],
    "\ufeffa:\t1\r\nb {\r\n}\r\n": [("a", 1), ("b", [])],
    "# c\ra: 1\rb: 2": [("a", 1), ("b", 2)],
    "a:\xa01": [("a", 1)],
    "a: [1, 2] b: [] c: ['x' 'y', 'z'] d [{e: 1}, <>]": [
        ("a", 1), ("a", 2), ("c", "xy"), ("c", "z"), ("d", [("e", 1)]), ("d", []),
    ],
    "[type.googleapis.com/x.Y] { a: 1 } [pkg.ext]: 2": [("[type.googleapis.com/x.Y]", [("a", 1)]), ("[pkg.ext]", 2)],
    "a: [RED]": [("a", "RED")],
    'a:"x"b:1': [("a", "x"), ("b", 1)],
    "": [],
    "  # nothing": [],
}  # fmt: skip


@pytest.mark.parametrize("text", LEGAL)
def test_what_tao_reads_is_read(text):
    assert tree(parse(text)) == LEGAL[text]


VALUES = {
    "true": True, "False": False, "t": Word("t"), "RESNET": Word("RESNET"), "inf": Word("inf"),
    "7": 7, "-7": -7, "+7": 7, "017": 15, "0x1f": 31, "-0X1F": -31,
    "1.0": 1.0, ".5": 0.5, "5.": 5.0, "1e-4": 1e-4, "1E+3": 1000.0, "1.5f": 1.5, "2F": 2.0,
    "-inf": -math.inf, "-Infinity": -math.inf,
    '""': "", "'\"'": '"', r'"\"\'\\"': "\"'\\", r'"\t\n\r\a\b\f\v"': "\t\n\r\a\b\f\v",
    r'"\101\x41\x9"': "AA\t", r'"\303\xa9 \u00e9 \U0001F600"': "é é \U0001f600", r'"C:\d"': r"C:\d",
    '"é" \'#\' # "no"\n "{"': "é#{",
}  # fmt: skip


@pytest.mark.parametrize("text", VALUES)
def test_a_value_is_read_as_protobuf_does(text):
    [field] = parse(f"a: {text}").fields
    assert (type(field.value), field.value) == (type(VALUES[text]), VALUES[text])


def test_nan_is_a_number():
    [field] = parse("a: nan").fields
    assert isinstance(field.value, float)
    assert math.isnan(field.value)


WRONG = {
    "a {\n  b {\n  }\n": "a.cfg:1: the '{' of 'a' is not closed; add '}' after its fields",
    "a: 1\n}": "a.cfg:2: this '}' closes nothing; take it away, or open it before",
    "a {\n>": "a.cfg:2: the '{' of 'a' on line 1 is closed with '>'; write '}'",
    "a: 1\nb: [1,\n 2": "a.cfg:2: the '[' of 'b' is not closed; write [VALUE, VALUE]",
    "a: 1\nb: \"x\nc: 'y'": "a.cfg:2: a text is not closed; end it with \" on the same line",
    "'": "a.cfg:1: a text is not closed; end it with ' on the same line",
    "a:": "a.cfg:1: 'a' has no value; write a: VALUE, or take it away",
    "a {\n  b: }": "a.cfg:2: 'b' has no value; write b: VALUE, or take it away",
    "a:\nb: 1": "a.cfg:1: 'a' has no value; write a: VALUE, or take it away",
    "a:\nb { }": "a.cfg:1: 'a' has no value; write a: VALUE, or take it away",
    "a: [1, ]": "a.cfg:1: 'a' has no value; write a: VALUE, or take it away",
    "a 1": "a.cfg:1: there is no ':' after 'a'; write a: VALUE or a { ... }",
    "a: hello world\nb: 1": "a.cfg:1: there is no ':' after 'world'; write world: VALUE or world { ... }",
    "a = 1": "a.cfg:1: there is no ':' after 'a'; write a: VALUE or a { ... }",
    "a: /data/x b: 1": "a.cfg:1: '/data/x' is no value for 'a'; put text into quotes",
    "a: 09": "a.cfg:1: '09' is no value for 'a'; put text into quotes",
    "a: 2024-01-31": "a.cfg:1: '2024-01-31' is no value for 'a'; put text into quotes",
    "a: - 5": "a.cfg:1: '-' is no value for 'a'; put text into quotes",
    "a: 3,224,224": "a.cfg:1: '224,224' stands where a field should begin; write NAME: VALUE or NAME { ... }, and text in quotes",
    "a: 1;;": "a.cfg:1: ';' stands where a field should begin; write NAME: VALUE or NAME { ... }, and text in quotes",
    '"a": 1': "a.cfg:1: '\"a\":' stands where a field should begin; write NAME: VALUE or NAME { ... }, and text in quotes",
    '\na: "C:\\x"': "a.cfg:2: '\"C:\\\\x\"' holds a wrong escape; write \\\\ for a backslash",
    '\na: "\\377"': "a.cfg:2: the escapes of this text are no UTF-8; write \\\\ for a backslash",
    "\x89HDF\r\n\0": "a.cfg:2: this is no text; give a spec file, saved as UTF-8",
    "a: '\udc80'": "a.cfg:1: this is no text; give a spec file, saved as UTF-8",
    "a {\n" * 101: "a.cfg:101: 'a' lies inside 100 messages; close some of them before it",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_what_tao_refuses_is_one_clear_line(text):
    assert error(text) == WRONG[text]


def test_without_a_file_name_the_line_is_named():
    assert error("\na:", file="") == "line 2: 'a' has no value; write a: VALUE, or take it away"


def test_a_hundred_messages_inside_each_other_are_read():
    assert len(parse("a{" * 100 + "}" * 100).get(".".join("a" * 100))) == 1


PATHS = {
    "random_seed": [42],
    "model_config.sgd.lr": [0.01],
    "dataset_config.data_sources.image_directory_path": ["/data/a", "/data/b"],
    "dataset_config.data_sources[1].image_directory_path": ["/data/b"],
    "dataset_config.data_sources[2].image_directory_path": [],
    "model_config.arch.deeper": [],
    "nothing.here": [],
}


@pytest.mark.parametrize("path", PATHS)
def test_get_finds_every_field_at_a_path(path):
    assert [field.value for field in parse(SPEC).get(path)] == PATHS[path]


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a[x]", "a[-1]", "a b", "[1]", "a[0][1]"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(SpecError, match=r"is no path of a field; write it as in train_config.n_epochs or data_sour"):
        parse(SPEC).get(path)


CHANGES = [
    ("random_seed", 7, "random_seed: 42", "random_seed: 7"),
    ("dataset_config.data_sources[0].image_directory_path", "/x", '"/data/a"   #', '"/x"   #'),
    ("dataset_config.data_sources[1].image_directory_path", "it's\n\"\\", "'/data/b'", r"""'it\'s\n"\\'"""),
    ("model_config.arch", 'a"\0é', '"resnet"', r'"a\"\000é"'),
    ("model_config.use_batch_norm", False, "norm: True", "norm: False"),
    ("model_config.all_projections", True, "projections: false", "projections: true"),
    ("model_config.type", Word("NO_REG"), "type: L2", "type: NO_REG"),
    ("model_config.type", "L1", "type: L2", 'type: "L1"'),
    ("model_config.sgd.lr", 5e-05, "lr: 0.01", "lr: 5e-05"),
    ("dataset_config.batch_size", -math.inf, "size: 16", "size: -inf"),
]


@pytest.mark.parametrize("path, value, before, after", CHANGES)
def test_a_change_touches_one_value_and_keeps_its_manner(path, value, before, after):
    assert SPEC.count(before) == 1
    assert set_value(SPEC, path, value) == SPEC.replace(before, after)


ADDED = {
    ("a {\n    b: 1\n    # end\n}\n", "a.c"): "a {\n    b: 1\n    # end\n    c: 2\n}\n",
    ("a {\r\n\tb {\r\n\t\tc: 1\r\n\t}\r\n}\r\n", "a.b.d"): "a {\r\n\tb {\r\n\t\tc: 1\r\n\t\td: 2\r\n\t}\r\n}\r\n",
    ("  a <\n  >", "a.c"): "  a <\n    c: 2\n  >",
    ("a { b: 1 }", "a.c"): "a { b: 1 c: 2 }",
    ("a {}", "a.c"): "a { c: 2}",
    ("a {\n  b: 1 }", "a.c"): "a {\n  b: 1 c: 2 }",
    ("a: 1\n", "c"): "a: 1\nc: 2\n",
    ("a: 1 # no line end", "c"): "a: 1 # no line end\nc: 2",
    ("", "c"): "c: 2\n",
}


@pytest.mark.parametrize("text, path", ADDED)
def test_a_missing_value_becomes_the_last_line_of_its_message(text, path):
    assert set_value(text, path, 2) == ADDED[text, path]


def test_a_list_is_changed_by_index():
    assert set_value("a: [1, 2, 3]", "a[1]", 9) == "a: [1, 9, 3]"


def test_a_value_does_not_grow_together_with_the_next_name():
    assert set_value('a:"x"b:1', "a", 5) == "a:5 b:1"


REFUSED = {
    ("model_confg.arch", 1): "a.cfg:1: there is no message 'model_confg' for 'model_confg.arch'; did you mean 'model_config'?",
    ("model_config.lr.x", 1): "a.cfg:12: there is no message 'lr' for 'model_config.lr.x'; the messages here are sgd",
    ("model_config.sgd.x.y", 1): "a.cfg:17: there is no message 'x' for 'model_config.sgd.x.y'; the messages here are none",
    ("model_config.arch.x", 1): "a.cfg:13: 'arch' is no message; end the path 'model_config.arch.x' there",
    ("model_config", 1): "a.cfg:12: 'model_config' is a message, not a value; name a field inside it: "
    "arch, use_batch_norm, all_projections, type, sgd",
    ("dataset_config.data_sources.x", 1): "a.cfg:3: there are 2 fields 'data_sources'; "
    "write an index from 0 to 1, as in data_sources[0]",
    ("dataset_config.data_sources[2].x", 1): "a.cfg:3: there is no data_sources[2] for 'dataset_config.data_sources[2].x'; "
    "there are 2, counted from 0",
    ("random_seed", None): "'random_seed' cannot be None; give text, a number, true or false",
    ("random_seed", (1,)): "'random_seed' cannot be (1,); give text, a number, true or false",
    ("random_seed", Word("a b")): "'random_seed' cannot be 'a b'; give text, a number, true or false",
    ("random_seed", "\udc80"): "'random_seed' cannot be '\\udc80'; give text, a number, true or false",
    ("random seed", 1): "'random seed' is no path of a field; write it as in train_config.n_epochs or data_sources[1].image_directory_path",
}  # fmt: skip


@pytest.mark.parametrize("path, value", REFUSED)
def test_a_change_that_cannot_be_made_is_one_clear_line(path, value):
    with pytest.raises(SpecError) as caught:
        set_value(SPEC, path, value, "a.cfg")
    assert str(caught.value) == REFUSED[path, value]


SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**64),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.sampled_from(["RESNET", "a-b", "inf", "t"]).map(Word),
)
NAMES = st.sampled_from(["a", "b", "train_config", "[type.googleapis.com/x]"])
TREES = st.recursive(
    st.lists(st.tuples(NAMES, SCALARS), max_size=3),
    lambda inner: st.lists(st.tuples(NAMES, st.one_of(SCALARS, inner)), max_size=3),
    max_leaves=12,
)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[tuple[str, Any]]]:
    """A tree, and a file that holds it in some layout."""
    blank = st.sampled_from([" ", "\n", "\t", "\r\n", " # } ' \"\n"])

    def scalar(value: Any) -> str:
        if isinstance(value, bool):
            return draw(st.sampled_from([str(value), str(value).lower()]))
        if isinstance(value, str) and not isinstance(value, Word):
            quote = draw(st.sampled_from("'\""))
            written = value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
            if set("\0\n\r") & set(value):
                written = "".join(f"\\{byte:03o}" for byte in value.encode())
            return f"{quote}{written}{quote}"
        return str(value)

    def render(fields: list[tuple[str, Any]]) -> str:
        text = draw(blank)
        for name, value in fields:
            if isinstance(value, list):
                *opening, closing = draw(st.sampled_from(["{}", ":{}", "<>", ": <>"]))
                text += f"{name}{draw(blank)}{''.join(opening)}{render(value)}{closing}"
            else:
                text += f"{name}:{draw(blank)}{scalar(value)}"
            text += draw(st.sampled_from(["", ",", ";"])) + draw(blank)
        return text

    fields = draw(TREES)
    return render(fields), fields


@given(files())
def test_a_file_in_any_layout_gives_its_tree(file):
    text, fields = file
    assert tree(parse(text)) == fields


@given(files(), SCALARS, st.data())
def test_a_change_gives_the_value_and_changes_nothing_else(file, value, data):
    text, _ = file
    before = leaves(text)
    assume(before)
    number = data.draw(st.integers(0, len(before) - 1))
    path, old = before[number]
    changed = set_value(text, path, value)
    after = leaves(changed)
    new = after[number][1]
    assert (type(new.value), new.value) == (type(value), value)
    assert [(p, f.value) for p, f in after if p != path] == [(p, f.value) for p, f in before if p != path]
    assert changed == text[: old.start] + changed[new.start : new.end] + text[old.end :]


@given(files(), SCALARS, st.data())
def test_an_added_value_is_there_and_changes_nothing_else(file, value, data):
    text, fields = file
    holders = [f"{path}." for path, field in walk(parse(text)) if isinstance(field.value, Message)]
    path = data.draw(st.sampled_from(["", *holders])) + "brand_new"
    changed = set_value(text, path, value)
    [new] = parse(changed).get(path)
    assert (type(new.value), new.value) == (type(value), value)
    name = changed.rindex("brand_new", 0, new.start)
    assert tree(parse(f"{changed[:name]}{changed[new.end :]}")) == fields
    assert "".join(changed.replace(changed[name : new.end], "").split()) == "".join(text.split())


PIECES = [
    "a",
    "b: 1",
    ":",
    "{",
    "}",
    "<",
    ">",
    "[",
    "]",
    ",",
    ";",
    '"',
    "'",
    "\\",
    "#",
    "\n",
    " ",
    "-",
    "0",
    "x",
    "é",
    "\0",
    "\ud800",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(SpecError):
        parse(text)
