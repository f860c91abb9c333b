"""`tao-kfp networks`, and the rows and the page behind it."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

import tao_kfp as tao
from tao_kfp.catalog import commands, default, roles
from tao_kfp.errors import CatalogError
from tao_kfp.text import render

ROOT = Path(__file__).parent.parent
ROWS = commands.rows(default())


# Rows ---------------------------------------------------------------------------------------------

TF1 = "nvcr.io/nvidia/tao/tao-toolkit:5.0.0-tf1.15.5"
SOME = {
    "flags": {
        "release": "7.1", "network": "classification_tf1", "group": "model", "action": "train", "image": TF1, "gpu": True,
        "dialect": "argparse", "unconfirmed": "",
        "command": ["classification_tf1", "train", "-e", "<SPEC>", "-r", "<RESULTS>", "-k", "<KEY>", "--gpus", "<GPUS>"],
    },
    "flags that the command cannot do without": {
        "release": "7.1", "network": "yolo_v4", "group": "model", "action": "kmeans", "image": TF1, "gpu": True,
        "dialect": "argparse", "unconfirmed": "",
        "command": ["yolo_v4", "kmeans", "--results_dir", "<RESULTS>", "-l", "<LABEL_FOLDERS>", "-i", "<IMAGE_FOLDERS>", "-x", "<SIZE_X>", "-y", "<SIZE_Y>"],
    },
    "no flag that does nothing": {
        "release": "3.21.08", "network": "classification", "group": "model", "action": "evaluate",
        "image": "nvcr.io/nvidia/tao/tao-toolkit-tf:v3.21.08-py3", "gpu": True, "dialect": "argparse", "unconfirmed": "",
        "command": ["classification", "evaluate", "-e", "<SPEC>", "-k", "<KEY>"],
    },
    "flags and keys": {
        "release": "5.3", "network": "dino", "group": "model", "action": "evaluate",
        "image": "nvcr.io/nvidia/tao/tao-toolkit:5.3.0-pyt", "gpu": True, "dialect": "mixed", "unconfirmed": "",
        "command": ["dino", "evaluate", "-e", "<SPEC>", "-r", "<RESULTS>", "-k", "<KEY>", "--gpus", "<GPUS>", "evaluate.checkpoint=<MODEL>"],
    },
    "keys": {
        "release": "7.1", "network": "dino", "group": "model", "action": "train",
        "image": "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-pyt", "gpu": True, "dialect": "hydra", "unconfirmed": "",
        "command": ["dino", "train", "-e", "<SPEC>", "results_dir=<RESULTS>", "train.num_gpus=<GPUS>"],
    },
    "an engine to evaluate": {
        "release": "6.0", "network": "dino", "group": "deploy", "action": "evaluate",
        "image": "nvcr.io/nvidia/tao/tao-toolkit:6.0.0-deploy", "gpu": True, "dialect": "hydra",
        "unconfirmed": "no nvidia-tao-deploy of this release is published: actions of 6.26.3",
        "command": ["dino", "evaluate", "-e", "<SPEC>", "results_dir=<RESULTS>", "evaluate.trt_engine=<ENGINE>", "evaluate.num_gpus=<GPUS>"],
    },
    "an engine to build": {
        "release": "7.1", "network": "dino", "group": "deploy", "action": "gen_trt_engine",
        "image": "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-deploy", "gpu": True, "dialect": "hydra", "unconfirmed": "",
        "command": ["dino", "gen_trt_engine", "-e", "<SPEC>", "results_dir=<RESULTS>", "gen_trt_engine.onnx_file=<MODEL>",
                    "gen_trt_engine.trt_engine=<OUTPUT>", "gen_trt_engine.gpu_id=0"],
    },
    "no GPU": {
        "release": "7.1", "network": "dino", "group": "model", "action": "convert",
        "image": "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-pyt", "gpu": False, "dialect": "hydra", "unconfirmed": "",
        "command": ["dino", "convert", "-e", "<SPEC>", "results_dir=<RESULTS>"],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SOME)
def test_a_row_tells_how_an_action_is_run(name):
    wanted = SOME[name]
    same = ("release", "network", "group", "action")
    assert [row for row in ROWS if all(row[key] == wanted[key] for key in same)] == [wanted]


def test_every_command_is_its_network_its_action_and_words_with_upper_case_placeholders():
    word = re.compile(r"--?[A-Za-z][\w-]*|<[A-Z0-9_]+>|[a-z0-9_.]+=(<[A-Z0-9_]+>|0)")
    wrong = [
        row["command"]
        for row in ROWS
        if row["command"][:2] != [row["network"], row["action"]]
        or not all(word.fullmatch(text) for text in row["command"][2:])
    ]
    assert wrong == []


def test_the_rows_are_all_there_oldest_release_first():
    table = default()
    assert [(row["release"], row["network"], row["group"], row["action"]) for row in ROWS] == [
        (release, network, group, action)
        for release in table.releases()
        for network in table.networks(release)
        for group in table.groups(release, network)
        for action in table.actions(release, network, group)
    ]
    assert len(ROWS) > 2000


# What the ops are told under each placeholder, and what the container then sees.
W = "/mnt/workspace"
GIVEN = {
    "spec": (tao.Reads(tao.Existing("spec.yaml")), f"{W}/spec.yaml"),
    "model": (tao.Reads(tao.Existing("a.model")), f"{W}/a.model"),
    "engine": (tao.Reads(tao.Existing("an.engine")), f"{W}/an.engine"),
    "results": (tao.Writes("results"), f"{W}/results"),
    "output": (tao.Writes("output"), f"{W}/output"),
    "key": (tao.Key(), "$(TAO_KEY)"),
    "gpus": (1, "1"),
}


def given(action):
    """What an op is told so that it writes the row's command, and the text of each placeholder."""
    options, texts = {}, {}
    for name in re.findall(r"<(\w+)>", " ".join(commands.command(action))):
        if name.lower() in GIVEN:
            options[name.lower()], texts[name] = GIVEN[name.lower()]
            continue
        flag = next(flag for flag in action.flags.values() if flag.name.upper() == name)
        options[flag.name] = 7 if flag.type in ("int", "float") else "x"
        texts[name] = f"{W}/x" if roles.path_kind(flag.name) else str(options[flag.name])
    return options, texts


