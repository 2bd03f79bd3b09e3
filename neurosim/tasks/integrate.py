"""Integrate white noise through a leaky integrator whose memory is longer than a neuron's (arXiv 2503.18754)."""

from __future__ import annotations

import numpy as np

from neurosim.filtering import filtered
from neurosim.seeding import stream
from neurosim.solution import Solution
from neurosim.task import Task, Trials


class Integrate(Task):
    """White noise in, the same noise through an exponential filter out: `z[t] = decay * z[t-1] + gain * x[t]`.

    memory: time constant of the filter [steps], `decay = exp(-1 / memory)`; the target has unit variance once it
    is stationary. steps: length of a trial.
    """

    memory: float = 50.0
    steps: int = 100

    train_trials = 200
    n_in = 1
    n_out = 1

    def trials(self, count: int, seed: int, part: str = "train") -> Trials:
        noise = stream(seed, "integrate", part).normal(size=(count, self.steps, 1))
        decay = self._decay
        targets = filtered([np.sqrt(1.0 - decay**2)], [1.0, -decay], noise)
        return Trials(noise, targets, np.ones(self.steps))

    @property
    def _decay(self) -> float:
        return float(np.exp(-1.0 / self.memory))

    def solution(self, seed: int) -> Solution:
        one, gain = np.ones((1, 1)), np.sqrt(1.0 - self._decay**2)
        return Solution(W_rec=self._decay * one, W_in=gain * one, W_out=one)
