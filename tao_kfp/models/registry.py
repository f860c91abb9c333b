"""The seam to NVIDIA's SDK: what is asked of NGC, and what goes wrong there in words for people."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import logging
import os
import posixpath
import re
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from tao_kfp.errors import ModelError, TaoKfpError
from tao_kfp.models.names import Found, ModelName, Report

KEYS = ("NGC_CLI_API_KEY", "NGC_API_KEY", "NGC_APP_KEY")  # in the order in which the SDK looks for them
_SITE = "https://org.ngc.nvidia.com/setup/api-keys"
_ROOM = "free some, or give another folder"
_FULL = 1_000_000  # bytes: with fewer left, a download that broke off did so for want of room
# What the SDK says instead of the exceptions of the network that it swallowed.
_UNREACHABLE = re.compile(r"unable to make a connection|is not reachable|timed out", re.IGNORECASE)


@contextlib.contextmanager
def registry(org: str, wanted: str, name: ModelName | None = None) -> Iterator[Any]:
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


def models_of(api: Any, org: str, team: str) -> Iterator[Found]:
    """The models of an organisation, or of a team of it."""
    for model in api.list("/".join(filter(None, (org, team, "*")))):
        path = ModelName(str(model.orgName or org), str(model.teamName or ""), str(model.name)).path
        latest = str(model.latestVersionIdStr or "")
        size = int(model.latestVersionSizeInBytes or 0)
        title = one_line(model.displayName) or str(model.name)
        yield Found(path, latest, size, title, one_line(model.description), one_line(model.precision))


def versions(api: Any, name: ModelName) -> Iterable[Any]:
    """The versions of a model, as the SDK has them."""
    found: Iterable[Any] = api.list(f"{name.path}:*")
    return found


def files(api: Any, name: ModelName) -> dict[str, int]:
    """The files of a version, each with its size in bytes."""
    files = {str(file.path): int(file.sizeInBytes or 0) for file in api.list_files(str(name))}
    if not files:
        raise ModelError(f"{name} has no files")
    for path in files:
        if path.startswith("/") or ".." in posixpath.normpath(path).split("/"):
            raise ModelError(f"{name} has the file {path!r}, which would leave its folder")
    return files


def fetch(api: Any, name: ModelName, folder: str, report: Report | None) -> str:
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


def one_line(text: object) -> str:
    """The first line of a text that says something, without the marks of a Markdown heading."""
    lines = (line.strip(" #*\t") for line in str(text or "").splitlines())
    return " ".join(next(filter(None, lines), "").split())


def number(value: object) -> str:
    """A number as people read it, or `` for none."""
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
                there = [str(version.versionId) for version in versions(api, name)]
                if name.version in there:
                    return ModelError(f"NGC knows {name}, and does not give its files", fix="try again later")
                near = difflib.get_close_matches(name.version, there, n=3, cutoff=0.4) or there[:3]
                return ModelError(f"{name.path} has no version {name.version!r}", fix=f"it has {_some(near, there)}")
        if name:
            paths = {model.name.rpartition("/")[2]: model.name for model in models_of(api, name.org, name.team)}
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
