"""The images: the pull command inside one of them, and the scripts that build and start them."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tao_kfp import catalog
from tao_kfp.cli import main
from tao_kfp.pipelines.classification import classification
from tao_kfp.pipelines.rules import example
from tao_kfp.pipelines.settings import PULL_IMAGE

DOCKER = Path(__file__).parents[1] / "docker"
MODEL = "nvidia/tao/pretrained_classification:resnet18"
FOLDER = "pretrained_classification_vresnet18"
PULL = ("registry", "model", "download-version", MODEL, "--dest", "models")
KEY = "not-a-real-key"

# Stands for NVIDIA's ngcsdk, which would ask a server: the same call, the same folder, the same result object.
# DOES says how the download goes.
SDK = f"""
import os, time, types

class Client:
    def __init__(self):
        self.registry = types.SimpleNamespace(model=self)

    def download_version(self, target, destination):
        assert target == {MODEL!r}
        folder = os.path.join(destination, {FOLDER!r})
        os.mkdir(folder)  # the destination must exist, as for the real one
        with open(os.path.join(folder, "resnet_18.hdf5"), "w") as file:
            file.write(f"org={{os.environ.get('NGC_CLI_ORG')}}")
        does = os.environ["DOES"]
        if does == "hang":
            print("hanging", flush=True)
            time.sleep(60)
        if does == "raise":
            raise ValueError("refused\\n  " + os.environ.get("NGC_CLI_API_KEY", ""))
        return types.SimpleNamespace(status=does)
