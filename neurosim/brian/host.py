"""What a program computes beside the simulator: the reference evaluates it on the values that Brian2 holds.

So it is with a chip that leaves to the computer beside it what its neurons and synapses cannot do. A statement that
no single neuron or synapse can compute is evaluated in its place in the time step; a sweep back through the trial,
from a recording of it, once the trial is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from neurosim import notation
from neurosim.brian.build import Model
from neurosim.brian.names import spelled
from neurosim.brian.statements import Hosted
from neurosim.draws import stream_key
from neurosim.evaluation import Draws, after_trial, due, execute
from neurosim.notation import Block

RECORD, SWEEP = 10, 20
"""Orders in the slot `end`: values are recorded as a step leaves them; only then may a trial's end change them."""


@dataclass(eq=False)
class Host:
    """The part of a model that is computed beside the simulator. hosted: statements, with their numbers in the step.

    own: quantities that no neuron or synapse can hold. past: what a sweep back through the trial will read.
    stopped: whether the run has diverged, so that no trial ends any more.
    """

    model: Model
    hosted: Sequence[tuple[int, Hosted]] = ()
    own: dict[str, np.ndarray] = field(default_factory=dict)
    past: dict[str, np.ndarray] = field(default_factory=dict)
    stopped: bool = False

    def __post_init__(self) -> None:
        program, given = self.model.program, self.model.given
        slots = self.model.names.slots
        self.keys = {name: stream_key(given.seed, name) for name in program.quantities}
        self.own = {name: program.zeros(name) for name in program.quantities if not slots(name)}
        self.past = {name: program.zeros(name, given.steps + 1) for name in program.history}

    def add(self) -> None:
        """Add to the model what the host does at a step, and when a trial ends."""
        for order, each in self.hosted:
            name = f"host_step_{order:02d}_{spelled(each.statement.target.name)}"
            self.model.call(partial(self._evaluate, each), name, "groups", order)
        if self.own:
            self.model.call(self._begin, "host_begin", "start", -1)
        if self.model.program.backward or self.model.program.end:
            self.model.call(self._remember, "host_remember", "end", SWEEP)

    def read(self, name: str) -> np.ndarray:
        """The value of a quantity, wherever it is kept."""
        return self.own[name].copy() if name in self.own else self.model.read(name)

    def write(self, name: str, value: np.ndarray) -> None:
        """Give a quantity a value, wherever it is kept."""
        if name in self.own:
            self.own[name][...] = value
        else:
            self.model.write(name, value)

    def _begin(self) -> None:
        if self.model.step % self.model.given.steps == 0:
            for value in self.own.values():
                value.fill(0.0)

    def _evaluate(self, hosted: Hosted) -> None:
        """Evaluate one statement as the reference does, if it is due."""
        statement, program, given = hosted.statement, self.model.program, self.model.given
        trial, t = divmod(self.model.step, given.steps)
        block, scalars = Block("each step", (statement,), hosted.period), self._scalars(t)
        if not due(block, scalars, t, given.steps):
            return
        names = {read.name for read in notation.reads(statement.value)} | {statement.target.name}
        values = {name: self.read(name) for name in names}
        execute(block, program, values, scalars, values, self._draws(trial, t))
        self.write(statement.target.name, values[statement.target.name])

    def _remember(self) -> None:
        """Keep what the sweep will read; at the last step of a trial, do what comes after it."""
        steps = self.model.given.steps
        trial, t = divmod(self.model.step, steps)
        for name, kept in self.past.items():
            kept[t + 1] = self.read(name)
        if t == steps - 1 and not self.stopped:
            self._after_trial(trial)

    def _after_trial(self, trial: int) -> None:
        program, given = self.model.program, self.model.given
        values = {name: self.read(name) for name in program.quantities}
        heard = {"x": given.trials.inputs[trial], "target": given.trials.targets[trial], "mask": given.trials.mask}
        scalars = self._scalars(given.steps - 1)
        after_trial(program, values, scalars, self.past, heard, partial(self._draws, trial))
        for name in _written((*program.backward, *program.end)):
            self.write(name, values[name])

    def _draws(self, trial: int, t: int) -> Draws:
        return Draws.at(self.keys, self.model.given.first_step + trial * self.model.given.steps, t)

    def _scalars(self, t: int) -> dict[str, float]:
        return {**self.model.given.constants, "mask": float(self.model.given.trials.mask[t])}


def _written(blocks: Iterable[Block]) -> set[str]:
    return {statement.target.name for block in blocks for statement in block.statements}
