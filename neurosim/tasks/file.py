"""Your own recording: inputs and targets from an .npz or .csv file."""

from __future__ import annotations

import pathlib
from functools import lru_cache

import numpy as np

from neurosim import wiener
from neurosim.errors import NeurosimError
from neurosim.reading import Recorded, read
from neurosim.recording import span, starts
from neurosim.seeding import stream
from neurosim.task import Task, Trials

TAPS = 20


class File(Task):
    """Inputs in, targets out, as a file of yours has them; the first 60 % train, 15 % tune and the last 25 % test.

    An .npz holds arrays `inputs` and `targets`, each [trial, time, channel] or, one long recording, [time, channel];
    if it also holds `mask`, one weight per step of a trial, the loss follows it. A .csv has one row per time step
    and a first row of names: columns x, x1, x_left, in... are inputs, y, y1, y_left, target... targets, t is time,
    which is not used. Values are taken as they are: scale them to order one.

    path: of the file. steps: length of the windows that become trials [steps]; 0 takes the trials of the file.
    Trials of a file are divided among the parts in their order, a long recording in time.
    """

    path: str = ""
    steps: int = 0

    @property
    def n_in(self) -> int:
        return int(self._recorded().inputs.shape[-1])

    @property
    def n_out(self) -> int:
        return int(self._recorded().targets.shape[-1])

    @property
    def files(self) -> tuple[pathlib.Path, ...]:
        return (pathlib.Path(self.path),)

    def trials(self, count: int, seed: int, part: str = "train") -> Trials:
        recorded = self._recorded()
        random = stream(seed, "file", part)
        if recorded.inputs.ndim == 2:
            inputs, targets, steps = recorded.inputs[None], recorded.targets[None], self._steps()
            trial, begin = np.zeros(count, dtype=int), starts(inputs.shape[1], steps, count, part, random)
        else:
            inputs, targets, steps = recorded.inputs, recorded.targets, self._steps(recorded.inputs.shape[1])
            trial = np.resize(random.permutation(span(len(inputs), part)), count)
            begin = random.integers(0, inputs.shape[1] - steps + 1, count)
        window = trial[:, None], begin[:, None] + np.arange(steps)
        mask = np.ones(steps) if recorded.mask is None else recorded.mask
        if len(mask) != steps:
            raise NeurosimError(f"{self.path}: mask has {len(mask)} steps; a trial has {steps}, and so should mask")
        return Trials(inputs[window], targets[window], mask)

    def references(self, trials: Trials, seed: int) -> dict[str, float]:
        train = self.trials(self.train_trials, seed, "train")
        taps = min(TAPS, train.inputs.shape[1])
        fitted = {"best without memory": 1, f"best with {taps} steps of memory": taps}
        return {
            name: self.score(trials, wiener.filtered(trials.inputs, wiener.kernel(train, lags, ridge=1e-6)))
            for name, lags in fitted.items()
        } | super().references(trials, seed)

    def _recorded(self) -> Recorded:
        if not self.path:
            raise NeurosimError("the file task needs a file: path=recording.npz or path=recording.csv")
        path = pathlib.Path(self.path)
        return _cached(path, _version(path))

    def _steps(self, available: int = 0) -> int:
        """Steps of a trial, given how many the file's own trials have; 0 if it holds one long recording."""
        if not available and self.steps < 1:
            raise NeurosimError(f"{self.path}: is one long recording; say how to cut it into trials: steps=100")
        if self.steps < 0 or 0 < available < self.steps:
            raise NeurosimError(
                f"{self.path}: steps={self.steps} is not from 0 to {available}, the length of its trials"
            )
        return self.steps or available


@lru_cache(maxsize=2)
def _cached(path: pathlib.Path, version: tuple[int, int] | None) -> Recorded:
    """The file's content, read again when its version has changed."""
    return read(path)


def _version(path: pathlib.Path) -> tuple[int, int] | None:
    """Date and size; None for what is not there, which `read` then explains."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size
