"""`neurosim validate`: whether profiles say what they must, and how well it is known."""

from __future__ import annotations

from pathlib import Path

import click

from neurosim import datasheet
from neurosim.errors import NeurosimError
from neurosim.profile import Profile


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def command(files: tuple[str, ...]) -> None:
    """Whether profiles of your own are valid: all that is wrong with each FILE, and what would be right."""
    wrong = []
    for file in files:
        try:
            profile = Profile.read(Path(file))
        except NeurosimError as error:
            wrong.append(str(error))
        else:
            click.echo(f"{file}: valid: {datasheet.grades(profile)}")
    if wrong:
        raise NeurosimError("\n".join(wrong))
