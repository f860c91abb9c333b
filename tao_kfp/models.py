"""Models on NVIDIA NGC, for a person at a keyboard: search, versions, details, download.

In a pipeline `tao.PullOp` downloads them. NVIDIA's SDK (the extra `ngc`) talks to NGC; it is
imported when it is first needed, because it reads its keys and settings at that moment.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import importlib
import logging
import os
import posixpath
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tao_kfp.errors import ModelError, TaoKfpError

KEYS = ("NGC_CLI_API_KEY", "NGC_API_KEY", "NGC_APP_KEY")  # in the order in which the SDK looks for them

Report = Callable[[int, int], None]  # bytes that are here, bytes in all

_SITE = "https://org.ngc.nvidia.com/setup/api-keys"
_ROOM = "free some, or give another folder"
_FULL = 1_000_000  # bytes: with fewer left, a download that broke off did so for want of room
_EXAMPLE = "nvidia/tao/pretrained_classification:resnet18"
_WORD = r"\w[\w.-]*"
_NAME = re.compile(rf"({_WORD})/(?:({_WORD})/)?({_WORD})(?::(\w[\w.+-]*))?", re.ASCII)
# What the SDK says instead of the exceptions of the network that it swallowed.
_UNREACHABLE = re.compile(r"unable to make a connection|is not reachable|timed out", re.IGNORECASE)


@dataclass(frozen=True)
class ModelName:
    """The name of a model, `ORG/TEAM/NAME[:VERSION]`, or without a team `ORG/NAME[:VERSION]`.

    Attributes:
        org: Organisation, such as `nvidia`.
        team: Team, such as `tao`; empty for a model of the whole organisation.
        name: The model itself.
        version: Its version; empty where none is named.
    """

    org: str
    team: str
    name: str
    version: str = ""

    @property
    def path(self) -> str:
        """The name without the version."""
        return "/".join(filter(None, (self.org, self.team, self.name)))

    def __str__(self) -> str:
        return f"{self.path}:{self.version}" if self.version else self.path


@dataclass(frozen=True)
class Found:
    """A model that a search found.

    Attributes:
        name: `ORG/TEAM/NAME`.
        latest: Its latest version.
        size: Bytes of that version.
        title: The name that people read.
        description: The first line of its description.
        precision: Such as `FP32`; empty where NGC has none.
    """

    name: str
    latest: str
    size: int
    title: str
    description: str
    precision: str


@dataclass(frozen=True)
class Version:
    """A version of a model.

    Attributes:
        version: Its name, as it stands after the colon.
        size: Bytes.
        files: Number of files.
        date: Day on which it was made, as `2021-08-16`.
        accuracy: What its makers measured, in their own unit; empty where they gave none.
    """

    version: str
    size: int
    files: int
    date: str
    accuracy: str


@dataclass(frozen=True)
class Details:
    """What NGC knows of one version of a model.

    Attributes:
        name: `ORG/TEAM/NAME:VERSION`.
        title: The name that people read.
        description: The first line of its description.
        size: Bytes.
        files: Bytes of each file, by its path.
        precision: Such as `FP32`; empty where NGC has none.
        accuracy: What its makers measured, in their own unit; empty where they gave none.
    """

    name: str
    title: str
    description: str
    size: int
    files: Mapping[str, int]
    precision: str
    accuracy: str


@dataclass(frozen=True)
class Download:
    """A model in a workspace.

    Attributes:
        folder: Where it lies.
        files: Number of its files.
        size: Bytes.
        kept: It was there before and nothing was downloaded.
        unchecked: Why a folder that was there could not be compared with NGC; empty where it was.
    """

    folder: str
    files: int
    size: int
    kept: bool = False
    unchecked: str = ""


def parse(text: str, *, version: bool | None = None) -> ModelName:
    """Read the name of a model.

    Args:
        text: `ORG/TEAM/NAME:VERSION`, as `tao.PullOp` takes it.
        version: Whether it must name a version (True), must not (False), or may. Default: it may.

    Returns:
        Its parts.

    Raises:
        ModelError: It is no such name.
    """
    found = _NAME.fullmatch(text)
    if not found or (version is not None and version != bool(found[4])):
        form = {True: "ORG/TEAM/NAME:VERSION", False: "ORG/TEAM/NAME", None: "ORG/TEAM/NAME[:VERSION]"}[version]
        problem = "is no name of a model on NGC"
        if found:
            problem = "names no version" if version else "names a version"
        example = _EXAMPLE.partition(":")[0] if version is False else _EXAMPLE
        raise ModelError(f"{text!r} {problem}", fix=f"write {form}, as in {example}")
    return ModelName(found[1], found[2] or "", found[3], found[4] or "")


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
        if not re.fullmatch(_WORD, part, re.ASCII):
            raise ModelError(f"{part!r} is no name of a {what} on NGC", fix="use letters, digits, '_', '-' and '.'")
    words = text.lower().replace("*", " ").split()
    with _registry(org, f"models of {'/'.join(filter(None, (org, team)))}") as api:
        found = {model.name: model for model in _list(api, org, team)}
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
    with _registry(name.org, str(name), name) as api:
        return [
            Version(
                str(version.versionId),
                int(version.totalSizeInBytes or 0),
                int(version.totalFileCount or 0),
                str(version.createdDate or "")[:10],
                _number(version.accuracyReached),
            )
            for version in _versions(api, name)
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
    with _registry(name.org, str(name), name) as api:
        model = api.info(name.path).model
        name = ModelName(name.org, name.team, name.name, name.version or str(model.latestVersionIdStr or ""))
        if not name.version:
            raise ModelError(f"{name} has no version yet")
        version = api.info(str(name)).modelVersion
        files = _files(api, name)
    return Details(
        str(name),
        _line(model.displayName) or name.name,
        _line(model.shortDescription) or _line(model.description),
        sum(files.values()),
        files,
        _line(model.precision),
        _number(version.accuracyReached),
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
    with _registry(name.org, str(name), name) as api:
        files = _files(api, name)
        size = sum(files.values())
        with _temporary(folder) as own:
            _check_space(name, own, size)
            made = os.path.join(own, os.path.basename(folder))
            if report:
                report(0, size)
            why = _fetch(api, name, own, report) or _difference(made, files)
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
        with _registry(name.org, str(name), name) as api:
            files = _files(api, name)
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


def human(size: int) -> str:
    """A number of bytes as people read it, such as `81.8 MB`."""
    number, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"


# NGC -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _registry(org: str, wanted: str, name: ModelName | None = None) -> Iterator[Any]:
    """NVIDIA's registry of models; what goes wrong in the block becomes a `ModelError`.

    Args:
        org: Organisation that a key is used for.
        wanted: What is asked for, for the message.
        name: The model that is asked for, where it is one: a wrong name gets the nearest ones.
    """
    client: Any = None
    try:
        client = _connect(org)
        yield client.registry.model
    except TaoKfpError:
        raise
    except Exception as error:
        raise _explain(error, client, wanted, name) from None


def _connect(org: str) -> Any:
    for logger in ("ngcbase", "registry"):  # its warnings would reach the screen where no logging is set up
        logging.getLogger(logger).addHandler(logging.NullHandler())
    try:
        sdk = importlib.import_module("ngcsdk")
    except ImportError as error:
        missing = "is not installed" if error.name == "ngcsdk" else f"cannot be loaded ({error})"
        raise ModelError(
            f"NVIDIA's SDK for NGC, ngcsdk, {missing}", fix="install it with: pip install 'tao-kfp[ngc]'"
        ) from None
    client = sdk.Client()
    config = client.config
    config.format_type = "json"  # otherwise it prints
    if config.is_guest_mode:  # it refuses an organisation or team without a key ...
        config.org_name, config.team_name = "no-org", "no-team"
    elif not config.org_name:  # ... and a key without an organisation
        config.org_name = org
    return client


def _list(api: Any, org: str, team: str) -> Iterator[Found]:
    for model in api.list("/".join(filter(None, (org, team, "*")))):
        path = ModelName(str(model.orgName or org), str(model.teamName or ""), str(model.name)).path
        latest = str(model.latestVersionIdStr or "")
        size = int(model.latestVersionSizeInBytes or 0)
        title = _line(model.displayName) or str(model.name)
        yield Found(path, latest, size, title, _line(model.description), _line(model.precision))


def _versions(api: Any, name: ModelName) -> Iterable[Any]:
    found: Iterable[Any] = api.list(f"{name.path}:*")
    return found


def _files(api: Any, name: ModelName) -> dict[str, int]:
    files = {str(file.path): int(file.sizeInBytes or 0) for file in api.list_files(str(name))}
    if not files:
        raise ModelError(f"{name} has no files")
    for path in files:
        if path.startswith("/") or ".." in posixpath.normpath(path).split("/"):
            raise ModelError(f"{name} has the file {path!r}, which would leave its folder")
    return files


def _fetch(api: Any, name: ModelName, folder: str, report: Report | None) -> str:
    """Let the SDK download into a folder, and say how it ended, or an empty text for the good end.

    It works in threads: their exceptions would be tracebacks on the screen, and files could appear
    after it has ended. It also catches Ctrl-C.
    """

    def progress(done: int, _failed: int, size: int, *_counts: int) -> None:
        if report:
            report(done, size)

    failures: list[BaseException] = []
    before = set(threading.enumerate())
    hook = threading.excepthook
    threading.excepthook = lambda args: failures.append(args.exc_value or args.exc_type())
    try:
        status = api.download_version(str(name), folder, progress_callback_func=progress).status
    finally:
        end = time.monotonic() + 2
        for thread in set(threading.enumerate()) - before:
            thread.join(max(0.0, end - time.monotonic()))
        threading.excepthook = hook
    if status == "Terminated":
        raise KeyboardInterrupt
    if failures:
        raise failures[0]
    return "" if status == "Completed" else f"NVIDIA's SDK ended with {status!r}"


def _line(text: object) -> str:
    """The first line of a text that says something, without the marks of a Markdown heading."""
    lines = (line.strip(" #*\t") for line in str(text or "").splitlines())
    return " ".join(next(filter(None, lines), "").split())


def _number(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


# Errors --------------------------------------------------------------------------------------------


def _explain(error: Exception, client: Any, wanted: str, name: ModelName | None) -> ModelError:
    """Say in a person's words what the SDK could not do."""
    status = getattr(error, "status_code", None)
    kinds = {kind.__name__ for kind in type(error).__mro__}
    text = _without_keys(" ".join(str(error).split()) or type(error).__name__, client)
    if status in (401, 403) or kinds & {"AuthenticationException", "TokenExpiredException"}:
        return _refused(client, wanted, str(status or 401))
    if status == 404 or "ResourceNotFoundException" in kinds:  # the SDK drops the status of some
        return _not_there(client, wanted, name)
    if status == 412:
        return ModelError(
            f"NGC gives {wanted} only to those who accepted its terms",
            fix="accept them on its page on https://catalog.ngc.nvidia.com, with the account of the key",
        )
    if status:
        reason = re.search(r"Response: (.*?) - Request Id", text)
        return ModelError(
            f"NGC did not answer for {wanted} ({status}{f': {reason[1]}' if reason and reason[1] else ''})",
            fix="try again later",
        )
    if _UNREACHABLE.search(text) or kinds & {"ConnectionError", "Timeout", "TimeoutError"}:
        return ModelError(
            "NGC cannot be reached",
            fix="check the network, a proxy (HTTPS_PROXY) and its certificate (REQUESTS_CA_BUNDLE)",
        )
    return ModelError(f"NVIDIA's SDK failed on {wanted}: {text}")


