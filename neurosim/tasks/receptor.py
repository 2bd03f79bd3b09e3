"""Real data: reconstruct the sound a grasshopper's receptor heard from the spikes it fired (Rokem et al. 2006)."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from neurosim import wiener
from neurosim.errors import NeurosimError
from neurosim.recording import shipped, span, starts, windows
from neurosim.seeding import stream
from neurosim.task import Task, Trials

LAG = 20.0
FILTER = 30.0
WARM_UP = 40.0
SAMPLING = 0.05
RECORDINGS = (1, 2)


class Receptor(Task):
    """The spike count of an auditory receptor in, the amplitude of the sound 20 ms earlier out.

    Ten seconds of one cell of Locusta migratoria hearing a tone whose amplitude is Gaussian noise: A. Rokem et al.,
    Journal of Neurophysiology 95:2541 (2006), as shipped with nitime. The delay lets spikes that follow the sound
    speak of it. Needs the extra `data`.

    recording: 1, amplitudes up to 200 Hz, or 2, up to 800 Hz. bin: width of a step [ms]. seconds: length of a
    trial [s]; its first 40 ms do not count. Inputs and targets are in standard deviations from the mean, both of
    the training part.
    """

    recording: int = 1
    bin: float = 2.0
    seconds: float = 0.4

    n_in = 1
    n_out = 1
    alpha: ClassVar[float] = 0.2
    score_name: ClassVar[str] = "Pearson r"
    higher_is_better: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.recording not in RECORDINGS:
            raise NeurosimError(f"there is no receptor recording {self.recording}; there are: 1 (200 Hz), 2 (800 Hz)")
        if not SAMPLING <= self.bin <= LAG or not np.isclose(self.bin % SAMPLING, (0.0, SAMPLING), atol=1e-9).any():
            raise NeurosimError(
                f"bin={self.bin:g} ms is not a whole number of samples of {SAMPLING:g} ms, at most {LAG:g} ms; "
                "choose for example 2"
            )
        if 1000.0 * self.seconds < WARM_UP + self.bin:
            raise NeurosimError(f"seconds={self.seconds:g} leaves nothing after the first {WARM_UP:g} ms; choose more")

    def trials(self, count: int, seed: int, part: str = "train") -> Trials:
        spikes, sound = _binned(self.recording, self.bin)
        steps = round(1000.0 * self.seconds / self.bin)
        # The first samples, which roll round from the end, are within the warm-up of any window they are in.
        heard = np.roll(sound, round(LAG / self.bin), axis=0)
        begin = starts(len(spikes), steps, count, part, stream(seed, "receptor", part))
        mask = (np.arange(steps) >= WARM_UP / self.bin).astype(float)
        return Trials(windows(spikes, begin, steps), windows(heard, begin, steps), mask)

    def score(self, trials: Trials, outputs: Float[np.ndarray, "trial time n_out"]) -> float:
        """Correlation of outputs and targets over all steps that count; 0 for outputs that never vary."""
        counted = trials.mask > 0
        y, z = (values[:, counted] - values[:, counted].mean() for values in (outputs, trials.targets))
        power = np.sqrt(np.sum(y**2) * np.sum(z**2))
        return float(np.sum(y * z) / power) if power > 0 else 0.0

    def references(self, trials: Trials, seed: int) -> dict[str, float]:
        train = self.trials(self.train_trials, seed, "train")
        best = wiener.kernel(train, taps=round(FILTER / self.bin))
        return {
            "Wiener filter": self.score(trials, wiener.filtered(trials.inputs, best)),
            **super().references(trials, seed),
        }


@lru_cache(maxsize=4)
def _binned(recording: int, width: float) -> tuple[Float[np.ndarray, "time 1"], Float[np.ndarray, "time 1"]]:
    """Spike counts and mean amplitude in bins of `width` [ms], each in standard deviations of its training part."""
    sound = np.loadtxt(shipped("nitime", "data", f"grasshopper_stimulus{recording}.txt"), usecols=1)
    microseconds = np.loadtxt(shipped("nitime", "data", f"grasshopper_spike_times{recording}.txt"))
    per_bin = round(width / SAMPLING)
    bins = len(sound) // per_bin
    places = (microseconds // (1000.0 * SAMPLING)).astype(int) // per_bin
    counts = np.bincount(places, minlength=bins)[:bins].astype(float)
    amplitude = sound[: bins * per_bin].reshape(bins, per_bin).mean(axis=1)
    return _standardised(counts), _standardised(amplitude)


def _standardised(values: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time 1"]:
    part = span(len(values), "train")
    train = values[part.start : part.stop]
    scaled = ((values - train.mean()) / train.std())[:, None]
    scaled.setflags(write=False)
    return scaled
