"""Plug-ins: ops and pipelines that other installed packages give, by entry point.

A package names them in its pyproject.toml, see docs/plugins.md. Looking them up reads the metadata of
the installed packages; only the plug-in that is used is imported.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tao_kfp import __version__
from tao_kfp.errors import PluginError, TaoKfpError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@dataclass(frozen=True)
class Kind:
    """What plug-ins can give.

    Attributes:
        group: Name of the group of entry points.
        what: What one of them is, for messages.
        wanted: What the object must be, for messages.
        pattern: What its name must match.
        misnamed: What to say of a name that does not.
    """

    group: str
    what: str
    wanted: str
    pattern: str
    misnamed: str


OPS = Kind(
    group="tao_kfp.ops",
    what="op",
    wanted="subclass of tao_kfp.ContainerOp",
    pattern=r"[A-Z][A-Za-z0-9_]*Op",
    misnamed="its name is no class name that ends in Op, as in HelloOp",
)
PIPELINES = Kind(
    group="tao_kfp.pipelines",
    what="pipeline",
    wanted="pipeline made with @tao.pipeline",
    # `tao-kfp compile` takes a name that ends in .py for a file, and names the package it writes after the others.
    pattern=r"(?!.*\.py$)[A-Za-z0-9][A-Za-z0-9._-]*",
    misnamed="its name has other characters than letters, digits, '-', '_' and '.', or ends in .py",
)


@dataclass(frozen=True)
class Plugin:
    """One entry point of one package.

    Attributes:
        name: The name that users write.
        package: The package and its version, such as `tao-hello 1.0`.
        entry: The entry point.
    """

    name: str
    package: str
    entry: EntryPoint

    def __str__(self) -> str:
        return f"{self.package} ({self.entry.value})"


def found(kind: Kind) -> dict[str, list[Plugin]]:
    """Every plug-in of a kind by its name, in order, with the packages that give it in order. Imports none.

    Raises:
        PluginError: The metadata of the installed packages cannot be read.
    """
    from importlib.metadata import entry_points

    try:
        entries = list(entry_points(group=kind.group))
    except Exception as error:  # one damaged file takes the names of every package with it
        raise PluginError(
            f"the entry points of the installed packages cannot be read: {type(error).__name__}: {error}",
            fix="`pip check` and a fresh environment help",
        ) from error
    once: dict[tuple[str, str, str], Plugin] = {}
    for entry in entries:
        package, version = _package(entry)
        # A half-removed older version of a package gives the same again; the first is what Python imports.
        once.setdefault((entry.name, package, entry.value), Plugin(entry.name, f"{package} {version}".strip(), entry))
    by_name: dict[str, list[Plugin]] = {}
    for _, plugin in sorted(once.items()):
        by_name.setdefault(plugin.name, []).append(plugin)
    return by_name


def names(kind: Kind, own: Container[str]) -> list[str]:
    """The names that can be used, as far as that is known without importing anything.

    Args:
        kind: Ops or pipelines.
        own: The names that tao_kfp itself has.
    """
    return [
        name
        for name, plugins in found(kind).items()
        if len(plugins) == 1 and name not in own and re.fullmatch(kind.pattern, name)
    ]


def get(kind: Kind, name: str, fits: Callable[[Any], bool]) -> Any:
    """Import the plug-in of a name, and no other.

    Args:
        kind: Ops or pipelines.
        name: The name that the user wrote; not one that tao_kfp itself has.
        fits: Whether an object is what `kind.wanted` says.

    Returns:
        The object, or None where no package gives this name.

    Raises:
        PluginError: Several packages give it, or it is broken.
    """
    plugins = found(kind).get(name, [])
    if not plugins:
        return None
    if len(plugins) > 1:
        raise PluginError(
            f"the {kind.what} {name!r} is given by {' and by '.join(map(str, plugins))}", fix="uninstall all but one"
        )
    plugin = plugins[0]
    _check_name(kind, plugin)
    try:
        value = plugin.entry.load()
    except (Exception, SystemExit) as error:
        raise _broken(kind, plugin, _reason(error)) from error
    if not fits(value):
        raise _broken(kind, plugin, f"it is no {kind.wanted}")
    return value


def rows(kind: Kind, own: Container[str], load: Callable[[str], Any]) -> tuple[dict[str, str], list[str]]:
    """The lines of a list of plug-ins, which imports them all.

    Args:
        kind: Ops or pipelines.
        own: The names that tao_kfp itself has.
        load: Gives the object of a name, as users get it.

    Returns:
        By name, what each does and which package it comes from; and a line for each that is skipped.
    """
    lines = {}
    skipped = []
    try:
        offers = found(kind)
    except PluginError as error:
        return {}, [f"every plug-in is skipped: {error}"]
    for name, plugins in offers.items():
        try:
            if name in own:
                raise PluginError(
                    f"the {kind.what} {name!r} is given by tao-kfp {__version__} and by {' and by '.join(map(str, plugins))}",
                    fix="tao-kfp's is used, and the other needs another name",
                )
            _check_name(kind, plugins[0])
            doc = (load(name).__doc__ or "").strip()
        except PluginError as error:
            skipped.append(f"a plug-in is skipped: {error}")
        else:
            lines[name] = f"{doc.splitlines()[0] if doc else 'no description'} [{plugins[0].package}]"
    return lines, skipped


def _package(entry: EntryPoint) -> tuple[str, str]:
    """The package of an entry point and its version."""
    try:
        metadata = entry.dist.metadata if entry.dist else None
    except Exception:  # a package without METADATA, as a broken removal leaves it: what is raised depends on the Python
        metadata = None
    if metadata is None or "Name" not in metadata:
        return "a package without metadata", ""
    return metadata["Name"], metadata["Version"]


def _check_name(kind: Kind, plugin: Plugin) -> None:
    if not re.fullmatch(kind.pattern, plugin.name):
        raise _broken(kind, plugin, kind.misnamed)


def _broken(kind: Kind, plugin: Plugin, reason: str) -> PluginError:
    return PluginError(
        f"the {kind.what} {plugin.name!r} of {plugin} cannot be used: {reason}",
        fix="mend that package, or uninstall it",
    )


def _reason(error: BaseException) -> str:
    """Why an import failed, and in which line, where it got so far."""
    text = str(error) if isinstance(error, TaoKfpError) else f"{type(error).__name__}: {error}"
    ours = os.path.dirname(__file__)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(ours) and not re.search(r"<frozen |[/\\]importlib[/\\]", frame.filename)
    ]
    if not frames or (isinstance(error, TaoKfpError) and error.where):  # nothing ran; the text says where
        return text
    return f"{text} ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})"
