"""The objects of a program: groups of neurons, synapses between them, and the code that they run at every step.

    object                  what it has
    inputs                  x, and traces of it
    neurons                 r, drive, sent, and what a rule keeps per neuron
    outputs                 y, target, error
    neurons_to_neurons      W_rec, and what a rule keeps per recurrent synapse
    inputs_to_neurons       W_in
    neurons_to_outputs      W_out
    outputs_to_neurons      B: the error comes back to the neurons
    step_03_drive ...       one phase of the time step, in the slot `groups`, in the order of its number
    begin_neurons ...       zero at the beginning of a trial, in the slot `start`, before anything else
    host_...                what is computed beside the simulator, if anything is

Synapses hold the matrix `[to, from]` by columns: synapse `i * len(post) + j` goes from `i` to `j`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.brian.names import Names, has_variables, places, slots
from neurosim.brian.rounding import stored
from neurosim.brian.statements import Hosted, Phase, Writer
from neurosim.engine import Job, received, start
from neurosim.network import INPUTS
from neurosim.precision import stream_key
from neurosim.program import Program
from neurosim.task import Trials

GROUPS = {"input": "inputs", "neuron": "neurons", "output": "outputs"}


@dataclass(eq=False)
class Model:
    """A program on its trials as objects of Brian2.

    trials: as the program's formats hold them. constants: those of the job. groups, synapses: by what they run over.
    operations: what runs in Python, in the order in which it was added.
    """

    package: Any
    program: Program
    job: Job
    dt: float
    prefix: str
    trials: Trials = field(init=False)
    weights: dict[str, np.ndarray] = field(init=False)
    constants: dict[str, float] = field(init=False)
    names: Names = field(init=False)
    phases: list[Phase | Hosted] = field(init=False)
    objects: dict[tuple[str, ...], Any] = field(default_factory=dict)
    operations: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.weights, self.constants = start(self.program, self.job)
        self.trials = received(self.program, self.job.trials)
        self.names = Names(self.program, reserved(self.package))
        self.writer = Writer(self.program, self.names)
        self.phases = self.writer.step()
        self.clock = self.package.Clock(dt=self.dt * self.package.ms, name=f"{self.prefix}clock")
        steps = self.trials.inputs.shape[1]
        self.trial_clock = self.package.Clock(dt=steps * self.dt * self.package.ms, name=f"{self.prefix}trial_clock")
        namespace = self._namespace()
        held = self._held()
        for place in sorted(held, key=len):
            self.objects[place] = self._object(place, held[place], namespace)
        for name, value in self.weights.items():
            self.write(name, value)
        self._begin(held)
        for domain, name in (("input", "x"), ("output", "target")):
            code = f"{self.names.variables[name, None]} = {self.names.inputs[name]}(t, i)"
            self.run_regularly((domain,), code, f"arrive_{GROUPS[domain]}", when="groups", order=-1)

    @property
    def step(self) -> int:
        """The number of the time step, from the beginning of the run."""
        return int(self.clock.variables["timestep"].get_value()[0])

    def run_regularly(self, place: tuple[str, ...], code: str, name: str, **when: Any) -> None:
        """Let an object run code at every step."""
        self.objects[place].run_regularly(
            code, name=f"{self.prefix}{name}", clock=when.pop("clock", self.clock), **when
        )

    def call(self, function: Callable[[], None], name: str, when: str, order: int) -> None:
        """Let Python run a function at every step."""
        self.operations.append(
            self.package.NetworkOperation(
                lambda: function(), clock=self.clock, when=when, order=order, name=f"{self.prefix}{name}"
            )
        )

    def network(self) -> Any:
        """The network of all objects."""
        return self.package.Network(*self.objects.values(), *self.operations, name=f"{self.prefix}network")

    # --- values -------------------------------------------------------------------------------------------------------

    def read(self, name: str) -> np.ndarray:
        """The value of a quantity that neurons or synapses hold, as the program has it."""
        each = [self._array(name, slot).copy() for slot in slots(self.program, name)]
        return each[0] if slots(self.program, name) == (None,) else np.array(each)

    def write(self, name: str, value: np.ndarray) -> None:
        """Give a quantity a value."""
        for slot in slots(self.program, name):
            self._array(name, slot)[...] = value if slot is None else value[slot]

    def _array(self, name: str, slot: int | None) -> np.ndarray:
        """The memory of a variable, `[to, from]` if it is one of synapses."""
        place = places(self.program, name)
        memory = self.objects[place].variables[self.names.variables[name, slot]].get_value()
        return memory if len(place) == 1 else memory.reshape(self._sizes(place)[::-1]).T

    def _sizes(self, place: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(self.program.sizes[domain] for domain in place)

    # --- objects ------------------------------------------------------------------------------------------------------

    def _held(self) -> dict[tuple[str, ...], list[tuple[str, str]]]:
        """The variables of each object, and the quantity that each belongs to."""
        held: dict[tuple[str, ...], list[tuple[str, str]]] = {(domain,): [] for domain in GROUPS}
        for name in self.program.quantities:
            if has_variables(self.program, name):
                found = held.setdefault(places(self.program, name), [])
                found += [(self.names.variables[name, slot], name) for slot in slots(self.program, name)]
        for variable, domain in self.writer.sums.items():
            held[domain,].append((variable, variable))
        for phase in self.phases:
            if isinstance(phase, Phase):
                held.setdefault(phase.place, [])
        return held

    def _object(self, place: tuple[str, ...], held: list[tuple[str, str]], namespace: Mapping[str, Any]) -> Any:
        equations = "\n".join(f"{variable} : 1" for variable, _ in held)
        given = {"clock": self.clock, "namespace": dict(namespace)}
        if len(place) == 1:
            (domain,) = place
            size = self.program.sizes[domain]
            return self.package.NeuronGroup(size, equations, name=f"{self.prefix}{GROUPS[domain]}", **given)
        to, source = (self.objects[domain,] for domain in place)
        name = f"{self.prefix}{GROUPS[place[1]]}_to_{GROUPS[place[0]]}"
        synapses = self.package.Synapses(source, to, equations, name=name, **given)
        n_to, n_from = self._sizes(place)
        synapses.connect(i=np.repeat(np.arange(n_from), n_to), j=np.tile(np.arange(n_to), n_from))
        return synapses

    def _namespace(self) -> dict[str, Any]:
        """Constants, inputs as functions of time, and the functions that round."""
        count, steps, _ = self.trials.inputs.shape
        time = {
            self.names.inputs["x"]: self.trials.inputs.reshape(count * steps, -1),
            self.names.inputs["target"]: self.trials.targets.reshape(count * steps, -1),
            self.names.inputs["mask"]: np.tile(self.trials.mask, count),
        }
        for period, name in self.writer.due.items():
            last = (np.arange(steps) + 1) % int(self.constants[period]) == 0
            last[-1] = True
            time[name] = np.tile(last.astype(float), count)
        dt = self.dt * self.package.ms
        found: dict[str, Any] = {self.names.constants[name]: float(value) for name, value in self.constants.items()}
        found |= {
            name: self.package.TimedArray(values, dt=dt, name=f"{self.prefix}{name}") for name, values in time.items()
        }
        for quantity, name in self.writer.stores.items():
            key = stream_key(self.job.seed, quantity)
            found[name] = stored(self.package, name, self.program.quantities[quantity].format, key, self.job.first_step)
        return found

    def _begin(self, held: Mapping[tuple[str, ...], list[tuple[str, str]]]) -> None:
        """At the beginning of a trial everything is zero but weights and inputs."""
        for place, variables in held.items():
            lines = [f"{variable} = 0.0" for variable, name in variables if name not in (*self.weights, *INPUTS)]
            if lines:
                where = "_to_".join(GROUPS[domain] for domain in reversed(place))
                code = "\n".join(lines)
                self.run_regularly(place, code, f"begin_{where}", clock=self.trial_clock, when="start", order=-1)


def reserved(package: Any) -> frozenset[str]:
    """Names of attributes, functions, constants and units, which no variable may have."""
    from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS, DEFAULT_UNITS

    attributes = {*dir(package.NeuronGroup), *dir(package.Synapses)}
    return frozenset({*attributes, *DEFAULT_FUNCTIONS, *DEFAULT_CONSTANTS, *DEFAULT_UNITS})
