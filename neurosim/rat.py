"""How a real rat moved: ten minutes of foraging in a box of one square metre, tracked at 50 Hz.

F. Sargolini et al., Science 312:758 (2006), as shipped with RatInABox (George et al., eLife 13:e85274, 2024).
Positions are interpolated over 60 gaps of at most 0.36 s.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.recording import shipped

RECORDED_RATE = 50.0


def check_rate(rate: float) -> None:
    """Raises `NeurosimError` if the recording has not so many steps per second."""
    if not 0 < rate <= RECORDED_RATE:
        raise NeurosimError(f"rate={rate:g} Hz is not above 0 and at most the recorded {RECORDED_RATE:g} Hz")


@lru_cache(maxsize=4)
def velocity(rate: float) -> Float[np.ndarray, "time 2"]:
    """Displacement per step times rate [m/s]."""
    with np.load(shipped("ratinabox", "data", "sargolini.npz"), allow_pickle=False) as recorded:
        times, position = recorded["t"], recorded["pos"]
    moved = velocity_of(times, position, rate)
    moved.setflags(write=False)
    return moved


def velocity_of(
    times: Float[np.ndarray, " sample"], position: Float[np.ndarray, "sample 2"], rate: float
) -> Float[np.ndarray, "time 2"]:
    """Displacement per step times rate, of a position that is interpolated to even steps from the first sample on."""
    even = np.arange(times[0], times[-1], 1.0 / rate)
    resampled = np.stack([np.interp(even, times, coordinate) for coordinate in position.T], axis=1)
    return np.diff(resampled, axis=0) * rate
