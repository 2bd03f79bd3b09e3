"""Rates as spikes: how units become neurons that spike, and what comes of a network that is run so.

A unit is a population of spiking neurons that all receive its drive. What they fire in a time step stands for the
drive, and a synapse that forgets with the unit's own leak makes the rate of it:

    decoded[i] ~ drive[i]
    r[i]       = (1 - alpha) * r[i] + alpha * decoded[i]

All else, learning included, reads rates and so sees spikes through that synapse. With ever more spikes `decoded` is
the drive, and the network is the rate network, step for step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from neurosim.engine import LIMIT, Job
from neurosim.errors import NeurosimError
from neurosim.program import Program
from neurosim.task import Trials


@dataclass(frozen=True)
class Coding:
    """The neurons that a unit is.

    neurons: per unit, half of them for either sign of its drive. rate: of a neuron, at the end of its unit's range
    [spikes/s]. step: how long a time step lasts [ms]; a unit's time constant is step / alpha. membrane, refractory:
    time constant of leaky neurons, and their silence after a spike [ms].
    """

    neurons: int = 200
    rate: float = 200.0
    step: float = 1.0
    membrane: float = 20.0
    refractory: float = 2.0

    def __post_init__(self) -> None:
        if self.neurons < 2 or self.neurons % 2:
            raise NeurosimError(f"neurons is {self.neurons}; a unit needs an even number of them, half for either sign")
        for name in ("rate", "step", "membrane"):
            if not 0.0 < getattr(self, name) < np.inf:
                raise NeurosimError(f"{name} is {getattr(self, name)}; it must be a finite number above 0")
        if not 0.0 <= self.refractory < np.inf:
            raise NeurosimError(f"refractory is {self.refractory}; it must be a finite number, 0 or above")
        if self.rate * max(self.step, self.refractory) * 1e-3 > 1.0:
            raise NeurosimError(
                f"{self.rate:g} spikes/s leave no room for steps of {self.step:g} ms with one spike at most, or for "
                f"{self.refractory:g} ms of silence after each; lower the rate"
            )

    @property
    def spikes_per_step(self) -> float:
        """Of half a unit's neurons, at the end of its range."""
        return 0.5 * self.neurons * self.rate * self.step * 1e-3


DEFAULT = Coding()


@dataclass(frozen=True, eq=False)
class Spiked:
    """What became of a network run in spikes: its outputs, the loss of each trial, the weights after it.

    outputs: from decoded spikes; NaN from a divergence on, and the losses infinite. rate: mean of all neurons
    [spikes/s].
    """

    outputs: Float[np.ndarray, "trial time n_out"]
    losses: Float[np.ndarray, " trial"]
    weights: dict[str, np.ndarray]
    rate: float

    @classmethod
    def of(cls, trials: Trials, outputs: np.ndarray, weights: dict[str, np.ndarray], rate: float) -> Spiked:
        """The losses of some outputs; from the first that is out of all bounds, there is nothing but divergence."""
        lost = ~(np.abs(trials.targets - outputs) <= LIMIT).all(axis=(1, 2))
        first = int(np.argmax(lost)) if lost.any() else len(trials)
        losses = np.full(len(trials), np.inf)
        if first:
            losses[:first] = trials[:first].loss(outputs[:first])
        return cls(np.where(np.arange(len(trials))[:, None, None] < first, outputs, np.nan), losses, weights, rate)


@runtime_checkable
class Realisation(Protocol):
    """A module of `neurosim.spiking`."""

    def run(self, program: Program, job: Job, span: np.ndarray, coding: Coding = DEFAULT) -> Spiked:
        """Run a program in spikes; what its rule changes is learned from the rates that spikes give.

        span: of each unit, the largest |drive| that its neurons can say; what is beyond is cut off. The job's seed
        decides every spike. Raises `NeurosimError` if the job does not fit the program or `refusal` has a reason.
        """

    def refusal(self, program: Program) -> str | None:
        """Why the rule of a program cannot learn in spikes here; None if it can."""


def checked_span(program: Program, span: np.ndarray) -> Float[np.ndarray, " n"]:
    """The ranges of all units, those without any at one."""
    span = np.asarray(span, dtype=float)
    if span.shape != (program.sizes["neuron"],) or not (span >= 0.0).all() or not np.isfinite(span).all():
        raise NeurosimError(
            f"span has shape {span.shape}; it is a finite number, 0 or above, for each of the {program.sizes['neuron']}"
            " units"
        )
    return np.where(span > 0.0, span, 1.0)
