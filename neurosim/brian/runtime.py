"""A job in the running interpreter: one network, one run of it, watched at every step."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.brian.forms import built
from neurosim.brian.host import RECORD, Host
from neurosim.engine import LIMIT, Job, Outcome, Progress
from neurosim.program import Program

STEP = 1000 / 1024
"""The length of a step [ms]: a power of two of a second, so that times are exact, however long the run."""

PERIOD = 0.2
"""How often the simulator reports its progress [s]."""


def run(
    package: Any, program: Program, job: Job, record: tuple[str, ...], form: str, progress: Progress | None
) -> Outcome:
    """What becomes of a job in one of the forms of a network."""
    host = built(package, program, job, form, STEP)
    watch = Watch(host, job, record)
    host.model.call(watch, "watch", "end", RECORD)
    watch.network = network = host.model.network()
    count, steps, _ = job.trials.inputs.shape
    told = Told(count, progress) if progress else None
    network.run(count * steps * STEP * package.ms, told, PERIOD * package.second, namespace={})
    if told:
        told.all()
    weights = {name: host.read(name) for name in program.weights}
    return Outcome(weights, losses(job, watch.outputs, watch.diverged), watch.diverged, watch.records)


class Watch:
    """Keeps what a job is asked for as each step leaves it, and stops the network when it has diverged."""

    network: Any

    def __init__(self, host: Host, job: Job, record: tuple[str, ...]) -> None:
        count, steps, _ = job.trials.inputs.shape
        shape = host.model.program.shape
        self.host, self.targets = host, job.trials.targets
        self.outputs = np.full(self.targets.shape, np.nan)
        self.records = {name: np.full((count, steps, *shape(name)), np.nan) for name in record}
        self.diverged: tuple[int, int] | None = None

    def __call__(self) -> None:
        """Look at the step that has just been."""
        trial, t = divmod(self.host.model.step, self.targets.shape[1])
        self.outputs[trial, t] = self.host.read("y")
        for name, kept in self.records.items():
            kept[trial, t] = self.host.read(name)
        if not (np.abs(self.targets[trial, t] - self.outputs[trial, t]) <= LIMIT).all():
            self.diverged = trial, t
            self.host.stopped = True
            self.network.stop()


class Told:
    """Passes on what part of a run the simulator reports as completed, in trials."""

    def __init__(self, trials: int, progress: Progress) -> None:
        self.trials, self.progress, self.over = trials, progress, 0

    def __call__(self, elapsed: Any, completed: float, start: Any, duration: Any) -> None:
        """What Brian2 calls with its report."""
        self.completed(completed)

    def completed(self, share: float) -> None:
        """So much of the run is over."""
        self._up_to(int(share * self.trials + 1e-6))

    def all(self) -> None:
        """The run is over, whether or not it has come to its end."""
        self._up_to(self.trials)

    def _up_to(self, over: int) -> None:
        if over > self.over:
            self.progress(over - self.over)
            self.over = over


def losses(job: Job, outputs: np.ndarray, diverged: tuple[int, int] | None) -> np.ndarray:
    """The loss of each trial, infinite from a divergence on."""
    found = np.full(len(job.trials), np.inf)
    for trial in range(diverged[0] if diverged else len(found)):
        (found[trial],) = job.trials[trial : trial + 1].loss(outputs[trial : trial + 1])
    return found
