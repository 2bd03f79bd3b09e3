"""`neurosim cost`: what a training step takes on chips."""

from __future__ import annotations

import json

import click

from neurosim import catalog
from neurosim.arguments import ManyValued, counted
from neurosim.design import beside, designed, label
from neurosim.network import PLASTIC, Network


@click.command("cost", cls=ManyValued)
@counted
@click.option("--activity", default=1.0, show_default=True, help="Share of messages that are not zero.")
@click.option(
    "--updates", default=1.0, show_default=True, help="Share of weights that are written, where all could be."
)
@click.option("--dt", default=1e-3, show_default=True, help="Real time that a step stands for, in seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def command(
    rules: tuple[str, ...],
    profiles: tuple[str, ...],
    n: int,
    inputs: int,
    outputs: int,
    steps: int,
    freeze: tuple[str, ...],
    design: str,
    activity: float,
    updates: float,
    dt: float,
    as_json: bool,
) -> None:
    """What a training step of RULES, all of them by default, takes on chips: operations, memory, time, energy.

    RULES come before --profile, which takes several names. It is counted over the equations that would run, whether or
    not the chip can run them: that is what `neurosim audit` says.
    """
    from neurosim.cost import cost, text

    network = Network.random(n, inputs, outputs, alpha=0.1, gain=1.0, seed=0)
    plastic = tuple(name for name in PLASTIC if name not in freeze)
    programs = {
        label(name, each): designed(name, network, plastic=plastic, design=each)
        for name in rules or catalog.names("rule")
        for each in beside(design)
    }
    asked = {"steps": steps, "activity": activity, "updates": updates, "dt": dt}
    rows = [
        text.Row(rule, name, cost(program, profile, steps=steps, activity=activity, updates=updates, dt=dt))
        for name, profile in [(name, catalog.profile(name)) for name in profiles or catalog.names("profile")]
        for rule, program in programs.items()
    ]
    if as_json:
        click.echo(
            json.dumps(
                {"asked": {"n": n, "inputs": inputs, "outputs": outputs, **asked}, "costs": text.as_json(rows)},
                indent=1,
            )
        )
        return
    click.echo(f"N = {n}, {inputs} inputs, {outputs} outputs, steps of {dt:g} s, trials of {steps} steps")
    click.echo(f"activity {activity:g}, updates {updates:g}\n")
    click.echo(text.table(rows))
