"""`neurosim export`: a trained network as a file for other tools."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--nir", "file", type=click.Path(path_type=Path), required=True, metavar="FILE", help="NIR file to write."
)
@click.option("--rule", help="The rule of the run, if RUN is the folder of a comparison.")
@click.option("--seed", type=int, help="The seed of the run, likewise.")
@click.option("--dt", default=1e-3, show_default=True, help="Real time that a step stands for, in seconds.")
@click.option("--float32", "single", is_flag=True, help="Write float32 instead of float64.")
@click.option("--alpha", type=float, help="Leak per step; needed if the task is your own file.  [default: the run's]")
def command(
    run: Path, file: Path, rule: str | None, seed: int | None, dt: float, single: bool, alpha: float | None
) -> None:
    """Write the network that a RUN ended with to a NIR file.

    RUN is the folder of one run, DIR/runs/NAME after `neurosim compare --out DIR`, or DIR itself with --rule and
    --seed.
    """
    from neurosim import export

    trained = export.find(run, rule, seed)
    network = export.load(trained, alpha)
    export.write(file, export.to_nir(network, trained, dt, single))
    n, n_in, n_out = network.size
    click.echo(
        f"{trained}\nwritten: {file}: {n_in} inputs, {n} neurons, {n_out} outputs, tau = {dt / network.alpha:g} s"
    )
