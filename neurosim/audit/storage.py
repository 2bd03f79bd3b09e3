"""What a program keeps from one step to the next, and of the whole trial, as counts of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from neurosim import network as net
from neurosim.audit.reads import is_network, learning, steps_back
from neurosim.notation import Read, Statement, reads
from neurosim.program import Program


@dataclass(frozen=True)
class Kept:
    """Numbers that outlive a step.

    home: where one of them is, 'synapse', 'neuron' (inputs and outputs as well), 'influence' (three places) or
    'global'. purpose: 'inference', 'learning', or 'history', which is learning that grows with the steps looked back.
    """

    name: str
    kind: str
    home: str
    purpose: str
    count: int

    @property
    def is_weight(self) -> bool:
        return self.kind in ("weight", "fixed weight")


def kept(program: Program, steps: int) -> tuple[Kept, ...]:
    """Everything that is kept while a trial of `steps` steps is learned from, weights included."""
    return (*_weights(program), *_across_steps(program), *_of_the_trial(program, steps))


def carried_over(program: Program) -> tuple[str, ...]:
    """The quantities, weights and what is remembered apart, of which a step reads values that it has not written."""
    found: dict[str, None] = {}
    for blocks in (program.step, program.backward, program.end):
        written: set[Element] = set()
        for block in blocks:
            inside = set(written)
            for statement in block.statements:
                found |= dict.fromkeys(_unwritten(program, statement, inside, block.when == "backward"))
            written = written if block.when == "every" else inside
    return tuple(found)


Element = tuple[str, int | None]
"""A quantity, and a place of the past if it has any."""


def _unwritten(program: Program, statement: Statement, written: set[Element], back: bool) -> Iterator[str]:
    """What a statement reads that is not written yet; adds to `written` what it writes, one s after the other."""
    known = {*net.INPUTS, *program.synapses, *(program.remembered if back else ())}
    before, memory = set(written), program.sizes["past"]
    for s in steps_back(statement, memory):
        for read in reads(statement.value):
            there = before if read.before else written
            if read.name not in known and not {(read.name, at) for at in _past(read, s, memory)} <= there:
                yield read.name
        written |= {(statement.target.name, at) for at in _past(statement.target, s, memory)}


def _past(read: Read, s: int | None, memory: int) -> Iterable[int | None]:
    """The places of the past that a read takes in: one, none, or all where the sum is over s."""
    for index in read.indices:
        if index.letter is None:
            return (index.offset,)
        if index.letter == "s":
            return range(memory) if s is None else (s + index.offset,)
    return (None,)


def home(program: Program, name: str) -> str:
    """Where one number of a quantity is: neuron, synapse, influence (of three places) or global."""
    places = tuple(domain for domain in program.quantities[name].domains if domain != "past")
    return ("global", "neuron", "synapse")[len(places)] if len(places) < 3 else "influence"


def _weights(program: Program) -> Iterator[Kept]:
    forward = {read.name for statement in network_own(program) for read in reads(statement.value)}
    used = {read.name for _, statement in learning(program) for read in reads(statement.value)}
    for name in (name for name in program.synapses if name in forward | used):
        purpose = "inference" if name in forward else "learning"
        kind = "weight" if name in program.learned else "fixed weight"
        yield Kept(name, kind, "synapse", purpose, math.prod(program.shape(name)))


def network_own(program: Program) -> tuple[Statement, ...]:
    """The equations of a step that are the network's, not the rule's."""
    return tuple(each for block in program.step for each in block.statements if is_network(program, each))


def outputs(program: Program) -> tuple[str, ...]:
    """What the network forms as outputs: the readout, and what a design feeds back to the neurons."""
    return tuple(s.target.name for s in network_own(program) if program.quantities[s.target.name].kind == "output")


def _across_steps(program: Program) -> Iterator[Kept]:
    for name in carried_over(program):
        quantity = program.quantities[name]
        purpose = "inference" if name in net.QUANTITIES else "history" if _is_line(program, name) else "learning"
        yield Kept(name, quantity.kind, home(program, name), purpose, math.prod(program.shape(name)))


def _of_the_trial(program: Program, steps: int) -> Iterator[Kept]:
    for name in program.remembered:
        kind = program.quantities[name].kind
        yield Kept(name, kind, home(program, name), "history", steps * math.prod(program.shape(name)))


def delay_lines(program: Program) -> tuple[str, ...]:
    """The quantities that are handed on from one place of the past to the next as they are."""
    return tuple(name for name in carried_over(program) if _is_line(program, name))


def _is_line(program: Program, name: str) -> bool:
    """Whether a value of a quantity is what stood at an earlier place of the past, in the step before."""
    return any(
        read.name == name and read.before and any(index.letter == "s" and index.offset < 0 for index in read.indices)
        for _, statement in learning(program)
        if statement.target.name == name
        for read in reads(statement.value)
    )
