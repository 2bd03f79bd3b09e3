"""The learning curve that theory predicts of an experiment, or why it predicts none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim import catalog
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment, tested_after
from neurosim.prediction.course import mean_losses
from neurosim.prediction.credits import OF_NEURONS
from neurosim.prediction.problem import Problem
from neurosim.prediction.span import spanned
from neurosim.prediction.warnings import step_limit, trial_limit, warnings

UPDATES = 5000
"""Trials of the longest course that is followed: an update takes about a millisecond."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """What theory says of one experiment, of its own seed.

    losses: expected after `seen` trials, if learning is slow against noise; NaN once the mean course has diverged.
    neurons: of the small network that learns as the whole. step_limit: the learning rate from which on the mean
    updates overshoot, infinite if there is no telling. reason: why theory predicts no curve, else empty.
    """

    seed: int
    seen: Float[np.ndarray, " checkpoint"]
    losses: Float[np.ndarray, " checkpoint"]
    neurons: int
    step_limit: float
    warnings: tuple[str, ...]
    reason: str = ""


def forecast(asked: Experiment) -> Forecast:
    """The expected learning curve of an experiment: the mean, over white noise, of the loss and of each update.

    It is that of the network, the leak, the length of trials and the rule of the experiment, to first order in the
    learning rate (`neurosim.theory.expected_update`; arXiv 2606.00243), in the span of its weights (see `span`).
    """
    try:
        problem = Problem.of(asked)
        seen = tested_after(asked, catalog.task(asked.task))
        if seen[-1] > UPDATES:
            raise NeurosimError(
                f"theory does not cover {seen[-1]} trials here, because it is followed for {UPDATES} at most"
            )
        if problem.online and asked.lr > (limit := trial_limit(problem)):
            raise NeurosimError(
                f"theory does not cover {asked.rule} at learning rate {asked.lr:g}, because it follows one mean update "
                f"a trial, and can up to {limit:.2g}; updates at every step may well be larger"
            )
        small = spanned(problem, asked.gain, whole=asked.rule.partition(":")[0] in OF_NEURONS)
    except NeurosimError as error:
        return Forecast(asked.seed, np.empty(0), np.empty(0), 0, np.inf, warnings(asked), str(error))
    losses = mean_losses(small, asked.lr, seen)
    neurons = len(small.student.W_rec)
    return Forecast(asked.seed, np.array(seen, dtype=float), losses, neurons, step_limit(problem), warnings(asked))
