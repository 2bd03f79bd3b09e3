"""Remember a sequence of random signs over a delay and repeat it on a cue (Hochreiter & Schmidhuber 1997)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from jaxtyping import Float

from neurosim.filtering import filtered
from neurosim.seeding import stream
from neurosim.task import Task, Trials


class Copy(Task):
    """Symbols of +1 or -1, a silent delay, a cue, and the same symbols again: `z[t] = x[t - symbols - delay]`.

    The cue is one more input, 1 at the step of the first answer. Only the answer counts, so a linear network
    solves the task as a shift register; the cue helps it no further than the clock does. Sepp Hochreiter & Jürgen
    Schmidhuber, Neural Computation 9:1735 (1997) introduced such delays, Graves et al. (arXiv 1410.5401) the copy.

    symbols: length of the sequence [steps]. delay: silence before the answer [steps]. channels: signs per symbol.
    """

    symbols: int = 3
    delay: int = 5
    channels: int = 1

    alpha: ClassVar[float] = 0.2
    train_trials: ClassVar[int] = 2000
    score_name: ClassVar[str] = "wrong symbols (%)"

    @property
    def n_in(self) -> int:
        return self.channels + 1

    @property
    def n_out(self) -> int:
        return self.channels

    def trials(self, count: int, seed: int, part: str = "train") -> Trials:
        signs = stream(seed, "copy", part).choice([-1.0, 1.0], size=(count, self.symbols, self.channels))
        answer = self.symbols + self.delay
        steps = answer + self.symbols
        inputs = np.zeros((count, steps, self.n_in))
        targets = np.zeros((count, steps, self.n_out))
        inputs[:, : self.symbols, : self.channels] = signs
        inputs[:, answer, -1] = 1.0
        targets[:, answer:] = signs
        return Trials(inputs, targets, (np.arange(steps) >= answer).astype(float))

    def score(self, trials: Trials, outputs: Float[np.ndarray, "trial time n_out"]) -> float:
        """Share of symbols answered with the wrong sign [%]; an answer of exactly 0 is half wrong."""
        answer = trials.mask > 0
        right = trials.targets[:, answer] * np.sign(outputs[:, answer])
        return float(50.0 * (1.0 - right).mean())

    def references(self, trials: Trials, seed: int) -> dict[str, float]:
        faded = filtered([self.alpha], [1.0, self.alpha - 1.0], trials.inputs[:, :, : self.channels])
        return {
            "shift register": self.score(trials, trials.targets),
            "leaky neuron": self.score(trials, faded),
            "guess": 50.0,
        }
