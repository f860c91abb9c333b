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
