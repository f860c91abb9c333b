"""The command line and the scripts, as installed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PIPELINE = """
import tao_kfp as tao

@tao.pipeline(name="mine")
def mine(n: int = 1, mount: tao.MountPath = "/mnt/workspace"):
    tao.CommandOp("a", command="echo", arguments=n)
    tao.ListOp("b")

if __name__ == "__main__":
    mine.compile(__file__)
"""


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.py").write_text(PIPELINE)
    return tmp_path


def test_compile_writes_the_package_and_says_who_accepts_it(tao_kfp, tmp_path):
    run = tao_kfp("compile", "classification")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == (
        "classification.tar.gz: tao-classification for Kubeflow Pipelines v2\n"
        "  accepted by Kubeflow Pipelines backends 2.16 and newer (drop-downs are drawn from 2.17 on; for older ones: --kfp-backend VERSION)\n"
        "  step 'download-model': no registry has the image localhost/tao-kfp-ngc:4.37: docker/build.sh makes it, --pull-image names it\n"
    )
    with tarfile.open(tmp_path / "classification.tar.gz") as archive:
        assert archive.getnames() == ["pipeline.yaml"]


def test_a_script_is_a_command_line_of_its_own(python, mine):
    run = python("mine.py", "--target", "argo", "--set", "n=7", "--mount", "/data")
    assert (run.returncode, run.stderr) == (0, "")
    with tarfile.open(mine / "mine.tar.gz") as archive:
        workflow = yaml.safe_load(archive.extractfile("pipeline.yaml"))
    assert workflow["spec"]["arguments"]["parameters"] == [
        {"name": "n", "value": "7"},
        {"name": "mount", "value": "/data"},
    ]


def test_a_script_run_from_elsewhere_writes_beside_itself(mine, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    subprocess.run(
        [sys.executable, str(mine / "mine.py"), "--target", "argo"], cwd=elsewhere, check=True, capture_output=True
    )
    assert (mine / "mine.tar.gz").exists()
    assert list(elsewhere.iterdir()) == []


def test_compile_from_python_returns_what_was_written(mine):
    code = (
        "import mine; done = mine.mine.compile('out.yaml', target='argo', values={'n': 3});"
        "print(done.path, done.target, len(done.notes), repr(done.manifest))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=mine, capture_output=True, text=True, check=True)
    assert run.stdout == "out.yaml argo 1 ''\n"


def test_a_host_path_on_kfp_writes_its_manifest_beside_the_package(tao_kfp, mine):
    run = tao_kfp("compile", "mine.py", "--workspace", "hostpath:/raid@dgx1", "-o", "out.tar.gz")
    assert run.returncode == 0
    assert "an administrator applies out.workspace.yaml once" in run.stdout
    assert [item["kind"] for item in yaml.safe_load_all((mine / "out.workspace.yaml").read_text())] == [
        "PersistentVolume",
        "PersistentVolumeClaim",
    ]


@pytest.mark.parametrize("target", ["kfp", "argo"])
def test_the_same_input_gives_the_same_bytes_in_any_process_and_place(tao_kfp, mine, target, tmp_path_factory):
    digests = set()
    for seed, name in (("1", "one.tar.gz"), ("2", "two.tar.gz")):
        assert (
            tao_kfp(
                "compile", "mine.py", "--target", target, "-o", name, PYTHONHASHSEED=seed, TZ=f"UTC+{seed}"
            ).returncode
            == 0
        )
        digests.add(hashlib.sha256((mine / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_check_writes_nothing(tao_kfp, mine):
    run = tao_kfp("check", "mine.py", "--target", "kfp", PYTHONDONTWRITEBYTECODE="1")
    assert (run.returncode, run.stdout) == (0, "mine: ok, 2 steps, 2 parameters\n")
    assert [path.name for path in mine.iterdir()] == ["mine.py"]


def test_a_file_with_two_pipelines_needs_a_name(tao_kfp, tmp_path):
    (tmp_path / "two.py").write_text(
        PIPELINE.replace("if __name__", "@tao.pipeline(name='other')\ndef other():\n    tao.ListOp('x')\nif __name__")
    )
    run = tao_kfp("check", "two.py")
    assert (run.returncode, run.stderr) == (2, "error: two.py has 2 pipelines: mine, other; write two.py:NAME\n")
    assert tao_kfp("check", "two.py:other").stdout == "other: ok, 1 steps, 0 parameters\n"


def test_a_pipeline_may_import_its_neighbours(tao_kfp, tmp_path):
    (tmp_path / "helper.py").write_text("STEP = 'a'\n")
    (tmp_path / "p.py").write_text(
        "import tao_kfp as tao\nfrom helper import STEP\n@tao.pipeline(name='p')\ndef p():\n    tao.ListOp(STEP)\n"
    )
    assert tao_kfp("check", "p.py").returncode == 0


def test_ops_and_pipelines_are_listed(tao_kfp):
    ops = tao_kfp("ops").stdout.splitlines()
    assert [line.split()[0] for line in ops] == [
        "CalibrateOp", "CommandOp", "ContainerOp", "DatasetConvertOp", "DeployOp", "DistillOp", "EvaluateOp", "ExportOp", "FetchOp",
        "GenTrtEngineOp", "InferenceOp", "ListOp", "PruneOp", "PullOp", "QuantizeOp", "ReadResultOp", "RetrainOp", "TaoOp", "TrainOp",
        "TrtConvertOp",
    ]  # fmt: skip
    assert all(len(line.split()) > 3 for line in ops)
    assert tao_kfp("pipelines").stdout.startswith("classification  ")


def test_init_makes_a_folder_to_work_in_and_keeps_what_is_there(tao_kfp, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "tao_pipeline.py").write_text("mine\n")
    run = tao_kfp("init", "work")
    assert run.returncode == 0
    assert "kept work/tao_pipeline.py" in run.stdout
    assert "made work/specs/classification_spec.cfg" in run.stdout
    assert (tmp_path / "work" / "tao_pipeline.py").read_text() == "mine\n"
    assert (tmp_path / "work" / "tao-experiments" / "data" / "README.md").exists()
    again = tao_kfp("init", "work")
    assert {line.split()[0] for line in again.stdout.splitlines()} == {"kept"}


def test_help_names_every_command_and_imports_nothing_heavy(tao_kfp):
    run = tao_kfp("--help")
    assert run.returncode == 0
    for command in ("check", "compile", "init", "models", "networks", "ops", "pipelines", "show", "spec"):
        assert f"  {command}  " in run.stdout
    code = "import sys\nfrom tao_kfp.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
    code += "print(sorted({'kfp', 'kubernetes', 'yaml', 'google', 'tao_kfp.pipelines', 'tao_kfp.ops', 'json'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_the_list_of_commands_says_what_each_says_of_itself():
    from tao_kfp import cli

    for name, text in cli._COMMANDS.items():
        command = cli.main.get_command(None, name)
        assert command is not None
        assert command.get_short_help_str(limit=120) == text


def test_the_version_is_the_packages(tao_kfp):
    from tao_kfp import __version__

    assert tao_kfp("--version").stdout == f"tao-kfp, version {__version__}\n"


def test_a_file_with_two_pipelines_gives_two_packages(tao_kfp, tmp_path):
    (tmp_path / "two.py").write_text(
        PIPELINE.replace("if __name__", "@tao.pipeline(name='other')\ndef other():\n    tao.ListOp('x')\nif __name__")
    )
    for name in ("mine", "other"):
        assert tao_kfp("compile", f"two.py:{name}", "--target", "argo").returncode == 0
    assert sorted(path.name for path in tmp_path.glob("*.tar.gz")) == ["mine.tar.gz", "other.tar.gz"]


def test_a_package_is_named_after_its_file_wherever_that_is(tao_kfp, tmp_path):
    (tmp_path / "my.pyproject").mkdir()
    (tmp_path / "my.pyproject" / "train.py").write_text(PIPELINE)
    assert tao_kfp("compile", "my.pyproject/train.py", "--target", "argo").returncode == 0
    assert [path.name for path in tmp_path.glob("*.tar.gz")] == ["train.tar.gz"]
