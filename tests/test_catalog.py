"""What TAO can do, by release: every row is a command that TAO's own parser takes, and the facts that people rely on."""

from __future__ import annotations

import argparse
import re
from typing import Any

import pytest
from building import step_of

import tao_kfp as tao
from tao_kfp import catalog
from tao_kfp.catalog import Action, Flag, Key
from tao_kfp.errors import CatalogError, TaoKfpError
from tao_kfp.specs import values

KNOWN = catalog.default()
W = "/mnt/workspace"


def rows_of(release: str, network: str) -> list[Action]:
    return [
        KNOWN.action(release, network, action, group)
        for group in KNOWN.groups(release, network)
        for action in KNOWN.actions(release, network, group)
    ]


def rows(release: str) -> list[Action]:
    return [row for network in KNOWN.networks(release) for row in rows_of(release, network)]


# Every row ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "network"), [(release, network) for release in KNOWN.releases() for network in KNOWN.networks(release)]
)
def test_every_row_is_a_command_that_tao_reads(release, network):
    found = rows_of(release, network)
    assert [problem for row in found for problem in problems_of(row)] == []


def problems_of(row: Action) -> list[str]:
    """What is wrong with the commands of a row, built from dummy values."""
    problems = []
    try:
        if not re.fullmatch(r"nvcr\.io/nvidia/tao/tao-toolkit(-tf)?:v?[0-9.]+[a-z0-9.-]+", row.image):
            problems.append(f"the image {row.image!r}")
        for num_gpus, options in enumerate(all_options(row), start=1):
            words = words_of(row, options, num_gpus)
            if words[:2] != [row.network, row.name]:
                problems.append(f"the command {words[:2]}")
            if row.dialect == "argparse":
                problems += parsed_otherwise(row, options, words[2:])
            else:
                problems += unknown_words(row, words[2:])
    except TaoKfpError as error:
        problems.append(str(error))
    return [f"{row.release} {row.group}: {row.network} {row.name}: {problem}" for problem in problems]


def all_options(row: Action) -> list[dict[str, Any]]:
    """The least that a command needs, and all that it takes."""
    if row.dialect == "argparse":
        everything = {flag.name: dummy_of_flag(flag) for flag in row.flags.values()}
        return [{name: value for name, value in everything.items() if row.flags[name].required}, everything]
    named = {role: dummy_of_key(row.keys[name]) for role, name in row.roles.items() if row.keys and role not in NUMBERS}
    return [{"spec": "specs/a.yaml"}, {"spec": "specs/a.yaml", **named}]


NUMBERS = ("gpus", "gpu_id", "key")  # the op writes those itself


def dummy_of_flag(flag: Flag) -> Any:
    if flag.name in ("key", "enc_key"):
        return tao.Key()
    if flag.name == "gpu_index":
        return [0, 1] if flag.many else 0
    kinds = {"int": 2, "float": 0.5, "flag": True}
    single = kinds.get(flag.type, flag.choices[0] if flag.choices else f"some/{flag.name}")
    return [single, single] if flag.many else single


def dummy_of_key(key: Key) -> Any:
    if key.options:
        return key.options[0]
    return {"int": 2, "float": 0.5, "[str]": ["a", "b"]}.get(key.type.rstrip("?"), "some/file")


def words_of(row: Action, options: dict[str, Any], num_gpus: int) -> list[str]:
    """The words of the command, in a pipeline of the row's release."""
    where = {"network": row.network, "action": row.name, "group": row.group}
    num_gpus = 1 if row.alone_on_one_gpu else num_gpus
    step = step_of(lambda: tao.TaoOp("x", **where, options=options, num_gpus=num_gpus), release=row.release)
    assert (step.image, step.gpus) == (row.image, str(num_gpus) if row.gpu else "0")
    return [word.replace("\0{$TAO_KEY}\0", "$(TAO_KEY)") for word in (*step.command, *step.arguments)]


def parsed_otherwise(row: Action, options: dict[str, Any], words: list[str]) -> list[str]:
    """What TAO's parser reads otherwise than it was meant, or refuses."""
    try:
        parsed = vars(parser_of(row).parse_args(words))
    except (argparse.ArgumentError, SystemExit) as error:
        return [f"{words} is refused: {error}"]
    meant = {name: arrived(row.flags[name], value) for name, value in options.items()}
    return [f"--{name} is {parsed[name]!r} for {meant[name]!r}" for name in meant if parsed[name] != meant[name]]


