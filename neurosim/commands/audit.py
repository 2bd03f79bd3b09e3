"""`neurosim audit`: what chips can run which rules, and why not."""

from __future__ import annotations

import json

import click

from neurosim import catalog
from neurosim.arguments import ManyValued, counted
from neurosim.errors import NeurosimError
from neurosim.network import PLASTIC, Network


@click.command("audit", cls=ManyValued)
@counted
@click.option("--alpha", default=0.1, show_default=True, help="Leak per step, dt / tau.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, with what each rule needs and the equations that say so."
)
def command(
    rules: tuple[str, ...],
    profiles: tuple[str, ...],
    n: int,
    inputs: int,
    outputs: int,
    steps: int,
    alpha: float,
    freeze: tuple[str, ...],
    design: str,
    as_json: bool,
) -> None:
    """Whether chips can run RULES, all of them by default, and why not, from the equations that would run.

    RULES are names from `neurosim list rules`, with parameters if wanted (`tbptt:k=8`), or Python files of your own.
    They come before --profile, which takes several names: `neurosim audit rflo bptt --profile reckon loihi2-lava`.
    """
    from neurosim.audit import matrix

    if steps < 1:
        raise NeurosimError(f"steps is {steps}; a trial has at least 1")
    cells = matrix.matrix(
        rules or catalog.names("rule"),
        profiles or catalog.names("profile"),
        Network.random(n, inputs, outputs, alpha=alpha, gain=1.0, seed=0),
        steps=steps,
        plastic=tuple(name for name in PLASTIC if name not in freeze),
        design=design,
    )
    if as_json:
        click.echo(json.dumps(matrix.as_json(cells), indent=1))
        return
    click.echo(f"N = {n}, {inputs} inputs, {outputs} outputs, trials of {steps} steps, alpha = {alpha:g}\n")
    click.echo(matrix.table(cells))
    if told := matrix.reasons(cells):
        click.echo(f"\n{told}")
