"""What runs inside the container, run for real as a container would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import vermin
from building import step_of

import tao_kfp as tao
import tao_kfp.step

SCRIPTS = sorted(path for path in Path(tao_kfp.step.__file__).parent.glob("*.py") if path.name != "__init__.py")


def run(make: Callable[[], object], mount: Path) -> subprocess.CompletedProcess[str]:
    """Run the last step that `make` makes, on this machine, with the workspace at `mount`."""
    step = step_of(make, mount=str(mount))
    env = {**os.environ, **{name: variable["value"] for name, variable in step.env.items()}}
    command = [sys.executable, *step.command[1:], *step.arguments]
    command = [str(mount / "value") if word == "/tmp/tao_kfp_value" else word for word in command]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def value(mount: Path) -> str:
    return (mount / "value").read_text()


STATUS = '{"epoch": 1, "kpi": {"acc": 0.5}}\nnot json\n{"epoch": 2, "kpi": {"acc": 0.75}}\n{"status": "RUNNING"}\n{"epo'

READS = {
    "a key of JSON": ('{"a": {"b": [1, {"c": "x y"}]}}', {"key": "a.b.1.c"}, "x y"),
    "a key of JSON lines is the last that has it": (STATUS, {"key": "kpi.acc"}, "0.75"),
    "a key with a list value": ('{"a": [1, 2]}', {"key": "a"}, "[1, 2]"),
    "the first number": ("mean 1.5 ms, median 2e-3", {"number": 1}, "1.5"),
    "the second number": ("mean 1.5 ms, median 2e-3", {"number": 2}, "2e-3"),
    "the last number": ("a 1 b -2", {"number": -1}, "-2"),
    "a group of a pattern, at its last match": ("accuracy=0.1\naccuracy=0.9\n", {"pattern": r"^accuracy=(\S+)"}, "0.9"),
    "the whole match": ("x 12 y", {"pattern": r"\d+"}, "12"),
    "the whole text": (" all of it \n", {}, "all of it"),
}


@pytest.mark.parametrize("name", READS)
def test_read_result_takes_a_value_out_of_a_file(name, tmp_path):
    text, how, expected = READS[name]
    (tmp_path / "result.txt").write_text(text)
    done = run(lambda: tao.ReadResultOp("x", file="result.txt", **how), tmp_path)
    assert (done.returncode, done.stderr, done.stdout, value(tmp_path)) == (0, "", expected + "\n", expected)


@pytest.mark.parametrize(
    ("text", "how", "message"),
    [
        ("{}", {"key": "a.b"}, "has no key a.b"),
        ("1 2", {"number": 3}, "has no number 3"),
        ("1 2", {"number": -3}, "has no number -3"),
        ("x", {"pattern": "y"}, "has no pattern y"),
        ("x" * 200_000, {}, "is larger than 131072 bytes"),
    ],
)
def test_read_result_says_what_it_did_not_find(text, how, message, tmp_path):
    (tmp_path / "result.txt").write_text(text)
    done = run(lambda: tao.ReadResultOp("x", file="result.txt", **how), tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "value").exists()


def test_read_result_lists_what_is_there_instead(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "other.txt").touch()
    done = run(lambda: tao.ReadResultOp("x", file="out/result.txt"), tmp_path)
    assert done.stderr == f"read_result: no file {tmp_path}/out/result.txt ({tmp_path}/out: other.txt)\n"


def test_a_folder_is_listed_with_sizes(tmp_path):
    (tmp_path / "data" / "inner").mkdir(parents=True)
    (tmp_path / "data" / "a.txt").write_text("12345")
    os.utime(tmp_path / "data" / "a.txt", (0, 0))
    done = run(lambda: tao.ListOp("x", path="data"), tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == [f"{tmp_path}/data:", "              5  1970-01-01 00:00:00  a.txt"]
    assert done.stdout.splitlines()[2].endswith("  inner/")
    assert value(tmp_path) == "\n".join(done.stdout.splitlines()[1:])


def test_a_file_is_fetched_out_of_a_folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "labels.txt").write_text("cat\ndog\n")
    done = run(lambda: tao.FetchOp("x", path="data", file="labels.txt"), tmp_path)
    assert (done.returncode, value(tmp_path)) == (0, "cat\ndog\n")
    assert "labels.txt" in done.stdout


def test_a_missing_folder_is_said(tmp_path):
    done = run(lambda: tao.ListOp("x", path="data"), tmp_path)
    assert (done.returncode, done.stderr) == (1, f"list_files: no folder {tmp_path}/data\n")


def deploy(**extra):
    return lambda: tao.DeployOp("x", model=tao.Existing("model.trt"), repository="triton", model_name="people", **extra)


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_model_is_deployed_into_a_triton_repository(tmp_path):
    (tmp_path / "model.trt").write_text("engine")
    (tmp_path / "config.pbtxt").write_text("name: 'people'")
    done = run(deploy(version=3, config="config.pbtxt"), tmp_path)
    assert done.returncode == 0
    assert files(tmp_path / "triton") == {"people/3/model.plan": "engine", "people/config.pbtxt": "name: 'people'"}


def test_deploying_again_changes_nothing_and_another_model_never_replaces_one(tmp_path):
    (tmp_path / "model.trt").write_text("engine")
    assert [run(deploy(), tmp_path).returncode for _ in range(2)] == [0, 0]
    (tmp_path / "model.trt").write_text("another")
    done = run(deploy(), tmp_path)
    assert (
        done.stderr == f"deploy: {tmp_path}/triton/people/1/model.plan exists and differs; deploy under a new version\n"
    )
    assert files(tmp_path / "triton") == {"people/1/model.plan": "engine"}


@pytest.mark.parametrize(
    "arguments",
    [["people", "latest", "m.plan"], ["people", "0", "m.plan"], ["people", "1", "../m.plan"], ["..", "1", "m.plan"]],
)
def test_a_deployment_that_triton_would_not_load_is_refused_at_run_time_too(arguments, tmp_path):
    (tmp_path / "model.trt").write_text("engine")
    script = Path(tao_kfp.step.__file__).parent / "deploy.py"
    command = [sys.executable, str(script), str(tmp_path / "model.trt"), str(tmp_path / "triton"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("deploy: ")
    assert not (tmp_path / "triton").exists()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_runs_on_the_python_of_the_oldest_tao_image(script):
    text = script.read_text()
    assert max(version for version in vermin.detect(text) if version) <= (3, 6)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_holds_nothing_that_an_engine_would_read(script):
    text = script.read_text()
    assert "{{" not in text
    assert "$(" not in text
    assert len(json.dumps(text)) < 16_000