def parser_of(row: Action) -> argparse.ArgumentParser:
    """The parser that TAO builds for an action, from the table of its flags."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    for flag in row.flags.values():
        how: dict[str, Any] = {"required": flag.required, "dest": flag.name}
        if flag.type == "flag":
            how["action"] = "store_true"
        else:
            how["type"] = {"int": int, "float": float}.get(flag.type, str)
            how |= {"nargs": "+"} if flag.many else {}
            how |= {"choices": flag.choices} if flag.choices else {}
        parser.add_argument(*flag.flags, **how)
    return parser


def arrived(flag: Flag, value: Any) -> Any:
    """What TAO's parser must find for a dummy."""
    if isinstance(value, list):
        return [arrived(flag, item) for item in value]
    if isinstance(value, tao.Key):
        return "$(TAO_KEY)"
    return f"{W}/{value}" if catalog.roles.path_kind(flag.name) and flag.type == "str" and not flag.choices else value


def unknown_words(row: Action, words: list[str]) -> list[str]:
    """The words that the command does not take: flags of other dialects, keys that are not in its schema."""
    flags = {"hydra": ("-e",), "mixed": ("-e", "-r", "-k", "--gpus")}[row.dialect]
    while words and words[0] in flags:
        words = words[2:]
    keys = [word.partition("=")[0] for word in words]
    return [f"{key} is no key" for key in keys if row.keys is not None and key not in row.keys]


def test_nvidias_own_defaults_are_taken():
    tables = {id(row.load_keys.args[0]): row for release in KNOWN.releases() for row in rows(release)}
    given = [(row, key) for row in tables.values() for key in (row.keys or {}).values() if key.default is not None]
    assert [
        f"{row.release} {row.network}: {key.name} {problem}"
        for row, key in given
        if not key.type.startswith("section")
        for _, problem in values.problems(key, key.default)
    ] == []


# Facts -------------------------------------------------------------------------------------------

TF1 = "bpnet detectnet_v2 dssd faster_rcnn fpenet lprnet mask_rcnn multitask_classification retinanet ssd unet yolo_v3 yolo_v4 yolo_v4_tiny"

# What NVIDIA's launchers name, and packages of the same release beside them; of 3.22.05 what has public source.
LAUNCHERS = {
    "3.22.05": f"{TF1} classification efficientdet",
    "5.0": f"{TF1} action_recognition analytics annotations augmentation auto_label classification_pyt classification_tf1 classification_tf2 converter "
    "deformable_detr dino efficientdet_tf1 efficientdet_tf2 mal ml_recog ocdnet ocrnet optical_inspection pointpillars pose_classification "
    "re_identification segformer trtexec",
    "5.3": "+ centerpose visual_changenet",
    "5.5": "+ bevfusion grounding_dino mask2former mask_grounding_dino",
    "6.0": "+ image mae model_agnostic nvdinov2 rtdetr stylegan_xl",
    "6.26": "+ clip cosmos-embed1 depth_net nvpanoptix3d oneformer skin_tone sparse4d",
    "7.1": "+ dinov3 embedding gap_analysis radio tmm",
}


def test_each_release_has_the_networks_of_nvidias_launcher():
    known: dict[str, set[str]] = {}
    last: set[str] = set()
    for release, text in LAUNCHERS.items():
        last = known[release] = (
            {*text.split()} if not text.startswith("+") else {*last, *text.removeprefix("+").split()}
        )
    assert {release: set(KNOWN.networks(release)) for release in LAUNCHERS} == known


def test_these_are_the_releases():
    assert KNOWN.releases() == ["3.21.08", "3.22.05", "5.0", "5.3", "5.5", "6.0", "6.26", "7.1"]
    assert catalog.DEFAULT_RELEASE == "3.21.08"


