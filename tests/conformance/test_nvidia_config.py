"""The catalogue's keys, default specs, checks and JSON schemas against NVIDIA's own configuration classes.

NVIDIA's: the classes that TAO hands to Hydra as the schema of a spec file, unchanged, from the packages on PyPI; and
OmegaConf, with whose merge TAO refuses a spec file. Nothing stands in for anything. Every table of keys is tested whose
classes are in those packages: all of 6.0, 6.26 and 7.1, and those of the older releases that were read from 6.0.0.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

import tao_kfp.catalog
from conformance.nvidia import PACKAGES, package, tool
from tao_kfp.catalog import Action, Key
from tao_kfp.catalog.roles import path_kind
from tao_kfp.specs import files
from tao_kfp.specs.check_yaml import check, relevant
from tao_kfp.specs.new import default_spec
from tao_kfp.specs.schema import json_schema
from tao_kfp.specs.values import incomplete
from tao_kfp.specs.yaml_text import flow, parse

pytestmark = pytest.mark.slow

DATA = Path(tao_kfp.catalog.__file__).parent / "data"

# Classes of NVIDIA's own that no OmegaConf builds: `image_dir_name: str = None`. TAO's command ends with the same error.
UNBUILDABLE = (
    "nvidia_tao_core.config.dino.dataset:DINODatasetConvertConfig",
    "nvidia_tao_core.config.deformable_detr.dataset:DDDatasetConvertConfig",
    "nvidia_tao_pytorch.config.dino.dataset:DINODatasetConvertConfig",
    "nvidia_tao_pytorch.config.deformable_detr.dataset:DDDatasetConvertConfig",
)


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of keys, one action that reads it, and the class that it was made of."""

    name: str
    release: str
    network: str
    group: str
    action: str
    config: str
    packages: tuple[str, ...]

    @functools.cached_property
    def row(self) -> Action:
        """The action; of the table that its keys are in, all is confirmed."""
        found = tao_kfp.catalog.default().action(self.release, self.network, self.action, self.group)
        return dataclasses.replace(found, unconfirmed="")

    @property
    def keys(self) -> Mapping[str, Key]:
        return self.row.keys or {}

    @functools.cached_property
    def nvidia(self) -> type:
        """NVIDIA's class."""
        found: type = tool("packages").config_class(self.config, [package(one) for one in self.packages])
        return found

    @functools.cached_property
    def theirs(self) -> Any:
        """What TAO merges a spec file into."""
        return OmegaConf.structured(self.nvidia)

    @functools.cached_property
    def schema(self) -> jsonschema.Draft202012Validator:
        return jsonschema.Draft202012Validator(json_schema(self.row, self.keys))

    @functools.cached_property
    def default(self) -> str:
        return default_spec(self.row, self.keys, whole=True)

    def takes(self, text: str) -> bool:
        """Whether NVIDIA's class takes a spec file."""
        try:
            OmegaConf.merge(self.theirs, OmegaConf.create(text))
        except OmegaConfBaseException:
            return False
        return True


def tables() -> Iterator[Table]:
    for file in sorted((DATA / "releases").glob("*.json")):
        seen = set()
        for network, groups in json.loads(file.read_text())["networks"].items():
            for group, entry in groups.items():
                for action, row in entry["actions"].items():
                    reference = row.get("keys", "")
                    if reference in seen or not reference:
                        continue
                    seen.add(reference)
                    path, _, name = reference.partition("#")
                    table = json.loads((DATA / "keys" / f"{path}.json").read_text())[name]
                    config, _, sources = table["source"].partition(" of ")
                    # The class is in the package that its name begins with, and may lean on that of all configurations.
                    own = config.partition(".")[0].replace("_", "-")
                    packages = [one for one in sources.split(", ") if one.split("==")[0] in (own, "nvidia-tao-core")]
                    if any(one.startswith(own) for one in packages) and set(packages) <= set(PACKAGES):
                        yield Table(reference, file.stem, network, group, action, config, tuple(packages))


TABLES = list(tables())
BUILDABLE = [one for one in TABLES if one.config not in UNBUILDABLE]
# Where a class has several tables, by release or group, they hold the same.
ONE_A_CLASS = list({(one.config, one.packages): one for one in BUILDABLE}.values())


