"""`neurosim show`: all about one thing."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

from neurosim import catalog, datasheet
from neurosim.network import Network
from neurosim.program import compile


@click.command("show")
@click.argument("kind", type=click.Choice(catalog.KINDS))
@click.argument("name")
def command(kind: str, name: str) -> None:
    """All about one thing: NAME as `compare` takes it, parameters or a file included."""
    {
        "rule": _show_rule,
        "task": _show_task,
        "engine": _show_engine,
        "realisation": _show_realisation,
        "observable": _show_observable,
        "profile": _show_profile,
    }[kind](name)


def _show_rule(name: str) -> None:
    rule = catalog.rule(name)
    _describe(rule)
    program = compile(Network.random(1, 1, 1, alpha=0.1, gain=1.0, seed=0), rule)
    click.echo("\nWhat runs, in this order (steps of the network itself included):")
    width = max(len(str(s)) for block in program.blocks for s in block.statements)
    for block in program.blocks:
        when = {
            "each step": "at each step",
            "backward": "for each step, from the last to the first",
            "end": "when a trial is over",
        }
        click.echo(f"\n  {when.get(block.when, f'every {block.period} steps')}")
        for statement in block.statements:
            stored = program.quantities[statement.target.name]
            click.echo(f"    {statement!s:<{width}}   {stored.kind}, {stored.home}")
    if program.remembered:
        click.echo(f"\nkept of the whole trial: {', '.join(program.remembered)}")


def _show_task(name: str) -> None:
    task = catalog.task(name)
    _describe(task)
    click.echo(f"\ninputs: {task.n_in}, outputs: {task.n_out}, steps: {task.trials(1, 0).inputs.shape[1]}")
    better = "higher" if task.higher_is_better else "lower"
    click.echo(
        f"leak per step: {task.alpha:g}, trials: {task.train_trials}, score: {task.score_name} ({better} is better)"
    )
    for label, score in task.references(task.trials(50, 0, "test"), 0).items():
        click.echo(f"  {label}: {score:.4g}")


def _show_engine(name: str) -> None:
    click.echo((catalog.engine(name).__doc__ or "").strip())


def _show_realisation(name: str) -> None:
    click.echo((catalog.realisation(name).__doc__ or "").strip())


def _show_observable(name: str) -> None:
    observable = catalog.observable(name)
    _describe(observable)
    click.echo("\nrecorded at every checkpoint:")
    width = max(map(len, observable.quantities))
    for quantity, meaning in observable.quantities.items():
        click.echo(f"  {quantity:<{width}}  {meaning}")


def _show_profile(name: str) -> None:
    profile = catalog.profile(name)
    click.echo("\n".join(datasheet.lines(profile)))
    if profile.status == "stub":
        return
    click.echo("\nwhat is computed with")
    arithmetic = profile.arithmetic
    for kind, format in {
        **arithmetic.formats,
        "hidden weight": arithmetic.hidden,
        "current": arithmetic.current,
    }.items():
        if format:
            click.echo(f"  {kind:<16} {format}")


def _describe(thing: Any) -> None:
    lines = (type(thing).__doc__ or "").strip().splitlines()
    click.echo("\n".join(line.removeprefix("    ") for line in lines))
    if listed := fields(thing):
        click.echo("\nparameters: " + ", ".join(f"{field.name}={getattr(thing, field.name)}" for field in listed))
