"""A job as Brian2's code takes it: what differs from one job of a program to the next, by its names there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.brian.names import Names
from neurosim.brian.statements import FIRST_STEP, Writer
from neurosim.draws import stream_key
from neurosim.engine import Job, received, start
from neurosim.program import Program
from neurosim.task import Trials


@dataclass(frozen=True, eq=False)
class Given:
    """A job as the program's formats hold it.

    trials, weights, constants: by their names in the program. first_step, seed: of the job.
    """

    trials: Trials
    weights: dict[str, np.ndarray]
    constants: dict[str, float]
    first_step: int
    seed: int

    @classmethod
    def of(cls, program: Program, job: Job) -> Given:
        """What a job gives. Raises `NeurosimError` if it does not fit the program."""
        weights, constants = start(program, job)
        return cls(received(program, job.trials), weights, constants, job.first_step, job.seed)

    @property
    def steps(self) -> int:
        """The number of steps of a trial."""
        return int(self.trials.inputs.shape[1])

    def numbers(self, writer: Writer) -> dict[str, float]:
        """The numbers that code reads: constants, where draws begin, and how many steps there were before."""
        found = {name: float(self.constants[constant]) for constant, name in writer.names.constants.items()}
        for quantity, (high, low) in writer.keys.items():
            found[high], found[low] = map(float, divmod(stream_key(self.seed, quantity), 2**32))
        return found | {FIRST_STEP: float(self.first_step)}

    def series(self, writer: Writer) -> dict[str, np.ndarray]:
        """The functions of time that code reads, [step of all trials, ...]: inputs, and whether a period is over."""
        names: Names = writer.names
        count, steps, _ = self.trials.inputs.shape
        found = {
            names.inputs["x"]: self.trials.inputs.reshape(count * steps, -1),
            names.inputs["target"]: self.trials.targets.reshape(count * steps, -1),
            names.inputs["mask"]: np.tile(self.trials.mask, count),
        }
        for period, name in writer.due.items():
            last = (np.arange(steps) + 1) % int(self.constants[period]) == 0
            last[-1] = True
            found[name] = np.tile(last.astype(float), count)
        return found