def each(found: list[Table]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("table", found, ids=[one.name for one in found])


def test_every_network_of_these_releases_is_tested():
    tested = {(one.release, one.network) for one in TABLES}
    assert {
        (release, path.stem) for release in ("6.0", "6.26", "7.1") for path in (DATA / "keys" / release).iterdir()
    } <= tested


@each(TABLES)
def test_the_rows_are_those_of_nvidias_class(table):
    path, _, name = table.name.partition("#")
    shipped = json.loads((DATA / "keys" / f"{path}.json").read_text())[name]["keys"]
    assert json.loads(json.dumps(tool("config_table").table(table.nvidia))) == shipped


@each(BUILDABLE)
def test_the_default_spec_is_nvidias_default(table):
    merged = OmegaConf.merge(table.theirs, OmegaConf.create(table.default))
    assert OmegaConf.to_container(merged) == OmegaConf.to_container(table.theirs)


@each(TABLES)
def test_the_json_schema_accepts_nvidias_default(table):
    jsonschema.Draft202012Validator.check_schema(table.schema.schema)
    found = table.schema.iter_errors(parse(table.default).plain())
    assert [(error.json_path, error.message) for error in found] == []


@each([one for one in TABLES if one.config in UNBUILDABLE])
def test_nvidia_cannot_build_these_classes(table):
    with pytest.raises(OmegaConfBaseException, match="Incompatible value 'None' for field of type 'str'"):
        OmegaConf.structured(table.nvidia)


# One mistake, or none, in a spec file -------------------------------------------------------------

# What somebody may write behind any key.
WRITTEN = (
    "", "null", "true", "yes", "0", "3", "-1", "1.5", "1e-4", ".inf", "text", "'a: b'", "'5'", "'yes'", "''", "/a/b.pth", "???",
    "${oc.env:HOME}", "[]", "[1, 2]", "[1.5]", "[text]", "[null]", "[[1.5]]", "[[1], [2.5]]", "[{a: 1}]", "{}", "{a: 1}", "{a: text}", "{a: [1]}",
)  # fmt: skip


def misspelt(draw: st.DrawFn, name: str) -> str:
    """A name with a letter too many, too few or wrong."""
    at = draw(st.integers(0, len(name) - 1))
    letter = draw(st.sampled_from("aexs_1"))
    return name[:at] + draw(st.sampled_from((letter, letter + name[at], ""))) + name[at + 1 :] or letter


@st.composite
def spec_files(draw: st.DrawFn, table: Table) -> str:
    """A spec file of one key, with another value than the default, or with one of its names misspelt."""
    name = draw(st.sampled_from(sorted(table.keys)))
    value = draw(st.sampled_from(WRITTEN[:12] + WRITTEN)) if draw(st.booleans()) else default_of(table.keys[name])
    parts = name.split(".")
    if draw(st.booleans()):
        at = draw(st.integers(0, len(parts) - 1))
        bare = parts[at].removesuffix("[]")
        parts[at] = parts[at].replace(bare, misspelt(draw, bare) if bare != "*" else bare)
    return one_key(parts, value)


def default_of(key: Key) -> str:
    return "{}" if key.type.startswith("section") else flow(key.default, "")


def one_key(parts: list[str], value: str) -> str:
    text, indent = "", ""
    for part in parts:
        text += f"{indent}{part.removesuffix('[]').replace('*', 'any')}:" + ("" if part is parts[-1] else "\n")
        indent += "  "
        if part.endswith("[]") and part is not parts[-1]:
            text += f"{indent}-\n"
            indent += "  "
    return f"{text} {value}\n"


def has_errors(table: Table, keys: Mapping[str, Key], text: str) -> bool:
    return any(one.level == "error" for one in check(parse(text), table.row, keys))


@each(ONE_A_CLASS)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_key_or_a_type_is_refused_exactly_when_nvidia_refuses_it(table, data):
    text = data.draw(spec_files(table))
    # NVIDIA's ranges and allowed values are for its forms; the merge does not know them.
    types = {name: Key(name, key.type, key.default) for name, key in table.keys.items()}
    assert has_errors(table, types, text) is not table.takes(text)


@each(ONE_A_CLASS)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_json_schema_refuses_exactly_what_the_check_refuses(table, data):
    text = data.draw(spec_files(table))
    # A schema knows no range of a number in quotes, and does not tell 1 from 1.0, as this one key of type `float|str` does.
    assume("clip_grad_norm_type" not in text)
    text = text.replace("'5'", "5")
    assert table.schema.is_valid(parse(text).plain()) is not has_errors(table, table.keys, text)


# What only the check finds -------------------------------------------------------------------------


def spec_of(content: Mapping[str, Any]) -> str:
    """A spec file of these keys."""
    root: dict[str, Any] = {}
    for name, value in content.items():
        *above, last = name.split(".")
        section = root
        for part in above:
            section = section.setdefault(part, {})
        section[last] = value
    return "".join(f"{name}: {flow(value, '')}\n" for name, value in root.items())


def not_allowed(key: Key) -> Any:
    """A value of a key's type that its range or its list of values excludes."""
    if key.options:
        return "no such word" if isinstance(key.options[0], str) else max(key.options) + 1
    return key.min - 1 if key.min is not None else (key.max or 0) + 1


def single(table: Table) -> list[Key]:
    return [key for name, key in table.keys.items() if "[]" not in name and "*" not in name]


@each(ONE_A_CLASS)
def test_what_nvidias_forms_do_not_allow_is_found_and_its_merge_takes_it(table):
    limited = [key for key in single(table) if key.options or key.min is not None or key.max is not None]
    text = spec_of({key.name: not_allowed(key) for key in limited})
    certain = {key.name for key in limited if not incomplete(key)}
    assert {one.key for one in check(parse(text), table.row, table.keys) if one.level == "error"} == certain
    assert {".".join(map(str, error.path)) for error in table.schema.iter_errors(parse(text).plain())} == certain
    assert table.takes(text)


@each(ONE_A_CLASS)
def test_a_path_outside_the_workspace_is_found_where_it_matters(table, tmp_path):
    paths = [key.name for key in single(table) if key.type in ("str", "str?") and path_kind(key.name)]
    (tmp_path / "a.yaml").write_text(spec_of({name: f"/elsewhere/{name}" for name in paths}))
    found = files.check(str(tmp_path / "a.yaml"), table.row, mount="/workspace", said=False)
    outside = {one.key for one in found if "outside the workspace" in one.what}
    assert outside == {name for name in paths if relevant(name, table.row)}
