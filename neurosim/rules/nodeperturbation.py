"""Node perturbation (Williams 1992, Machine Learning 8:229; Fiete & Seung 2006, Phys. Rev. Lett. 97:048104)."""

from __future__ import annotations

import numpy as np

from neurosim.errors import NeurosimError
from neurosim.rule import Rule


class NodePerturbation(Rule):
    """Node perturbation: noise in the neurons, and reward for what made the loss smaller; no errors are sent back.

    Noise adds `size` or `-size` to the drive of each neuron at each step. The reward is how much smaller the loss of
    the step is with all noise so far than without it; `shift` is the difference that noise makes to the rates. In the
    mean this is the exact gradient, for noise of any size, because the loss is quadratic in the noise.

    size: of the noise, in units of the drive.
    """

    size: float = 0.125

    def __post_init__(self) -> None:
        if not 0.0 < self.size < np.inf:
            raise NeurosimError(f"nodeperturbation: size is {self.size}; it must be a finite number above 0")
        super().__post_init__()

    @property
    def constants(self) -> dict[str, float]:
        return {"size": self.size, "per_size": 1.0 / self.size}

    equations = """
        toss[i]      = coin()
        shift[i]     = (1 - alpha) * shift[i] + alpha * sum(j, W_rec[i, j] * before(shift[j]))
                     + alpha * size * (2 * toss[i] - 1)
        moved[o]     = sum(i, W_out[o, i] * shift[i])
        reward[0]    = sum(o, moved[o] * (error[o] - 0.5 * mask * moved[o]))
        trace[i, j]  = trace[i, j] + (2 * toss[i] - 1) * pre[j]
        weight[i, j] = weight[i, j] + lr * per_size * reward[0] * trace[i, j]
    """
