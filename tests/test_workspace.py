"""Workspaces and the paths inside them."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_kfp.errors import StepError, TaoKfpError
from tao_kfp.workspace import Claim, HostPath, NewClaim, inside, parse

segment = st.text(st.sampled_from("ab.c-_ 1"), min_size=1, max_size=6)
path = st.lists(st.one_of(segment, st.sampled_from(["..", ".", ""])), min_size=1, max_size=6).map("/".join)


@given(path)
def test_a_path_stays_inside_or_is_refused(text):
    try:
        relative = inside(text, "/mnt/workspace")
    except StepError:
        return
    joined = posixpath.normpath(f"/mnt/workspace/{relative}")
    assert joined == "/mnt/workspace" or joined.startswith("/mnt/workspace/")


@pytest.mark.parametrize(
    ("text", "relative"),
    [
        ("specs/a.cfg", "specs/a.cfg"),
        ("/mnt/workspace/specs/a.cfg", "specs/a.cfg"),
        ("/mnt/workspace", "."),
        ("/mnt/workspace/", "."),
        ("a/../b", "a/../b"),
        ("results/", "results"),
        ("with blank/a", "with blank/a"),
    ],
)
def test_a_path_is_brought_to_the_workspace(text, relative):
    assert inside(text, "/mnt/workspace") == relative


@pytest.mark.parametrize(
    "text", ["", " ", "/", "/mnt", "/mnt/workspace2/a", "..", "a/../..", "/mnt/workspace/../x", "~/a", "a\nb"]
)
def test_a_path_outside_is_refused(text):
    with pytest.raises(StepError):
        inside(text, "/mnt/workspace")


@pytest.mark.parametrize(
    ("text", "workspace"),
    [
        ("claim:tao-workspace", Claim("tao-workspace")),
        ("claim:data/team-a/tao", Claim("data", sub_path="team-a/tao")),
        ("hostpath:/raid/ws@dgx1", HostPath("/raid/ws", node_selector={"kubernetes.io/hostname": "dgx1"})),
        (
            "hostpath:/raid/ws@nvidia.com/gpu.product=A100",
            HostPath("/raid/ws", node_selector={"nvidia.com/gpu.product": "A100"}),
        ),
        ("hostpath:/raid/ws@*", HostPath("/raid/ws", any_node=True)),
        ("newclaim:100Gi", NewClaim("100Gi")),
        ("newclaim:100Gi,ReadWriteOnce,fast", NewClaim("100Gi", modes=["ReadWriteOnce"], storage_class="fast")),
    ],
)
def test_a_workspace_is_read_from_the_command_line(text, workspace):
    assert parse(text) == workspace


@pytest.mark.parametrize(
    "workspace",
    [
        HostPath("/raid", node_selector={}),
        HostPath("relative", any_node=True),
        HostPath("/raid/../etc", any_node=True),
        Claim("Upper"),
        Claim("a", sub_path="/abs"),
        Claim("a", sub_path="../b"),
        Claim("a", modes=["ReadOnlyMany"]),
        NewClaim("lots"),
        NewClaim("1Gi", modes=[]),
        NewClaim("1Gi", modes=["Sometimes"]),
    ],
)
def test_a_workspace_that_cannot_be_is_refused(workspace):
    with pytest.raises(TaoKfpError):
        workspace.check()