"""

Ngc = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def ngc(tmp_path: Path) -> Ngc:
    """Start docker/ngc/ngc.py in an empty folder, with the SDK above."""
    (tmp_path / "sdk").mkdir()
    (tmp_path / "sdk/ngcsdk.py").write_text(SDK)

    def start(*arguments: str, does: str = "Completed", **extra: str) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("NGC_")}
        env = {**clean, "PYTHONPATH": str(tmp_path / "sdk"), "DOES": does, **extra}
        command = [sys.executable, str(DOCKER / "ngc/ngc.py"), *arguments]
        return subprocess.Popen(
            command, cwd=tmp_path, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    return start


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_ngc_puts_a_model_into_name_vversion(ngc, tmp_path):
    assert end(ngc(*PULL)) == (0, f"models/{FOLDER} is complete\n", "")
    assert files(tmp_path / "models") == [f"{FOLDER}/resnet_18.hdf5"]


def test_ngc_takes_the_command_of_the_pull_step(ngc, tmp_path):
    graph = classification.build()
    step = graph.steps["download-model"]
    command = [example(graph, word) for word in (*step.command, *step.arguments)]
    assert command == ["ngc", *PULL[:-1], "/mnt/workspace/models"]
    assert end(ngc(*command[1:-1], str(tmp_path / "models")))[0] == 0


def test_ngc_leaves_a_folder_that_is_there_alone(ngc, tmp_path):
    (tmp_path / "models" / FOLDER).mkdir(parents=True)
    (tmp_path / "models" / FOLDER / "resnet_18.hdf5").write_text("mine")
    assert end(ngc(*PULL, does="raise")) == (0, f"models/{FOLDER} is complete already: nothing to download\n", "")
    assert (tmp_path / "models" / FOLDER / "resnet_18.hdf5").read_text() == "mine"


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("Failed", "the download ended incomplete, with status 'Failed'; nothing of it was kept"),
        ("raise", "refused"),
    ],
)
def test_ngc_says_in_one_line_why_it_failed_and_leaves_nothing(ngc, tmp_path, does, why):
    assert end(ngc(*PULL, does=does)) == (1, "", f"ngc: {MODEL}: {why}\n")
    assert list((tmp_path / "models").iterdir()) == []


def test_ngc_leaves_nothing_when_the_pod_is_cancelled(ngc, tmp_path):
    process = ngc(*PULL, does="hang")
    assert process.stdout.readline() == "hanging\n"
    process.send_signal(signal.SIGTERM)
    assert end(process)[0] == 143
    assert list((tmp_path / "models").iterdir()) == []


def test_ngc_downloads_again_after_it_was_killed_and_deletes_nothing(ngc, tmp_path):
    process = ngc(*PULL, does="hang")
    process.stdout.readline()
    process.kill()
    end(process)
    (left,) = files(tmp_path / "models")
    assert re.fullmatch(rf"\.{FOLDER}\.\w+/{FOLDER}/resnet_18\.hdf5", left)
    assert end(ngc(*PULL))[0] == 0
    assert files(tmp_path / "models") == [left, f"{FOLDER}/resnet_18.hdf5"]


def test_ngc_never_prints_a_key(ngc):
    assert end(ngc(*PULL, does="raise", NGC_CLI_API_KEY=KEY)) == (1, "", f"ngc: {MODEL}: refused ***\n")


@pytest.mark.parametrize(
    ("env", "org"),
    [({}, "None"), ({"NGC_CLI_API_KEY": KEY}, "nvidia"), ({"NGC_API_KEY": KEY, "NGC_CLI_ORG": "mine"}, "mine")],
    ids=["no key", "key", "key and organisation"],
)
def test_ngc_gives_an_organisation_with_a_key_only(ngc, tmp_path, env, org):
    assert end(ngc(*PULL, **env))[0] == 0
    assert (tmp_path / "models" / FOLDER / "resnet_18.hdf5").read_text() == f"org={org}"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "the following arguments are required: registry, model, download-version, ORG/[TEAM/]NAME:VERSION"),
        (
            ("registry", "model", "download-version", "nvidia/tao/name"),
            "'nvidia/tao/name' is not ORG/[TEAM/]NAME:VERSION",
        ),
        (("registry", "model", "download-version", "a/b/c/d:1"), "'a/b/c/d:1' is not ORG/[TEAM/]NAME:VERSION"),
    ],
)
def test_ngc_refuses_wrong_usage(ngc, arguments, error):
    code, out, err = end(ngc(*arguments))
    assert (code, out, err.splitlines()[-1]) == (2, "", f"ngc: error: {error}")


@pytest.mark.parametrize(("option", "first"), [("--help", "usage: ngc "), ("--version", "ngc of tao-kfp, ngcsdk ")])
def test_ngc_tells_about_itself(ngc, option, first):
    code, out, err = end(ngc(option))
    assert (code, out[: len(first)], err) == (0, first, "")


def test_ngc_reports_a_server_that_the_real_sdk_cannot_reach(ngc, tmp_path):
    pytest.importorskip("ngcsdk", reason="NVIDIA's SDK is not installed")
    (tmp_path / "sdk/ngcsdk.py").unlink()
    found = end(ngc(*PULL, NGC_CLI_API_URL="https://127.0.0.1:9", HOME=str(tmp_path)))
    assert (found[0], found[2]) == (1, f"ngc: {MODEL}: Error: client is unable to make a connection.\n")
    assert list((tmp_path / "models").iterdir()) == []


# The scripts ---------------------------------------------------------------------------------------


def script(name: str, *arguments: str, folder: Path = DOCKER, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(folder / name), *arguments],
        env={**os.environ, **extra},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def build(*arguments: str) -> list[list[str]]:
    """The words of each line that a dry run of build.sh prints."""
    done = script("build.sh", "--dry-run", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return [shlex.split(line) for line in done.stdout.splitlines()]


CHECKED = ("--build-arg", "NGC_CLI_VERSION=1.2.3", "--build-arg", "NGC_CLI_SHA256=abc")


def test_build_makes_the_image_that_a_pipeline_expects():
    (command, *_) = build()
    assert command[:4] == ["docker", "build", "--tag", PULL_IMAGE]
    assert command[-1] == str(DOCKER / "ngc")


def test_build_gives_every_label_its_value():
    (command, *_) = build()
    given = [word.partition("=")[0] for word in command if "=" in word]
    assert given == ["SOURCE", "VERSION", "REVISION", "CREATED"]
    for image in ("ngc", "tao"):
        assert re.findall(r'^ARG (\w+)=""$', (DOCKER / image / "Dockerfile").read_text(), re.MULTILINE)[-4:] == given


def test_build_keeps_a_token_of_the_remote_out_of_the_image(tmp_path):
    for command in (
        ["cp", "-r", str(DOCKER), str(tmp_path)],
        ["git", "init", "--quiet", str(tmp_path)],
        ["git", "-C", str(tmp_path), "remote", "add", "origin", f"https://me:{KEY}@example.com/team/repo.git"],
    ):
        subprocess.run(command, check=True)
    done = script("build.sh", "--dry-run", folder=tmp_path / "docker")
    assert done.stdout.split()[4:6] == ["--build-arg", "SOURCE=https://example.com/team/repo.git"]


def test_build_pushes_to_a_registry_and_names_the_image_for_compile():
    command, push, _, use = build("--registry", "registry.example.com/team/", "--tag", "5", "--push")
    name = "registry.example.com/team/tao-kfp-ngc:5"
    assert command[3] == name
    assert push == ["docker", "push", name]
    assert use == ["tao-kfp", "compile", "classification", "--pull-image", name]


def test_build_makes_the_tao_image_with_a_checked_cli():
    (command, _, use) = build("tao", *CHECKED)
    name = "localhost/tao-kfp-tao:3.21.08"
    assert [word for word in command if word.startswith("NGC_")] == ["NGC_CLI_VERSION=1.2.3", "NGC_CLI_SHA256=abc"]
    assert (command[3], command[-1]) == (name, str(DOCKER / "tao"))
    assert use == ["tao-kfp", "compile", "classification", "--image", name, "--pull-image", name]


@pytest.mark.parametrize("arguments", [(), ("tao", *CHECKED)], ids=["ngc", "tao"])
def test_the_command_that_build_prints_is_understood(arguments):
    words = build(*arguments)[-1]
    assert words[:2] == ["tao-kfp", "compile"]
    assert CliRunner().invoke(main, ["check", *words[2:]]).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--push",), "--push needs --registry"),
        (("--tag",), "--tag needs a value"),
        (("--tag", "--push"), "--tag needs a value"),
        (("other",), "there is no option other; see docker/build.sh --help"),
        (
            ("tao", "--build-arg", "NGC_CLI_VERSION=1"),
            "tao needs --build-arg NGC_CLI_VERSION=... and --build-arg NGC_CLI_SHA256=..., "
            "both from https://org.ngc.nvidia.com/setup/installers/cli",
        ),
    ],
)
def test_build_refuses_what_it_cannot_do(arguments, error):
    done = script("build.sh", "--dry-run", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {error}\n")


def run(*arguments: str) -> list[str]:
    done = script("run.sh", "--dry-run", *arguments, TAO_KEY=KEY, NGC_CLI_API_KEY=KEY)
    assert (done.returncode, done.stderr) == (0, "")
    return shlex.split(done.stdout)


def test_run_starts_a_shell_as_a_step_would_see_it(tmp_path):
    assert run("--workspace", str(tmp_path)) == [
        "docker", "run", "--rm", "--gpus", "all", "--shm-size", "16g",
        "--user", f"{os.getuid()}:{os.getgid()}",
        "--mount", f"type=bind,source={tmp_path},target=/mnt/workspace",
        "--workdir", "/mnt/workspace",
        "-e", "TAO_KEY", "-e", "NGC_CLI_API_KEY",
        "localhost/tao-kfp-tao:3.21.08", "bash",
    ]  # fmt: skip


def test_run_takes_the_image_that_build_makes(tmp_path):
    assert build("tao", *CHECKED)[0][3] in run("--workspace", str(tmp_path))


def test_run_hands_a_command_on_as_it_is(tmp_path):
    words = run(
        "--workspace", str(tmp_path), "--no-gpu", "--image", "tao:5", "sh", "-c", 'echo "$TAO_KEY" > a', "--help"
    )
    assert "--gpus" not in words
    assert words[-5:] == ["tao:5", "sh", "-c", 'echo "$TAO_KEY" > a', "--help"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--workspace", "/no/such/folder"), "there is no folder /no/such/folder"),
        (("--gpu",), "there is no option --gpu; see docker/run.sh --help"),
        (("--image",), "--image needs a value"),
    ],
)
def test_run_refuses_what_it_cannot_do(arguments, error):
    done = script("run.sh", "--dry-run", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {error}\n")


@pytest.mark.parametrize("name", ["build.sh", "run.sh"])
def test_the_scripts_explain_themselves(name):
    done = script(name, "--help")
    assert (done.returncode, done.stdout.splitlines()[0].split()[:2]) == (0, ["Usage:", f"docker/{name}"])


# The Dockerfiles; docker/.hadolint.yaml has the rules that hold for any ----------------------------------


def dockerfile(image: str) -> str:
    return (DOCKER / image / "Dockerfile").read_text()


def test_the_tag_of_the_pull_image_is_the_version_of_the_sdk():
    version = re.search(r"^ARG NGCSDK_VERSION=(.+)$", dockerfile("ngc"), re.MULTILINE)[1]
    assert f"localhost/tao-kfp-ngc:{version.rpartition('.')[0]}" == PULL_IMAGE


def test_both_images_write_to_the_workspace_as_the_same_user():
    assert [re.findall(r"^USER (.+)$", dockerfile(image), re.MULTILINE) for image in ("ngc", "tao")] == [[], []]


def test_the_tao_image_is_built_on_the_image_of_the_release():
    assert re.findall(r"^ARG BASE_IMAGE=(.+)$", dockerfile("tao"), re.MULTILINE) == [catalog.default().image("3.21.08")]


@pytest.mark.parametrize("known", [{}, {"NGC_CLI_VERSION": "1.2.3"}, {"NGC_CLI_SHA256": "abc"}], ids=str)
def test_the_tao_image_is_not_built_with_an_unchecked_cli(tmp_path, known):
    command = re.search(r"^RUN (set -eu;.*?[^\\])$", dockerfile("tao"), re.MULTILINE | re.DOTALL)[1]
    # An empty PATH: past the check there would be no wget.
    env = {"NGC_CLI_VERSION": "", "NGC_CLI_SHA256": "", "PATH": str(tmp_path), **known}
    done = subprocess.run(["/bin/sh", "-c", command], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "error: NGC_CLI_VERSION or NGC_CLI_SHA256 is empty; "
        "take both from https://org.ngc.nvidia.com/setup/installers/cli and pass them with --build-arg\n",
    )