@pytest.mark.parametrize("release", default().releases())
def test_the_ops_write_the_commands_of_the_rows(release):
    rows = commands.actions(default(), release)
    wanted = {}

    @tao.pipeline(name="every-action", release=release)
    def every_action():
        for at, action in enumerate(rows):
            options, texts = given(action)
            tao.TaoOp(f"s{at}", network=action.network, action=action.name, group=action.group, options=options)
            words = [
                re.sub(r"<(\w+)>", lambda found, texts=texts: texts[found[1]], word)
                for word in commands.command(action)
            ]
            wanted[f"s{at}"] = words

    assert {
        name: [render(word, lambda value: f"$({value.name})") for word in (*step.command, *step.arguments)]
        for name, step in every_action.unchecked().steps.items()
    } == wanted


WRONG = {
    ("8.0", None, None): "the catalogue has no TAO release '8.0'; it has 3.21.08, 3.22.05, 5.0, 5.3, 5.5, 6.0, 6.26, 7.1",
    (None, None, "dnio"): "the catalogue has no network 'dnio'; did you mean 'dino'?",
    (None, None, "zzz"): "the catalogue has no network 'zzz'; `tao-kfp networks` lists them",
    ("7.1", None, "classification"): "TAO 7.1 has no network 'classification'; did you mean classification_pyt, classification_tf1, "
    "classification_tf2?",
    ("3.22.05", None, "dino"): "TAO 3.22.05 has no network 'dino'; TAO 5.0, 5.3, 5.5, 6.0, 6.26, 7.1 has it",
    (None, "trian", None): "the catalogue has no action 'trian'; did you mean 'train'?",
    ("7.1", "exprot", "dino"): "TAO 7.1 has no action 'exprot' for dino; did you mean 'export'?",
    ("7.1", "zzz", "mae"): "TAO 7.1 has no action 'zzz' for mae; it has evaluate, export, gen_trt_engine, inference, train",
    ("7.1", "train", "trtexec"): "TAO 7.1 has no action 'train' for trtexec; none of its actions are known",
}  # fmt: skip


