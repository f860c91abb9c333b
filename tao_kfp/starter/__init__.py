"""What `tao-kfp init` copies: the workspace layout, spec files and a first pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from tao_kfp.errors import UsageError

if TYPE_CHECKING:
    from importlib.abc import Traversable

_PIPELINE = "first_pipeline.py"


def copy_to(directory: str) -> list[tuple[str, bool]]:
    """Copy the starter files; a file that is there already is kept.

    Args:
        directory: Folder to make, or to add to.

    Returns:
        Each file and whether it was made.

    Raises:
        UsageError: The folder or a file cannot be made.
    """
    package = resources.files(__package__)
    files = [(Path("tao_pipeline.py"), package / _PIPELINE)]
    files += [(Path("specs") / path, file) for path, file in _walk(folder("specs"))]
    files += list(_walk(folder("workspace_layout")))
    done = []
    try:
        for path, source in sorted(files):
            target = Path(directory) / path
            made = not target.exists()
            if made:
                target.parent.mkdir(parents=True, exist_ok=True)
                with open(target, "xb") as file:
                    file.write(source.read_bytes())
            done.append((str(target), made))
    except OSError as error:
        raise UsageError(f"{error.filename!r} cannot be made: {error.strerror}", fix="give another folder") from None
    return done


def folder(name: str) -> Traversable:
    """A folder of starter files, `specs` or `workspace_layout`: inside the installed package, or in the checkout."""
    packaged = resources.files(__package__) / name
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / name


def _walk(folder: Traversable, below: Path = Path()) -> Iterator[tuple[Path, Traversable]]:
    for entry in folder.iterdir():
        if entry.name.startswith("__"):
            continue
        if entry.is_dir():
            yield from _walk(entry, below / entry.name)
        else:
            yield below / entry.name, entry
