"""The Nengo networks of a program: one that a Nengo user recognises, and one node that runs it all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import nengo
import numpy as np
from nengo.learning_rules import LearningRuleType

from neurosim import network as net
from neurosim.body import Body, Clock, body
from neurosim.errors import NeurosimError
from neurosim.nengo_parts.neurons import Leaky, Linear, Sent, population
from neurosim.nengo_parts.plasticity import FromHost, Place, Plasticity, ReadoutFromHost, ReadoutPlasticity, signal_name
from neurosim.nengo_parts.processes import Equations, Sequence
from neurosim.nengo_parts.wiring import CARRIED, Wiring, of_the_network, wires
from neurosim.notation import Block, Read, Statement
from neurosim.program import Program
from neurosim.task import Trials


def fused(network: nengo.Network, program: Program, trials: Trials, clock: Clock) -> None:
    """Fills a network with two nodes: the trials, and a process that keeps all quantities and runs all equations."""
    own = sorted(set(program.quantities) - set(net.INPUTS))
    kept = {name: program.weights.get(name, program.zeros(name)) for name in own}
    given = (("x", program.sizes["input"]), ("target", program.sizes["output"]), ("mask", 1))
    process = Equations(body(program, program.step, clock), given, "y", kept, tuple(program.weights))
    with network:
        network.trials = nengo.Node(Sequence(np.hstack(_tables(trials))), label="trials")
        network.y = nengo.Node(process, label="y")
        nengo.Connection(network.trials, network.y, synapse=None)
    network.places = {name: Place(process, f"_state_{name}", program.shape(name)) for name in program.quantities}
    network.places["y"] = Place(network.y, "out", program.shape("y"))
    network.steps = clock.steps


def idiomatic(network: nengo.Network, program: Program, trials: Trials, clock: Clock) -> None:
    """Fills a network with populations, connections that learn, and an error connected to their learning rules."""
    wiring = Wiring(program)
    maker = _Maker(_gathering(program), wiring, clock)
    with network:
        for name, table in zip(("x", "target", "mask"), _tables(trials), strict=True):
            maker.add(name, nengo.Node(Sequence(table), label=name))
        maker.neurons()
        for name in ("y", "error", *(statement.target.name for statement in wiring.feedback)):
            maker.node(name)
        for weight in CARRIED if wiring.unnatural else wiring.order:
            maker.connection(weight)
    for name in set(maker.made) - set(dir(network)):
        setattr(network, name, maker.made[name])
    network.places, network.steps = maker.places, clock.steps


def _tables(trials: Trials) -> list[np.ndarray]:
    """Inputs, targets and mask of all steps, one row for each."""
    mask = np.tile(trials.mask, len(trials))[:, None]
    return [values.reshape(len(mask), -1) for values in (trials.inputs, trials.targets, mask)]


def _gathering(program: Program) -> Program:
    """The program with a quantity for what each neuron or node has gathered from its connections, not yet stored."""
    gathered = {
        f"gathered_{name}": replace(quantity, name=f"gathered_{name}", format=program.arithmetic.floating)
        for name, quantity in program.quantities.items()
    }
    return replace(program, quantities={**program.quantities, **gathered})


@dataclass
class _Maker:
    """Makes the objects of a network one after the other. made: by name. places: where each quantity is."""

    program: Program
    wiring: Wiring
    clock: Clock
    made: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def add(self, name: str, made: Any) -> None:
        """A node whose output is the quantity of its name."""
        self.made[name] = made
        self.places[name] = Place(made, "out", (made.size_out,))

    def neurons(self) -> None:
        """The rates, and relays: of the inputs, since connections learn between neurons only, and of what was sent.

        The delay stands before the recurrent weights: after them it would delay their learning too.
        """
        n, n_in = self.program.sizes["neuron"], self.program.sizes["input"]
        rates = population(n, Leaky(self._body("drive", "r", "sent")), "rates")
        sent = population(n, Sent(self._body("sent")), "sent")
        inputs = population(n_in, Linear(), "inputs")
        nengo.Connection(self.made["x"], inputs.neurons, synapse=None)
        nengo.Connection(rates.neurons, sent.neurons, synapse=0)
        self.made |= {"rates": rates, "sent": sent, "inputs": inputs}
        self.places["r"] = Place(rates.neurons, "out", (n,))
        self.places |= {name: Place(rates.neurons, name, (n,)) for name in ("drive", "sent")}

    def node(self, name: str) -> None:
        """A node that runs one equation on what is connected to it."""
        equation = self._body(name)
        given = tuple((each, self._size(each)) for each in equation.arrays if each not in equation.written)
        kept = {each: self.program.zeros(each) for each in equation.written}
        self.add(name, nengo.Node(Equations(equation, given, name, kept), label=name))
        for (each, _), target in zip(given, _slices(self.made[name], given), strict=True):
            if each in self.made:
                nengo.Connection(self.made[each], target, synapse=None)
        for wire in wires(self._statement(name)):
            if wire.weight not in CARRIED:
                self._connect(wire.weight, self.made[wire.source], self.made[name], None)

    def connection(self, weight: str) -> None:
        """A connection between neurons, or to the readout, with its learning rule if it has one."""
        ends = {"sent": "sent", "x": "inputs", "r": "rates", "drive": "rates"}
        own = filter(of_the_network, self.wiring.statements)
        (wire,) = (each for statement in own for each in wires(statement) if each.weight == weight)
        source, target = (self.made[ends.get(name, name)] for name in (wire.source, wire.target))
        rule = self._rule(weight)
        made = self._connect(weight, source.neurons, target.neurons if wire.target in ends else target, rule)
        if isinstance(rule, Plasticity):
            for (name, _), place in zip(rule.given, _slices(made.learning_rule, rule.given), strict=True):
                nengo.Connection(self.made[name], place, synapse=None)
            for name, value in rule.kept.items():
                self.places.setdefault(name, Place(made.learning_rule, signal_name(name), value.shape))

    def _connect(self, weight: str, source: Any, target: Any, rule: LearningRuleType | None) -> nengo.Connection:
        value = self.program.weights[weight]
        made = nengo.Connection(source, target, transform=value, synapse=None, learning_rule_type=rule, label=weight)
        self.made[weight], self.places[weight] = made, Place(made, "weights", value.shape)
        return made

    def _rule(self, weight: str) -> LearningRuleType | None:
        readout = weight == "W_out"
        if self.wiring.unnatural:
            learns = weight in self.program.learned
            return (ReadoutFromHost() if readout else FromHost()) if learns else None
        blocks = self.wiring.learning[weight]
        if not blocks:
            return None
        equations = body(self.program, blocks, self.clock)
        kept = [name for name in equations.written if name != weight]
        loose = [name for name in equations.arrays if name not in (*equations.written, weight)]
        connected = {"error", *(statement.target.name for statement in self.wiring.feedback)}
        return (ReadoutPlasticity if readout else Plasticity)(
            weight,
            equations,
            given=tuple((name, self._size(name)) for name in loose if name in connected),
            read=tuple((name, self._place(name)) for name in loose if name not in connected),
            kept={name: self.program.weights.get(name, self.program.zeros(name)) for name in kept},
            lasting=tuple(name for name in kept if name in self.program.weights),
        )

    def _place(self, name: str) -> Place:
        """Where a learning rule reads a quantity; weights that no connection carries are those of a constant node."""
        if name == "sent":
            return Place(self.made["sent"].neurons, "out", self.program.shape("sent"))
        if name not in self.places:
            node = nengo.Node(self.program.weights[name].ravel(), label=name)
            self.made[name] = node
            self.places[name] = Place(node, "out", self.program.shape(name))
        return self.places[name]

    def _statement(self, name: str) -> Statement:
        (found,) = (statement for statement in self.wiring.statements if statement.target.name == name)
        return found

    def _body(self, *names: str) -> Body:
        """The equations of some quantities, with what connections sum taken as gathered."""
        found = []
        for statement in map(self._statement, names):
            gathered = Read(f"gathered_{statement.target.name}", statement.target.indices)
            found.append(Statement(statement.target, gathered) if wires(statement) else statement)
        return body(self.program, [Block("each step", tuple(found))], self.clock)

    def _size(self, name: str) -> int:
        return 1 if name == "mask" else int(np.prod(self.program.shape(name)))


def _slices(target: Any, given: Iterable[tuple[str, int]]) -> list[Any]:
    """The parts of a target that what is given to it goes to, one after the other."""
    found, start = [], 0
    for _, size in given:
        found.append(target[start : start + size])
        start += size
    return found


def probed(network: nengo.Network, names: Iterable[str]) -> None:
    """Probes on some quantities of a network, as `network.record`, by name."""
    network.record = {}
    places = {name: place for name, place in network.places.items() if not isinstance(place.owner, nengo.Process)}
    with network:
        for name in names:
            if name not in places:
                raise NeurosimError(f"nothing called {name!r} to probe; there are: {', '.join(sorted(places))}")
            key = {"out": "output"}.get(places[name].key, places[name].key)
            network.record[name] = nengo.Probe(places[name].owner, key, label=name)