def _refused(client: Any, wanted: str, status: str) -> ModelError:
    source = next(filter(os.environ.get, KEYS), "")
    if not source and client is not None and not client.config.is_guest_mode:
        source = "the settings of the ngc command (~/.ngc/config)"
    if not source:
        return ModelError(
            f"NGC does not show {wanted} without a key ({status})",
            fix=f"set {KEYS[0]}, {KEYS[1]} or {KEYS[2]} to one from {_SITE}",
        )
    return ModelError(
        f"NGC refuses {wanted} with the key in {source} ({status})",
        fix=f"make a new one at {_SITE}, with NGC Catalog among its services; a public model needs none",
    )


def _not_there(client: Any, wanted: str, name: ModelName | None) -> ModelError:
    """A 404, with the names that come nearest; to find them is a courtesy that may fail."""
    with contextlib.suppress(Exception):
        api = client.registry.model
        if name and name.version:
            with contextlib.suppress(Exception):  # there is no such model
                there = [str(version.versionId) for version in _versions(api, name)]
                if name.version in there:
                    return ModelError(f"NGC knows {name}, and does not give its files", fix="try again later")
                near = difflib.get_close_matches(name.version, there, n=3, cutoff=0.4) or there[:3]
                return ModelError(f"{name.path} has no version {name.version!r}", fix=f"it has {_some(near, there)}")
        if name:
            paths = {model.name.rpartition("/")[2]: model.name for model in _list(api, name.org, name.team)}
            near = difflib.get_close_matches(name.name, paths, n=3)
            if near:
                nearest = ", ".join(paths[last] for last in near)
                return ModelError(f"NGC has no model {name.path}", fix=f"the nearest: {nearest}")
    return ModelError(
        f"NGC has no {wanted}",
        fix=f"look for it with: tao-kfp models search; one that is not public needs a key in {KEYS[0]}",
    )


def _some(near: list[str], there: list[str]) -> str:
    more = len(there) - len(near)
    return (", ".join(near) or "none") + (f" and {more} more" if more else "")


def _without_keys(text: str, client: Any) -> str:
    """Blot out every key: NGC's answers may quote what they were sent."""
    keys = {os.environ.get(variable) for variable in KEYS}
    if client is not None:
        keys |= {client.config.app_key, client.config.starfleet_kas_session_key}
    for key in sorted(filter(None, keys), key=len, reverse=True):
        text = text.replace(key, "***")
    return re.sub(r"\b(Bearer|Basic) [^\s'\"]+", r"\1 ***", text)  # a token that was given for a key
