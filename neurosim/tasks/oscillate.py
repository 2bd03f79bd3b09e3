"""Filter white noise by a damped oscillation, which takes a conjugate pair of eigenvalues (arXiv 2503.18754)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.filtering import filtered
from neurosim.seeding import stream
from neurosim.task import Task, Trials


class Oscillate(Task):
    """White noise in, the same noise through a damped oscillatory filter out: `z[t] = sum_k f[k] x[t-k]`.

    `f[k] = gain * exp(-k / memory) * cos(2 pi k / period)`, which the two-pole recursion of `coefficients` realises
    exactly; `gain` gives the target unit variance once it is stationary. In units of a neuron with alpha = 0.1 the
    defaults are c* = 0.4 and omega* = 1.57: "Dynamics of learning to integrate in linear RNNs", damped oscillation.

    period: of the oscillation [steps]. memory: time constant of its decay [steps]. steps: length of a trial.
    """

    period: float = 40.0
    memory: float = 25.0
    steps: int = 100

    n_in = 1
    n_out = 1

    def coefficients(self) -> tuple[Float[np.ndarray, " 2"], Float[np.ndarray, " 3"]]:
        """Numerator and denominator of the filter in powers of the one-step delay."""
        decay, angle = np.exp(-1.0 / self.memory), 2.0 * np.pi / self.period
        power = 0.5 / (1.0 - decay**2) + 0.5 * np.real(1.0 / (1.0 - decay**2 * np.exp(2j * angle)))
        cosine = decay * np.cos(angle)
        return np.array([1.0, -cosine]) / np.sqrt(power), np.array([1.0, -2.0 * cosine, decay**2])

    def trials(self, count: int, seed: int, part: str = "train") -> Trials:
        noise = stream(seed, "oscillate", part).normal(size=(count, self.steps, 1))
        return Trials(noise, filtered(*self.coefficients(), noise), np.ones(self.steps))

    def references(self, trials: Trials, seed: int) -> dict[str, float]:
        numerator, _ = self.coefficients()
        return {
            "damped oscillator": self.score(trials, trials.targets),
            "best without memory": self.score(trials, numerator[0] * trials.inputs),
            **super().references(trials, seed),
        }
