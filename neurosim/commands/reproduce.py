"""`neurosim reproduce`: figures of the theory, simulated and compared with it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from neurosim.errors import NeurosimError


@click.command("reproduce")
@click.argument("names", nargs=-1, metavar="[NAME... | all]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for pictures and numbers.")
@click.option("--quick", is_flag=True, help="Smaller networks and larger steps: seconds instead of minutes.")
@click.option(
    "--profile", metavar="NAME", help="Let the networks learn in a chip's arithmetic: `neurosim list profiles`."
)
@click.option("--seed", default=0, show_default=True, help="Of weights, trials and stochastic rounding.")
def command(names: tuple[str, ...], out: Path | None, quick: bool, profile: str | None, seed: int) -> None:
    """Simulate figures of the theory and set them against what it predicts. Without names: what there is.

    For each figure NAME.png, NAME.svg and NAME.csv, the numbers behind it, are written as soon as it is done. The exit
    code is 1 if a simulation is not within tolerance of the theory.
    """
    from neurosim import reproduce as figures

    if not names:
        for name in figures.names():
            click.echo(f"{name}\n    {figures.shows(name)}")
        return
    if out is None:
        raise NeurosimError("figures were asked for and no folder to write them to; add --out DIR")
    if seed < 0:
        raise NeurosimError(f"--seed is {seed}; it must be 0 or above")
    setting = figures.Setting(seed, profile)
    fine = True
    for name in _chosen(names, profile):
        made = figures.reproduce(name, out, setting, quick)
        click.echo(str(made))
        fine = fine and made.within
    if not fine:
        sys.exit(1)


def _chosen(names: tuple[str, ...], profile: str | None) -> list[str]:
    """The figures that are meant, all of them known; of `all`, under a profile, those that make sense there."""
    from neurosim import catalog
    from neurosim import reproduce as figures

    if profile is not None:
        catalog.profile(profile)
    if "all" in names:
        return [name for name in figures.names() if profile is None or not figures.figure(name).floating]
    for name in names:
        found = figures.figure(name)
        if profile is not None:
            figures.check_profile(name, found, profile)
    return list(dict.fromkeys(names))
