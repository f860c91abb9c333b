"""Where a rule says yes; tests/bad_pipelines.py has where each says no."""

from __future__ import annotations

import pytest
from building import graph_of

import tao_kfp as tao
from tao_kfp.pipelines import rules

ONE_NODE = tao.NewClaim("1Gi", modes=["ReadWriteOnce"])


def two_branches():
    tao.CommandOp("a", command="ls")
    tao.CommandOp("b", command="ls")


def chain():
    tao.CommandOp("b", command="ls").after(tao.CommandOp("a", command="ls"))


def test_a_one_node_volume_may_have_a_chain():
    assert graph_of(chain, workspace=ONE_NODE).edges() == [("a", "b")]


def test_a_one_node_volume_may_have_branches_on_one_node():
    graph = graph_of(two_branches, workspace=ONE_NODE, node_selector={"kubernetes.io/hostname": "dgx1"})
    assert graph.layers() == [["a", "b"]]


def test_a_volume_of_many_nodes_may_have_branches():
    assert graph_of(two_branches, workspace=tao.NewClaim("1Gi")).layers() == [["a", "b"]]


def test_a_claim_with_known_modes_is_held_to_them():
    with pytest.raises(tao.TaoKfpError, match="may run at the same time on two nodes"):
        graph_of(two_branches, workspace=tao.Claim("data", modes=["ReadWriteOnce"]))


@pytest.mark.parametrize(
    "model",
    [
        tao.Existing("mine.tlt"),
        "out/weights/a.tlt",
        "out/../out/weights/a.tlt",
        "./out/a.tlt",
        "/mnt/workspace/out/a.tlt",
    ],
)
def test_a_checkpoint_may_come_from_an_earlier_step_or_be_there_before(model):
    def function():
        train = tao.TrainOp("train", network="classification", spec="s", results="out")
        middle = tao.CommandOp("middle", command="ls").after(train)
        tao.PruneOp("prune", network="classification", model=model, output="p").after(middle)

    assert len(graph_of(function).steps) == 3


def test_any_step_can_say_that_it_writes_a_checkpoint():
    def function():
        own = tao.ContainerOp("own", image="i", command="c", writes=["models/own"])
        tao.PruneOp("prune", network="classification", model="models/own/best.tlt", output="p").after(own)

    assert graph_of(function).edges() == [("own", "prune")]


def test_gpu_limits_above_num_gpus_are_fine():
    graph = graph_of(
        lambda: tao.TrainOp("t", network="classification", spec="s", results="o", num_gpus=2).set_gpu_limit(4)
    )
    assert graph.steps["t"].gpus == "4"


def test_check_lists_every_error_of_a_rule():
    def function():
        tao.PruneOp("one", network="classification", model="a", output="b")
        tao.PruneOp("two", network="classification", model="c", output="d")

    errors = list(rules.check(tao.pipeline("p")(function).unchecked()))
    assert [(error.step, error.what) for error in errors] == [
        ("one", "no earlier step writes 'a'"),
        ("two", "no earlier step writes 'c'"),
    ]


def test_check_lists_the_errors_of_all_rules():
    def function():
        tao.PruneOp("one", network="classification", model="a", output="b", image="")
        tao.CommandOp("two", command="classification", arguments=["-k", "abc"])

    errors = list(rules.check(tao.pipeline("p")(function).unchecked()))
    assert [(error.step, error.what.split(",")[0]) for error in errors] == [
        ("one", "'' is no image"), ("one", "no earlier step writes 'a'"), ("two", "a key stands behind -k"),
    ]  # fmt: skip


def test_a_large_circle_is_found_and_named():
    def function():
        ops = [tao.CommandOp(f"s{i}", command="ls") for i in range(5)]
        for before, after in zip(ops, [*ops[1:], ops[1]], strict=True):
            after.after(before)

    with pytest.raises(tao.TaoKfpError, match="s1 -> s2 -> s3 -> s4 -> s1"):
        graph_of(function)


LEGAL = {
    "curl without checking certificates": ("curl", ["-k", "https://a.b"]),
    "sort by a column": ("sort", ["-k", "2", "f"]),
    "a script's own key": ("python", ["m.py", "--key", "id"]),
    "a word that is a network": ("sh", ["-c", "echo classification | sort -k 2"]),
    "a password from standard input": ("docker", ["login", "-u", "x", "--password-stdin", "nvcr.io"]),
    "a limit of tokens": ("serve", ["--max_new_tokens", "256", "--pad-token", "0"]),
    "a token from a file": ("call", ["--token=@/run/t", "--token", "/run/t"]),
    "prose": ("echo", ["use --token to pass one"]),
    "a switch": ("psql", ["--no-password", "db"]),
    "a key from the environment": ("sh", ["-c", 'classification train -k "$TAO_KEY"']),
    "an image of a library": ("pip", ["install", "sk-learn-contrib-extension-pack"]),
    "a long hexadecimal text": ("echo", ["0123456789abcdef" * 6]),
}


@pytest.mark.parametrize("name", LEGAL)
def test_a_command_that_holds_no_key_is_left_alone(name):
    command, arguments = LEGAL[name]
    assert len(graph_of(lambda: tao.CommandOp("a", command=command, arguments=arguments)).steps) == 1


ILLEGAL = {
    "a parameter after -k": lambda x="nvidia_tlt": tao.CommandOp(
        "a", command="classification", arguments=["train", "-k", x]
    ),
    "without a blank": lambda: tao.CommandOp("a", command="classification", arguments=["train", "-knvidia_tlt"]),
    "by a path": lambda: tao.CommandOp("a", command="/usr/bin/classification", arguments=["train", "-k", "nvidia_tlt"]),
    "with more blanks": lambda: tao.CommandOp(
        "a", command=["sh", "-c"], arguments="cd /x && classification train -k   nvidia_tlt"
    ),
    "of the converter": lambda: tao.CommandOp("a", command="tao-converter", arguments=["m", "-k", "nvidia_tlt"]),
    "a password": lambda: tao.ContainerOp("a", image="i", command="login", arguments=["--password=hunter2"]),
}


@pytest.mark.parametrize("name", ILLEGAL)
def test_a_key_in_a_command_is_found(name):
    make = ILLEGAL[name]
    make.__annotations__ = {"x": str}
    with pytest.raises(tao.TaoKfpError, match="a key stands behind"):
        graph_of(make)
