"""Plug-ins, one of them installed for real; and `tao-kfp ops new`, which writes the first file of one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from tao_kfp import __version__, catalog
from tao_kfp.cli import main

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tests" / "plugin_package"

OP = "import tao_kfp as tao\nclass {name}(tao.ContainerOp):\n    '''Do {name}.'''\n"
PIPELINE = (
    "import tao_kfp as tao\n@tao.pipeline(name='{name}')\ndef {name}():\n    '''Run {name}.'''\n    tao.ListOp('a')\n"
)
MEND = "mend that package, or uninstall it"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with tests/plugin_package, as pip installs it."""
    folder = tmp_path_factory.mktemp("installed")
    source = shutil.copytree(PACKAGE, tmp_path_factory.mktemp("source") / "tao-hello")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(folder)]
    done = subprocess.run([*pip, *options, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def site(tmp_path):
    """A folder for packages, and `add`, which puts one there with the metadata that pip leaves."""
    folder = tmp_path / "site"

    def add(package: str, source: str | None, version: str = "1.0", ops: str = "", pipelines: str = "") -> str:
        module = package.replace("-", "_")
        info = folder / f"{module}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        groups = {"tao_kfp.ops": ops, "tao_kfp.pipelines": pipelines}
        (info / "entry_points.txt").write_text("".join(f"[{group}]\n{line}\n" for group, line in groups.items()))
        if source is not None:
            (folder / f"{module}.py").write_text(source)
        return str(folder)

    return add


def plugin_lines(run: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines of a list that name a package, spaces for the columns taken out."""
    assert run.returncode == 0
    return [re.sub(" +", " ", line) for line in run.stdout.splitlines() if line.endswith("]")]


def run_python(code: str, *folders: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)


# What an installed package gives -------------------------------------------------------------------


def test_an_installed_package_gives_an_op(tao_kfp, installed):
    run = tao_kfp("ops", PYTHONPATH=str(installed))
    assert (plugin_lines(run), run.stderr) == (["HelloOp Greet somebody. [tao-hello 1.0]"], "")
    code = "import tao_kfp as tao; print(tao.HelloOp, 'HelloOp' in dir(tao), 'HelloOp' in tao.__all__)"
    assert run_python(code, str(installed)).stdout == "<class 'tao_hello.HelloOp'> True False\n"


def test_an_installed_package_gives_a_pipeline(tao_kfp, installed, tmp_path):
    run = tao_kfp("pipelines", PYTHONPATH=str(installed))
    assert (plugin_lines(run), run.stderr) == (["hello Greet somebody, and do no more. [tao-hello 1.0]"], "")
    assert tao_kfp("check", "hello", PYTHONPATH=str(installed)).stdout == "hello: ok, 1 steps, 1 parameters\n"
    assert tao_kfp("compile", "hello", "--target", "argo", PYTHONPATH=str(installed)).returncode == 0
    with tarfile.open(tmp_path / "hello.tar.gz") as archive:
        templates = yaml.safe_load(archive.extractfile("pipeline.yaml"))["spec"]["templates"]
    container = next(template["container"] for template in templates if template["name"] == "greet")
    assert (container["image"], container["command"], container["args"]) == (
        "busybox:1.36",
        ["echo"],
        ["hello", "{{inputs.parameters.who}}"],
    )


def test_the_page_shows_the_package_that_is_installed_here(tao_kfp, installed):
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^```(python|toml|text)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    assert blocks["toml"] == (PACKAGE / "pyproject.toml").read_text(encoding="utf-8")
    assert blocks["python"] == "# tao_hello.py\n" + (PACKAGE / "src" / "tao_hello.py").read_text(encoding="utf-8")
    command, _, shown = blocks["text"].removeprefix("$ tao-kfp ").partition("\n")
    assert tao_kfp(*command.split(), PYTHONPATH=str(installed)).stdout == shown


def test_without_the_package_its_names_are_unknown(tao_kfp):
    run = tao_kfp("show", "hello")
    assert run.returncode == 2
    assert re.fullmatch(r"error: there is no pipeline 'hello'; give one of .*, or a \.py file\n", run.stderr)
    run = run_python("import tao_kfp; tao_kfp.HelloOp")
    assert run.stderr.splitlines()[-1].startswith("AttributeError: module 'tao_kfp' has no attribute 'HelloOp'")


def test_an_unknown_pipeline_is_told_which_there_are(tao_kfp, installed):
    run = tao_kfp("show", "helo", PYTHONPATH=str(installed))
    assert run.stderr.endswith(", hello, or a .py file\n")


def test_several_packages_are_listed_by_name(tao_kfp, site):
    site("b-pack", OP.format(name="AlphaOp"), ops="AlphaOp = b_pack:AlphaOp")
    site("c-pack", OP.format(name="ZetaOp"), version="3", ops="ZetaOp = c_pack:ZetaOp")
    folder = site(
        "a-pack", "import tao_kfp as tao\nclass X(tao.ContainerOp): pass", version="2", ops="MidOp = a_pack:X"
    )
    assert plugin_lines(tao_kfp("ops", PYTHONPATH=folder)) == [
        "AlphaOp Do AlphaOp. [b-pack 1.0]",
        "MidOp no description [a-pack 2]",
        "ZetaOp Do ZetaOp. [c-pack 3]",
    ]


def test_only_the_plug_in_that_is_used_is_imported(site):
    site("one-pack", OP.format(name="OneOp"), ops="OneOp = one_pack:OneOp")
    folder = site("two-pack", OP.format(name="TwoOp"), ops="TwoOp = two_pack:TwoOp")
    code = (
        "import sys, tao_kfp as tao; dir(tao); print([name for name in sys.modules if name.endswith('_pack')]);"
        "tao.TwoOp; print([name for name in sys.modules if name.endswith('_pack')])"
    )
    assert run_python(code, folder).stdout == "[]\n['two_pack']\n"


def test_importing_tao_kfp_looks_for_no_plug_in():
    code = (
        "import sys, tao_kfp as tao; from tao_kfp import catalog; tao.TrainOp; print('tao_kfp.plugins' in sys.modules)"
    )
    assert run_python(code).stdout == "False\n"


# What is wrong with one --------------------------------------------------------------------------------

BROKEN = {
    "an import fails": ("import nothing_of_this_name\n", "bad_pack:XOp", "ModuleNotFoundError: No module named 'nothing_of_this_name' (bad_pack.py:1)"),
    "it is no Python": ("class\n", "bad_pack:XOp", "SyntaxError: invalid syntax (bad_pack.py, line 1)"),
    "it ends Python": ("\nraise SystemExit(3)\n", "bad_pack:XOp", "SystemExit: 3 (bad_pack.py:2)"),
    "it makes a mistake of its own": ("import tao_kfp as tao\ntao.ListOp('a')\n", "bad_pack:XOp",
        "bad_pack.py:2: ListOp('a') is made outside a pipeline; make it inside a function decorated with @tao.pipeline(...)"),
    "its module is missing": (None, "bad_pack:XOp", "ModuleNotFoundError: No module named 'bad_pack'"),
    "its object is missing": ("", "bad_pack:XOp", "AttributeError: module 'bad_pack' has no attribute 'XOp'"),
    "it is another class": ("class XOp: pass\n", "bad_pack:XOp", "it is no subclass of tao_kfp.ContainerOp"),
    "it is a module": ("", "bad_pack", "it is no subclass of tao_kfp.ContainerOp"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_op_is_named_and_skipped_and_others_work(name, tao_kfp, site):
    source, reference, reason = BROKEN[name]
    site("bad-pack", source, version="0.3", ops=f"XOp = {reference}")
    folder = site("good-pack", OP.format(name="GoodOp"), ops="GoodOp = good_pack:GoodOp")
    message = f"the op 'XOp' of bad-pack 0.3 ({reference}) cannot be used: {reason}; {MEND}\n"
    run = tao_kfp("ops", PYTHONPATH=folder)
    assert plugin_lines(run) == ["GoodOp Do GoodOp. [good-pack 1.0]"]
    assert run.stderr == f"warning: a plug-in is skipped: {message}"
    run = run_python("import tao_kfp as tao; print(tao.GoodOp.__name__); tao.XOp", folder)
    assert (run.returncode, run.stdout, run.stderr) == (2, "GoodOp\n", f"error: {message}")
    run = run_python("from tao_kfp import XOp", folder)
    assert (run.returncode, run.stderr) == (2, f"error: {message}")


def test_a_broken_pipeline_is_named_and_skipped_and_others_work(tao_kfp, site):
    site("bad-pack", "thing = 3\n", version="0.3", pipelines="thing = bad_pack:thing")
    folder = site("good-pack", PIPELINE.format(name="good"), pipelines="good = good_pack:good")
    message = (
        f"the pipeline 'thing' of bad-pack 0.3 (bad_pack:thing) cannot be used: "
        f"it is no pipeline made with @tao.pipeline; {MEND}\n"
    )
    run = tao_kfp("pipelines", PYTHONPATH=folder)
    assert plugin_lines(run) == ["good Run good. [good-pack 1.0]"]
    assert run.stderr == f"warning: a plug-in is skipped: {message}"
    run = tao_kfp("compile", "thing", PYTHONPATH=folder)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"error: {message}")
    assert tao_kfp("check", "good", PYTHONPATH=folder).stdout == "good: ok, 1 steps, 0 parameters\n"


def test_a_plug_in_that_compiles_when_it_is_imported_writes_nothing(tao_kfp, site, tmp_path):
    folder = site("bad-pack", PIPELINE.format(name="p") + "p.compile('p.yaml')\n", pipelines="p = bad_pack:p")
    run = tao_kfp("check", "p", PYTHONPATH=folder)
    assert run.stderr == (
        "error: the pipeline 'p' of bad-pack 1.0 (bad_pack:p) cannot be used: pipeline 'p', bad_pack.py:2: the file compiles its pipeline "
        f'while it is imported; put .compile(...) under `if __name__ == "__main__":`; {MEND}\n'
    )
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize(
    ("command", "ops", "pipelines", "reason"),
    [
        ("ops", "hello_op = bad_pack:HelloOp", "", "its name is no class name that ends in Op, as in HelloOp"),
        ("pipelines", "", "hello.py = bad_pack:x", "its name has other characters than letters, digits, '-', '_' and '.', or ends in .py"),
    ],
)  # fmt: skip
def test_a_name_that_nobody_could_write_is_skipped(command, ops, pipelines, reason, tao_kfp, site):
    folder = site("bad-pack", OP.format(name="HelloOp"), ops=ops, pipelines=pipelines)
    run = tao_kfp(command, PYTHONPATH=folder)
    assert plugin_lines(run) == []
    name, reference = (ops or pipelines).split(" = ")
    assert run.stderr == (
        f"warning: a plug-in is skipped: the {command[:-1]} '{name}' of bad-pack 1.0 ({reference}) cannot be used: {reason}; {MEND}\n"
    )


def test_metadata_that_cannot_be_read_leaves_what_tao_kfp_has_itself(tao_kfp, site):
    folder = site("bad-pack", "", ops="a line without its sign")
    run = tao_kfp("ops", PYTHONPATH=folder)
    assert (run.returncode, plugin_lines(run)) == (0, [])
    assert "\nTrainOp " in run.stdout
    assert re.fullmatch(
        r"warning: every plug-in is skipped: the entry points of the installed packages cannot be read: .*; "
        r"`pip check` and a fresh environment help\n",
        run.stderr,
    )


def test_a_package_without_metadata_is_still_named(tao_kfp, site):
    folder = site("bad-pack", "", ops="XOp = bad_pack:XOp")
    (Path(folder) / "bad_pack-1.0.dist-info" / "METADATA").unlink()
    assert tao_kfp("ops", PYTHONPATH=folder).stderr == (
        "warning: a plug-in is skipped: the op 'XOp' of a package without metadata (bad_pack:XOp) cannot be used: "
        f"AttributeError: module 'bad_pack' has no attribute 'XOp'; {MEND}\n"
    )


# Clashes -----------------------------------------------------------------------------------------------


def test_a_name_of_two_packages_names_both_when_it_is_used(tao_kfp, site):
    site("b-pack", OP.format(name="SameOp"), version="2.0", ops="SameOp = b_pack:SameOp")
    folder = site(
        "a-pack",
        OP.format(name="SameOp") + OP.format(name="OtherOp"),
        ops="SameOp = a_pack:SameOp\nOtherOp = a_pack:OtherOp",
    )
    message = "the op 'SameOp' is given by a-pack 1.0 (a_pack:SameOp) and by b-pack 2.0 (b_pack:SameOp); uninstall all but one\n"
    run = tao_kfp("ops", PYTHONPATH=folder)
    assert plugin_lines(run) == ["OtherOp Do OtherOp. [a-pack 1.0]"]
    assert run.stderr == f"warning: a plug-in is skipped: {message}"
    run = run_python("import tao_kfp as tao; print('SameOp' in dir(tao), tao.OtherOp.__name__); tao.SameOp", folder)
    assert (run.returncode, run.stdout, run.stderr) == (2, "False OtherOp\n", f"error: {message}")


def test_a_pipeline_of_two_packages_names_both_when_it_is_used(tao_kfp, site):
    site("b-pack", PIPELINE.format(name="same"), version="2.0", pipelines="same = b_pack:same")
    folder = site("a-pack", PIPELINE.format(name="same"), pipelines="same = a_pack:same")
    run = tao_kfp("compile", "same", PYTHONPATH=folder)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "error: the pipeline 'same' is given by a-pack 1.0 (a_pack:same) and by b-pack 2.0 (b_pack:same); uninstall all but one\n"
    )


def test_no_package_takes_the_place_of_an_op_of_tao_kfp(tao_kfp, site):
    folder = site("thief-pack", OP.format(name="TrainOp"), ops="TrainOp = thief_pack:TrainOp")
    run = tao_kfp("ops", PYTHONPATH=folder)
    assert plugin_lines(run) == []
    assert run.stderr == (
        f"warning: a plug-in is skipped: the op 'TrainOp' is given by tao-kfp {__version__} and by thief-pack 1.0 (thief_pack:TrainOp); "
        "tao-kfp's is used, and the other needs another name\n"
    )
    assert run_python("import tao_kfp; print(tao_kfp.TrainOp.__module__)", folder).stdout == "tao_kfp.ops.train\n"


def test_no_package_takes_the_place_of_a_ready_made_pipeline(tao_kfp, site):
    folder = site("thief-pack", PIPELINE.format(name="p"), pipelines="classification = thief_pack:p")
    assert tao_kfp("pipelines", PYTHONPATH=folder).stderr == (
        f"warning: a plug-in is skipped: the pipeline 'classification' is given by tao-kfp {__version__} and by thief-pack 1.0 (thief_pack:p); "
        "tao-kfp's is used, and the other needs another name\n"
    )
    assert tao_kfp("check", "classification", PYTHONPATH=folder).stdout.startswith("tao-classification: ok, ")


def test_what_a_half_removed_version_left_is_no_clash(tao_kfp, site, tmp_path):
    site("a-pack", OP.format(name="AOp"), version="2.0", ops="AOp = a_pack:AOp")
    folder = site("a-pack", None, version="1.0", ops="AOp = a_pack:AOp")
    os.rename(tmp_path / "site" / "a_pack-1.0.dist-info", tmp_path / "site" / "~_pack-1.0.dist-info")
    run = tao_kfp("ops", PYTHONPATH=folder)
    assert ([line.split(" [")[0] for line in plugin_lines(run)], run.stderr) == (["AOp Do AOp."], "")


# tao-kfp ops new -----------------------------------------------------------------------------------------

NAMES = {
    "ConfusionMatrixOp": ("ConfusionMatrixOp", "confusion_matrix"),
    "ConfusionMatrix": ("ConfusionMatrixOp", "confusion_matrix"),
    "confusion-matrix": ("ConfusionMatrixOp", "confusion_matrix"),
    "confusion_matrix": ("ConfusionMatrixOp", "confusion_matrix"),
    "confusion-matrix-op": ("ConfusionMatrixOp", "confusion_matrix"),
    "TRTEngine2Op": ("TRTEngine2Op", "trt_engine2"),
    "x": ("XOp", "x"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_new_op_is_named_as_python_names_classes_and_files(name, tao_kfp, tmp_path):
    class_name, module = NAMES[name]
    run = tao_kfp("ops", "new", name, PYTHONDONTWRITEBYTECODE="1")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == (
        f"made {module}.py\nmade test_{module}.py\nto publish it as a plug-in, add to the pyproject.toml of its package:\n\n"
        f'[project.entry-points."tao_kfp.ops"]\n{class_name} = "{module}:{class_name}"\n'
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([f"{module}.py", f"test_{module}.py"])


EVALUATE = '''"""MatrixOp: `detectnet_v2 evaluate` of TAO as a step of a pipeline."""

import tao_kfp as tao


class MatrixOp(tao.TaoOp):
    """Run `detectnet_v2 evaluate`.

    Args:
        name: Name of the step.
        spec: Spec file in the workspace.
        results: Folder of the workspace for what the step leaves. Default: left out.
        model: Model of an earlier step, or `tao.Existing(PATH)`.
        images: Folder of images in the workspace. Default: left out.
        num_gpus: GPUs, also the limit of the pod. Default 1.
    """

    def __init__(
        self,
        name: str,
        *,
        spec: str | tao.Existing,
        results: str | tao.Existing | None = None,
        model: str | tao.Existing,
        images: str | tao.Existing | None = None,
        num_gpus: int = 1,
    ) -> None:
        super().__init__(
            name,
            network="detectnet_v2",
            action="evaluate",
            options={
                "spec": tao.Reads(spec),
                "results": tao.Writes(results),
                "model": tao.Reads(model, produced=True),
                "images": tao.Reads(images),
                "key": tao.Key(),
            },
            num_gpus=num_gpus,
        )
'''

EVALUATE_TEST = '''"""The whole command that MatrixOp runs."""

import tao_kfp as tao
from tao_kfp.text import render

from matrix import MatrixOp


def test_the_command():
    @tao.pipeline(name="one-step")
    def one_step():
        MatrixOp(
            "step",
            spec="specs/example.cfg",
            results="results",
            model=tao.Existing("models/example"),
            images="data/images",
        )

    step = one_step.build().steps["step"]
    words = [*step.command, *step.arguments]
    # A value that is known only at run time, such as the key, reads as $(NAME).
    assert [render(word, lambda value: f"$({value.name})") for word in words] == [
        "detectnet_v2",
        "evaluate",
        "-e",
        "/mnt/workspace/specs/example.cfg",
        "-r",
        "/mnt/workspace/results",
        "-m",
        "/mnt/workspace/models/example",
        "-i",
        "/mnt/workspace/data/images",
        "-k",
        "$(TAO_KEY)",
    ]
'''


def test_a_new_op_has_the_arguments_of_its_action_and_a_test_of_its_whole_command(tao_kfp, tmp_path):
    assert tao_kfp("ops", "new", "matrix", "--network", "detectnet_v2", "--action", "evaluate").returncode == 0
    assert (tmp_path / "matrix.py").read_text() == EVALUATE
    assert (tmp_path / "test_matrix.py").read_text() == EVALUATE_TEST


def run_pytest(folder: Path) -> str:
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(folder)]
    command = [sys.executable, "-m", "pytest", *options, str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return re.sub(r" in \S+s.*", "", done.stdout.splitlines()[-1]) if done.returncode == 0 else done.stdout


@pytest.mark.slow
def test_the_test_of_a_new_op_passes_for_every_action_of_every_network(tmp_path):
    table = catalog.default()
    rows = [
        (release, network, action)
        for release in (catalog.DEFAULT_RELEASE, table.releases()[-1])
        for network in table.networks(release)
        for action in table.actions(release, network)
    ]
    for at, (release, network, action) in enumerate(rows):
        command = ["ops", "new", f"op{at}", "--release", release, "--network", network, "--action", action]
        main([*command, "--directory", str(tmp_path)], standalone_mode=False)
    assert len(rows) > 90
    assert run_pytest(tmp_path) == f"{len(rows)} passed"


def test_the_test_of_a_new_op_fails_when_the_op_changes(tao_kfp, tmp_path):
    assert tao_kfp("ops", "new", "mine").returncode == 0
    op = tmp_path / "mine.py"
    op.write_text(op.read_text().replace('"results": ', '"--log_file": '))
    assert "1 failed" in run_pytest(tmp_path)


def test_a_new_op_in_a_package_is_imported_from_it(tao_kfp, tmp_path):
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops" / "__init__.py").touch()
    run = tao_kfp("ops", "new", "mine", "--directory", "ops")
    assert run.stdout.splitlines()[:2] == [
        f"made {os.path.join('ops', 'mine.py')}",
        f"made {os.path.join('ops', 'test_mine.py')}",
    ]
    assert "from .mine import MineOp\n" in (tmp_path / "ops" / "test_mine.py").read_text()
    assert run_pytest(tmp_path) == "1 passed"


REFUSED = {
    ("2nd-try",): "'2nd-try' is no name for an op; write it as in ConfusionMatrixOp or confusion-matrix",
    ("a.b",): "'a.b' is no name for an op; write it as in ConfusionMatrixOp or confusion-matrix",
    ("Op",): "'Op' is no name for an op; write it as in ConfusionMatrixOp or confusion-matrix",
    ("class",): "'class' is a word of Python's own, so class.py could not be imported; use another name",
    ("random",): "random.py would hide the Python module 'random'; use another name",
    ("yaml",): "yaml.py would hide the Python module 'yaml'; use another name",
    ("train",): "tao_kfp has a TrainOp already; use another name",
    ("mine", "--directory", "no"): "there is no folder 'no'; make it first, or give another --directory",
    ("mine", "--network", "clasification"): "TAO 3.21.08 has no network 'clasification'; did you mean 'classification'?",
}  # fmt: skip


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_a_name_that_cannot_be_is_refused_and_nothing_written(arguments, tao_kfp, tmp_path):
    run = tao_kfp("ops", "new", *arguments)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"error: {REFUSED[arguments]}\n")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_a_plug_in_has_is_refused(tao_kfp, installed, tmp_path):
    run = tao_kfp("ops", "new", "hello", PYTHONPATH=str(installed))
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "error: there is a HelloOp already, in tao-hello 1.0 (tao_hello:HelloOp); use another name\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["mine.py", "test_mine.py"])
def test_no_file_that_is_there_is_overwritten(there, tao_kfp, tmp_path):
    (tmp_path / there).write_text("kept\n")
    run = tao_kfp("ops", "new", "mine")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"error: {there!r} is there already; use another name or --directory; nothing was written\n"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {there: "kept\n"}
