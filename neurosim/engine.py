"""What an engine is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from neurosim.counting import Counts
from neurosim.errors import NeurosimError
from neurosim.program import HIDDEN, Program
from neurosim.storing import nearest
from neurosim.task import Trials

LIMIT = 1e9
"""A run has diverged at the first step at which some |target - y| is not below this; it stops there."""


@dataclass(frozen=True, eq=False)
class Job:
    """One network on its trials. Weights and constants stand in for those of the program where given.

    seed, first_step: of the draws that round stochastically, so that a run in parts is the run in one.
    """

    trials: Trials
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)
    constants: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    first_step: int = 0


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a job: weights after it, loss of each trial (infinite from a divergence on).

    All arrays are in float64, which holds the numbers of every program.

    diverged: trial and step at which it did, or none. records: each recorded quantity as it was at the end of every
    step, [trial, time, ...]; NaN after a divergence. counts: what storing did, by quantity, where the engine counts it.
    """

    weights: dict[str, np.ndarray]
    losses: Float[np.ndarray, " trial"]
    diverged: tuple[int, int] | None
    records: dict[str, np.ndarray]
    counts: Mapping[str, Counts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for arrays in ("weights", "records"):
            wide = {name: np.asarray(value, dtype=float) for name, value in getattr(self, arrays).items()}
            object.__setattr__(self, arrays, wide)


Progress = Callable[[int], None]
"""Told how many further trials are over, so that in the end it has heard of all trials of all jobs.

Those that a divergence cuts off are over too.
"""


@runtime_checkable
class Engine(Protocol):
    """A module of `neurosim.engines`."""

    def run(
        self,
        program: Program,
        jobs: Sequence[Job],
        record: Iterable[str] = (),
        *,
        progress: Progress | None = None,
    ) -> list[Outcome]:
        """Run jobs of one program side by side. Weights carry over from trial to trial, all else starts at zero.

        The outcome of a job does not depend, to the last bit, on what else is in the batch.
        """


Run = Callable[..., list[Outcome]]


def reported(jobs: Sequence[Job], outcomes: Iterable[Outcome], progress: Progress | None) -> list[Outcome]:
    """The outcomes of some jobs, in their order; each job's trials are reported when it is done."""
    found = []
    for job, outcome in zip(jobs, outcomes, strict=True):
        found.append(outcome)
        if progress:
            progress(len(job.trials))
    return found


def start(program: Program, job: Job) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Own copies of the weights that a job starts from, and its constants, as the program's formats hold them.

    Raises `NeurosimError` if the job does not fit the program.
    """
    sizes = job.trials.inputs.shape[2], job.trials.targets.shape[2]
    if sizes != (program.sizes["input"], program.sizes["output"]):
        raise NeurosimError(
            f"the trials have {sizes[0]} inputs and {sizes[1]} outputs; the network has {program.sizes['input']} and "
            f"{program.sizes['output']}"
        )
    if loose := set(job.constants) - set(program.constants):
        raise NeurosimError(
            f"the program has no constant {min(loose)!r}; there are: {', '.join(sorted(program.constants))}"
        )
    hidden = {HIDDEN + name: value for name, value in job.weights.items()}
    given = {**program.weights, **hidden, **job.weights}
    asked = {name: np.array(given[name], dtype=float) for name in program.weights}
    for name, value in asked.items():
        if value.shape != program.shape(name):
            raise NeurosimError(f"{name} has shape {value.shape}; this program needs {program.shape(name)}")
    weights = {
        name: nearest(value, program.quantities[name].format).astype(program.dtype) for name, value in asked.items()
    }
    constants = {**program.constants, **job.constants}
    constants = {name: program.arithmetic.coefficient(name, value) for name, value in constants.items()}
    return weights, constants


def received(program: Program, trials: Trials) -> Trials:
    """The trials as the chip gets them: inputs and targets in its formats, the mask as a coefficient."""
    inputs, targets = (
        nearest(values, program.quantities[name].format)
        for name, values in (("x", trials.inputs), ("target", trials.targets))
    )
    mask = np.array([program.arithmetic.coefficient("mask", value) for value in trials.mask])
    return Trials(inputs, targets, mask)


def check_record(program: Program, record: Iterable[str]) -> tuple[str, ...]:
    """The names of quantities to record, if the program has them all."""
    names = tuple(record)
    if loose := set(names) - set(program.quantities):
        raise NeurosimError(
            f"nothing called {min(loose)!r} to record; there are: {', '.join(sorted(program.quantities))}"
        )
    return names
