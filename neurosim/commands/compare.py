"""`neurosim compare`: several rules learn a task, each with the learning rate that suits it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from neurosim import cluster, decomposition, explanation
from neurosim.arguments import FREEZE, ManyValued, placed
from neurosim.cache import cache_folder
from neurosim.comparison import EXACT_PROFILE, Budget, Comparison, check, compare
from neurosim.engine import Progress
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment
from neurosim.network import PLASTIC
from neurosim.plans.choice import AUTO, FULL
from neurosim.results import Results
from neurosim.spike_cost import Spiking
from neurosim.spikes import Coding


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """The options that `run` and `compare` share."""
    for option in reversed(
        [
            click.option("--task", required=True, metavar="NAME", help="What is learned: see `neurosim list tasks`."),
            click.option("--engine", default="numba", show_default=True, metavar="NAME", help="What computes it."),
            click.option(
                "--profile",
                "profiles",
                multiple=True,
                metavar="NAME...",
                help="Chips or number formats to learn in, beside float64: see `neurosim list profiles`.",
            ),
            click.option(
                "--seeds", default=5, show_default=True, help="Runs of each rule; seeds are paired across rules."
            ),
            click.option("--seed", default=0, show_default=True, help="The first seed."),
            click.option("--n", default=64, show_default=True, help="Neurons."),
            click.option("--alpha", type=float, help="Leak per step, dt / tau.  [default: the task's]"),
            click.option("--gain", default=0.5, show_default=True, help="Spectral radius of the initial W_rec."),
            click.option("--trials", type=int, help="Trials to learn from.  [default: the task's]"),
            FREEZE,
            click.option(
                "--observe",
                multiple=True,
                metavar="NAME...",
                help="What to record of the network as it learns: see `neurosim list observables`.",
            ),
            click.option(
                "--plan",
                type=click.Choice((AUTO, FULL)),
                default=AUTO,
                show_default=True,
                help="Take shorter ways to the same numbers where there are any, or compute all as it is written.",
            ),
            click.option("--explain", is_flag=True, help="Say first which way is taken for each rule, and why."),
            click.option("--lr", type=float, help="One learning rate for all, instead of tuning."),
            click.option(
                "--rates", metavar="A,B,...", help="The learning rates that are tried.  [default: 11 from 1e-5 to 1]"
            ),
            click.option(
                "--tuning-seeds", default=3, show_default=True, help="Seeds that each learning rate is tried on."
            ),
            click.option(
                "--decompose",
                is_flag=True,
                help="Split what each chip's precision costs over its limits: some 20 more runs for each seed.",
            ),
            click.option(
                "--spiking",
                metavar="NAME",
                help="Put what was learned into spikes, too: see `neurosim list realisations`.",
            ),
            click.option("--spiking-neurons", default=200, show_default=True, help="Spiking neurons for each neuron."),
            click.option("--spiking-trials", default=10, show_default=True, help="Unseen trials tried in spikes."),
            click.option("--spiking-learn", is_flag=True, help="Let the rules learn in spikes, too."),
            click.option(
                "--out",
                type=click.Path(path_type=Path),
                help="Folder for the runs, the table, the figure and the JSON.",
            ),
            click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table."),
        ]
    ):
        command = option(command)
    return placed(command)


@click.command("compare", cls=ManyValued)
@click.argument("rules", nargs=-1, required=True)
@asking
def command(rules: tuple[str, ...], **asked: Any) -> None:
    """Let several RULES learn the same task, each with the learning rate that suits it, and set them side by side.

    RULES are names from `neurosim list rules`, with parameters if wanted (`tbptt:k=8`), or Python files of your own.
    Include `bptt` to see what each loses to the exact gradient. Finished runs are kept, in the folder given by --out or
    else in a cache, so that a command that is repeated goes on from where it was stopped.
    """
    answer(rules, **asked)


def answer(
    rules: tuple[str, ...],
    *,
    profiles: tuple[str, ...],
    seeds: int,
    freeze: tuple[str, ...],
    lr: float | None,
    rates: str | None,
    tuning_seeds: int,
    decompose: bool,
    spiking: str | None,
    spiking_neurons: int,
    spiking_trials: int,
    spiking_learn: bool,
    out: Path | None,
    as_json: bool,
    explain: bool,
    workers: int | None,
    scheduler: str | None,
    **asked: Any,
) -> None:
    """Compare rules as the options ask, and print and write what comes of it."""
    if lr is not None and rates is not None:
        raise NeurosimError("--lr is one learning rate and --rates are several to choose from; give one of the two")
    budget = Budget((lr,), tuning_seeds) if lr is not None else _budget(rates, tuning_seeds)
    experiment = Experiment(rule="", plastic=tuple(name for name in PLASTIC if name not in freeze), **asked)
    spikes = Spiking(spiking, Coding(spiking_neurons), spiking_trials, spiking_learn) if spiking else None
    plans = _explained(rules, profiles, experiment, as_json) if explain else {}
    results = Results(out or cache_folder("results"))
    _warn([replace(experiment, rule=rule, lr=min(budget.rates)) for rule in rules], profiles, seeds)
    with cluster.opened(workers, scheduler) as runner, bar() as plan:
        comparison = compare(
            rules,
            experiment,
            profiles=(EXACT_PROFILE, *profiles),
            seeds=seeds,
            budget=budget,
            results=results,
            plan=plan,
            spiking=spikes,
            runner=runner,
        )
        if decompose:
            comparison = decomposition.decompose(comparison, results=results, runner=runner, plan=plan)
    _print(comparison, out, as_json, plans)


def _warn(questions: list[Experiment], profiles: tuple[str, ...], seeds: int) -> None:
    """What theory warns of, before anything runs; of nothing if something does not exist, which is then said instead.

    Of the lowest learning rate that may be tried.
    """
    from neurosim.prediction import warnings  # brings most of SciPy

    check([replace(each, profile=profile) for each in questions for profile in (each.profile, *profiles)])
    for each in questions:
        for line in warnings(each, range(each.seed, each.seed + seeds)):
            click.echo(line, err=True)


def _budget(rates: str | None, seeds: int) -> Budget:
    if rates is None:
        return Budget(seeds=seeds)
    try:
        return Budget(tuple(float(rate) for rate in rates.split(",")), seeds)
    except ValueError:
        raise NeurosimError(
            f"--rates is {rates!r}; it must be numbers with commas between, such as 0.001,0.01,0.1"
        ) from None


@contextmanager
def bar() -> Iterator[Callable[[int], Progress]]:
    """A progress bar on a terminal, none elsewhere."""
    from tqdm import tqdm

    with tqdm(unit=" trials", disable=None, leave=False, dynamic_ncols=True) as bar:

        def plan(trials: int) -> Progress:
            bar.reset(total=trials)
            return bar.update

        yield plan


def _explained(
    rules: tuple[str, ...], profiles: tuple[str, ...], asked: Experiment, as_json: bool
) -> dict[str, list[Any]]:
    """The plans of each rule and profile: printed, or to stand in the JSON."""
    questions = [replace(asked, rule=rule, profile=profile) for profile in (EXACT_PROFILE, *profiles) for rule in rules]
    if as_json:
        return {"plans": explanation.as_json(questions)}
    click.echo(explanation.text(questions) + "\n")
    return {}


def _print(comparison: Comparison, out: Path | None, as_json: bool, plans: dict[str, list[Any]]) -> None:
    from neurosim import writing

    written = writing.write(comparison, out) if out else []
    click.echo(json.dumps(writing.as_json(comparison) | plans, indent=1) if as_json else writing.table(comparison))
    if written and not as_json:
        click.echo(f"\nwritten: {', '.join(map(str, written))}")
