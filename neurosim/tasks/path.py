"""Real data: integrate the velocity of a rat to its displacement over ten seconds (Sargolini et al. 2006)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from jaxtyping import Float

from neurosim.filtering import filtered
from neurosim.rat import check_rate, velocity
from neurosim.recording import starts, windows
from neurosim.seeding import stream
from neurosim.task import Task, Trials

SPEED_UNIT = 0.1
DISTANCE_UNIT = 0.25


class Path(Task):
    """The velocity of a rat in, its displacement since the trial began out: `z[t] = z[t-1] + x[t] / rate`.

    Ten minutes of a rat foraging in a box of one square metre, tracked at 50 Hz: F. Sargolini et al., Science
    312:758 (2006), as shipped with RatInABox (George et al., eLife 13:e85274, 2024). Positions are interpolated
    over 60 gaps of at most 0.36 s; velocity is the displacement of each step, so that a perfect integrator has no
    error and a leaky one loses the early path. Needs the extra `data`.

    seconds: length of a trial [s]. rate: steps per second [Hz], at most the 50 of the recording.
    Inputs are in 0.1 m/s, targets in 0.25 m: both of order one. With alpha = 0.1 a neuron alone forgets in 1 s.
    """

    seconds: float = 10.0
    rate: float = 10.0

    n_in = 2
    n_out = 2
    score_name: ClassVar[str] = "end error (cm)"

    def __post_init__(self) -> None:
        check_rate(self.rate)

    def trials(self, count: int, seed: int, part: str = "train") -> Trials:
        moved = velocity(self.rate)
        steps = round(self.seconds * self.rate)
        begin = starts(len(moved), steps, count, part, stream(seed, "path", part))
        moving = windows(moved, begin, steps)
        displacement = np.cumsum(moving, axis=1) / self.rate
        return Trials(moving / SPEED_UNIT, displacement / DISTANCE_UNIT, np.ones(steps))

    def score(self, trials: Trials, outputs: Float[np.ndarray, "trial time n_out"]) -> float:
        """Root mean square error of a coordinate at the end of the trial [cm], over trials and both coordinates."""
        error = trials.targets[:, -1] - outputs[:, -1]
        return float(100.0 * DISTANCE_UNIT * np.sqrt(np.mean(error**2)))

    def references(self, trials: Trials, seed: int) -> dict[str, float]:
        memories = {"ideal integrator": np.inf, "leak of 10 s": 10.0, "leak of 3 s": 3.0, "leak of 1 s": 1.0}
        found = {name: self.score(trials, self._leaky(trials, memory)) for name, memory in memories.items()}
        return found | {"no motion": self.score(trials, np.zeros_like(trials.targets))}

    def _leaky(self, trials: Trials, memory: float) -> Float[np.ndarray, "trial time 2"]:
        """What an integrator that forgets with time constant `memory` [s] answers."""
        gain = SPEED_UNIT / DISTANCE_UNIT / self.rate
        return filtered([gain], [1.0, -np.exp(-1.0 / (memory * self.rate))], trials.inputs)
