"""A comparison: several rules on one task and some chips, each with the learning rate that suits it.

What locality costs and what precision costs are separate numbers: `locality = loss(rule) - loss(bptt)`, both in
float64, and `precision = loss(rule on the chip) - loss(rule in float64)`.

Every rule gets the same budget: each learning rate of one grid is tried on the same tuning seeds, which are not those
of the comparison, for as many trials as the comparison takes. The rate with the lowest mean loss on the tuning trials
is taken; a diverged run counts as an infinite loss.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neurosim import catalog
from neurosim.arithmetic import Arithmetic
from neurosim.engine import Progress
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment, Run, host, learning, run, untrained
from neurosim.results import Results
from neurosim.spike_cost import Cost, Question, Spiking, ask
from neurosim.suitability import Suitability, suitability
from neurosim.task import PARTS, Task
from neurosim.watching import quantities

EXACT_RULE = "bptt"
"""The rule that the cost of locality is counted from."""

EXACT_PROFILE = "float64"
"""The profile that the cost of precision is counted from."""

FIRST_TUNING_SEED = 1_000_000


@dataclass(frozen=True)
class Budget:
    """What each rule may spend on its learning rate: a grid, tried on some seeds of its own."""

    rates: tuple[float, ...] = tuple(float(f"{rate:.3g}") for rate in np.logspace(-5, 0, 11))
    seeds: int = 3

    def __post_init__(self) -> None:
        if not self.rates or self.seeds < 1:
            raise NeurosimError(
                f"{len(self.rates)} learning rates on {self.seeds} seeds; tuning needs at least one of each"
            )
        for rate in self.rates:
            if not 0.0 < rate < np.inf:
                raise NeurosimError(f"a learning rate is {rate}; it must be a finite number above 0")

    def __str__(self) -> str:
        if len(self.rates) == 1:
            return f"learning rate {self.rates[0]:g} for every rule"
        return (
            f"{len(self.rates)} learning rates from {min(self.rates):g} to {max(self.rates):g}, each on {self.seeds} "
            "tuning seeds; the lowest mean loss is taken, a diverged run counts as infinite"
        )


@dataclass(frozen=True, eq=False)
class Row:
    """One rule on one chip: the learning rate that it was given, whether a wider grid might serve it better, its runs.

    host: why it ran beside the engine's simulator, if it did. costs: what its runs are in spikes, if that was asked.
    chip: whether the chip could run it and what that would cost, if the profile is one.
    """

    rule: str
    profile: str
    lr: float
    at_edge: bool
    runs: tuple[Run, ...]
    host: str | None = None
    costs: tuple[Cost, ...] = ()
    chip: Suitability | None = None

    @property
    def losses(self) -> np.ndarray:
        """On unseen trials, by seed; infinite where it diverged."""
        return np.array([each.loss for each in self.runs])

    @property
    def loss(self) -> float:
        return float(np.median(self.losses))

    @property
    def scores(self) -> np.ndarray:
        """In the task's unit, by seed; infinitely bad where it diverged."""
        return np.array([each.score for each in self.runs])

    @property
    def score(self) -> float:
        """The median; infinite if it falls among the seeds that diverged."""
        return float(np.median(self.scores))

    @property
    def diverged(self) -> int:
        return sum(each.diverged for each in self.runs)

    def in_spikes(self, what: str) -> float:
        """Of what `Cost` has, the median over seeds: `rate_loss`, `loss`, `learned_loss` or `rate`."""
        return float(np.median([getattr(each, what) for each in self.costs])) if self.costs else np.nan

    def cosine(self, weight: str) -> float:
        """How the rule's updates lay to the exact ones: mean over checkpoints, median over seeds."""
        means = [
            np.nanmean(each.cosine[weight]) for each in self.runs if np.isfinite(each.cosine.get(weight, [])).any()
        ]
        return float(np.median(means)) if means else np.nan


@dataclass(frozen=True, eq=False)
class Comparison:
    """The rows of a comparison, what they were asked, and the scores of solutions that learn nothing."""

    asked: Experiment
    budget: Budget
    rows: tuple[Row, ...]
    references: dict[str, float]
    spiking: Spiking | None = None

    @property
    def profiles(self) -> tuple[str, ...]:
        """The chips that the rules ran on, each once."""
        return tuple(dict.fromkeys(row.profile for row in self.rows))

    def arithmetic(self, profile: str) -> Arithmetic:
        """What was computed with on one of them."""
        return catalog.profile(profile).arithmetic

    def locality(self, row: Row) -> float:
        """What a rule loses to the exact gradient: median of `loss - loss(bptt)` over paired seeds; NaN without it."""
        return self._loss_beside(row, EXACT_RULE, row.profile)

    def precision(self, row: Row) -> float:
        """What a chip's arithmetic loses to float64: median of the difference over paired seeds; NaN without it."""
        return self._loss_beside(row, row.rule, EXACT_PROFILE)

    def _loss_beside(self, row: Row, rule: str, profile: str) -> float:
        other = next((each for each in self.rows if (each.rule, each.profile) == (rule, profile)), None)
        if other is None:
            return np.nan
        paired = [(a, b) for a, b in zip(row.losses, other.losses, strict=True) if np.isfinite(b)]
        return float(np.median([a - b for a, b in paired])) if paired else np.nan


Plan = Callable[[int], Progress]
"""Told how many trials there are to learn from in all, gives what wants to know as they are."""