NGC = "nvcr.io/nvidia/tao/tao-toolkit"
IMAGES = {
    ("7.1", "dino", "model"): f"{NGC}:7.1.0-pyt",
    ("7.1", "dino", "deploy"): f"{NGC}:7.1.0-deploy",
    ("7.1", "annotations", "dataset"): f"{NGC}:7.1.0-data-services",
    ("7.1", "detectnet_v2", "model"): f"{NGC}:5.0.0-tf1.15.5",
    ("7.1", "detectnet_v2", "deploy"): f"{NGC}:7.1.0-deploy",
    ("7.1", "classification_tf2", "model"): f"{NGC}:6.0.0-tf2",
    ("6.26", "bevfusion", "model"): f"{NGC}:5.5.0-pyt",
    ("6.26", "dino", "model"): f"{NGC}:6.26.3-pyt",
    ("5.5", "bevfusion", "model"): f"{NGC}:5.5.0-pyt",
    ("5.0", "dino", "model"): f"{NGC}:5.0.0-pyt",
    ("5.0", "classification_tf2", "model"): f"{NGC}:5.0.0-tf2.11.0",
    ("5.0", "detectnet_v2", "model"): f"{NGC}:5.0.0-tf1.15.5",
    ("3.22.05", "detectnet_v2", "model"): f"{NGC}-tf:v3.22.05-tf1.15.4-py3",
    ("3.22.05", "classification", "model"): f"{NGC}-tf:v3.22.05-tf1.15.5-py3",
    ("3.21.08", "classification", "model"): f"{NGC}-tf:v3.21.08-py3",
}


def test_networks_run_in_these_images():
    assert {
        (release, network, group): {row.image for row in rows_of(release, network) if row.group == group}
        for release, network, group in IMAGES
    } == {where: {image} for where, image in IMAGES.items()}


def test_a_release_has_one_image_that_most_networks_run_in():
    assert {release: KNOWN.image(release) for release in KNOWN.releases()} == {
        "3.21.08": f"{NGC}-tf:v3.21.08-py3",
        "3.22.05": f"{NGC}-tf:v3.22.05-tf1.15.5-py3",
        "5.0": f"{NGC}:5.0.0-pyt",
        "5.3": f"{NGC}:5.3.0-pyt",
        "5.5": f"{NGC}:5.5.0-pyt",
        "6.0": f"{NGC}:6.0.0-pyt",
        "6.26": f"{NGC}:6.26.3-pyt",
        "7.1": f"{NGC}:7.1.0-pyt",
    }
    assert KNOWN.image("7.1", "detectnet_v2") == f"{NGC}:5.0.0-tf1.15.5"


def test_the_tf1_networks_stay_in_the_last_tf1_image():
    images = {row.image for release in LAUNCHERS for row in rows(release) if "-tf1" in row.image and release[0] != "3"}
    assert images == {f"{NGC}:5.0.0-tf1.15.5"}


def test_three_pytorch_networks_prune_today():
    pruned = {row.network for row in rows("7.1") if row.name == "prune" and row.image == f"{NGC}:7.1.0-pyt"}
    assert pruned == {"ocdnet", "ocrnet", "pointpillars"}


def test_an_evaluation_runs_a_checkpoint_in_one_image_and_an_engine_in_another():
    evaluations = [row for row in rows_of("7.1", "classification_pyt") if row.name == "evaluate"]
    assert {row.group: (row.image, row.roles.get("model"), row.roles.get("engine")) for row in evaluations} == {
        "model": (f"{NGC}:7.1.0-pyt", "evaluate.checkpoint", "evaluate.trt_engine"),
        "deploy": (f"{NGC}:7.1.0-deploy", "evaluate.checkpoint", "evaluate.trt_engine"),
    }
    evaluations = [row for row in rows_of("7.1", "detectnet_v2") if row.name == "evaluate"]
    assert {row.group: (row.image, row.roles.get("model"), row.roles.get("engine")) for row in evaluations} == {
        "model": (f"{NGC}:5.0.0-tf1.15.5", "model_path", None),
        "deploy": (f"{NGC}:7.1.0-deploy", "model_path", None),  # `engine` means it there
    }


def test_engines_are_built_in_the_deploy_image_only():
    found = {
        (row.group, "-deploy" in row.image)
        for release in LAUNCHERS
        for row in rows(release)
        if row.name == "gen_trt_engine"
    }
    assert found == {("deploy", True)}


