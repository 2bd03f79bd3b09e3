"""The fast form of a network: neurons and synapses hold the state, and one compiled function does the whole step.

It works in place on the memory of Brian2's variables, so that monitors see what it does, and it runs in the slot
`groups`. Constants are part of it: set another learning rate by building another network.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from neurosim.body import Clock, body
from neurosim.brian.build import Model
from neurosim.network import INPUTS


@dataclass(eq=False)
class Step:
    """One time step of a model, inputs and the beginning of a trial included. arrays: the memory of its quantities."""

    model: Model
    arrays: dict[str, np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        given, program = self.model.given, self.model.program
        self.arrays = {name: self.model.array(name) for name in program.quantities} | {
            "mask": np.zeros(1, program.dtype)
        }
        for name, weights in given.weights.items():
            self.arrays[name][...] = weights
        self.fleeting = [self.arrays[name] for name in program.quantities if name not in (*given.weights, *INPUTS)]
        begun = replace(program, constants=given.constants)
        self.compute = body(begun, program.step, Clock(given.steps, given.seed, given.first_step)).bind(self.arrays)

    def __call__(self) -> None:
        """Do the step that the model's clock says; after the last trial the inputs stay as they were."""
        count, trials = self.model.step, self.model.given.trials
        trial, t = divmod(min(count, trials.targets[..., 0].size - 1), self.model.given.steps)
        if count % self.model.given.steps == 0:
            for array in self.fleeting:
                array.fill(0.0)
        self.arrays["x"][...] = trials.inputs[trial, t]
        self.arrays["target"][...] = trials.targets[trial, t]
        self.arrays["mask"][0] = trials.mask[t]
        self.compute(count)


def fuse(model: Model) -> None:
    """Make the model's objects, and one operation that is the whole step."""
    model.make({}, {})
    model.call(Step(model), "step", "groups", 0)
