"""Models on NVIDIA NGC, for a person at a keyboard: search, versions, details, download.

In a pipeline `tao.PullOp` downloads them. NVIDIA's SDK (the extra `ngc`) talks to NGC; it is
imported when it is first needed, because it reads its keys and settings at that moment.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping

from tao_kfp.errors import ModelError
from tao_kfp.models import registry
from tao_kfp.models.names import WORD, Details, Download, Found, ModelName, Report, Version, human, parse
from tao_kfp.models.registry import KEYS

__all__ = [
    "KEYS", "Details", "Download", "Found", "ModelName", "Report", "Version", "download", "human", "parse", "search", "show", "versions",
]  # fmt: skip

_ROOM = "free some, or give another folder"
_FULL = 1_000_000  # bytes: with fewer left, a download that broke off did so for want of room


def search(text: str = "", *, org: str = "nvidia", team: str = "tao") -> list[Found]:
    """Find models by their name, title and description.

    Args:
        text: Words that all must occur, in any case; empty for every model.
        org: Organisation to look in.
        team: Team to look in; empty for the whole organisation.

    Returns:
        The models, by name.

    Raises:
        ModelError: A wrong organisation or team, or NGC cannot be asked.
    """
    for part, what in ((org, "organisation"), (team or "any", "team")):
        if not re.fullmatch(WORD, part, re.ASCII):
            raise ModelError(f"{part!r} is no name of a {what} on NGC", fix="use letters, digits, '_', '-' and '.'")
    words = text.lower().replace("*", " ").split()
    with registry.registry(org, f"models of {'/'.join(filter(None, (org, team)))}") as api:
        found = {model.name: model for model in registry.models_of(api, org, team)}
    return [
        model
        for _, model in sorted(found.items())
        if all(word in f"{model.name} {model.title} {model.description}".lower() for word in words)
    ]


def versions(text: str) -> list[Version]:
    """List the versions of a model, in NGC's order.

    Args:
        text: `ORG/TEAM/NAME`.

    Returns:
        Its versions.

    Raises:
        ModelError: A wrong name, or NGC cannot be asked.
    """
    name = parse(text, version=False)
    with registry.registry(name.org, str(name), name) as api:
        return [
            Version(
                str(version.versionId),
                int(version.totalSizeInBytes or 0),
                int(version.totalFileCount or 0),
                str(version.createdDate or "")[:10],
                registry.number(version.accuracyReached),
            )
            for version in registry.versions(api, name)
        ]


def show(text: str) -> Details:
    """Look up one version of a model.

    Args:
        text: `ORG/TEAM/NAME[:VERSION]`; without a version, the latest.

    Returns:
        What NGC knows of it.

    Raises:
        ModelError: A wrong name, or NGC cannot be asked.
    """
    name = parse(text)
    with registry.registry(name.org, str(name), name) as api:
        model = api.info(name.path).model
        name = ModelName(name.org, name.team, name.name, name.version or str(model.latestVersionIdStr or ""))
        if not name.version:
            raise ModelError(f"{name} has no version yet")
        version = api.info(str(name)).modelVersion
        files = registry.files(api, name)
    return Details(
        str(name),
        registry.one_line(model.displayName) or name.name,
        registry.one_line(model.shortDescription) or registry.one_line(model.description),
        sum(files.values()),
        files,
        registry.one_line(model.precision),
        registry.number(version.accuracyReached),
    )


def download(text: str, workspace: str, *, dest: str = "models", report: Report | None = None) -> Download:
    """Download a model into `WORKSPACE/DEST/NAME_vVERSION/`, as the pull step does.

    The folder appears whole or not at all. One that is there already is kept as it is: its files
    are compared with NGC's by name and size, or, where NGC cannot be asked, not at all.

    Args:
        text: `ORG/TEAM/NAME:VERSION`.
        workspace: A folder that exists.
        dest: Folder in the workspace; made where it is missing.
        report: Called with the bytes that are here and the bytes in all, from another thread.

    Returns:
        Where the model lies.

    Raises:
        ModelError: A wrong name or folder, no space, or NGC cannot be asked.
        KeyboardInterrupt: Ctrl-C; nothing of the download is left.
    """
    name = parse(text, version=True)
    folder = _folder(name, workspace, dest)
    if os.path.isdir(folder) and os.listdir(folder):
        return _keep(name, folder)
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise ModelError(f"{folder} is there already, and no folder", fix="move it away")
    with registry.registry(name.org, str(name), name) as api:
        files = registry.files(api, name)
        size = sum(files.values())
        with _temporary(folder) as own:
            _check_space(name, own, size)
            made = os.path.join(own, os.path.basename(folder))
            if report:
                report(0, size)
            why = registry.fetch(api, name, own, report) or _difference(made, files)
            if why:
                full = shutil.disk_usage(own).free < _FULL
                raise ModelError(
                    f"the download of {name} broke off, and nothing of it was kept: {'the disk is full' if full else why}",
                    fix=_ROOM if full else "try again",
                )
            try:
                os.rename(made, folder)
            except OSError:
                if not os.path.isdir(folder):
                    raise
                return _keep(name, folder)  # somebody else was quicker
    return Download(folder, len(files), size)


# Folders -------------------------------------------------------------------------------------------


def _folder(name: ModelName, workspace: str, dest: str) -> str:
    if not os.path.isdir(workspace):
        raise ModelError(f"there is no folder {workspace!r}", fix="make it first, as tao-kfp init does")
    parts = os.path.normpath(dest).split(os.sep)
    if os.path.isabs(dest) or ".." in parts:
        raise ModelError(f"the folder {dest!r} is not in the workspace", fix="give one relative to it, as in 'models'")
    return os.path.normpath(os.path.join(workspace, dest, f"{name.name}_v{name.version}"))


def _keep(name: ModelName, folder: str) -> Download:
    """Say of a folder that is there whether it is whole; it is not touched."""
    try:
        with registry.registry(name.org, str(name), name) as api:
            files = registry.files(api, name)
    except ModelError as error:  # somebody without a network goes on with what is there
        return Download(folder, 0, 0, kept=True, unchecked=error.what)
    difference = _difference(folder, files)
    if difference:
        raise ModelError(f"{folder} is there already, and not what NGC has: {difference}", fix="move it away")
    return Download(folder, len(files), sum(files.values()), kept=True)


def _difference(folder: str, files: Mapping[str, int]) -> str:
    """Name the first file that is not as NGC has it, or return an empty text."""
    for path, size in files.items():
        here = os.path.join(folder, path)
        if not os.path.isfile(here):
            return f"{path} is missing"
        if os.path.getsize(here) != size:
            return f"{path} has {os.path.getsize(here)} bytes instead of {size}"
    return ""


@contextlib.contextmanager
def _temporary(folder: str) -> Iterator[str]:
    """A folder of our own beside `folder`, on the same disk, gone at the end.

    The SDK gives each file its full size before it has the content, so a look at the files of an
    interrupted download would not tell: the folder gets its name when it is whole.
    """
    dest, last = os.path.split(os.path.abspath(folder))
    own = ""
    try:
        os.makedirs(dest, exist_ok=True)
        own = tempfile.mkdtemp(prefix=f".{last}.", dir=dest)
        yield own
    except OSError as error:
        if error.errno is None or isinstance(error, (ConnectionError, TimeoutError)):  # of the network
            raise
        fix = _ROOM if error.errno == errno.ENOSPC else "give another folder"
        raise ModelError(f"{error.filename or dest} cannot be written: {error.strerror}", fix=fix) from None
    finally:
        if own:
            shutil.rmtree(own, ignore_errors=True)


def _check_space(name: ModelName, folder: str, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise ModelError(
            f"{name} needs {human(size)}, and {os.path.dirname(folder)} has {human(free)} left",
            fix=_ROOM,
        )
