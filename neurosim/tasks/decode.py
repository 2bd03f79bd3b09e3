"""Decode velocity from spikes: simulated neurons that follow a real rat, or a recording of a monkey's motor cortex."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from neurosim import wiener
from neurosim.errors import NeurosimError
from neurosim.kalman import Kalman
from neurosim.rat import check_rate, velocity, velocity_of
from neurosim.reading import reaching
from neurosim.recording import span, starts, windows
from neurosim.seeding import stream
from neurosim.task import Task, Trials

BASELINE = 5.0, 20.0
DEPTH = 1.0, 5.0
SPEED_UNIT = 0.1
FITTED, LAGS, RIDGE = 100, 10, 0.1


class Decode(Task):
    """Spike counts in, velocity out, as for a brain-computer interface that moves a cursor.

    Each of 96 simulated neurons fires by chance, Poisson, at a rate that follows the velocity of a real rat (see
    `path`): `baseline + depth * speed * cos(direction - preferred)` (Georgopoulos et al. 1982, J. Neurosci. 2:1527),
    not below 0. Baselines are 5 to 20 spikes/s, depths 1 to 5 spikes/s at 0.1 m/s, preferred directions anywhere; each
    seed is another population. With `file`, counts and velocity are those of a monkey that reaches for targets:
    an `indy_*.mat` or `loco_*.mat` of Zenodo 583331, the files of NeuroBench, which takes the package h5py.

    Counts are standardised, and velocities divided by their root mean square, as they are in the first 60 % of the
    recording, which train; the next 15 % tune, the last 25 % test. Without a file it needs the extra `data`.

    seconds: length of a trial [s]. rate: steps per second [Hz].
    """

    file: str = ""
    seconds: float = 5.0
    rate: float = 20.0

    alpha: ClassVar[float] = 0.3
    n_out = 2
    score_name: ClassVar[str] = "R2"
    higher_is_better: ClassVar[bool] = True
    neurons: ClassVar[int] = 96

    def __post_init__(self) -> None:
        if not self.file:
            check_rate(self.rate)
        if not 0.0 < self.rate <= 1000.0 or not 2.0 <= self.seconds * self.rate < 1e6:
            raise NeurosimError(
                f"seconds={self.seconds:g}, rate={self.rate:g} Hz: the rate must be above 0 and at most 1000 Hz, and a "
                "trial at least 2 steps long"
            )

    @property
    def n_in(self) -> int:
        return self._recorded(0).counts.shape[1] if self.file else self.neurons

    @property
    def files(self) -> tuple[pathlib.Path, ...]:
        return (pathlib.Path(self.file),) if self.file else ()

    def trials(self, count: int, seed: int, part: str = "train") -> Trials:
        recorded, steps = self._recorded(seed), round(self.seconds * self.rate)
        begin = starts(len(recorded.counts), steps, count, part, stream(seed, "decode", part))
        return Trials(windows(recorded.counts, begin, steps), windows(recorded.velocity, begin, steps), np.ones(steps))

    def score(self, trials: Trials, outputs: Float[np.ndarray, "trial time n_out"]) -> float:
        """Share of the variance that is explained, over all steps, mean over both coordinates."""
        missed = ((trials.targets - outputs) ** 2).sum(axis=(0, 1))
        varied = ((trials.targets - trials.targets.mean(axis=(0, 1))) ** 2).sum(axis=(0, 1))
        return float(np.mean(1.0 - missed / varied))

    def references(self, trials: Trials, seed: int) -> dict[str, float]:
        train = self.trials(FITTED, seed, "train")
        lags = min(LAGS, train.inputs.shape[1])
        answers = {
            "Kalman filter": Kalman.of(train).filtered(trials.inputs),
            f"Wiener filter of {lags} steps": wiener.filtered(trials.inputs, wiener.kernel(train, lags, RIDGE)),
            "linear without memory": wiener.filtered(trials.inputs, wiener.kernel(train, 1, RIDGE)),
            "no motion": np.zeros_like(trials.targets),
        }
        return {name: self.score(trials, answer) for name, answer in answers.items()}

    def _recorded(self, seed: int) -> _Recorded:
        if not self.file:
            return _simulated(self.rate, seed)
        path = pathlib.Path(self.file)
        return _read(path, self.rate, path.stat().st_mtime_ns if path.is_file() else None)


@dataclass(frozen=True, eq=False)
class _Recorded:
    """Standardised counts and velocity in units of its root mean square."""

    counts: Float[np.ndarray, "time channel"]
    velocity: Float[np.ndarray, "time 2"]

    @classmethod
    def of(cls, counts: Float[np.ndarray, "time channel"], moved: Float[np.ndarray, "time 2"]) -> _Recorded:
        """As they are beside the part that trains."""
        part = span(len(counts), "train")
        train, speed = counts[part.start : part.stop], moved[part.start : part.stop]
        spread = train.std(axis=0)
        made = (counts - train.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
        return cls(made, moved / (np.sqrt(np.mean(speed**2)) or 1.0))


@lru_cache(maxsize=4)
def _simulated(rate: float, seed: int) -> _Recorded:
    moved, draw = velocity(rate), stream(seed, "decode", "neurons")
    preferred = draw.uniform(0.0, 2.0 * np.pi, Decode.neurons)
    baseline, depth = draw.uniform(*BASELINE, Decode.neurons), draw.uniform(*DEPTH, Decode.neurons)
    tuning = depth * np.stack([np.cos(preferred), np.sin(preferred)])
    spikes = draw.poisson(np.maximum(baseline + moved / SPEED_UNIT @ tuning, 0.0) / rate)
    return _Recorded.of(spikes.astype(float), moved)


@lru_cache(maxsize=2)
def _read(path: pathlib.Path, rate: float, version: int | None) -> _Recorded:
    """The file's content, read again when its version has changed."""
    found = reaching.read(path)
    return _Recorded.of(found.counts(rate), velocity_of(found.times, found.position, rate))
