"""`tao-kfp models`: models on NVIDIA NGC."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from tao_kfp.errors import UsageError

if TYPE_CHECKING:
    from tao_kfp.models import Report

_FORMATS = ("text", "json")


@click.group()
def models() -> None:
    """Find NVIDIA's models on NGC, and download them into a workspace.

    Needs the extra `ngc`. A model that is not public needs a key, in NGC_CLI_API_KEY, NGC_API_KEY or NGC_APP_KEY.
    """


@models.command()
@click.argument("text", required=False, default="")
@click.option("--org", default="nvidia", metavar="ORG", help="Organisation to look in. Default nvidia.")
@click.option(
    "--team", metavar="TEAM", help="Team to look in. Default tao in nvidia, and the whole organisation in others."
)
@click.option("--format", "form", default="text", metavar="[text|json]", help="How to show them. Default text.")
def search(text: str, org: str, team: str | None, form: str) -> None:
    """Find models by words.

    Each word of TEXT must be in the name, title or description; without TEXT every model is shown.
    """
    from tao_kfp import models as ngc

    if form not in _FORMATS:
        raise UsageError(f"there is no format {form!r}", fix=f"use {', '.join(_FORMATS)}")
    found = ngc.search(text, org=org, team=("tao" if org == "nvidia" else "") if team is None else team)
    if form == "json":
        click.echo(json.dumps([dataclasses.asdict(model) for model in found], indent=2))
    else:
        _table([(model.name, model.latest, ngc.human(model.size), model.title) for model in found])


@models.command()
@click.argument("model", metavar="ORG/TEAM/NAME")
def versions(model: str) -> None:
    """List the versions of a model."""
    from tao_kfp import models as ngc

    rows = [
        (
            version.version,
            ngc.human(version.size),
            _files(version.files),
            version.date,
            f"accuracy {version.accuracy}" if version.accuracy else "",
        )
        for version in ngc.versions(model)
    ]
    _table(rows)


@models.command()
@click.argument("model", metavar="ORG/TEAM/NAME[:VERSION]")
def show(model: str) -> None:
    """Tell what is in a model.

    Without a version, in the latest.
    """
    from tao_kfp import models as ngc

    details = ngc.show(model)
    click.echo(details.name)
    lines = {
        "title": details.title,
        "about": details.description,
        "precision": details.precision,
        "accuracy": details.accuracy,
        "size": f"{ngc.human(details.size)} in {_files(len(details.files))}",
    }
    _table([("", label, value) for label, value in lines.items() if value])
    click.echo("files")
    _table([("", ngc.human(size), path) for path, size in sorted(details.files.items())])


@models.command()
@click.argument("model", metavar="ORG/TEAM/NAME:VERSION")
@click.option("--workspace", required=True, metavar="DIR", help="The workspace, a folder that exists.")
@click.option("--dest", default="models", metavar="DIR", help="Folder in the workspace. Default models.")
def download(model: str, workspace: str, dest: str) -> None:
    """Download a model into a workspace.

    It lands in DIR/models/NAME_vVERSION, where the pull step of a pipeline puts it. The folder appears
    whole or not at all, and one that is there already is kept.
    """
    from tao_kfp import models as ngc

    try:
        with _progress(f"downloading {model}") as report:
            done = ngc.download(model, workspace, dest=dest, report=report)
    except KeyboardInterrupt:
        click.echo("interrupted: nothing of the download was kept", err=True)
        raise click.Abort from None
    if done.unchecked:
        click.echo(f"{done.folder} is there already and is kept; it is not known to be whole: {done.unchecked}")
    elif done.kept:
        click.echo(f"{done.folder} is complete already: nothing to download")
    else:
        click.echo(f"{done.folder} is complete: {_files(done.files)}, {ngc.human(done.size)}")


@contextmanager
def _progress(label: str) -> Iterator[Report]:
    """Show how far a download is: a bar on a terminal, a line for each quarter elsewhere."""
    from tao_kfp.models import human

    bars: list[Any] = []
    reached = 0

    def draw(done: int, size: int) -> None:
        if not bars:
            bars.append(stack.enter_context(click.progressbar(length=size, label=label, file=sys.stderr)))
        bars[0].update(max(0, done - bars[0].pos))  # it goes back when the SDK tries a file again

    def write(done: int, size: int) -> None:
        nonlocal reached
        if not bars:
            bars.append(label)
            click.echo(f"{label}, {human(size)}", err=True)
        quarter = done * 4 // size if size else 4
        if reached < quarter < 4:
            reached = quarter
            click.echo(f"{quarter * 25} %", err=True)

    with ExitStack() as stack:
        yield draw if sys.stderr.isatty() else write


def _files(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


def _table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns, the last one as wide as it is, and nothing that a terminal would obey."""
    if not rows:
        click.echo("nothing found", err=True)
    clean = [["".join(filter(str.isprintable, cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*clean, strict=True)]
    for row in clean:
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
