"""The objects that hold a program: groups of neurons, and synapses between them.

    object                  what it has
    inputs                  x, and traces of it
    neurons                 r, drive, sent, and what a rule keeps per neuron
    outputs                 y, target, error
    neurons_to_neurons      W_rec, and what a rule keeps per recurrent synapse
    inputs_to_neurons       W_in
    neurons_to_outputs      W_out
    outputs_to_neurons      B: the error comes back to the neurons
    constants               alpha, learning rates: one for all that read them, and they may be set

Synapses hold the matrix `[to, from]` row by row: synapse `i * len(source) + j` goes from `j` to `i`. A quantity that is
kept whole, and that neither a neuron nor a synapse can hold, has a group of its own, `whole_past_rec`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from neurosim.brian.given import Given
from neurosim.brian.names import Names, has_variables, places, spelled
from neurosim.program import Program

GROUPS = {"input": "inputs", "neuron": "neurons", "output": "outputs"}

Place = tuple[str, ...]
"""What an object runs over: `(domain,)` for neurons, `(to, from)` for synapses, a name for what is kept whole."""

CONSTANTS: Place = ("constants",)


@dataclass(eq=False)
class Model:
    """A program on its trials as objects of Brian2.

    dt: of a step [ms]. prefix: of the names of all objects. objects: by what they run over. operations: what runs in
    Python, in the order in which it was added.
    """

    package: Any
    program: Program
    given: Given
    names: Names
    dt: float
    prefix: str
    clock: Any = field(init=False)
    objects: dict[Place, Any] = field(default_factory=dict)
    operations: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = self.package.Clock(dt=self.dt * self.package.ms, name=f"{self.prefix}clock")

    def make(self, further: Mapping[Place, Sequence[str]], namespace: Mapping[str, Any]) -> None:
        """Make the objects. further: names of those of their variables that are no quantities."""
        held: dict[Place, list[str]] = {(domain,): [] for domain in GROUPS}
        for name in self.program.quantities:
            for slot in self.names.slots(name):
                held.setdefault(self.place(name), []).append(self.names.variables[name, slot])
        for place, variables in further.items():
            held.setdefault(place, []).extend(variables)
        for place in sorted(held, key=len):
            equations = "\n".join(f"{variable} : 1" for variable in held[place])
            self.objects[place] = self._object(place, equations, dict(namespace))

    def share(self, numbers: Collection[str], read: Mapping[Place, Container[str]]) -> None:
        """Make the constants, and let each object read those that its code names.

        Those of the program are in its own floating point; what counts steps or begins draws has 32 bits that matter.
        """
        equations = "\n".join(f"{name} : 1 (shared, constant)" for name in numbers)
        wide = dict.fromkeys(set(numbers) - set(self.names.constants.values()), np.float64)
        named = {"name": f"{self.prefix}constants", "clock": self.clock, "dtype": wide}
        constants = self.package.NeuronGroup(1, equations, **named)
        for place, words in read.items():
            for name in (name for name in numbers if name in words):
                self.objects[place].variables.add_reference(name, constants, name)
        self.objects[CONSTANTS] = constants

    def run_regularly(self, place: Place, code: str, name: str, **when: Any) -> None:
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

    @property
    def step(self) -> int:
        """The number of the time step, from the beginning of the run."""
        return int(self.clock.variables["timestep"].get_value()[0])

    def place(self, name: str) -> Place:
        """What the object that holds a quantity runs over."""
        whole = self.names.whole and "past" in self.program.quantities[name].domains
        held = has_variables(self.program, name) and not whole
        return places(self.program, name) if held else (f"whole {name}",)

    def array(self, name: str, slot: int | None = None) -> np.ndarray:
        """The memory of a quantity, or of one step of the past of it, in the shape that the program gives it."""
        variable = self.objects[self.place(name)].variables[self.names.variables[name, slot]]
        memory: np.ndarray = variable.get_value()
        return memory.reshape(self.program.shape(name)[0 if slot is None else 1 :])

    def read(self, name: str) -> np.ndarray:
        """A copy of the value of a quantity, as the program has it."""
        slots = self.names.slots(name)
        return self.array(name).copy() if slots == (None,) else np.array([self.array(name, slot) for slot in slots])

    def write(self, name: str, value: np.ndarray) -> None:
        """Give a quantity a value."""
        for slot in self.names.slots(name):
            self.array(name, slot)[...] = value if slot is None else value[slot]

    # --- objects ------------------------------------------------------------------------------------------------------

    def _object(self, place: Place, equations: str, namespace: dict[str, Any]) -> Any:
        named = {"name": self.prefix + object_name(place), "clock": self.clock, "namespace": namespace}
        if len(place) == 1:
            (domain,) = place
            size = self.program.sizes[domain] if domain in GROUPS else prod(self.program.shape(domain.split()[1]))
            return self.package.NeuronGroup(size, equations, **named)
        to, source = (self.objects[domain,] for domain in place)
        n_to, n_from = (self.program.sizes[domain] for domain in place)
        synapses = self.package.Synapses(source, to, equations, **named)
        synapses.connect(i=np.tile(np.arange(n_from), n_to), j=np.repeat(np.arange(n_to), n_from))
        return synapses


def object_name(place: Place) -> str:
    """The name of the object that runs over a place."""
    if place[0] not in GROUPS:
        return spelled(place[0].replace(" ", "_"))
    return "_to_".join(GROUPS[domain] for domain in reversed(place))
