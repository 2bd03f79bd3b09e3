"""The readable form of a network: each phase of the time step is code of its own, and Brian2 runs one after another.

    step_03_drive ...       one phase of the time step, in the slot `groups`, in the order of its number
    begin_neurons ...       zero at the beginning of a trial, in the slot `start`, before anything else
    arrive_inputs ...       the inputs of the step, in the slot `groups`, before its first phase

Constants, learning rates among them, are variables that all objects share: `network["constants"].lr_rec = 0.01`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from neurosim.brian.build import CONSTANTS, Model, Place, object_name
from neurosim.brian.given import Given
from neurosim.brian.names import Names, spelled
from neurosim.brian.rounding import stored
from neurosim.brian.statements import Hosted, Phase, Writer
from neurosim.network import INPUTS
from neurosim.program import Program


@dataclass(eq=False)
class Phases:
    """The code of a program, and the numbers and functions of time that it reads.

    step: everything that happens at one time step, in order. timed: functions of time, by name, once they are made.
    """

    program: Program
    names: Names
    writer: Writer = field(init=False)
    step: list[Phase | Hosted] = field(init=False)
    timed: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.writer = Writer(self.program, self.names)
        self.step = self.writer.step()

    @property
    def native(self) -> list[tuple[int, Phase]]:
        """The phases that neurons and synapses compute, with their numbers in the step."""
        return [(order, phase) for order, phase in enumerate(self.step) if isinstance(phase, Phase)]

    @property
    def hosted(self) -> list[tuple[int, Hosted]]:
        """The statements that they do not compute, with their numbers in the step."""
        return [(order, phase) for order, phase in enumerate(self.step) if isinstance(phase, Hosted)]

    def numbers(self, given: Given) -> dict[str, float]:
        """The numbers that code reads."""
        words = set().union(*self._read.values())
        return {name: value for name, value in given.numbers(self.writer).items() if name in words}

    def add(self, model: Model) -> None:
        """Make the model's objects and give them their code."""
        further: dict[Place, list[str]] = {place: [] for place in self._read}
        for variable, domain in self.writer.sums.items():
            further.setdefault((domain,), []).append(variable)
        model.make(further, self._namespace(model))
        model.share(self.numbers(model.given), self._read)
        self._begin(model)
        for domain, name in (("input", "x"), ("output", "target")):
            code = f"{self.names.variables[name, None]} = {self.names.inputs[name]}(t, i)"
            model.run_regularly((domain,), code, f"arrive_{object_name((domain,))}", when="groups", order=-1)
        for order, phase in self.native:
            name = f"step_{order:02d}_{spelled(phase.statement.target.name)}"
            model.run_regularly(phase.place, phase.code, name, when="groups", order=order)

    def fill(self, model: Model) -> None:
        """Give the model the weights and numbers of its job."""
        for name, value in self.numbers(model.given).items():
            model.objects[CONSTANTS].variables[name].set_value(value)
        for name, weights in model.given.weights.items():
            model.write(name, weights)

    @cached_property
    def _read(self) -> dict[Place, set[str]]:
        """The words of each object's code."""
        found: dict[Place, set[str]] = {}
        for _, phase in self.native:
            found.setdefault(phase.place, set()).update(re.findall(r"\w+", phase.code))
        return found

    def _namespace(self, model: Model) -> dict[str, Any]:
        """Functions of time, and the functions that round."""
        package, dt = model.package, model.dt * model.package.ms
        for name, values in model.given.series(self.writer).items():
            self.timed[name] = package.TimedArray(values, dt=dt, name=model.prefix + name)
        return self.timed | {name: stored(package, name, format) for name, format in self.writer.stores.items()}

    def _begin(self, model: Model) -> None:
        """At the beginning of a trial everything is zero but weights and inputs."""
        period = model.given.steps * model.dt * model.package.ms
        clock = model.package.Clock(dt=period, name=f"{model.prefix}trial_clock")
        lines: dict[Place, list[str]] = {}
        for name in model.program.quantities:
            if name not in (*model.given.weights, *INPUTS):
                for slot in self.names.slots(name):
                    variable = self.names.variables[name, slot]
                    lines.setdefault(model.place(name), []).append(f"{variable} = 0.0")
        for place, each in lines.items():
            name = f"begin_{object_name(place)}"
            model.run_regularly(place, "\n".join(each), name, clock=clock, when="start", order=-1)


def beside(program: Program) -> str | None:
    """Why a program is not computed by neurons and synapses alone, or none if it is."""
    hosted = Phases(program, Names(program)).hosted
    reasons = [f"{each.statement.target.name}: {each.reason}" for _, each in hosted]
    if program.backward or program.end:
        reasons.append("it waits for the end of a trial")
    return "; ".join(reasons) or None
