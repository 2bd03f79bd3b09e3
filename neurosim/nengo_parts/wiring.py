"""Which of a program's equations are connections of a Nengo network, and which its neurons and learning rules run.

An equation that sums what arrives through weights, `sum(j, W[i, j] * sent[j])` and nothing else, is a connection for
each of its sums. The learning rule of a connection runs all equations that its weights follow from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from neurosim import network as net
from neurosim import notation
from neurosim.notation import Binary, Block, Expression, Index, Read, Statement, Sum
from neurosim.program import Program

CARRIED = ("W_out", "W_rec", "W_in")
"""The weights that a connection carries which can learn."""

SIMULATED = ("drive", "r", "y", "error")
"""What the simulator computes even where a host computes the learning."""


@dataclass(frozen=True)
class Wire:
    """`target` receives `weight` times `source`."""

    target: str
    weight: str
    source: str


def wires(statement: Statement) -> list[Wire]:
    """The connections that an equation is, if it is nothing else."""
    found = [_wire(statement.target, term) for term in _terms(statement.value)]
    return [wire for wire in found if wire] if all(found) else []


def _terms(expression: Expression) -> Iterator[Expression]:
    match expression:
        case Binary("+", left, right):
            yield from _terms(left)
            yield from _terms(right)
        case _:
            yield expression


def _wire(target: Read, term: Expression) -> Wire | None:
    match term, target.indices:
        case (
            Sum(letter, Binary("*", Read(weight, (to, Index(start, 0)), False), Read(source, (Index(end, 0),), False))),
            (at,),
        ) if weight in net.WEIGHTS and letter == start == end and to == at:
            return Wire(target.name, weight, source)
    return None


def of_the_network(statement: Statement) -> bool:
    """Whether an equation is the network's own rather than the rule's."""
    return statement.target.name in net.QUANTITIES and statement.target.name not in net.WEIGHTS


def reads(blocks: tuple[Block, ...]) -> set[str]:
    """What equations read and do not write."""
    inside = [statement for block in blocks for statement in block.statements]
    read = {read.name for statement in inside for read in notation.reads(statement.value)}
    return read - {statement.target.name for statement in inside}


@dataclass(frozen=True, eq=False)
class Wiring:
    """The parts of a Nengo network that a program's equations are."""

    program: Program

    @cached_property
    def statements(self) -> list[Statement]:
        """The equations of a step, in order."""
        return [statement for block in self.program.step for statement in block.statements]

    @cached_property
    def _reads(self) -> list[set[str]]:
        return [{read.name for read in notation.reads(statement.value)} for statement in self.statements]

    @cached_property
    def feedback(self) -> list[Statement]:
        """The equations of the rule that are a connection from the error through weights that never learn."""
        always = {s.target.name for block in self.program.step if block.period is None for s in block.statements}
        targets = [statement.target.name for statement in self.statements]
        found = []
        for place, statement in enumerate(self.statements):
            name, wire = statement.target.name, wires(statement)
            earlier = set[str]().union(*self._reads[:place])
            if (
                not of_the_network(statement)
                and [(each.source, each.weight in self.program.learned) for each in wire] == [("error", False)]
                and wire[0].weight not in CARRIED
                and targets.count(name) == 1
                and name in always - earlier
            ):
                found.append(statement)
        return found

    @cached_property
    def learning(self) -> dict[str, tuple[Block, ...]]:
        """What the learning rule of a connection runs: the equations that its weights follow from, but connections."""
        return {weight: self._learning(weight) for weight in CARRIED}

    def _learning(self, weight: str) -> tuple[Block, ...]:
        own = {weight, f"update_{weight}"}
        given = {statement.target.name for statement in self.feedback} | (set(net.QUANTITIES) - own)
        needed, size = own & {statement.target.name for statement in self.statements}, 0
        while len(needed) > size:
            size = len(needed)
            for statement, read in zip(self.statements, self._reads, strict=True):
                needed |= read - given if statement.target.name in needed else set()
        blocks = self.program.step
        kept = (replace(b, statements=tuple(s for s in b.statements if s.target.name in needed)) for b in blocks)
        return tuple(block for block in kept if block.statements)

    @cached_property
    def order(self) -> list[str]:
        """The connections, each after those whose weights its learning rule reads; not all if they wait in a ring."""
        read = {weight: reads(blocks) for weight, blocks in self.learning.items()}
        waiting, found = list(CARRIED), list[str]()
        while free := [each for each in waiting if not read[each] & (set(waiting) - {each})]:
            found.append(free[0])
            waiting.remove(free[0])
        return found

    @cached_property
    def departure(self) -> str | None:
        """What of a chip's own network no populations and connections stand for, or None."""
        expected = notation.parse(net.EQUATIONS)[0].statements
        found = [statement for statement in self.statements if of_the_network(statement)]
        return next((f"'{statement}'" for statement in found if statement not in expected), None)

    @cached_property
    def unnatural(self) -> str | None:
        """Why the rule cannot run inside the simulator, or None if it can."""
        program = self.program
        if late := [statement for block in program.backward + program.end for statement in block.statements]:
            return f"'{late[0]}' runs once a trial is over, from a record of the whole trial"
        for name, quantity in program.quantities.items():
            if len([domain for domain in quantity.domains if domain != "past"]) > 2:
                return f"{name}[{', '.join(quantity.domains)}] has more places than a synapse, which has two"
        for statement in self.statements:
            if statement.target.name in set(net.WEIGHTS) - set(CARRIED):
                return f"'{statement}' changes weights that no connection between neurons carries"
        for weight in CARRIED:
            for statement, changed in self._changed(weight):
                return f"'{statement}' reads {changed} after it has changed; a connection changes between two steps"
        if stuck := [weight for weight in CARRIED if weight not in self.order]:
            return f"the learning rules of {', '.join(stuck)} read each other's weights"
        return None

    def _changed(self, weight: str) -> Iterator[tuple[Statement, str]]:
        """What the learning rule of a connection would read of the others' weights after they have learned."""
        own = {id(statement) for block in self.learning[weight] for statement in block.statements}
        written: set[str] = set()
        for statement, read in zip(self.statements, self._reads, strict=True):
            if id(statement) in own:
                for name in sorted(read & written - {weight}):
                    yield statement, name
            written |= {statement.target.name} & set(net.WEIGHTS)