def test_no_network_has_an_action_called_retrain():
    assert [row for release in KNOWN.releases() for row in rows(release) if row.name == "retrain"] == []


def test_only_the_conversion_of_data_in_the_pytorch_image_needs_no_gpu():
    every = [row for release in KNOWN.releases() for row in rows(release)]
    conversions = [row for row in every if row.image.endswith("-pyt") and row.name in ("convert", "dataset_convert")]
    assert [row for row in every if not row.gpu] == conversions
    assert [f"{row.network} {row.name}" for row in conversions if row.release == "7.1"] == [
        "bevfusion convert", "deformable_detr convert", "depth_net convert", "dino convert", "dinov3 convert", "ocrnet dataset_convert",
        "optical_inspection dataset_convert", "pointpillars dataset_convert", "pose_classification dataset_convert", "stylegan_xl dataset_convert",
    ]  # fmt: skip


def test_what_no_source_confirms_says_so():
    assert {row.unconfirmed for row in rows("7.1") if row.group == "deploy"} == {""}
    assert KNOWN.action("5.0", "dino", "train").unconfirmed == ""
    assert (
        KNOWN.action("3.22.05", "classification", "train").unconfirmed
        == "flags of the 5.0 source, the images are closed"
    )


def test_what_a_command_reads_and_writes_is_known():
    train, evaluate = KNOWN.action("7.1", "dino", "train"), KNOWN.action("3.22.05", "classification", "inference")
    assert (train.writes, evaluate.reads, evaluate.writes) == (
        {"results_dir": "folder"},
        {
            "model_path": "file", "image_dir": "folder?", "experiment_spec": "file", "classmap": "file",
        },
        {"log_file": "file?", "results_dir": "folder?"},
    )  # fmt: skip


# Looking up --------------------------------------------------------------------------------------

