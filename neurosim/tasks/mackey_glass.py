"""Forecast the chaotic Mackey-Glass series one step ahead, with the parameters of NeuroBench (arXiv 2304.04640)."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicHermiteSpline
from scipy.signal import lfilter

from neurosim import wiener
from neurosim.errors import NeurosimError
from neurosim.recording import span, starts, windows
from neurosim.seeding import stream
from neurosim.task import Task, Trials

BETA, GAMMA, POWER, DELAY = 0.2, 0.1, 10, 17.0
PAST = 0.7206597
LYAPUNOV_TIME = 197.0
POINTS_PER_LYAPUNOV_TIME = 75
# NeuroBench lays 1501 points over 20 Lyapunov times and one point more, so a step is a little above 197 / 75.
STEP = (20 * LYAPUNOV_TIME + LYAPUNOV_TIME / POINTS_PER_LYAPUNOV_TIME) / (20 * POINTS_PER_LYAPUNOV_TIME)
SAMPLES = 100 * POINTS_PER_LYAPUNOV_TIME


class MackeyGlass(Task):
    """The series `ds/dt = 0.2 s(t-17) / (1 + s(t-17)^10) - 0.1 s(t)` in, its value `horizon` samples later out.

    M. Mackey & L. Glass, Science 197:287 (1977); constant past, sampling and score as NeuroBench has them:
    Yik et al., Nature Communications 16:1545 (2025). One trial is a window of a series of 100 Lyapunov times. The
    benchmark proper lets the forecast feed on itself, which is not done here: a linear network cannot be chaotic.

    horizon: how far ahead [samples of 2.63, 75 to a Lyapunov time]. steps: length of a trial [samples].
    warm_up: first samples of a trial, whose forecasts do not count.
    Inputs and targets are in standard deviations from the mean of the training part.
    """

    horizon: int = 1
    steps: int = 120
    warm_up: int = 30

    n_in = 1
    n_out = 1
    alpha: ClassVar[float] = 0.5
    score_name: ClassVar[str] = "sMAPE (%)"

    def __post_init__(self) -> None:
        if self.horizon < 1 or not 0 <= self.warm_up < self.steps:
            raise NeurosimError(
                f"mackey_glass: horizon={self.horizon} should be 1 or more, and warm_up={self.warm_up} from 0 to "
                f"below steps={self.steps}"
            )

    def trials(self, count: int, seed: int, part: str = "train") -> Trials:
        mean, deviation = _train_moments()
        values = (series(SAMPLES) - mean)[:, None] / deviation
        begin = starts(SAMPLES, self.steps + self.horizon, count, part, stream(seed, "mackey_glass", part))
        mask = (np.arange(self.steps) >= self.warm_up).astype(float)
        return Trials(windows(values, begin, self.steps), windows(values, begin + self.horizon, self.steps), mask)

    def score(self, trials: Trials, outputs: Float[np.ndarray, "trial time n_out"]) -> float:
        """`200 mean(|y - z| / (|y| + |z|))` in the units of the series, over the forecasts that count."""
        mean, deviation = _train_moments()
        counted = trials.mask > 0
        y, z = (mean + deviation * values[:, counted] for values in (outputs, trials.targets))
        return float(200.0 * np.mean(np.abs(y - z) / (np.abs(y) + np.abs(z))))

    def references(self, trials: Trials, seed: int) -> dict[str, float]:
        train = self.trials(self.train_trials, seed, "train")
        return {
            "AR(30)": self.score(trials, wiener.filtered(trials.inputs, wiener.kernel(train, taps=30))),
            "persistence": self.score(trials, trials.inputs),
            "mean": self.score(trials, np.zeros_like(trials.targets)),
        }


@lru_cache(maxsize=4)
def series(samples: int, substeps: int = 100) -> Float[np.ndarray, " time"]:
    """Samples of the series `STEP` apart from t = 17 on, by Runge-Kutta of order 4 with 1/substeps a unit of time.

    Within one delay the delayed term is known, so the equation is linear with a known input and its Runge-Kutta
    step is the recursion `s[n+1] = R(z) s[n] + input[n]`, `z = -GAMMA h`: one filter call per delay.
    """
    h, per_delay = 1.0 / substeps, round(DELAY * substeps)
    z = -GAMMA * h
    amplification = 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24
    at_start, at_middle, at_end = (1 + z + z**2 / 2 + z**3 / 4) / 6, (4 + 2 * z + z**2 / 2) / 6, 1 / 6
    nodes = np.arange(per_delay + 1) * h
    s, slope = np.full(per_delay + 1, PAST), np.zeros(per_delay + 1)
    times = DELAY + STEP * np.arange(samples)
    found: list[Float[np.ndarray, " some"]] = []
    for block in range(int(times[-1] // DELAY) + 1):
        begin = block * DELAY
        middles = (s[1:] + s[:-1]) / 2 + h * (slope[:-1] - slope[1:]) / 8
        drive, drive_middle = _production(s), _production(middles)
        push = h * (at_start * drive[:-1] + at_middle * drive_middle + at_end * drive[1:])
        after, _ = lfilter([1.0], [1.0, -amplification], push, zi=[amplification * s[-1]])
        s = np.concatenate([s[-1:], after])
        slope = drive - GAMMA * s
        inside = times[(times >= begin) & (times < begin + DELAY)]
        found.append(CubicHermiteSpline(nodes, s, slope)(inside - begin))
    values = np.concatenate(found)
    values.setflags(write=False)
    return values


def _production(delayed: Float[np.ndarray, " node"]) -> Float[np.ndarray, " node"]:
    return BETA * delayed / (1.0 + delayed**POWER)


def _train_moments() -> tuple[float, float]:
    """Mean and standard deviation of the training part of the series."""
    part = span(SAMPLES, "train")
    train = series(SAMPLES)[part.start : part.stop]
    return float(train.mean()), float(train.std())
