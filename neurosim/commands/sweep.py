"""`neurosim sweep`: the loss of rules while something varies, or how much of it each of them needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from neurosim import cluster
from neurosim.arguments import ManyValued, placed
from neurosim.cache import cache_folder
from neurosim.commands.compare import bar
from neurosim.errors import NeurosimError
from neurosim.filling import listed
from neurosim.results import Results
from neurosim.sweep import Sweep, sweep
from neurosim.sweep_reading import of_table, read
from neurosim.threshold import thresholds


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is swept, all of which a file can say instead."""
    for option in reversed(
        [
            click.option("--rule", multiple=True, metavar="NAME", help="A rule, as among RULES; may be repeated."),
            click.option("--task", metavar="NAME", help="What is learned: see `neurosim list tasks`."),
            click.option("--profile", "profiles", multiple=True, metavar="NAME...", help="Chips.  [default: float64]"),
            click.option(
                "--over", multiple=True, metavar="NAME=VALUES...", help="What varies: k=1,2,4 or bits=3..16 or n=16,32."
            ),
            click.option("--within", metavar="5%", help="Ask which value each rule needs to be this near to float64."),
            click.option("--engine", metavar="NAME", help="What computes it.  [default: numba]"),
            click.option("--seeds", type=int, help="Runs of each point, on paired seeds.  [default: 5]"),
            click.option("--seed", type=int, help="The first seed.  [default: 0]"),
            click.option("--n", type=int, help="Neurons.  [default: 64]"),
            click.option("--alpha", type=float, help="Leak per step, dt / tau.  [default: the task's]"),
            click.option("--gain", type=float, help="Spectral radius of the initial W_rec.  [default: 0.5]"),
            click.option("--trials", type=int, help="Trials to learn from.  [default: the task's]"),
            click.option("--lr", type=float, help="One learning rate for all, instead of tuning."),
            click.option("--rates", metavar="A,B,...", help="Learning rates tried.  [default: 11 from 1e-5 to 1]"),
            click.option("--tuning-seeds", type=int, help="Seeds that each rate is tried on.  [default: 3]"),
        ]
    ):
        command = option(command)
    return command


@click.command("sweep", cls=ManyValued)
@click.argument("rules", nargs=-1, metavar="RULES... | FILE.toml")
@asking
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the runs, the table, the figure and the JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
@placed
def command(
    rules: tuple[str, ...],
    out: Path | None,
    as_json: bool,
    workers: int | None,
    scheduler: str | None,
    **given: Any,
) -> None:
    """Let RULES learn a task while something varies, each at each point with the learning rate that suits it.

    RULES, profiles and the task may have places for what varies: `tbptt:k={k}`, `fixed:weight=s{bits}.{bits-2}`. By its
    own name, what varies may also be n, alpha, gain, trials, lr, seed or engine. FILE.toml says the same as the options
    do. With --within, the values are taken from the scarcest to the most generous, and bisected.

    \b
    neurosim sweep rflo 'tbptt:k={k}' --task integrate --over k=1,2,4,8 n=16,32
    neurosim sweep rflo bptt --task integrate --profile 'fixed:weight=s{bits}.{bits-2}' --over bits=3..16 --within 5%
    """
    asked = _asked(rules, given)
    results = Results(out or cache_folder("results"))
    with cluster.opened(workers, scheduler) as runner, bar() as plan:
        answer = sweep if asked.within is None else thresholds
        found = answer(asked, results=results, plan=plan, runner=runner)
    from neurosim import sweep_writing as writing

    written = writing.write(found, out) if out else []
    click.echo(json.dumps(writing.as_json(found), indent=1) if as_json else writing.table(found))
    if written and not as_json:
        click.echo(f"\nwritten: {', '.join(map(str, written))}")


def _asked(rules: tuple[str, ...], given: dict[str, Any]) -> Sweep:
    """The sweep that a file or the options say."""
    said = {name: value for name, value in given.items() if value not in (None, ())}
    if any(rule.endswith(".toml") for rule in rules):
        if len(rules) > 1 or said:
            more = [*rules[1:], *(f"--{name.replace('_', '-')}" for name in said)]
            raise NeurosimError(f"{rules[0]} says what is swept; put what {more[0]} says into it")
        return read(Path(rules[0]))
    table = {**said, "rules": [*rules, *said.pop("rule", ())], "over": _over(said.pop("over", ()))}
    table = {name: value for name, value in table.items() if name != "rule"}
    if "profiles" in table:
        table["profiles"] = list(table["profiles"])
    return of_table(table)


def _over(words: tuple[str, ...]) -> dict[str, Any]:
    """The names that are swept over, and their values."""
    over: dict[str, Any] = {}
    for word in words:
        name, equals, values = word.partition("=")
        if not equals or name in over:
            raise NeurosimError(f"--over {word!r}: it must be NAME=VALUES, once for each name, such as k=1,2,4")
        over[name] = list(listed(values))
    return over