@pytest.mark.parametrize("asked", WRONG)
def test_a_name_that_is_not_there_is_one_clear_line(asked):
    with pytest.raises(CatalogError) as found:
        commands.rows(default(), *asked)
    assert str(found.value) == WRONG[asked]


# The command line ---------------------------------------------------------------------------------


def test_json_has_an_object_for_each_row(tao_kfp):
    run = tao_kfp("networks", "--format", "json")
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout) == ROWS


def test_json_of_a_release_and_an_action_has_theirs_only(tao_kfp):
    run = tao_kfp("networks", "--format", "json", "--release", "7.1.0", "--action", "distill")
    assert json.loads(run.stdout) == [row for row in ROWS if (row["release"], row["action"]) == ("7.1", "distill")]


PRUNE = """\
NETWORK                   GROUP  IMAGE         ACTIONS
bpnet                     model  v3.21.08-py3  prune (1)
classification            model  v3.21.08-py3  prune
detectnet_v2              model  v3.21.08-py3  prune (1)
dssd                      model  v3.21.08-py3  prune (1)
efficientdet              model  v3.21.08-py3  prune (1)
faster_rcnn               model  v3.21.08-py3  prune (1)
mask_rcnn                 model  v3.21.08-py3  prune (1)
multitask_classification  model  v3.21.08-py3  prune (1)
retinanet                 model  v3.21.08-py3  prune (1)
ssd                       model  v3.21.08-py3  prune (1)
unet                      model  v3.21.08-py3  prune (1)
yolo_v3                   model  v3.21.08-py3  prune (1)
yolo_v4                   model  v3.21.08-py3  prune (1)
yolo_v4_tiny              model  v3.21.08-py3  prune (1)

an IMAGE without a name is a tag of nvcr.io/nvidia/tao/tao-toolkit-tf
(1) unconfirmed: no published source names its image; flags of the 5.0 source, the images are closed
"""


def test_a_release_is_a_table_of_its_networks_with_what_is_unconfirmed(tao_kfp):
    run = tao_kfp("networks", "--release", "3.21.08", "--action", "prune")
    assert (run.returncode, run.stdout, run.stderr) == (0, PRUNE, "")


DISTILL = """\
NETWORK             RELEASES    ACTIONS IN THE NEWEST OF THEM
classification_pyt  6.0 to 7.1  model: distill
dino                5.5 to 7.1  model: distill
radio               7.1         model: distill
rtdetr              6.0 to 7.1  model: distill
"""


def test_without_a_release_the_table_tells_which_releases_have_a_network(tao_kfp):
    run = tao_kfp("networks", "--action", "distill")
    assert (run.returncode, run.stdout, run.stderr) == (0, DISTILL, "")


def test_networks_without_known_actions_are_named_below_the_table(tao_kfp):
    words = tao_kfp("networks", "--release", "7.1").stdout.partition("no actions are known in TAO 7.1 of ")[2]
    table = default()
    assert " ".join(words.split()).split(", ") == [
        network for network in table.networks("7.1") if not table.actions("7.1", network)
    ]


@pytest.mark.parametrize("release", [None, *default().releases()])
def test_no_line_is_wider_than_a_screen(tao_kfp, release):
    lines = tao_kfp("networks", *(["--release", release] if release else [])).stdout.splitlines()
    assert len(lines) > 15
    assert max(map(len, lines)) <= 110


