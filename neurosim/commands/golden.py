"""`neurosim golden`: a run as integer codes, for RTL or firmware to be checked with."""

from __future__ import annotations

from pathlib import Path

import click

from neurosim.experiment import Experiment
from neurosim.golden import golden, write


@click.command("golden")
@click.argument("rule")
@click.option("--profile", required=True, metavar="NAME", help="The chip, or a fixed-point format.")
@click.option("--task", default="integrate", show_default=True, metavar="NAME", help="Where the trial comes from.")
@click.option("--steps", default=100, show_default=True, help="How many steps of the trial.")
@click.option("--n", default=16, show_default=True, help="Neurons.")
@click.option("--lr", default=0.01, show_default=True, help="Learning rate; the nearest that the chip has is taken.")
@click.option("--seed", default=0, show_default=True, help="Of weights, trial and random words.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the files.")
def command(rule: str, profile: str, task: str, steps: int, n: int, lr: float, seed: int, out: Path) -> None:
    """Write what a chip must hold after every step of a trial that RULE learns from, bit for bit.

    golden.npz and a $readmemh file for each array: initial weights, inputs, random words, and every stored quantity
    after every step, all as integer codes. manifest.json says what they are: statements in order, formats, constants.
    """
    asked = Experiment(rule, task, profile=profile, n=n, lr=lr, seed=seed)
    files = write(golden(asked, steps), out)
    click.echo(f"{len(files)} files in {out}; begin with {files[-1]}")
