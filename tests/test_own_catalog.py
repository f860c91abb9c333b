"""A catalogue file of one's own: what it changes, and what is said of a wrong one."""

from __future__ import annotations

import json

import pytest
import yaml
from building import command_of, step_of

import tao_kfp as tao
from tao_kfp.catalog import Catalog, Flag, Key, default
from tao_kfp.errors import CatalogError

W = "/mnt/workspace"

BIRDS = """
release: "7.1"
networks:
  bird_counter:
    model:
      image: registry.example.com/birds:1
      actions:
        train: {keys: birds}
        label: {gpu: false, image: registry.example.com/labels:1}
keys:
  birds:
    results_dir: {type: str}
    train.num_gpus: {type: int, default: 1, min: 1}
    train.lr: {type: float, default: 1e-4}
    train.precision: {type: str, default: fp32, options: [fp16, fp32]}
    data.sources[].path: {type: "str?"}
    heads.*.size: {type: int, default: 3}
"""


@pytest.fixture
def own(tmp_path):
    """Make a catalogue of a text."""

    def make(text: str, name: str = "own.yaml") -> Catalog:
        (tmp_path / name).write_text(text)
        return Catalog(tmp_path / name)

    return make


def test_a_network_is_added_to_those_of_its_release(own):
    catalog = own(BIRDS)
    assert catalog.networks("7.1") == sorted([*default().networks("7.1"), "bird_counter"])
    assert catalog.networks("6.26") == default().networks("6.26")
    assert catalog.actions("7.1", "bird_counter") == ["label", "train"]
    train = catalog.action("7.1", "bird_counter", "train")
    assert (train.image, train.dialect, train.gpu, train.unconfirmed) == (
        "registry.example.com/birds:1",
        "hydra",
        True,
        "",
    )
    label = catalog.action("7.1", "bird_counter", "label")
    assert (label.image, label.gpu, label.keys) == ("registry.example.com/labels:1", False, None)


def test_the_sections_of_its_keys_need_no_rows(own):
    assert list(own(BIRDS).action("7.1", "bird_counter", "train").keys.values()) == [
        Key("results_dir", "str", "???"),
        Key("train", "section"),
        Key("train.num_gpus", "int", 1, min=1),
        Key("train.lr", "float", 0.0001),
        Key("train.precision", "str", "fp32", options=("fp16", "fp32")),
        Key("data", "section"),
        Key("data.sources", "[section]"),
        Key("data.sources[].path", "str?"),
        Key("heads", "{section}"),
        Key("heads.*.size", "int", 3),
    ]


def test_an_op_runs_a_network_that_was_added(own):
    catalog = own(BIRDS)

    def make():
        return tao.TrainOp("x", network="bird_counter", spec="s.yaml", results="r", flags={"train.precision": "fp16"})

    assert command_of(make, release="7.1", catalog=catalog) == [
        "bird_counter", "train", "-e", f"{W}/s.yaml", f"results_dir={W}/r", "train.num_gpus=1", "train.precision=fp16",
    ]  # fmt: skip
    assert step_of(make, release="7.1", catalog=catalog).image == "registry.example.com/birds:1"


def test_an_image_is_changed_and_the_rest_stays(own):
    catalog = own('{release: "7.1", networks: {dino: {model: {image: "mine:2"}}}}')
    before, after = (one.action("7.1", "dino", "train") for one in (default(), catalog))
    assert (after.image, after.keys, after.gpu) == ("mine:2", before.keys, True)
    assert catalog.actions("7.1", "dino") == default().actions("7.1", "dino")
    assert catalog.action("7.1", "dino", "evaluate", "deploy").image == "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-deploy"


def test_the_image_of_one_action_is_changed(own):
    catalog = own('{release: "7.1", networks: {dino: {model: {actions: {train: {image: "mine:2"}}}}}}')
    assert catalog.action("7.1", "dino", "train").image == "mine:2"
    assert catalog.action("7.1", "dino", "export").image == "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-pyt"


def test_an_action_is_added_to_a_network_with_its_flags(own):
    catalog = own(
        """
release: "3.21.08"
networks: {ssd: {model: {actions: [warm_up]}}}
flags: {ssd: {warm_up: {spec: {flags: [-e, --spec], required: true}, rounds: {flags: [--rounds], type: int, choices: [1, 2]}}}}
"""
    )
    assert catalog.action("3.21.08", "ssd", "warm_up").flags == {
        "spec": Flag("spec", ("-e", "--spec"), "str", required=True),
        "rounds": Flag("rounds", ("--rounds",), "int", choices=("1", "2")),
    }
    assert catalog.action("3.21.08", "ssd", "train") == default().action("3.21.08", "ssd", "train")


