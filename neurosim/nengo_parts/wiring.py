"""Which of a program's equations are connections of a Nengo network, and which its neurons and learning rules run.

An equation that sums what arrives through weights, `sum(j, W[i, j] * sent[j])` and nothing else, is a connection for
each of its sums. The learning rule of a connection runs all equations that its weights follow from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

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


def statements(program: Program) -> list[Statement]:
    """The equations of a step, in order."""
    return [statement for block in program.step for statement in block.statements]


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


def feedback(program: Program) -> list[Statement]:
    """The equations of the rule that are a connection from the error through weights that never learn."""
    found = []
    listed = statements(program)
    always = {s.target.name for block in program.step if block.period is None for s in block.statements}
    for place, statement in enumerate(listed):
        name = statement.target.name
        earlier = {read.name for other in listed[:place] for read in notation.reads(other.value)}
        wire = wires(statement)
        if (
            not of_the_network(statement)
            and [(each.source, each.weight in program.learned) for each in wire] == [("error", False)]
            and wire[0].weight not in CARRIED
            and [other.target.name for other in listed].count(name) == 1
            and name in always - earlier
        ):
            found.append(statement)
    return found


def learning(program: Program, weight: str) -> tuple[Block, ...]:
    """What the learning rule of a connection runs: the equations that its weights follow from, but the connections."""
    own = {weight, f"update_{weight}"}
    given = {statement.target.name for statement in feedback(program)} | (set(net.QUANTITIES) - own)
    needed, size = own & {statement.target.name for statement in statements(program)}, 0
    while len(needed) > size:
        size = len(needed)
        for statement in statements(program):
            if statement.target.name in needed:
                needed |= {read.name for read in notation.reads(statement.value)} - given
    kept = (replace(b, statements=tuple(s for s in b.statements if s.target.name in needed)) for b in program.step)
    return tuple(block for block in kept if block.statements)


def reads(blocks: tuple[Block, ...]) -> set[str]:
    """What equations read and do not write."""
    inside = [statement for block in blocks for statement in block.statements]
    read = {read.name for statement in inside for read in notation.reads(statement.value)}
    return read - {statement.target.name for statement in inside}


def order(program: Program) -> list[str]:
    """The connections that can learn, each after those whose weights its rule reads; not all if they wait in a ring."""
    waiting, found = list(CARRIED), list[str]()
    while free := [each for each in waiting if not reads(learning(program, each)) & (set(waiting) - {each})]:
        found.append(free[0])
        waiting.remove(free[0])
    return found


def unnatural(program: Program) -> str | None:
    """Why the rule of a program cannot run inside the simulator, or None if it can."""
    if late := [statement for block in program.backward + program.end for statement in block.statements]:
        return f"'{late[0]}' runs once a trial is over, from a record of the whole trial"
    for name, quantity in program.quantities.items():
        if len([domain for domain in quantity.domains if domain != "past"]) > 2:
            return f"{name}[{', '.join(quantity.domains)}] has more places than a synapse, which has two"
    for statement in statements(program):
        if statement.target.name in set(net.WEIGHTS) - set(CARRIED):
            return f"'{statement}' changes weights that no connection between neurons carries"
    for weight in CARRIED:
        for statement, changed in _changed(program, weight):
            return f"'{statement}' reads {changed} after it has changed; a connection changes between two steps"
    if len(order(program)) < len(CARRIED):
        stuck = ", ".join(name for name in CARRIED if name not in order(program))
        return f"the learning rules of {stuck} read each other's weights"
    return None


def _changed(program: Program, weight: str) -> Iterator[tuple[Statement, str]]:
    """What the learning rule of a connection would read of the others' weights after they have learned."""
    own = [statement for block in learning(program, weight) for statement in block.statements]
    written: set[str] = set()
    for statement in statements(program):
        read = {read.name for read in notation.reads(statement.value)} if statement in own else set()
        for name in sorted(read & written - {weight}):
            yield statement, name
        written |= {statement.target.name} & set(net.WEIGHTS)
