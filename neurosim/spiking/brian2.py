"""Spikes in Brian2: every unit a group of neurons that fire as Poisson processes or integrate and fire.

`poisson` draws each spike by itself; the error that spikes make falls as one over the root of their number.
`integrate` lets neurons without a leak count up to a threshold of one and subtract it, so that none of the drive is
lost but what is still being counted. Everything but the spikes is the program's own, as the Brian2 engine runs it:
neurons and synapses, and a host for what they cannot compute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from neurosim import notation
from neurosim.brian.forms import built
from neurosim.brian.host import RECORD, Host
from neurosim.brian.session import session
from neurosim.engine import Job
from neurosim.errors import NeurosimError, unknown
from neurosim.memory import check_memory
from neurosim.notation import Block, Expression, Index, Number, Read, Statement
from neurosim.program import Program
from neurosim.spikes import DEFAULT, Coding, Spiked, checked_span

VARIANTS = ("code", ("poisson", "integrate"))
"""What `run` takes to choose among its codes, and the codes."""

DECODED = "decoded"
"""What spikes say of a unit's drive in a step."""

FIRES = {"poisson": "rand() < certainty", "integrate": "count >= 1.0"}
"""When a neuron does."""

COPIES = 3
"""How often a network is in memory: as variables, as the indices of its synapses, as intermediate results."""

AFTER = 1_000_000
"""An order in the slot `groups`: once the drive is known."""


def run(program: Program, job: Job, span: np.ndarray, coding: Coding = DEFAULT, *, code: str = "poisson") -> Spiked:
    """One network on its trials; see `neurosim.spikes.Realisation`. Any rule learns, as it does in the engine."""
    if code not in FIRES:
        raise unknown("code", code, FIRES)
    span = checked_span(program, span)
    check_memory(program, [job], (), COPIES)
    with session(program.dtype) as package, _seeded(package, job.seed):
        host = built(package, decoding(program), job, "network", coding.step)
        return _run(package, program, host, _spiking(package, host, span, coding, code), job)


@contextmanager
def _seeded(package: Any, seed: int) -> Iterator[None]:
    """Brian2 draws from NumPy's global generator, which is as before when this is over."""
    before = np.random.get_state()
    package.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)


def _run(package: Any, program: Program, host: Host, spiking: list[Any], job: Job) -> Spiked:
    count, steps, _ = job.trials.inputs.shape
    outputs = np.full(job.trials.targets.shape, np.nan)

    def watch() -> None:
        outputs[divmod(host.model.step, steps)] = host.read("y")

    host.model.call(watch, "watch", "end", RECORD)
    network = _after_spikes(host.model.network())
    neurons, *_ = spiking
    fired = package.SpikeMonitor(neurons, record=False, name="fired")
    network.add(*spiking, fired)
    network.run(count * steps * host.model.dt * package.ms, namespace={})
    seconds = count * steps * host.model.dt * 1e-3
    weights = {name: host.read(name) for name in program.weights}
    return Spiked.of(job.trials, outputs, weights, fired.num_spikes / (len(neurons) * seconds))


def refusal(program: Program) -> str | None:
    """None: what neurons and synapses cannot compute is computed beside them."""
    return None


def decoding(program: Program) -> Program:
    """The program whose rates follow not the drive but what spikes say of it."""
    if DECODED in program.quantities:
        raise NeurosimError(f"the rule calls a quantity {DECODED!r}, which is what spikes are decoded to; rename it")
    unit = (Index("i"),)
    nothing = Statement(Read(DECODED, unit), Number(0.0))

    def decode(block: Block) -> Block:
        found: list[Statement] = []
        for statement in block.statements:
            own = statement.target.name == "r"
            found += [nothing, replace(statement, value=_reading(statement.value))] if own else [statement]
        return replace(block, statements=tuple(found))

    drive = replace(program.quantities["drive"], name=DECODED, format=program.arithmetic.floating)
    return replace(program, quantities={**program.quantities, DECODED: drive}, step=tuple(map(decode, program.step)))


def _reading(expression: Expression) -> Expression:
    """The expression with what spikes say of the drive in the place of the drive."""
    return notation.transform(expression, _decoded)


def _decoded(expression: Expression) -> Expression:
    match expression:
        case Read("drive", indices):
            return Read(DECODED, indices)
    return expression


def _spiking(package: Any, host: Host, span: np.ndarray, coding: Coding, code: str) -> list[Any]:
    """The neurons that spike, and the synapses that tell their units so.

    certainty: of a spike in the step, from the part of the drive whose sign a neuron is for.
    """
    units = host.model.objects["neuron",]
    unit = np.repeat(np.arange(len(span)), coding.neurons)
    neurons = package.NeuronGroup(
        len(unit),
        """
        unit_drive : 1 (linked)
        side : 1 (constant)
        span : 1 (constant)
        highest : 1 (constant, shared)
        certainty = highest * clip(side * unit_drive / span, 0.0, 1.0) : 1
        count : 1
        """,
        threshold=FIRES[code],
        reset="count -= 1.0" if code == "integrate" else "",
        name="spiking",
        clock=host.model.clock,
        namespace={},
    )
    neurons.unit_drive = package.linked_var(units, host.model.names.variables["drive", None], index=unit)
    neurons.side = np.tile([1.0, -1.0], len(unit) // 2)
    neurons.span, neurons.highest = span[unit], coding.rate * coding.step * 1e-3
    if code == "integrate":
        neurons.count = "rand()"
        neurons.run_regularly("count += certainty", when="groups", order=AFTER, name="spiking_count")
    synapses = package.Synapses(
        neurons,
        units,
        "said : 1",
        on_pre=f"{host.model.names.variables[DECODED, None]}_post += said",
        name="spiking_to_neurons",
        clock=host.model.clock,
        namespace={},
    )
    synapses.connect(i=np.arange(len(unit)), j=unit)
    synapses.said = np.asarray(neurons.side) * span[unit] / coding.spikes_per_step
    return [neurons, synapses]


def _after_spikes(network: Any) -> Any:
    """The network with all that follows the rates put off until the spikes of the step have come."""
    phases = [each for each in network.sorted_objects if each.when == "groups"]
    (rates,) = (each.order for each in phases if re.fullmatch(r"step_\d+_r", each.name))
    for each in phases:
        if each.order >= rates:
            each.when = "after_resets"
    return network
