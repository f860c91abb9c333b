"""`tao-kfp networks`."""

from __future__ import annotations

import click


@click.group()
def networks() -> None:
    """List TAO's networks and actions."""
