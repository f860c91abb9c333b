"""Wrong pipelines and command lines: one line, exit code 2, no traceback, no file."""

from __future__ import annotations

import pytest
from bad_pipelines import BAD, HEAD


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_pipeline_is_one_clear_line(name, tao_kfp, tmp_path):
    script, line = BAD[name]
    (tmp_path / "bad.py").write_text(HEAD + script)
    run = tao_kfp("compile", "bad.py", "--target", "argo", PYTHONDONTWRITEBYTECODE="1")
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"error: {line}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.py"]


KFP_ONLY = {
    "tao.ContainerOp('a', image='i')": "Kubeflow v2 does not run an image's entry point; give command=[...]",
    "tao.ListOp('a').add_volume({'name': 'v', 'nfs': {'server': 's', 'path': '/p'}}).add_volume_mount({'name': 'v', 'mountPath': '/v'})": "Kubeflow v2 has no volume "
    "of kind nfs; use a PersistentVolumeClaim",
    "tao.ListOp('a').add_pod_label('a', n)": "Kubeflow v2 cannot take the run parameter 'n' in a pod label; pass it as an argument, or use "
    "--target argo",
}  # fmt: skip


@pytest.mark.parametrize("op", KFP_ONLY)
def test_what_only_kfp_cannot_do_is_one_clear_line(op, tao_kfp, tmp_path):
    (tmp_path / "bad.py").write_text(f"{HEAD}@tao.pipeline(name='p')\ndef p(n: str = 'x'):\n    {op}\n")
    run = tao_kfp("compile", "bad.py", PYTHONDONTWRITEBYTECODE="1")
    assert (run.returncode, run.stdout, run.stderr) == (
        2,
        "",
        f"error: pipeline 'p', step 'a', bad.py:5: {KFP_ONLY[op]}\n",
    )
    assert tao_kfp("compile", "bad.py", "--target", "argo").returncode == 0


@pytest.mark.parametrize("name", ["a key as a parameter", "an op outside a pipeline", "a circle"])
def test_a_wrong_script_run_by_itself_is_one_clear_line(name, python, tmp_path):
    script, line = BAD[name]
    ending = "\nif __name__ == '__main__':\n    p.compile(__file__)\n" if "def p" in script else ""
    (tmp_path / "bad.py").write_text(HEAD + script + ending)
    run = python("bad.py")
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"error: {line}\n")


GOOD = "import tao_kfp as tao\n@tao.pipeline(name='p')\ndef p(n: int = 1, on: bool = True):\n    tao.CommandOp('a', command='ls', arguments=[n, on])\n"

COMMAND_LINES = {
    ("compile", "nothing"): "there is no pipeline 'nothing'; give one of classification, classification-tf1, classification-pyt, detectnet-v2, rtdetr, ocdnet, data-services, or a .py file",
    ("compile", "gone.py"): "there is no file 'gone.py'; give the path of a Python file with a @tao.pipeline function",
    ("compile",): "Missing argument 'PIPELINE'.",
    ("compile", "good.py", "--target", "airflow"): "there is no target 'airflow'; use kfp or argo",
    ("compile", "good.py", "-o", "p.tgz"): "'p.tgz' ends in .tgz, which Kubeflow's file dialog does not show; name it .tar.gz",
    ("compile", "good.py", "-o", "p.json"): "'p.json' is no package name; end it in .tar.gz or .yaml",
    ("compile", "good.py", "-o", "good.py"): "'good.py' is no package name; end it in .tar.gz or .yaml",
    ("compile", "good.py", "-o", "no/p.yaml"): "the folder 'no' of the package does not exist; make it first, or give another -o",
    ("compile", "good.py", "--set", "m=2"): "pipeline 'p': --set m=2: there is no parameter 'm'; write NAME=VALUE; the parameters are n, on",
    ("compile", "good.py", "--set", "n"): "pipeline 'p': --set n: it has no value; write NAME=VALUE; the parameters are n, on",
    ("compile", "good.py", "--set", "n=two"): "pipeline 'p', argument '--set n': the parameter 'n' is of type int and cannot be 'two'; write it as in n=4",
    ("compile", "good.py", "--set", "on=maybe"): "pipeline 'p', argument '--set on': the parameter 'on' is of type bool and cannot be 'maybe'; write it as in on=true",
    ("compile", "good.py", "--workspace", "nfs:x"): "'nfs:x' is no workspace; use claim:NAME[/SUB_PATH], hostpath:/PATH@NODE or "
    "newclaim:SIZE[,MODE][,STORAGE_CLASS]",
    ("compile", "good.py", "--workspace", "hostpath:/a"): "pipeline 'p', good.py:2: HostPath('/a') does not say which node has the folder, "
    "so a step may run on one without it; add node_selector={'kubernetes.io/hostname': 'NODE'}, or any_node=True where every node has it",
    ("compile", "good.py", "--mount", "work"): "pipeline 'p', good.py:2: the workspace cannot be mounted at 'work'; use an absolute folder "
    "such as '/mnt/workspace'",
    ("compile", "good.py", "--release", "9.9"): "pipeline 'p', good.py:2: the catalogue has no TAO release '9.9'; it has 3.21.08, 3.22.05, 5.0, 5.3, 5.5, 6.0, 6.26, 7.1",
    ("compile", "good.py", "--kfp-backend", "1.8"): "pipeline 'p', good.py:2: the kfp target writes for backends from 2.14 on, and this one "
    "is 1.8; use --target argo for older ones",
    ("compile", "good.py", "--kfp-backend", "new"): "pipeline 'p', good.py:2: 'new' is no Kubeflow Pipelines version; write it as in 2.16",
    ("compile", "good.py", "--target", "argo", "--kfp-backend", "2.16"): "pipeline 'p', good.py:2: --kfp-backend is for the kfp target, and "
    "the target is argo; leave it out",
    ("show", "good.py", "--format", "png"): "there is no format 'png'; use text, mermaid, dot, svg",
    ("show", "good.py:q"): "good.py has no pipeline 'q'; it has p",
    ("check", "good.py", "--frobnicate"): "No such option '--frobnicate'.",
    ("frobnicate",): "No such command 'frobnicate'.",
    ("init", "good.py/x"): "'good.py/x' cannot be made: Not a directory; give another folder",
}  # fmt: skip


@pytest.mark.parametrize("arguments", COMMAND_LINES, ids=" ".join)
def test_a_wrong_command_line_is_one_clear_line(arguments, tao_kfp, tmp_path):
    (tmp_path / "good.py").write_text(GOOD)
    run = tao_kfp(*arguments, PYTHONDONTWRITEBYTECODE="1")
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"error: {COMMAND_LINES[arguments]}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["good.py"]


def test_a_failed_compile_leaves_the_old_package(tao_kfp, tmp_path):
    (tmp_path / "good.py").write_text(GOOD)
    assert tao_kfp("compile", "good.py", "--target", "argo").returncode == 0
    before = (tmp_path / "good.tar.gz").read_bytes()
    (tmp_path / "good.py").write_text(GOOD.replace("command='ls'", "command='echo {{x}}'"))
    run = tao_kfp("compile", "good.py", "--target", "argo", PYTHONDONTWRITEBYTECODE="1")
    assert run.returncode == 2
    assert run.stderr == (
        "error: pipeline 'p', step 'a', good.py:4: a text of the step holds '{{', which Argo reads as one of its own values: "
        "'echo {{x}}'; put the text into a file of the workspace, or write the braces apart\n"
    )
    assert (tmp_path / "good.tar.gz").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["good.py", "good.tar.gz"]
