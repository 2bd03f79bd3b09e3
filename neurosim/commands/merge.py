"""`neurosim merge`: the runs of several folders in one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from neurosim.merging import merge


@click.command("merge")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder that gets the runs of all.")
def command(folders: tuple[Path, ...], out: Path) -> None:
    """Copy the runs of several FOLDERS into one, from which commands with the same --out then go on.

    Where two have other numbers for the same experiment, those of the first stay, the conflict is said, and the exit
    code is 1.
    """
    made = merge(folders, out)
    click.echo(f"{made.copied} copied to {out}, {made.same} there already, {len(made.damaged)} damaged and left out")
    for place in made.damaged:
        click.echo(f"damaged: {place}", err=True)
    for place in made.conflicts:
        click.echo(f"conflict: {place} has other numbers for an experiment that {out} has already", err=True)
    if made.conflicts:
        sys.exit(1)
