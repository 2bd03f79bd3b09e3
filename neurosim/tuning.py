"""Tuning: the learning rate that suits each rule, found with the same means for all.

Each rate of one grid is tried on the same tuning seeds, which are not those of a comparison, for as many trials as the
comparison takes. The rate with the lowest mean loss on the tuning trials is taken; a diverged run counts as an infinite
loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from neurosim import catalog
from neurosim.answering import Answering
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment

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

    def tried(self, question: Experiment) -> list[Experiment]:
        """The experiments that choose the rate of a question: none if its rule does not learn or there is one rate."""
        if len(self.rates) == 1 or not learns(question.rule):
            return []
        trial = replace(question, part="tune", checkpoints=1, observe=())
        seeds = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + self.seeds)
        return [replace(trial, lr=rate, seed=seed) for rate in self.rates for seed in seeds]

    def chosen(self, question: Experiment, losses: Mapping[Experiment, float]) -> Rate:
        """The best rate, from the losses of what was tried."""
        tried = self.tried(question)
        if not tried:
            return Rate(self.rates[0] if learns(question.rule) else 0.0)
        means = [np.mean([losses[each] for each in tried if each.lr == rate]) for rate in self.rates]
        best = self.rates[int(np.argmin(means))]
        return Rate(best, best in (min(self.rates), max(self.rates)))


@dataclass(frozen=True)
class Rate:
    """A learning rate, and whether it is the first or last of those that were tried."""

    lr: float
    at_edge: bool = False


def learns(rule: str) -> bool:
    """Whether a rule changes any weight."""
    made = catalog.rule(rule)
    return bool(made.equations.strip() or made.readout.strip())


def rates(questions: Iterable[Experiment], budget: Budget, answering: Answering) -> dict[Experiment, Rate]:
    """The rate that suits each question; all that has to be tried for them is asked at once."""
    questions = list(questions)
    tried = [each for question in questions for each in budget.tried(question)]
    losses = {run.experiment: run.loss for run in answering.runs(tried)}
    return {question: budget.chosen(question, losses) for question in questions}
