"""Answer a pulse with a sum of three sines over the trial, the pattern of Murray 2019 (eLife 8:e43299)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from jaxtyping import Float

from neurosim.filtering import filtered
from neurosim.seeding import stream
from neurosim.task import Task, Trials


class Sine(Task):
    """A pulse in, `z[t] = sin(u) + 1/2 sin(2u) + 1/4 sin(4u)` with `u = 2 pi (t+1) / steps` out.

    Murray's network of tanh units has no input and begins at a fixed state. A linear network at rest would stay
    there, so it is given that state: the input at the first step is 1 / alpha, which sets `r[0] = W_in`. What
    remains is exactly solvable by three conjugate pairs of eigenvalues on the unit circle, and unforgiving of any
    damping. Small white noise on the input makes trials differ.

    steps: length of a trial, one period of the slowest sine. noise: standard deviation of the input noise.
    """

    steps: int = 100
    noise: float = 0.02

    n_in = 1
    n_out = 1
    train_trials: ClassVar[int] = 1000

    def pattern(self) -> Float[np.ndarray, " time"]:
        """The target of every trial."""
        u = 2.0 * np.pi * np.arange(1, self.steps + 1) / self.steps
        return np.sin(u) + np.sin(2.0 * u) / 2.0 + np.sin(4.0 * u) / 4.0

    def trials(self, count: int, seed: int, part: str = "train") -> Trials:
        inputs = self.noise * stream(seed, "sine", part).normal(size=(count, self.steps, 1))
        inputs[:, 0] += 1.0 / self.alpha
        return Trials(inputs, np.tile(self.pattern()[:, None], (count, 1, 1)), np.ones(self.steps))

    def references(self, trials: Trials, seed: int) -> dict[str, float]:
        answered = filtered(self.alpha * self.pattern(), [1.0], trials.inputs)
        return {"three oscillators": self.score(trials, answered), **super().references(trials, seed)}
