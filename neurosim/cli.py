"""The command line: words to values, values to text. Nothing below it prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from neurosim import __version__, catalog
from neurosim.cache import cache_folder
from neurosim.comparison import Budget, Comparison, compare
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment, Progress
from neurosim.network import PLASTIC, Network
from neurosim.program import compile
from neurosim.results import Results


@contextmanager
def _plainly() -> Iterator[None]:
    """What the user can mend is one line and exit code 2; an interrupt keeps what is finished."""
    try:
        yield
    except NeurosimError as error:
        click.echo(f"neurosim: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("\nneurosim: stopped; finished runs are kept, and the same command goes on from them", err=True)
        sys.exit(130)


def main() -> None:
    """The command `neurosim`."""
    neurosim()


class _Plain(click.Group):
    """A group whose commands end plainly, whatever ends them."""

    def invoke(self, ctx: click.Context) -> Any:
        with _plainly():
            return super().invoke(ctx)


@click.group(cls=_Plain, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="neurosim")
def neurosim() -> None:
    """Compare online learning rules for linear rate networks with the exact gradient.

    \b
    neurosim list                                   what there is
    neurosim show rule rflo                         one rule, its equations and what they need
    neurosim compare rflo tbptt:k=8 bptt --task path --out results
    """


@neurosim.command("list")
@click.argument("kind", required=False, type=click.Choice([f"{kind}s" for kind in catalog.KINDS]))
def list_(kind: str | None) -> None:
    """What there is: rules, tasks, engines and profiles, with what each of them is."""
    for each in [kind.removesuffix("s")] if kind else catalog.KINDS:
        names = catalog.names(each)
        click.echo(f"{each}s")
        for name in names:
            click.echo(f"  {name:<{max(map(len, names))}}  {catalog.summary(each, name)}")


@neurosim.command()
@click.argument("kind", type=click.Choice(catalog.KINDS))
@click.argument("name")
def show(kind: str, name: str) -> None:
    """All about one rule, task, engine or profile: NAME as `compare` takes it, parameters or a file included."""
    {"rule": _show_rule, "task": _show_task, "engine": _show_engine, "profile": _show_profile}[kind](name)


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


def _show_profile(name: str) -> None:
    profile = catalog.profile(name)
    click.echo(f"{profile.name}: {profile.summary}\n")
    for kind, format in profile.formats.items():
        click.echo(f"  {kind:<16} {format}")


def _describe(thing: Any) -> None:
    lines = (type(thing).__doc__ or "").strip().splitlines()
    click.echo("\n".join(line.removeprefix("    ") for line in lines))
    if listed := fields(thing):
        click.echo("\nparameters: " + ", ".join(f"{field.name}={getattr(thing, field.name)}" for field in listed))


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that `run` and `compare` share."""
    for option in reversed(
        [
            click.option("--task", required=True, metavar="NAME", help="What is learned: see `neurosim list tasks`."),
            click.option("--engine", default="numba", show_default=True, metavar="NAME", help="What computes it."),
            click.option("--profile", default="float64", show_default=True, metavar="NAME", help="The number formats."),
            click.option(
                "--seeds", default=5, show_default=True, help="Runs of each rule; seeds are paired across rules."
            ),
            click.option("--seed", default=0, show_default=True, help="The first seed."),
            click.option("--n", default=64, show_default=True, help="Neurons."),
            click.option("--alpha", type=float, help="Leak per step, dt / tau.  [default: the task's]"),
            click.option("--gain", default=0.5, show_default=True, help="Spectral radius of the initial W_rec."),
            click.option("--trials", type=int, help="Trials to learn from.  [default: the task's]"),
            click.option(
                "--freeze",
                multiple=True,
                type=click.Choice(PLASTIC),
                help="Weights that do not learn; may be repeated.",
            ),
            click.option("--lr", type=float, help="One learning rate for all, instead of tuning."),
            click.option(
                "--rates", metavar="A,B,...", help="The learning rates that are tried.  [default: 11 from 1e-5 to 1]"
            ),
            click.option(
                "--tuning-seeds", default=3, show_default=True, help="Seeds that each learning rate is tried on."
            ),
            click.option(
                "--out",
                type=click.Path(path_type=Path),
                help="Folder for the runs, the table, the figure and the JSON.",
            ),
            click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table."),
        ]
    ):
        command = option(command)
    return command


