"""Names of models on NGC, and what is told of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tao_kfp.errors import ModelError

Report = Callable[[int, int], None]  # bytes that are here, bytes in all

_EXAMPLE = "nvidia/tao/pretrained_classification:resnet18"
WORD = r"\w[\w.-]*"
_NAME = re.compile(rf"({WORD})/(?:({WORD})/)?({WORD})(?::(\w[\w.+-]*))?", re.ASCII)


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


def human(size: int) -> str:
    """A number of bytes as people read it, such as `81.8 MB`."""
    number, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"
