"""Write docs/networks.md, the page of all networks, from the catalogue.

    python tools/catalog/page.py

Needs tao_kfp installed. tests/test_networks.py says when the page is not what the catalogue holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tao_kfp.catalog import Catalog, default

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tao_kfp" / "catalog" / "data"
PAGE = ROOT / "docs" / "networks.md"

_HEAD = """\
# TAO's networks

Generated from the catalogue by `python tools/catalog/page.py`; a change here is lost.

`tao-kfp networks` prints the same, and `tao-kfp networks show NETWORK` how each action is run: its command, flags and keys.
[catalog.md](catalog.md) tells how to choose a release, and how to add networks of your own.

A number in brackets leads to what no published source of that very release confirms. An image is a tag of the repository that stands above
its table."""


def page(catalog: Catalog) -> str:
    """The text of the page: a section a release, the newest first, then the sources of what all releases share."""
    lines = [_HEAD]
    for release in reversed(catalog.releases()):
        lines += ["", *_release(catalog, release)]
    lines += ["", "## Sources of what the releases share", ""]
    for what, file in (
        ("Flags of TF1", "flags/tf1"),
        ("Flags of deploy to 6.26", "flags/deploy-6.26.3"),
        ("Flags of deploy in 7.1", "flags/deploy-7.1.0"),
        ("Spec files of TF1", "protos"),
    ):
        lines.append(f"- {what}: {_read(file)['source']}")
    lines.append(f"- What an action reads and writes: {_read('artifacts')['source']}")
    return "\n".join(lines) + "\n"


def _release(catalog: Catalog, release: str) -> Iterator[str]:
    notes: list[str] = []
    repository = catalog.image(release).rpartition(":")[0]
    rows = [_row(catalog, release, network, repository, notes) for network in catalog.networks(release)]
    sources = {
        kind: text if isinstance(text, str) else ", ".join(text)
        for kind, text in _read(f"releases/{release}")["sources"].items()
    }
    yield f"## TAO {release}"
    yield ""
    yield f"{len(rows)} networks. Images: `{repository}`."
    yield ""
    yield "| network | actions | deploy actions | image |"
    yield "|---|---|---|---|"
    yield from rows
    yield ""
    yield from (f"- ({number}) {note}" for number, note in enumerate(notes, 1))
    yield f"- Sources: {'; '.join(f'{kind} {text}' for kind, text in sources.items())}"


def _row(catalog: Catalog, release: str, network: str, repository: str, notes: list[str]) -> str:
    """A line of the table; what is unconfirmed is added to the notes."""
    cells = {"model": "", "dataset": "", "deploy": ""}
    images: list[str] = []
    for group in catalog.groups(release, network):
        names = catalog.actions(release, network, group)
        found = [catalog.action(release, network, name, group) for name in names]
        images += [one.image for one in found]
        why = found[0].unconfirmed if found else "no actions are known"
        if why and why not in notes:
            notes.append(why)
        cells[group] = " ".join([*names, *([f"({notes.index(why) + 1})"] if why else [])])
    tags = [
        image.removeprefix(f"{repository}:") for image in dict.fromkeys(images or [catalog.image(release, network)])
    ]
    actions = "; ".join(filter(None, (cells["model"], cells["dataset"])))
    return f"| {network} | {actions} | {cells['deploy']} | {', '.join(tags)} |".replace("  ", " ")


def _read(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def main() -> None:
    """Run the command line."""
    PAGE.write_text(page(default()), encoding="utf-8")


if __name__ == "__main__":
    main()