@neurosim.command("run")
@click.argument("rule")
@_options
def run_(rule: str, **asked: Any) -> None:
    """Let one RULE learn a task.

    RULE is a name from `neurosim list rules`, with parameters if wanted (`tbptt:k=8`), or a Python file of your own.
    """
    _compare((rule,), **asked)


@neurosim.command("compare")
@click.argument("rules", nargs=-1, required=True)
@_options
def compare_(rules: tuple[str, ...], **asked: Any) -> None:
    """Let several RULES learn the same task, each with the learning rate that suits it, and set them side by side.

    RULES are names from `neurosim list rules`, with parameters if wanted (`tbptt:k=8`), or Python files of your own.
    Include `bptt` to see what each loses to the exact gradient. Finished runs are kept, in the folder given by --out or
    else in a cache, so that a command that is repeated goes on from where it was stopped.
    """
    _compare(rules, **asked)


def _compare(
    rules: tuple[str, ...],
    *,
    seeds: int,
    freeze: tuple[str, ...],
    lr: float | None,
    rates: str | None,
    tuning_seeds: int,
    out: Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    if lr is not None and rates is not None:
        raise NeurosimError("--lr is one learning rate and --rates are several to choose from; give one of the two")
    budget = Budget((lr,), tuning_seeds) if lr is not None else _budget(rates, tuning_seeds)
    experiment = Experiment(rule="", plastic=tuple(name for name in PLASTIC if name not in freeze), **asked)
    results = Results(out or cache_folder("results"))
    with _bar() as plan:
        comparison = compare(rules, experiment, seeds=seeds, budget=budget, results=results, plan=plan)
    _print(comparison, out, as_json)


@neurosim.command()
@click.argument("rules", nargs=-1)
@click.option("--engine", "engines", multiple=True, metavar="NAME", help="Engines to examine.  [default: all]")
def conformance(rules: tuple[str, ...], engines: tuple[str, ...]) -> None:
    """Whether engines agree with the reference, for RULES of your own or all there are, in three number formats."""
    from tqdm import tqdm

    from neurosim.conformance import FORMATS, REFERENCE, TOLERANCE, examine

    chosen = [name for name in engines or catalog.names("engine") if name != REFERENCE]
    wanted = [(r, e, f) for r in rules or catalog.names("rule") for e in chosen for f in FORMATS]
    cases = [examine(*each) for each in tqdm(wanted, disable=None, leave=False)]
    click.echo(f"largest deviation from {REFERENCE} at any step; float64 passes up to {TOLERANCE:g}, the others at 0\n")
    for case in cases:
        verdict = "pass" if case.passed else "FAIL"
        click.echo(
            f"{verdict}  {case.rule:<24} {case.engine:<10} {case.format:<10} {case.deviation:8.2g}  {case.where}"
        )
    if not all(case.passed for case in cases):
        sys.exit(1)


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
def _bar() -> Iterator[Callable[[int], Progress]]:
    """A progress bar on a terminal, none elsewhere."""
    from tqdm import tqdm

    with tqdm(unit=" trials", disable=None, leave=False, dynamic_ncols=True) as bar:

        def plan(trials: int) -> Progress:
            bar.reset(total=trials)
            return bar.update

        yield plan


def _print(comparison: Comparison, out: Path | None, as_json: bool) -> None:
    from neurosim import report

    written = report.write(comparison, out) if out else []
    click.echo(json.dumps(report.as_json(comparison), indent=1) if as_json else report.table(comparison))
    if written and not as_json:
        click.echo(f"\nwritten: {', '.join(map(str, written))}")
