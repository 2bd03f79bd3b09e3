"""What a chip's precision costs a rule, as a budget of its limits.

    precision   = loss(chip) - loss(float64), each at the learning rate that suits it
                = rate + the sum of all limits alone + interaction
    rate        = loss(float64 at the chip's rate) - loss(float64)
    alone       = loss(float64 with one limit) - loss(float64), both at the chip's rate
    without     = loss(chip) - loss(chip without one limit), both at the chip's rate
    interaction = what is left: what limits do together and none does alone

Losses are means over the same seeds, so that differences add up; where a run diverged they are infinite, and so is what
it is a part of. The same is said of how a rule's updates lie to the exact ones: cosine, size, share of equal signs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neurosim.experiment import Run

MEASURES = ("loss", "cosine", "size", "sign")
"""What is split: the loss on unseen trials, or an alignment (see `gradient.Alignment`), mean over checkpoints."""

Runs = Sequence[Run]


@dataclass(frozen=True)
class Share:
    """One limit: what it does alone, what the chip would be spared without it, and how many runs of each diverged."""

    limit: str
    alone: float
    without: float
    diverged_alone: int = 0
    diverged_without: int = 0


@dataclass(frozen=True)
class ErrorBudget:
    """Of one measure, one rule and one chip. weight: the one whose updates it is about, none if it is the loss."""

    measure: str
    weight: str | None
    float64: float
    float64_at_rate: float
    chip: float
    limits: tuple[Share, ...]

    @property
    def precision(self) -> float:
        return self.chip - self.float64

    @property
    def rate(self) -> float:
        """What the chip's learning rate costs where nothing else is the chip's."""
        return self.float64_at_rate - self.float64

    @property
    def interaction(self) -> float:
        """What is left; not finite where a run diverged."""
        return self.chip - self.float64_at_rate - sum(share.alone for share in self.limits)


def budgets(
    float64: Runs, at_rate: Runs, chip: Runs, only: Mapping[str, Runs], without: Mapping[str, Runs]
) -> tuple[ErrorBudget, ...]:
    """The budget of each measure, from runs on the same seeds. only, without: by limit."""
    weight = next((name for name in ("W_rec", "W_in", "W_out") if name in chip[0].cosine), None)
    return tuple(
        _budget(name, weight, float64, at_rate, chip, only, without) for name in MEASURES if weight or name == "loss"
    )


def _budget(
    measure: str,
    weight: str | None,
    float64: Runs,
    at_rate: Runs,
    chip: Runs,
    only: Mapping[str, Runs],
    without: Mapping[str, Runs],
) -> ErrorBudget:
    mean = _mean(measure, weight)
    shares = tuple(
        Share(
            limit,
            alone=mean(only[limit]) - mean(at_rate),
            without=mean(chip) - mean(without[limit]),
            diverged_alone=_diverged(only[limit]),
            diverged_without=_diverged(without[limit]),
        )
        for limit in only
    )
    about = None if measure == "loss" else weight
    return ErrorBudget(measure, about, mean(float64), mean(at_rate), mean(chip), shares)


def _mean(measure: str, weight: str | None) -> Callable[[Runs], float]:
    """The mean of a measure over runs; of an alignment over checkpoints first, as far as there are any."""

    def of(run: Run) -> float:
        if measure == "loss":
            return run.loss
        there = getattr(run, measure).get(weight, np.empty(0))
        there = there[np.isfinite(there)]
        return float(there.mean()) if len(there) else np.nan

    return lambda runs: float(np.mean([of(run) for run in runs]))


def _diverged(runs: Runs) -> int:
    return sum(run.diverged for run in runs)