WRONG = {
    "a release": (
        lambda: KNOWN.release("4.0"),
        "the catalogue has no TAO release '4.0'; it has 3.21.08, 3.22.05, 5.0, 5.3, 5.5, 6.0, 6.26, 7.1",
    ),
    "a release that looks like one": (
        lambda: KNOWN.release("7.10"),
        "the catalogue has no TAO release '7.10'; it has 3.21.08, 3.22.05, 5.0, 5.3, 5.5, 6.0, 6.26, 7.1",
    ),
    "a network of another release": (
        lambda: KNOWN.action("5.0", "rtdetr", "train"),
        "TAO 5.0 has no network 'rtdetr'; TAO 6.0, 6.26, 7.1 has it: set the release to 7.1",
    ),
    "a network that has several successors": (
        lambda: KNOWN.action("7.1", "classification", "train"),
        "TAO 7.1 has no network 'classification'; did you mean classification_pyt, classification_tf1, classification_tf2?",
    ),
    "a misspelt network": (
        lambda: KNOWN.action("7.1", "segfromer", "train"),
        "TAO 7.1 has no network 'segfromer'; did you mean 'segformer'?",
    ),
    "a network that nobody has": (
        lambda: KNOWN.groups("3.22.05", "gpt"),
        "TAO 3.22.05 has no network 'gpt'; it has bpnet, classification, detectnet_v2, dssd, efficientdet, faster_rcnn, fpenet, lprnet, "
        "mask_rcnn, multitask_classification, retinanet, ssd, unet, yolo_v3, yolo_v4, yolo_v4_tiny",
    ),
    "an action of other networks": (
        lambda: KNOWN.action("7.1", "dino", "prune", "model"),
        "TAO 7.1 has no action 'prune' for dino in model; dino has convert, distill, evaluate, export, inference, quantize, train; prune exists for "
        "bpnet, classification_tf1, classification_tf2, detectnet_v2, dssd, efficientdet_tf1, efficientdet_tf2, faster_rcnn, mask_rcnn, "
        "multitask_classification, ocdnet, ocrnet, pointpillars, retinanet, ssd, unet, yolo_v3, yolo_v4, yolo_v4_tiny",
    ),
    "an action that nobody has": (
        lambda: KNOWN.action("7.1", "radio", "retrain"),
        "TAO 7.1 has no action 'retrain' for radio; radio has distill",
    ),
    "a network whose actions are not known": (
        lambda: KNOWN.action("7.1", "trtexec", "run"),
        "TAO 7.1 has no action 'run' for trtexec; no published source tells its actions: use tao.CommandOp",
    ),
    "a group": (
        lambda: KNOWN.action("3.22.05", "classification", "evaluate", "deploy"),
        "TAO 3.22.05 has no 'deploy' commands for classification; it has model",
    ),
    "a misspelt flag": (
        lambda: KNOWN.action("3.22.05", "classification", "train").flag("--result_dir"),
        "TAO 3.22.05 has no flag '--result_dir' for `classification train`; did you mean '--results_dir'?",
    ),
    "a flag": (
        lambda: KNOWN.action("3.22.05", "lprnet", "export").flag("--zoom"),
        "TAO 3.22.05 has no flag '--zoom' for `lprnet export`; it has --num_processes, --gpus, --gpu_index, --use_amp, --log_file, -m, -k, -e, -o, "
        "--data_type, --max_workspace_size, --max_batch_size, --engine_file, -v, -s, --results_dir, --target_opset",
    ),
    "a misspelt key": (
        lambda: KNOWN.action("7.1", "dino", "train").key("train.num_epoch"),
        "TAO 7.1 has no key 'train.num_epoch' for `dino train`; did you mean 'train.num_epochs'?",
    ),
    "a key": (
        lambda: KNOWN.action("7.1", "dino", "train").key("zoom"),
        "TAO 7.1 has no key 'zoom' for `dino train`; `tao-kfp networks show dino` lists its keys",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_the_catalogue_does_not_have_is_said_in_one_line(what):
    look_up, line = WRONG[what]
    with pytest.raises(CatalogError) as caught:
        look_up()
    assert str(caught.value) == line


def test_a_patch_release_is_its_release():
    assert {name: KNOWN.release(name) for name in ("7.1", "7.1.0", "5.0.0", "3.21.08")} == {
        "7.1": "7.1", "7.1.0": "7.1", "5.0.0": "5.0", "3.21.08": "3.21.08",
    }  # fmt: skip


def test_a_flag_is_found_by_its_name_and_by_each_spelling():
    train = KNOWN.action("3.22.05", "classification", "train")
    assert {train.flag(name).name for name in ("results_dir", "-r", "--results_dir")} == {"results_dir"}
    assert train.flag("-r") == Flag("results_dir", ("-r", "--results_dir"), "str", required=True)


def test_a_key_below_a_dictionary_or_a_list_has_its_row():
    known = [
        Key("a", "section"),
        Key("a.b", "{float}"),
        Key("a.c", "{section}?"),
        Key("a.c.*.d", "int"),
        Key("a.e", "any?"),
        Key("a.f", "int"),
    ]
    names = ("a.b.x", "a.b.x.y", "a.c.x.d", "a.c.x.z", "a.e.x.y", "a.f.x", "a.z")
    found = {name: catalog.find_key({key.name: key for key in known}, name) for name in names}
    assert {name: (key.name, key.type) if key else None for name, key in found.items()} == {
        "a.b.x": ("a.b.x", "float"),
        "a.b.x.y": ("a.b.x.y", "any"),
        "a.c.x.d": ("a.c.*.d", "int"),
        "a.c.x.z": None,
        "a.e.x.y": ("a.e.x.y", "any"),
        "a.f.x": None,
        "a.z": None,
    }


READ = """
import os, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from tao_kfp import catalog
here = os.path.join(os.path.dirname(catalog.__file__), "data")
def read():
    found = sorted({os.path.relpath(name, here) for name in opened if name.startswith(here)})
    opened.clear()
    return found
row = catalog.default().action("7.1", "dino", "train")
print(read())
row.keys
print(read())
catalog.default().action("7.1", "detectnet_v2", "train")
print(read())
"""


def test_looking_an_action_up_reads_only_its_own_tables(python):
    ran = python("-c", READ)
    assert (ran.stdout.splitlines(), ran.stderr) == (
        ["['artifacts.json', 'releases/7.1.json']", "['keys/7.1/dino.json']", "['flags/tf1.json']"],
        "",
    )
