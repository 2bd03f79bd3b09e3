"""`neurosim cost`: what a training step takes on chips."""

from __future__ import annotations

import json

import click

from neurosim import catalog
from neurosim.arguments import ManyValued
from neurosim.network import PLASTIC, Network
from neurosim.program import compile


@click.command("cost", cls=ManyValued)
@click.argument("rules", nargs=-1)
@click.option("--profile", "profiles", multiple=True, metavar="NAME...", help="Chips, one or several.  [default: all]")
@click.option("--n", default=128, show_default=True, help="Neurons.")
@click.option("--inputs", default=8, show_default=True, help="Inputs.")
@click.option("--outputs", default=2, show_default=True, help="Outputs.")
@click.option("--steps", default=200, show_default=True, help="Steps of a trial.")
@click.option("--freeze", multiple=True, type=click.Choice(PLASTIC), help="Weights that do not learn; may be repeated.")
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
    programs = {name: compile(network, catalog.rule(name), plastic=plastic) for name in rules or catalog.names("rule")}
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
