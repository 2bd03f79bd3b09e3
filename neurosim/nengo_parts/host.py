"""What computes a rule that cannot run inside the simulator: a host beside it, as beside a chip."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from neurosim.body import Clock
from neurosim.draws import stream_key
from neurosim.evaluation import Draws, after_trial, due, execute
from neurosim.nengo_parts.state import State
from neurosim.nengo_parts.wiring import SIMULATED
from neurosim.network import INPUTS
from neurosim.program import Program
from neurosim.task import Trials


class Host:
    """Runs a rule's equations on what the simulator has computed, and gives it the new weights.

    values: all quantities. past: those that the sweep back in time reads, of every step of the trial.
    """

    def __init__(self, program: Program, heard: Trials, state: State, clock: Clock) -> None:
        self.program, self.heard, self.state, self.clock = program, heard, state, clock
        self.scalars = dict(program.constants)
        self.keys = {name: stream_key(clock.seed, name) for name in program.quantities}
        self.blocks = [
            replace(block, statements=tuple(s for s in block.statements if s.target.name not in SIMULATED))
            for block in program.step
        ]
        self.values = {name: value.copy() for name, value in program.weights.items()}
        self.past: dict[str, np.ndarray] = {}

    def of(self, name: str) -> np.ndarray:
        """A quantity at the end of the last step."""
        return self.values[name]

    def weights(self) -> dict[str, np.ndarray]:
        """Copies of the weights."""
        return {name: self.values[name].copy() for name in self.program.weights}

    def after_step(self, trial: int, t: int) -> None:
        """Reads what the simulator has computed, and runs what else is due in the step."""
        if t == 0:
            self._begin()
        self.values |= {name: self.state.of(name).copy() for name in (*INPUTS, *SIMULATED)}
        self.scalars["mask"] = self.heard.mask[t]
        for block in self.blocks:
            if due(block, self.scalars, t, self.clock.steps):
                execute(block, self.program, self.values, self.scalars, self.values, self._draws(trial, t))
        for name, past in self.past.items():
            past[t + 1] = self.values[name]
        self._hand_over()

    def after_trial(self, trial: int) -> None:
        """Goes back through what was remembered, if the rule does."""
        heard = {"x": self.heard.inputs[trial], "target": self.heard.targets[trial], "mask": self.heard.mask}
        after_trial(self.program, self.values, self.scalars, self.past, heard, partial(self._draws, trial))
        self._hand_over()

    def _begin(self) -> None:
        for name in set(self.program.quantities) - set(self.program.weights):
            self.values[name] = self.program.zeros(name)
        for name in self.program.history:
            self.past[name] = self.program.zeros(name, self.clock.steps + 1)

    def _draws(self, trial: int, t: int) -> Draws:
        return Draws.at(self.keys, self.clock.first_step + trial * self.clock.steps, t)

    def _hand_over(self) -> None:
        for name in self.state.changes:
            self.state.arrays[name][...] = self.values[name]
