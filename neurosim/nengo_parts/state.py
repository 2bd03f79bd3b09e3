"""What a simulator holds of a program's quantities, as a time step leaves them."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.program import Program


class State:
    """The arrays of a simulator, by the names of the quantities that they hold.

    arrays: where a network says that each quantity is. changes: of the weights that learn, what the simulator adds to
    them as the next step begins.
    """

    def __init__(self, program: Program, simulator: Any, network: Any) -> None:
        self.program = program
        signals, places = simulator.model.sig, network.places
        self.arrays = {
            name: simulator.signals[signals[place.owner][place.key]].reshape(place.shape)
            for name, place in places.items()
        }
        self.changes = {
            name: simulator.signals[signals[place.owner.learning_rule]["delta"]]
            for name, place in places.items()
            if place.key == "weights" and place.owner.learning_rule is not None
        }

    def of(self, name: str) -> np.ndarray:
        """A quantity at the end of the last step."""
        if name not in self.arrays:
            return self.program.weights[name]
        value = self.arrays[name]
        return value + self.changes[name] if name in self.changes else value

    def weights(self) -> dict[str, np.ndarray]:
        """Copies of the weights."""
        return {name: np.array(self.of(name)) for name in self.program.weights}

    def after_step(self, trial: int, t: int) -> None:
        """Nothing is left to do: the simulator learns by itself."""

    def after_trial(self, trial: int) -> None:
        """Nothing either."""