def compare(
    rules: Sequence[str],
    asked: Experiment,
    *,
    profiles: Sequence[str] = (),
    seeds: int = 5,
    budget: Budget | None = None,
    results: Results | None = None,
    plan: Plan = lambda trials: lambda done: None,
    spiking: Spiking | None = None,
) -> Comparison:
    """Tune and run each rule on the task of `asked`, whose rule, rate and seed stand for those of the comparison.

    profiles: the chips that each rule learns on, by default that of `asked`. spiking: how to put what the rules learned
    into spikes, if that is wanted.
    What `results` holds already is not run again; what is run is kept there as it ends.
    Raises `NeurosimError`, before anything is computed, if a name does not exist or a number is out of range.
    """
    budget = budget or Budget()
    if seeds < 1 or not rules:
        raise NeurosimError(f"{len(rules)} rules on {seeds} seeds; a comparison needs at least one of each")
    if twice := next((rule for rule in rules if list(rules).count(rule) > 1), None):
        raise NeurosimError(f"{twice!r} is named twice; name each rule once")
    task = catalog.task(asked.task)
    learns = {rule: _learns(rule) for rule in rules}
    profiles = tuple(dict.fromkeys(profiles or (asked.profile,)))
    catalog.engine(asked.engine)
    quantities(asked.observe)
    if spiking:
        catalog.realisation(spiking.realisation)
    _check_trials(task, asked)
    questions = [replace(asked, rule=rule, profile=profile) for profile in profiles for rule in rules]
    for question in questions:
        learning(question, untrained(question, task))
    hosted = {question: host(question) for question in questions}
    each = asked.trials or task.train_trials
    tried = sum(learns.values()) * (len(budget.rates) * budget.seeds if len(budget.rates) > 1 else 0)
    in_spikes = Question(asked, spiking).trials if spiking else 0
    worker = _Worker(results, plan(len(profiles) * (each * tried + (each + in_spikes) * len(rules) * seeds)), each)
    rows = []
    for question in questions:
        lr, at_edge = _tuned(question, budget, worker) if learns[question.rule] else (0.0, False)
        answers = worker.runs(replace(question, lr=lr, seed=asked.seed + seed) for seed in range(seeds))
        costs = worker.costs(answers, spiking) if spiking else ()
        chip = suitability(question) if question.profile != EXACT_PROFILE else None
        rows.append(Row(question.rule, question.profile, lr, at_edge, answers, hosted[question], costs, chip))
    return Comparison(asked, budget, tuple(rows), _references(asked, seeds), spiking)


def _check_trials(task: Task, asked: Experiment) -> None:
    """One trial of each part, so that what is wrong with a task is said before anything is computed."""
    try:
        for part in PARTS:
            task.trials(1, asked.seed, part)
    except (ValueError, ArithmeticError, IndexError) as error:
        raise NeurosimError(f"task {asked.task!r} makes no trials ({error}); see `neurosim show task`") from None


def _learns(rule: str) -> bool:
    made = catalog.rule(rule)
    return bool(made.equations.strip() or made.readout.strip())


def _tuned(question: Experiment, budget: Budget, worker: _Worker) -> tuple[float, bool]:
    """The best rate of the budget, and whether it is the first or last of several."""
    if len(budget.rates) == 1:
        return budget.rates[0], False
    seeds = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + budget.seeds)
    trial = replace(question, part="tune", checkpoints=1, observe=())
    found = worker.runs(replace(trial, lr=rate, seed=seed) for rate in budget.rates for seed in seeds)
    losses = [np.mean([each.loss for each in found if each.experiment.lr == rate]) for rate in budget.rates]
    best = budget.rates[int(np.argmin(losses))]
    return best, best in (min(budget.rates), max(budget.rates))


def _references(asked: Experiment, seeds: int) -> dict[str, float]:
    """The task's own yardsticks on the test trials of the comparison: medians over its seeds."""
    task = catalog.task(asked.task)
    found = [
        task.references(task.trials(asked.test_trials, asked.seed + s, asked.part), asked.seed + s)
        for s in range(seeds)
    ]
    return {name: float(np.median([each[name] for each in found])) for name in found[0]}


@dataclass(frozen=True)
class _Worker:
    """Answers experiments from the results that there are, and runs and keeps the others."""

    results: Results | None
    progress: Progress
    trials: int

    def runs(self, experiments: Iterable[Experiment]) -> tuple[Run, ...]:
        experiments = list(experiments)
        kept = {each: self.results.load(each) for each in experiments} if self.results else {}
        found = {each: answer for each, answer in kept.items() if answer is not None}
        missing = [each for each in experiments if each not in found]
        self.progress(self.trials * (len(experiments) - len(missing)))
        width = 2 * (os.cpu_count() or 1)
        for begin in range(0, len(missing), width):
            for answer in run(missing[begin : begin + width], self.progress):
                if self.results:
                    self.results.save(answer)
                found[answer.experiment] = answer
        return tuple(found[each] for each in experiments)

    def costs(self, runs: Iterable[Run], spiking: Spiking) -> tuple[Cost, ...]:
        """What runs are in spikes."""
        return tuple(self._cost(Question(each.experiment, spiking), each) for each in runs)

    def _cost(self, question: Question, run: Run) -> Cost:
        if self.results and (kept := self.results.load_cost(question)):
            self.progress(question.trials)
            return kept
        found = ask(question, run, self.progress)
        if self.results:
            self.results.save_cost(found)
        return found
