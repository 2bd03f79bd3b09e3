"""A comparison: several rules on one task and some chips, each with the learning rate that suits it.

What locality costs and what precision costs are separate numbers: `locality = loss(rule) - loss(bptt)`, both in
float64, and `precision = loss(rule on the chip) - loss(rule in float64)`.

Every rule gets the same budget for its learning rate: see `neurosim.tuning`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neurosim import catalog
from neurosim.answering import Answering, Here, Runner, trials_of
from neurosim.arithmetic import Arithmetic
from neurosim.engine import Progress
from neurosim.error_budget import ErrorBudget
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment, Run, host, learning, untrained
from neurosim.results import Results
from neurosim.spike_cost import Cost, Question, Spiking
from neurosim.suitability import Suitability, suitability
from neurosim.task import PARTS, Task
from neurosim.tuning import Budget, Rate, rates
from neurosim.watching import quantities

EXACT_RULE = "bptt"
"""The rule that the cost of locality is counted from."""

EXACT_PROFILE = "float64"
"""The profile that the cost of precision is counted from."""


@dataclass(frozen=True, eq=False)
class Row:
    """One rule on one chip: the learning rate that it was given, whether a wider grid might serve it better, its runs.

    host: why it ran beside the engine's simulator, if it did. costs: what its runs are in spikes, if that was asked.
    chip: whether the chip could run it and what that would cost, if the profile is one. error_budgets: of each measure,
    what the chip's limits cost, if that was asked.
    """

    rule: str
    profile: str
    lr: float
    at_edge: bool
    runs: tuple[Run, ...]
    host: str | None = None
    costs: tuple[Cost, ...] = ()
    chip: Suitability | None = None
    error_budgets: tuple[ErrorBudget, ...] = ()

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
    runner: Runner | None = None,
) -> Comparison:
    """Tune and run each rule on the task of `asked`, whose rule, rate and seed stand for those of the comparison.

    profiles: the chips that each rule learns on, by default that of `asked`. spiking: how to put what the rules learned
    into spikes, if that is wanted. runner: where it is computed, by default here; first all that tunes, then all else.
    What `results` holds already is not run again; what is run is kept there as it ends.
    Raises `NeurosimError`, before anything is computed, if a name does not exist or a number is out of range.
    """
    budget = budget or Budget()
    if seeds < 1 or not rules:
        raise NeurosimError(f"{len(rules)} rules on {seeds} seeds; a comparison needs at least one of each")
    if twice := next((rule for rule in rules if list(rules).count(rule) > 1), None):
        raise NeurosimError(f"{twice!r} is named twice; name each rule once")
    profiles = tuple(dict.fromkeys(profiles or (asked.profile,)))
    if spiking:
        catalog.realisation(spiking.realisation)
    questions = [replace(asked, rule=rule, profile=profile) for profile in profiles for rule in rules]
    check(questions)
    hosted = {question: host(question) for question in questions}
    answering = Answering(results, runner or Here(), plan(_planned(questions, seeds, budget, spiking)))
    found = rates(questions, budget, answering)
    runs = {run.experiment: run for run in answering.runs(_asked(questions, found, seeds))}
    costs = answering.costs(runs.values(), spiking) if spiking else ()
    in_spikes = {cost.question.experiment: cost for cost in costs}
    rows = [_row(question, found[question], seeds, runs, in_spikes, hosted[question]) for question in questions]
    return Comparison(asked, budget, tuple(rows), _references(asked, seeds), spiking)


def check(questions: Sequence[Experiment]) -> None:
    """Raise `NeurosimError`, before anything is computed, if one of some questions cannot be answered."""
    for name in dict.fromkeys(each.task for each in questions):
        _check_trials(catalog.task(name), next(each for each in questions if each.task == name))
    for question in questions:
        catalog.engine(question.engine)
        quantities(question.observe)
        learning(question, untrained(question, catalog.task(question.task)))


def seeded(question: Experiment, lr: float, seeds: int) -> list[Experiment]:
    """A question at its rate, once for each seed."""
    return [replace(question, lr=lr, seed=question.seed + seed) for seed in range(seeds)]


def _asked(questions: Sequence[Experiment], found: Mapping[Experiment, Rate], seeds: int) -> list[Experiment]:
    return [each for question in questions for each in seeded(question, found[question].lr, seeds)]


def _planned(questions: Sequence[Experiment], seeds: int, budget: Budget, spiking: Spiking | None) -> int:
    """How many trials there are to learn from in all."""
    in_spikes = seeds * Question(questions[0], spiking).trials if spiking else 0
    return sum(trials_of(each) * (len(budget.tried(each)) + seeds) + in_spikes for each in questions)


def _row(
    question: Experiment,
    rate: Rate,
    seeds: int,
    runs: Mapping[Experiment, Run],
    in_spikes: Mapping[Experiment, Cost],
    hosted: str | None,
) -> Row:
    asked = seeded(question, rate.lr, seeds)
    costs = tuple(in_spikes[each] for each in asked if each in in_spikes)
    chip = suitability(question) if question.profile != EXACT_PROFILE else None
    answers = tuple(runs[each] for each in asked)
    return Row(question.rule, question.profile, rate.lr, rate.at_edge, answers, hosted, costs, chip)


def _check_trials(task: Task, asked: Experiment) -> None:
    """One trial of each part, so that what is wrong with a task is said before anything is computed."""
    try:
        for part in PARTS:
            task.trials(1, asked.seed, part)
    except (ValueError, ArithmeticError, IndexError) as error:
        raise NeurosimError(f"task {asked.task!r} makes no trials ({error}); see `neurosim show task`") from None


def _references(asked: Experiment, seeds: int) -> dict[str, float]:
    """The task's own yardsticks on the test trials of the comparison: medians over its seeds."""
    task = catalog.task(asked.task)
    found = [
        task.references(task.trials(asked.test_trials, asked.seed + s, asked.part), asked.seed + s)
        for s in range(seeds)
    ]
    return {name: float(np.median([each[name] for each in found])) for name in found[0]}
