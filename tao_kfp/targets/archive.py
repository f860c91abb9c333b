"""The package file: a .tar.gz with one member, or the YAML itself, written whole or not at all."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import tempfile
from pathlib import Path

from tao_kfp.errors import UsageError

MEMBER = "pipeline.yaml"  # the member that Kubeflow's server looks for by name
_SUFFIXES = (".tar.gz", ".yaml", ".yml")
_LIMIT = 32 * 2**20  # bytes that the server takes in one upload


def check_path(path: str) -> None:
    """Refuse a file that could not be uploaded or written.

    Raises:
        UsageError: Another suffix, a missing folder, a folder of that name.
    """
    if path.endswith(".tgz"):
        raise UsageError(f"{path!r} ends in .tgz, which Kubeflow's file dialog does not show", fix="name it .tar.gz")
    if not path.endswith(_SUFFIXES) or os.path.basename(path) in _SUFFIXES:
        raise UsageError(f"{path!r} is no package name", fix="end it in .tar.gz or .yaml")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise UsageError(
            f"the folder {folder!r} of the package does not exist", fix="make it first, or give another -o"
        )
    if os.path.exists(path) and not os.path.isfile(path):
        raise UsageError(f"{path!r} is there and is no file", fix="give a file name")


def package_bytes(path: str, text: str) -> bytes:
    """The bytes of a package: the same for the same text, with no clock and no user in them.

    Raises:
        UsageError: It is larger than what Kubeflow's server takes.
    """
    content = text.encode("utf-8")
    packed = _packed(content) if path.endswith(".tar.gz") else content
    if len(packed) > _LIMIT:
        raise UsageError(f"the package has {len(packed)} bytes, and Kubeflow takes {_LIMIT}", fix="split the pipeline")
    return packed


def _packed(content: bytes) -> bytes:
    member = tarfile.TarInfo(MEMBER)
    member.size = len(content)
    member.mode = 0o644
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(content))
    return gzip.compress(tar.getvalue(), compresslevel=9, mtime=0)


def write_all(files: dict[str, bytes]) -> None:
    """Write files, each whole or not at all; an old one stays until the new one is complete.

    Raises:
        UsageError: A file cannot be written.
    """
    parts: list[tuple[Path, Path]] = []
    try:
        for name, content in files.items():
            target = Path(os.path.realpath(name))
            handle, part = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
            parts.append((Path(part), target))
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(part, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        while parts:
            part_path, target = parts[0]
            os.replace(part_path, target)
            parts.pop(0)
    except OSError as error:
        raise UsageError(f"{name!r} cannot be written: {error.strerror}", fix="give another -o") from None
    finally:
        for part_path, _ in parts:
            part_path.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