def test_a_release_may_be_new(own):
    catalog = own('{release: "8.0", networks: {dino: {model: {image: "mine:8", actions: [train, evaluate]}}}}')
    assert catalog.releases() == [*default().releases(), "8.0"]
    assert (catalog.networks("8.0"), catalog.image("8.0")) == (["dino"], "mine:8")


def test_a_patch_release_is_that_of_the_catalogue(own):
    assert own(BIRDS.replace('"7.1"', '"7.1.0"')).networks("7.1.0") == own(BIRDS).networks("7.1")


def test_json_says_the_same_as_yaml(own):
    as_json = json.dumps({**yaml.safe_load(BIRDS), "keys": {"birds": {}}})
    assert own(as_json, "own.json").networks("7.1") == own(BIRDS).networks("7.1")


NETWORK = '{release: "7.1", networks: {birds: {model: {image: "a:1", actions: [train]%s}}}%s}'
FLAGS = '{release: "7.1", networks: {birds: {model: {image: "a:1", dialect: argparse, actions: [train]}}}, flags: %s}'
KEYS = '{release: "7.1", networks: {birds: {model: {image: "a:1", actions: {train: {keys: k}}}}}, keys: {k: {lr: %s}}}'

WRONG = {
    "nothing": ("", "own.yaml: a catalogue is empty, not a mapping; see docs/catalog.md"),
    "no YAML": ("a: [", "the catalogue 'own.yaml' cannot be read: line 1: expected the node content, but found '<stream end>'"),
    "a name twice": ("networks: {}\nnetworks: {}", "the catalogue 'own.yaml' cannot be read: line 2: 'networks' is there twice"),
    "an unknown part": ('{release: "7.1", network: {}}', "own.yaml: a catalogue has no 'network'; did you mean 'networks'?"),
    "no release": ("{networks: {}}", "own.yaml: it has no release; see docs/catalog.md"),
    "no networks": ('{release: "7.1"}', "own.yaml: it has no networks; see docs/catalog.md"),
    "a release that YAML reads as a number": (
        "{release: 7.10, networks: {}}",
        "own.yaml: 7.1 is no release; write it in quotes, as in release: \"7.1\"",
    ),
    "networks that are a list": ('{release: "7.1", networks: [birds]}', "own.yaml: networks is a list, not a mapping; see docs/catalog.md"),
    "a name that is no word": (
        '{release: "7.1", networks: {"my birds": {model: {}}}}',
        "own.yaml: 'my birds' is no name of a network; it is the command's first word, as in dino",
    ),
    "a name that is no text": ('{release: "7.1", networks: {1: {model: {}}}}', "own.yaml: networks: 1 is no text; write it in quotes"),
    "an empty network": (
        '{release: "7.1", networks: {birds: {}}}',
        "own.yaml: the network 'birds' is empty; write model, dataset, deploy below it",
    ),
    "an unknown group": (
        '{release: "7.1", networks: {birds: {models: {}}}}',
        "own.yaml: the network 'birds' has no 'models'; did you mean 'model'?",
    ),
    "no image": (
        '{release: "7.1", networks: {birds: {model: {actions: [train]}}}}',
        "own.yaml: birds model has no image; write it: TAO 7.1 has no birds model to take it from",
    ),
    "no actions": (
        '{release: "7.1", networks: {birds: {model: {image: "a:1"}}}}',
        "own.yaml: birds model has no actions; write it: TAO 7.1 has no birds model to take it from",
    ),
    "an unknown entry": (NETWORK % (", imgae: x", ""), "own.yaml: birds model has no 'imgae'; did you mean 'image'?"),
    "an unknown dialect": (
        NETWORK % (", dialect: yaml", ""),
        "own.yaml: birds model: 'yaml' is no dialect; use argparse, mixed, hydra",
    ),
    "another dialect for a network that is there": (
        '{release: "7.1", networks: {ssd: {model: {dialect: hydra}}}}',
        "own.yaml: ssd model: its commands are argparse in TAO 7.1, not hydra; leave dialect out, or give the network another name",
    ),
    "an image that is none": (
        '{release: "7.1", networks: {dino: {model: {image: 7}}}}',
        "own.yaml: dino model: its image is 7; write it as in nvcr.io/nvidia/tao/tao-toolkit:7.1.0-pyt",
    ),
    "an action that is no word": (
        '{release: "7.1", networks: {dino: {model: {actions: ["train me"]}}}}',
        "own.yaml: dino train me: 'train me' is no name of an action; it is the command's second word, as in train",
    ),
    "an unknown entry of an action": (
        '{release: "7.1", networks: {dino: {model: {actions: {train: {gpus: 1}}}}}}',
        "own.yaml: dino train has no 'gpus'; did you mean 'gpu'?",
    ),
    "a GPU that is a number": (
        '{release: "7.1", networks: {dino: {model: {actions: {train: {gpu: 1}}}}}}',
        "own.yaml: dino train: gpu is 1; write true or false",
    ),
    "an unknown table of keys": (
        '{release: "7.1", networks: {dino: {model: {actions: {train: {keys: bird}}}}}, keys: {birds: {}}}',
        "own.yaml: dino train: there is no table 'bird' under keys; did you mean 'birds'?",
    ),
    "keys for a command with flags": (
        '{release: "7.1", networks: {ssd: {model: {actions: {train: {keys: birds}}}}}, keys: {birds: {}}}',
        "own.yaml: ssd train reads flags, and has no keys; leave keys out",
    ),
    "a key without a type": (
        KEYS % "{default: 1}",
        "own.yaml: k lr: its type is None; write int, float, str, bool, any, section, or in quotes '[int]', '{any}', 'str?'",
    ),
    "a type that YAML reads as a list": (
        KEYS % "{type: [int]}",
        "own.yaml: k lr: its type is ['int']; write int, float, str, bool, any, section, or in quotes '[int]', '{any}', 'str?'",
    ),
    "an unknown entry of a key": (KEYS % "{type: int, minimum: 1}", "own.yaml: k lr has no 'minimum'; did you mean 'min'?"),
    "a bound that is no number": (KEYS % "{type: int, min: one}", "own.yaml: k lr: min is 'one'; write a number"),
    "options that are no list": (KEYS % "{type: str, options: fp16}", "own.yaml: k lr: options is 'fp16'; write a list, as in [a, b]"),
    "no flags": (FLAGS % "{}", "own.yaml: birds train has no flags; write them under flags, by network and action"),
    "flags for a command with keys": (
        NETWORK % ("", ", flags: {birds: {train: {spec: {flags: [-e]}}}}"),
        "own.yaml: birds train reads a spec file, and has no flags; write keys, or dialect: argparse",
    ),
    "flags of an action that is not there": (
        FLAGS % "{birds: {train: {}, trian: {}}}",
        "own.yaml: flags: `birds trian` is not under networks; did you mean 'train'?",
    ),
    "a flag without a spelling": (
        FLAGS % "{birds: {train: {spec: {type: str}}}}",
        "own.yaml: birds train spec: its flags are None; write the spellings, as in flags: [-e, --spec]",
    ),
    "a spelling without a dash": (
        FLAGS % "{birds: {train: {spec: {flags: [e]}}}}",
        "own.yaml: birds train spec: its flags are ['e']; write the spellings, as in flags: [-e, --spec]",
    ),
    "an unknown type of a flag": (
        FLAGS % "{birds: {train: {spec: {flags: [-e], type: path}}}}",
        "own.yaml: birds train spec: its type is 'path'; use str, int, float, flag",
    ),
    "a flag that is required perhaps": (
        FLAGS % "{birds: {train: {spec: {flags: [-e], required: 1}}}}",
        "own.yaml: birds train spec: required is 1; write true or false",
    ),
    "a flag with two values": (
        FLAGS % "{birds: {train: {spec: {flags: [-e], nargs: 2}}}}",
        "own.yaml: birds train spec: nargs is 2; write '+' or '*', or leave it out for one value",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_one_clear_line(tmp_path, monkeypatch, name):
    text, line = WRONG[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(CatalogError) as found:
        Catalog("own.yaml")
    assert str(found.value) == line


UNREADABLE = {
    "gone.yaml": (None, "No such file or directory"),
    "a folder": ("", "Is a directory"),
    "bytes.yaml": (b"\xff\xfe\x00", "it is no UTF-8 text"),
    "own.json": (b'{"release": "7.1",\n oops}', "Expecting property name enclosed in double quotes: line 2 column 2 (char 20)"),
    "twice.json": (b'{"release": "7.1", "release": "7.2"}', "'release' is there twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path, monkeypatch, name):
    content, why = UNREADABLE[name]
    monkeypatch.chdir(tmp_path)
    if content == "":
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CatalogError) as found:
        Catalog(name)
    assert str(found.value) == f"the catalogue {name!r} cannot be read: {why}"


def test_a_wrong_file_of_a_pipeline_is_one_clear_line(tao_kfp, tmp_path):
    (tmp_path / "own.yaml").write_text(WRONG["no image"][0])
    (tmp_path / "p.py").write_text(
        "import tao_kfp as tao\n@tao.pipeline(name='p', release='7.1')\ndef p():\n    tao.ListOp('a')\n"
    )
    run = tao_kfp("check", "p.py", "--catalog", "own.yaml")
    assert (run.returncode, run.stderr) == (2, f"error: pipeline 'p', {WRONG['no image'][1]}\n")