SHOWN = {
    "a network with flags": (("classification", "--action", "prune", "--release", "3.21.08"), """\
classification in TAO 3.21.08

model prune
  command      classification prune --results_dir <RESULTS> -m <MODEL> -o <OUTPUT> -k <KEY>
  image        nvcr.io/nvidia/tao/tao-toolkit-tf:v3.21.08-py3
  GPU          needed
  dialect      argparse: flags, and a spec file in protobuf text where it takes one
  reads        model  file
  writes       log_file     file, may be left out
               output_file  file
               results_dir  folder, may be left out
  flags
    --num_processes, -np           int      default -1
    --gpus                         int      default 1
    --gpu_index                    int ...
    --use_amp
    --log_file                     str
    -m, --model                    str      required
    -o, --output_file              str      required
    --results_dir                  str
    -k, --key                      str
    -n, --normalizer               str      default max
    -eq, --equalization_criterion  str      default union; one of union, intersection, arithmetic_mean,
                                            geometric_mean
    -pg, --pruning_granularity     int      default 8
    -pth, --pruning_threshold      float    default 0.1
    -nf, --min_num_filters         int      default 16
    -el, --excluded_layers         str ...  default []
    -v, --verbose
"""),
    "a network with flags and keys": (("action_recognition", "--action", "export", "--release", "5.3"), """\
action_recognition in TAO 5.3

model export
  command      action_recognition export -e <SPEC> -r <RESULTS> -k <KEY> --gpus <GPUS>
               export.checkpoint=<MODEL> export.onnx_file=<OUTPUT> export.gpu_id=0
  image        nvcr.io/nvidia/tao/tao-toolkit:5.3.0-pyt
  GPU          needed
  dialect      mixed: a spec file in YAML, flags, and KEY=VALUE for any key of the spec
  reads        export.checkpoint  file
  writes       results_dir       folder
               export.onnx_file  file
  keys of the section export; --keys shows all 69
    export.checkpoint   str   required
    export.results_dir  str?  default null
    export.onnx_file    str?  default null
    export.gpu_id       int   default 0
    export.batch_size   int   default 1
"""),
    "a network with keys, and its engine": (("dino", "--action", "evaluate", "--release", "6.0"), """\
dino in TAO 6.0

model evaluate
  command      dino evaluate -e <SPEC> results_dir=<RESULTS> evaluate.checkpoint=<MODEL>
               evaluate.num_gpus=<GPUS>
  image        nvcr.io/nvidia/tao/tao-toolkit:6.0.0-pyt
  GPU          needed
  dialect      hydra: a spec file in YAML, and KEY=VALUE for any key of it
  reads        evaluate.checkpoint  file
  writes       results_dir  folder
  keys of the section evaluate; --keys shows all 202
    evaluate.num_gpus        int    default 1; at least 1
    evaluate.gpu_ids         [int]  default [0]
    evaluate.num_nodes       int    default 1; at least 1
    evaluate.checkpoint      str    required
    evaluate.trt_engine      str?   default null
    evaluate.results_dir     str?   default null
    evaluate.input_width     int?   default null; at least 1
    evaluate.input_height    int?   default null; at least 1
    evaluate.conf_threshold  float  default 0.0

deploy evaluate
  command      dino evaluate -e <SPEC> results_dir=<RESULTS> evaluate.trt_engine=<ENGINE>
               evaluate.num_gpus=<GPUS>
  image        nvcr.io/nvidia/tao/tao-toolkit:6.0.0-deploy
  GPU          needed
  dialect      hydra: a spec file in YAML, and KEY=VALUE for any key of it
  reads        evaluate.trt_engine  file
  writes       results_dir  folder
  unconfirmed  no nvidia-tao-deploy of this release is published: actions of 6.26.3
  keys of the section evaluate; --keys shows all 202
    evaluate.num_gpus        int    default 1; at least 1
    evaluate.gpu_ids         [int]  default [0]
    evaluate.num_nodes       int    default 1; at least 1
    evaluate.checkpoint      str    required
    evaluate.trt_engine      str?   default null
    evaluate.results_dir     str?   default null
    evaluate.input_width     int?   default null; at least 1
    evaluate.input_height    int?   default null; at least 1
    evaluate.conf_threshold  float  default 0.0
"""),
    "keys without a section": (("image",), """\
image in TAO 7.1

dataset validate
  command      image validate -e <SPEC> results_dir=<RESULTS>
  image        nvcr.io/nvidia/tao/tao-toolkit:7.1.0-data-services
  GPU          needed
  dialect      hydra: a spec file in YAML, and KEY=VALUE for any key of it
  writes       results_dir  folder, may be left out
  keys
    data.image_dir  str    required
    in_place        bool?  default true
    results_dir     str    default ""
"""),
    "too many keys without a section": (("auto_label",), """\
auto_label in TAO 7.1

dataset generate
  command      auto_label generate -e <SPEC> results_dir=<RESULTS> num_gpus=<GPUS>
  image        nvcr.io/nvidia/tao/tao-toolkit:7.1.0-data-services
  GPU          needed
  dialect      hydra: a spec file in YAML, and KEY=VALUE for any key of it
  writes       results_dir  folder, may be left out
  keys         none of its own: --keys shows all 288
"""),
    "keys that nobody published": (("cosmos-embed1", "--action", "export"), """\
cosmos-embed1 in TAO 7.1

model export
  command      cosmos-embed1 export -e <SPEC> results_dir=<RESULTS>
  image        nvcr.io/nvidia/tao/tao-toolkit:7.1.0-cosmos-embed
  GPU          needed
  dialect      hydra: a spec file in YAML, and KEY=VALUE for any key of it
  reads        export.checkpoint  file
  writes       results_dir  folder
  unconfirmed  no published package has its commands
  keys         not known
"""),
    "no actions": (("trtexec",), """\
trtexec in TAO 7.1

no actions of it are known; its image is nvcr.io/nvidia/tao/tao-toolkit:7.1.0-deploy
"""),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_show_tells_all_of_a_network(tao_kfp, name):
    arguments, text = SHOWN[name]
    run = tao_kfp("networks", "show", *arguments)
    assert (run.returncode, run.stdout, run.stderr) == (0, text, "")


def test_show_takes_every_group_and_action_of_the_newest_release(tao_kfp):
    lines = tao_kfp("networks", "show", "rtdetr").stdout.splitlines()
    assert lines[0] == "rtdetr in TAO 7.1"
    assert [line for line in lines[1:] if line and not line.startswith(" ")] == [
        "model distill", "model evaluate", "model export", "model inference", "model quantize", "model train",
        "deploy evaluate", "deploy gen_trt_engine", "deploy inference",
    ]  # fmt: skip


def test_show_takes_the_newest_release_that_knows_the_actions(tao_kfp):
    assert tao_kfp("networks", "show", "skin_tone").stdout.startswith("skin_tone in TAO 6.26\n")
    assert tao_kfp("networks", "show", "skin_tone", "--release", "7.1").stdout == (
        "skin_tone in TAO 7.1\n\nno actions of it are known; its image is nvcr.io/nvidia/tao/tao-toolkit:7.1.0-data-services\n"
    )


def test_all_keys_are_shown_when_asked_for(tao_kfp):
    arguments = ("networks", "show", "auto_label", "--release", "7.1", "--keys", "--format", "json")
    found = json.loads(tao_kfp(*arguments).stdout)
    action = default().action("7.1", "auto_label", "generate")
    assert [key["name"] for key in found[0]["keys"]] == [
        name for name, key in action.keys.items() if key.type != "section"
    ]


def test_json_of_a_network_has_its_rows_with_all_that_is_known(tao_kfp):
    found = json.loads(tao_kfp("networks", "show", "image", "--release", "7.1", "--format", "json").stdout)
    assert found == [
        {
            "release": "7.1",
            "network": "image",
            "group": "dataset",
            "action": "validate",
            "image": "nvcr.io/nvidia/tao/tao-toolkit:7.1.0-data-services",
            "gpu": True,
            "dialect": "hydra",
            "command": ["image", "validate", "-e", "<SPEC>", "results_dir=<RESULTS>"],
            "unconfirmed": "",
            "reads": {},
            "writes": {"results_dir": "folder?"},
            "flags": [],
            "keys": [
                {"name": "data.image_dir", "type": "str", "default": "???", "min": None, "max": None, "options": []},
                {"name": "in_place", "type": "bool?", "default": True, "min": None, "max": None, "options": []},
                {"name": "results_dir", "type": "str", "default": "", "min": None, "max": None, "options": []},
            ],
        }
    ]


def test_options_may_stand_before_show(tao_kfp):
    before = tao_kfp("networks", "--release", "5.3", "--action", "train", "show", "dino").stdout
    assert before == tao_kfp("networks", "show", "dino", "--release", "5.3", "--action", "train").stdout
    assert before.startswith("dino in TAO 5.3\n")


COMMAND_LINES = {
    ("--format", "yaml"): "there is no format 'yaml'; use text, json",
    ("show", "dino", "--format", "yaml"): "there is no format 'yaml'; use text, json",
    ("show",): "Missing argument 'NETWORK'.",
    ("frobnicate",): "No such command 'frobnicate'.",
    ("show", "rtdter"): "the catalogue has no network 'rtdter'; did you mean 'rtdetr'?",
    ("show", "dino", "--action", "exprot"): "TAO 7.1 has no action 'exprot' for dino; did you mean 'export'?",
    ("--release", "4.0"): "the catalogue has no TAO release '4.0'; it has 3.21.08, 3.22.05, 5.0, 5.3, 5.5, 6.0, 6.26, 7.1",
    ("--release", "7.1", "--action", "calibration"): "TAO 7.1 has no action 'calibration'; did you mean 'calibration_tensorfile'?",
    ("--catalog", "gone.yaml"): "the catalogue 'gone.yaml' cannot be read: No such file or directory",
}  # fmt: skip


@pytest.mark.parametrize("arguments", COMMAND_LINES, ids=" ".join)
def test_what_cannot_be_shown_is_one_clear_line(tao_kfp, arguments):
    run = tao_kfp("networks", *arguments)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"error: {COMMAND_LINES[arguments]}\n")


OWN = """
release: "9.0"
networks:
  bird_counter:
    model:
      image: birds:1
      actions: [train]
"""


def test_a_catalogue_of_ones_own_is_shown_with_the_rest(tao_kfp, tmp_path):
    (tmp_path / "own.yaml").write_text(OWN)
    row = {
        "release": "9.0", "network": "bird_counter", "group": "model", "action": "train", "image": "birds:1", "gpu": True,
        "dialect": "hydra", "command": ["bird_counter", "train", "-e", "<SPEC>", "results_dir=<RESULTS>"], "unconfirmed": "",
    }  # fmt: skip
    assert json.loads(tao_kfp("networks", "--catalog", "own.yaml", "--format", "json").stdout) == [*ROWS, row]
    assert tao_kfp("networks", "--catalog", "own.yaml", "--release", "9.0").stdout == (
        "NETWORK       GROUP  IMAGE    ACTIONS\nbird_counter  model  birds:1  train\n"
    )


# The page -----------------------------------------------------------------------------------------


def test_the_page_of_the_networks_is_what_the_catalogue_holds():
    spec = importlib.util.spec_from_file_location("page", ROOT / "tools" / "catalog" / "page.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    written = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")
    assert written == page.page(default()), "run: python tools/catalog/page.py"
