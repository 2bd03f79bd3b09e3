"""The cost model: a program and a profile -> operations, memory, time and energy of a training step."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from neurosim.audit.capacity import bits
from neurosim.audit.storage import home, kept, outputs
from neurosim.audit.widths import width
from neurosim.cost.counts import Counts, forward, learned, traffic
from neurosim.cost.prices import Prices, Range, added, multiplied, prices, scaled
from neurosim.cost.timing import duration
from neurosim.errors import NeurosimError
from neurosim.profile import Profile
from neurosim.program import Program

PJ, MW = 1e-12, 1e-3


@dataclass(frozen=True)
class Memory:
    """[bits] that are kept. inference, learning: in all. synapse, neuron: of one of them, learning included."""

    inference: int
    learning: int
    synapse: float
    neuron: float

    @property
    def total(self) -> int:
        return self.inference + self.learning


@dataclass(frozen=True)
class Energy:
    """[J] of a step, as (low, typical, high). static: whatever the chip does; None if that is not public."""

    forward: Range
    learning: Range
    static: Range | None

    @property
    def total(self) -> Range:
        """As far as it is known: without a static part, of the work alone."""
        return added(self.forward, self.learning, *([self.static] if self.static else []))


@dataclass(frozen=True)
class Cost:
    """What a training step costs. Ranges are (low, typical, high); None where a figure that it takes is not public.

    forward, learning: counts, of the network and of what the rule adds. memory, traffic: [bits], [bits/step].
    time: [s] that the work of a step takes. real_time: whether that is within the step, None if it depends on where in
    its range it is. energy: [J]. lifetime: [s] until the first devices wear out. estimated: energies that the
    profile does not give, and how they were come by. unknown: what is missing where there is None.
    """

    forward: Counts
    learning: Counts
    memory: Memory | None
    traffic: float | None
    time: Range | None
    real_time: bool | None
    energy: Energy | None
    lifetime: Range | None
    estimated: str
    unknown: tuple[str, ...]


def cost(
    program: Program,
    profile: Profile,
    *,
    steps: int,
    activity: float = 1.0,
    updates: float = 1.0,
    dt: float = 1e-3,
) -> Cost:
    """The cost of a training step of a program on a chip.

    steps: of a trial. activity: share of messages that are not zero. updates: share of the weights written when the
    rule would write all. dt: [s] of real time that a step stands for.
    Raises `NeurosimError` if a number cannot be.
    """
    _check(steps, activity, updates, dt)
    program = program.ideal or program
    ahead, behind = forward(program, activity), learned(program, steps, updates)
    price = prices(profile)
    step = dt / (profile.get("timing.accel") or 1.0)
    time = duration(profile, ahead, behind, price, _neurons(program))
    return Cost(
        forward=ahead,
        learning=behind,
        memory=_memory(program, profile, steps),
        traffic=traffic(program, steps, lambda name: _width(program, profile, name)),
        time=time,
        real_time=None if time is None or time[0] <= step < time[2] else time[2] <= step,
        energy=None if price is None else _energy(program, profile, ahead, behind, price, step, time),
        lifetime=_lifetime(profile, behind, len(program.learned), step),
        estimated=_estimated(price),
        unknown=tuple(_unknown(profile, price, time)),
    )


def _check(steps: int, activity: float, updates: float, dt: float) -> None:
    if steps < 1 or not 0.0 <= activity <= 1.0 or not 0.0 <= updates <= 1.0 or not 0.0 < dt < math.inf:
        raise NeurosimError(
            f"steps {steps}, activity {activity}, updates {updates}, dt {dt}: steps must be at least 1, activity and "
            "updates lie in [0, 1], dt is a time above 0"
        )


def _width(program: Program, profile: Profile, name: str) -> int | None:
    return width(profile, program.quantities[name].kind, home(program, name))


def _memory(program: Program, profile: Profile, steps: int) -> Memory | None:
    items = kept(program, steps)
    inference = bits(profile, [item for item in items if item.purpose == "inference"])
    learning = bits(profile, [item for item in items if item.purpose != "inference"])
    synaptic = bits(profile, [item for item in items if item.home in ("synapse", "influence")])
    neural = bits(profile, [item for item in items if item.home in ("neuron", "global")])
    if inference is None or learning is None or synaptic is None or neural is None:
        return None
    synapses = sum(item.count for item in items if item.is_weight)
    return Memory(inference, learning, synaptic / synapses, neural / _neurons(program))


def _neurons(program: Program) -> int:
    return program.sizes["neuron"] + program.sizes["output"] * len(outputs(program))


def _energy(
    program: Program, profile: Profile, ahead: Counts, behind: Counts, price: Prices, step: float, time: Range | None
) -> Energy:
    static = profile.range("energy.static_mw")
    busy = time or (step, step, step)
    return Energy(
        forward=scaled(_work(ahead, price, _neurons(program)), PJ),
        learning=scaled(_work(behind, price, 0), PJ),
        static=scaled(multiplied(static, (max(step, busy[0]), max(step, busy[1]), max(step, busy[2]))), MW)
        if static
        else None,
    )


def _work(counts: Counts, price: Prices, neurons: int) -> Range:
    """[pJ]"""
    return added(
        scaled(price.event, counts.events),
        scaled(price.update, counts.updates),
        scaled(price.neuron, neurons),
        scaled(price.kept, counts.kept),
        scaled(price.message, counts.messages),
    )


def _lifetime(profile: Profile, behind: Counts, projections: int, step: float) -> Range | None:
    """[s] until a device that is written at the mean rate has had the writes that it lasts; None if none wears out."""
    endurance = profile.range("device.endurance_writes")
    return scaled(endurance, step * projections / behind.writes) if endurance and behind.writes else None


def _estimated(price: Prices | None) -> str:
    return f"{', '.join(price.estimated)}: {price.estimate}" if price and price.estimated else ""


def _unknown(profile: Profile, price: Prices | None, time: Range | None) -> Iterator[str]:
    if price is None:
        yield "any energy"
    elif profile.range("energy.static_mw") is None:
        yield "static power"
    if time is None:
        yield "time of an operation"
