"""What a program computes beside the simulator: the reference evaluates it on the values that Brian2 holds.

So it is with a chip that leaves to the computer beside it what its neurons and synapses cannot do. A statement that
no single neuron or synapse can compute is evaluated in its place in the time step; a sweep back through the trial,
from a recording of it, once the trial is over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from neurosim import notation
from neurosim.brian.build import Model
from neurosim.brian.names import has_variables, spelled
from neurosim.brian.statements import Hosted, Phase
from neurosim.evaluation import Draws, after_trial, execute
from neurosim.notation import Block
from neurosim.precision import stream_key

RECORD, SWEEP = 10, 20
"""Orders in the slot `end`: values are recorded as a step leaves them; only then may a trial's end change them."""


@dataclass(eq=False)
class Host:
    """The part of a model that is computed beside the simulator.

    own: quantities that no neuron or synapse can hold. past: what a sweep back through the trial will read.
    stopped: whether the run has diverged, so that no trial ends any more.
    """

    model: Model
    own: dict[str, np.ndarray] = field(default_factory=dict)
    past: dict[str, np.ndarray] = field(default_factory=dict)
    stopped: bool = False

    def __post_init__(self) -> None:
        program = self.model.program
        self.keys = {name: stream_key(self.model.job.seed, name) for name in program.quantities}
        self.own = {
            name: np.zeros(program.shape(name)) for name in program.quantities if not has_variables(program, name)
        }
        self.past = {name: np.zeros((self.steps + 1, *program.shape(name))) for name in program.history}

    @property
    def steps(self) -> int:
        """The number of steps of a trial."""
        return int(self.model.trials.inputs.shape[1])

    def add(self) -> None:
        """Add the phases of the time step to the model, the host's among them, and what happens when a trial ends."""
        for order, phase in enumerate(self.model.phases):
            name = f"step_{order:02d}_{spelled(phase.statement.target.name)}"
            if isinstance(phase, Phase):
                self.model.run_regularly(phase.place, phase.code, name, when="groups", order=order)
            else:
                self.model.call(partial(self._evaluate, phase), f"host_{name}", "groups", order)
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
        if self.model.step % self.steps == 0:
            for value in self.own.values():
                value.fill(0.0)

    def _evaluate(self, hosted: Hosted) -> None:
        """Evaluate one statement as the reference does."""
        step, statement = self.model.step, hosted.statement
        t = step % self.steps
        if hosted.period and (t + 1) % int(self.model.constants[hosted.period]) and t != self.steps - 1:
            return
        names = {read.name for read in notation.reads(statement.value)} | {statement.target.name}
        values = {name: self.read(name) for name in names}
        block = Block("each step", (statement,))
        execute(block, self.model.program, values, self._scalars(t), values, self._draws(0, step))
        self.write(statement.target.name, values[statement.target.name])

    def _remember(self) -> None:
        """Keep what the sweep will read; at the last step of a trial, do what comes after it."""
        trial, t = divmod(self.model.step, self.steps)
        for name, kept in self.past.items():
            kept[t + 1] = self.read(name)
        if t == self.steps - 1 and not self.stopped:
            self._after_trial(trial)

    def _after_trial(self, trial: int) -> None:
        model, program = self.model, self.model.program
        values = {name: self.read(name) for name in program.quantities}
        trials = model.trials
        heard = {"x": trials.inputs[trial], "target": trials.targets[trial], "mask": trials.mask}
        draws = partial(self._draws, trial)
        after_trial(program, values, self._scalars(self.steps - 1), self.past, heard, draws)
        for name in _written((*program.backward, *program.end)):
            self.write(name, values[name])

    def _draws(self, trial: int, t: int) -> Draws:
        return Draws(self.keys, self.model.job.first_step + trial * self.steps + t)

    def _scalars(self, t: int) -> dict[str, float]:
        return {**self.model.constants, "mask": float(self.model.trials.mask[t])}


def _written(blocks: Iterable[Block]) -> set[str]:
    return {statement.target.name for block in blocks for statement in block.statements}
