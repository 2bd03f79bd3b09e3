"""Learning rules of Nengo connections that run a program's equations, and their builders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from nengo.builder import Builder, Model, Operator, Signal
from nengo.builder.operator import Reset
from nengo.connection import LearningRule
from nengo.exceptions import BuildError
from nengo.learning_rules import LearningRuleType

from neurosim.body import Body
from neurosim.nengo_parts.parameters import Arrays, Value


@dataclass(frozen=True)
class Place:
    """Where in a network a quantity is: a Nengo object, the name of one of its signals, and the quantity's shape."""

    owner: Any
    key: str
    shape: tuple[int, ...]

    def signal(self, model: Model) -> Signal:
        """The signal in a model that has been built so far."""
        if (found := model.sig[self.owner].get(self.key)) is None:
            raise BuildError(
                f"{self.key!r} of {self.owner} is read by a learning rule and not built yet; create it first"
            )
        return found


def signal_name(quantity: str) -> str:
    """What a probe calls a quantity that a learning rule keeps: its name, with an underscore if Nengo uses that."""
    return f"{quantity}_" if quantity in ("in", "error", "delta") else quantity


class Plasticity(LearningRuleType):
    """A learning rule of synapses onto neurons: the equations that their weights follow from.

    weight: the weights' name in the equations. given: names and sizes of what is connected to the learning rule, one
    after the other. read: where everything else is that the equations read. kept: what the rule itself keeps, with
    its initial values; `lasting` of it from trial to trial.
    """

    modifies = "weights"
    weight: Any = Value("weight")
    body: Any = Value("body")
    given: Any = Value("given")
    read: Any = Value("read")
    lasting: Any = Value("lasting")
    kept: Any = Arrays("kept")

    def __init__(
        self,
        weight: str,
        body: Body,
        given: tuple[tuple[str, int], ...],
        read: tuple[tuple[str, Place], ...],
        kept: Mapping[str, np.ndarray],
        lasting: tuple[str, ...] = (),
    ) -> None:
        rate = dict(body.numbers).get(f"c_lr_{weight.removeprefix('W_')}", 0.0)
        super().__init__(learning_rate=rate, size_in=sum(size for _, size in given))
        self.weight, self.body, self.given, self.read = weight, body, given, read
        self.kept, self.lasting = dict(kept), lasting

    @property
    def probeable(self) -> tuple[str, ...]:
        """What a probe can ask for: all that the rule keeps, its input, and the next change of the weights."""
        return ("error", "delta", *map(signal_name, self.kept))


class ReadoutPlasticity(Plasticity):
    """The same for synapses that end on no neuron, which Nengo calls decoders."""

    modifies = "decoders"


class FromHost(LearningRuleType):
    """Weights that a host writes between two steps, as beside a chip."""

    modifies = "weights"
    probeable = ("delta",)


class ReadoutFromHost(FromHost):
    """The same for synapses that end on no neuron."""

    modifies = "decoders"


@Builder.register(FromHost)
def build_from_host(model: Model, rule_type: FromHost, rule: LearningRule) -> None:
    """Nothing happens inside the simulator; that there is a rule makes the weights writable."""


@Builder.register(Plasticity)
def build_plasticity(model: Model, rule_type: Plasticity, rule: LearningRule) -> None:
    """Signals for the rule's input and for all that it keeps, and one operator that runs its equations."""
    signals = model.sig[rule]
    arrived = Signal(shape=(max(rule.size_in, 1),), name=f"{rule_type.weight} hears")
    model.add_op(Reset(arrived))
    signals["in"] = signals["error"] = arrived
    kept = {name: Signal(value, name=f"{rule_type.weight} {name}") for name, value in rule_type.kept.items()}
    signals.update({signal_name(name): signal for name, signal in kept.items()})
    model.add_op(
        SimPlasticity(
            rule_type,
            step=model.step,
            arrived=arrived,
            weights=model.sig[rule.connection]["weights"],
            read=[place.signal(model) for _, place in rule_type.read],
            delta=signals["delta"],
            kept=list(kept.values()),
        )
    )


class SimPlasticity(Operator):
    """Runs a learning rule's equations on a copy of the weights; the difference is what Nengo adds at the next step.

    Sets nothing, increments nothing, updates the difference and all that the rule keeps, reads everything else.
    """

    def __init__(
        self,
        rule_type: Plasticity,
        step: Signal,
        arrived: Signal,
        weights: Signal,
        read: list[Signal],
        delta: Signal,
        kept: list[Signal],
    ) -> None:
        super().__init__(tag=f"{type(rule_type).__name__} of {rule_type.weight}")
        self.rule_type = rule_type
        self.sets: list[Signal] = []
        self.incs: list[Signal] = []
        self.reads = [step, arrived, weights, *read]
        self.updates = [delta, *kept]

    def make_step(self, signals: Any, dt: float, rng: Any) -> Callable[[], None]:
        """The function that runs the equations. Signals are found by place: an optimizer may have replaced them."""
        rule, steps = self.rule_type, self.rule_type.body.clock.steps
        step, arrived, weights, *read = (signals[signal] for signal in self.reads)
        delta, *kept = (signals[signal] for signal in self.updates)
        changed = np.array(weights)
        arrays = {name: each.reshape(place.shape) for (name, place), each in zip(rule.read, read, strict=True)}
        arrays |= dict(zip(rule.kept, kept, strict=True)) | {rule.weight: changed}
        start = 0
        for name, size in rule.given:
            arrays[name] = arrived[start : start + size]
            start += size
        run = rule.body.bind(arrays)
        fleeting = [arrays[name] for name in rule.kept if name not in rule.lasting]

        def learn() -> None:
            count = int(step.item()) - 1
            if count % steps == 0:
                for array in fleeting:
                    array.fill(0.0)
            changed[...] = weights
            run(count)
            np.subtract(changed, weights, out=delta)

        return learn
