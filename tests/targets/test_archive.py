"""Package files."""

from __future__ import annotations

import io
import os
import tarfile

import pytest

from tao_kfp.errors import UsageError
from tao_kfp.targets.archive import package_bytes, write_all


def test_a_tarball_holds_pipeline_yaml_without_clock_or_user():
    packed = package_bytes("p.tar.gz", "a: ü\n")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        [member] = archive.getmembers()
        content = archive.extractfile(member).read()
    assert (member.name, member.mtime, member.uid, member.gid, member.uname, member.mode) == (
        "pipeline.yaml",
        0,
        0,
        0,
        "",
        0o644,
    )
    assert content == "a: ü\n".encode()
    assert packed[4:8] == b"\0\0\0\0"  # gzip's own time stamp


def test_the_same_text_gives_the_same_bytes():
    assert package_bytes("p.tar.gz", "a: 1\n") == package_bytes("other.tar.gz", "a: 1\n")


def test_files_are_replaced_whole_and_keep_their_mode(tmp_path):
    target = tmp_path / "p.yaml"
    target.write_bytes(b"old")
    target.chmod(0o640)
    write_all({str(target): b"new"})
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o640)
    assert os.listdir(tmp_path) == ["p.yaml"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.yaml").write_bytes(b"old")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    write_all({str(tmp_path / "link.yaml"): b"new"})
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_bytes() == b"new"


def test_nothing_is_written_when_one_file_cannot_be(tmp_path):
    first = tmp_path / "a.yaml"
    first.write_bytes(b"old")
    with pytest.raises(UsageError, match="cannot be written"):
        write_all({str(first): b"new", str(tmp_path / "no" / "b.yaml"): b"new"})
    assert first.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.yaml"]


def test_a_package_that_kubeflow_would_not_take_is_refused():
    with pytest.raises(UsageError, match="Kubeflow takes 33554432"):
        package_bytes("p.yaml", "x" * (32 * 2**20 + 1))


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch, moment):
    target = tmp_path / "p.yaml"
    target.write_bytes(b"old")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, moment, interrupt)  # the system, in the middle of our write
    with pytest.raises(KeyboardInterrupt):
        write_all({str(target): b"new"})
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["p.yaml"]
