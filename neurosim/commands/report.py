"""`neurosim report`: a folder of results as one page."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report")
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Write FOLDER/report.html: the answer, curves, costs and all numbers of a folder of results on one page.

    FOLDER is what `neurosim compare --out` wrote, or any folder with `runs` in it. The page needs no network and no
    other file, and can be sent as it is.
    """
    from neurosim import page

    click.echo(page.write(folder))
