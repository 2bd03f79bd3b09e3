"""What a program does in a step, counted over its equations: operations, synaptic events, updates, traffic."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, replace

from neurosim.audit.reads import Access, accesses_of, is_network, learning, places, steps_back
from neurosim.audit.storage import outputs
from neurosim.audit.terms import domain, terms
from neurosim.notation import LETTERS, Binary, Block, Expression, Read, Root, Same, Statement, Sum, walk
from neurosim.program import Program


@dataclass(frozen=True)
class Counts:
    """Per time step, on average over a trial; of the network itself or of what learning adds.

    multiplications, additions: as the equations are written, constants folded. events: weights that a signal passes.
    passes: those in units of whole matrices. messages: numbers sent from place to place. updates: weights written, and
    writes of whole matrices. kept: other numbers written or multiplied and summed up, such as traces.
    """

    multiplications: float = 0.0
    additions: float = 0.0
    events: float = 0.0
    passes: float = 0.0
    messages: float = 0.0
    updates: float = 0.0
    writes: float = 0.0
    kept: float = 0.0


def forward(program: Program, activity: float = 1.0) -> Counts:
    """Of the network's own equations. activity: share of the messages that are not zero."""
    own = [(block, each) for block in program.step for each in block.statements if is_network(program, each)]
    found = sum_of(_of(program, block, statement, 1, activity) for block, statement in own)
    sent = program.sizes["neuron"] + program.sizes["input"]
    relayed = program.sizes["output"] * (len(outputs(program)) - 1)
    return replace(found, messages=activity * sent + relayed)


def learned(program: Program, steps: int, updates: float = 1.0) -> Counts:
    """Of the rule's equations. updates: share of the weights that are written, when the rule would write all."""
    found = sum_of(_of(program, block, statement, steps, 1.0) for block, statement in learning(program))
    return replace(found, updates=updates * found.updates, writes=updates * found.writes)


def sum_of(parts: Iterable[Counts]) -> Counts:
    """Counts added up."""
    columns = zip(*map(astuple, parts), strict=True)
    return Counts(*map(sum, columns))


def _of(program: Program, block: Block, statement: Statement, steps: int, activity: float) -> Counts:
    """Of one equation, with how often it runs."""
    often = _frequency(program, block, steps)
    elements = _elements(program, statement)
    times, plus = _operations(statement.value, program.sizes)
    carried = [access for access in accesses_of(program, block, statement) if _is_event(program, access)]
    passed = [elements * _summed(program, access) * _share(program, access, activity) for access in carried]
    matrices = [count / math.prod(program.shape(access.name)) for access, count in zip(carried, passed, strict=True)]
    written = statement.target.name in program.synapses
    changes = _changes(program, statement) if written else 0
    inside = _products(program, statement) * elements
    return Counts(
        multiplications=often * elements * times,
        additions=often * elements * plus,
        events=often * sum(passed),
        passes=often * sum(matrices),
        messages=often * sum(_sent(program, block, statement)),
        updates=often * elements * written,
        writes=often * changes,
        kept=often * (inside if inside or written or carried or is_network(program, statement) else elements),
    )


def _frequency(program: Program, block: Block, steps: int) -> float:
    """How often per step a block runs."""
    if block.when == "every":
        return 1.0 / program.constants[str(block.period)]
    return 1.0 / steps if block.when == "end" else 1.0


def _elements(program: Program, statement: Statement) -> int:
    """How many elements an equation writes."""
    past = len(steps_back(statement, program.sizes["past"]))
    return past * math.prod(program.sizes[domain(place)] for place in places(statement.target))


def _operations(node: Expression, sizes: Mapping[str, int]) -> tuple[int, int]:
    """Multiplications, divisions and roots among them, and additions of an expression; one of constants is folded."""
    match node:
        case Binary(operator, left, right) if not _is_constant(node):
            times, plus = map(sum, zip(_operations(left, sizes), _operations(right, sizes), strict=True))
            chooses = isinstance(left, Same) or isinstance(right, Same)
            return (times, plus + 1) if operator in "+-" else (times + (not chooses), plus)
        case Sum(letter, body):
            size = sizes[LETTERS[letter]]
            times, plus = _operations(body, sizes)
            return size * times, size * plus + size - 1
        case Root(body):
            times, plus = _operations(body, sizes)
            return times + 1, plus
    return 0, 0


def _is_constant(node: Expression) -> bool:
    return not any(isinstance(each, Read | Same | Sum) for each in walk(node))


def _is_event(program: Program, access: Access) -> bool:
    """Whether a weight is passed by a signal, and not only at hand."""
    return access.name in program.synapses and access.way not in ("here", "self")


def _summed(program: Program, access: Access) -> int:
    return math.prod(program.sizes[domain(letter)] for letter in access.term.summed)


def _share(program: Program, access: Access, activity: float) -> float:
    """Only what is sent as a message can be left out when it is zero."""
    sent = any(program.quantities[read.name].kind == "message" for read in access.term.reads)
    return activity if sent else 1.0


def _changes(program: Program, statement: Statement) -> int:
    """Products that are added to a weight: writes of a whole matrix, each of rank one."""
    found = [term for term in terms(statement.value, program.constants) if term.reads != (statement.target,)]
    memory = program.sizes["past"]
    return sum(memory ** sum(domain(letter) == "past" for letter in term.summed) for term in found)


def _products(program: Program, statement: Statement) -> int:
    """Products that are summed up for one element, of numbers that are no weights."""
    found = [term for term in terms(statement.value, program.constants) if term.summed]
    own = [term for term in found if not any(read.name in program.synapses for read in term.reads)]
    return sum(math.prod(program.sizes[domain(letter)] for letter in term.summed) for term in own)


def _sent(program: Program, block: Block, statement: Statement) -> Iterator[int]:
    """Numbers that an equation has come from elsewhere."""
    past = len(steps_back(statement, program.sizes["past"]))
    for access in accesses_of(program, block, statement):
        if access.way in ("carried", "gathered") and len(access.places) == 1:
            yield past * program.sizes[domain(access.places[0])]


def traffic(program: Program, steps: int, width: Callable[[str], int | None]) -> float | None:
    """[bits] read and written per step. width: of a quantity's numbers, None if it is not known."""
    found = 0.0
    for block in program.blocks:
        for statement in block.statements:
            elements = _elements(program, statement) * _frequency(program, block, steps)
            for name, times in ((statement.target.name, 1), *_visits(statement.value, program.sizes)):
                if (wide := width(name)) is None:
                    return None
                found += elements * times * wide
    return found


def _visits(node: Expression, sizes: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The quantities that an expression reads, and how often."""
    match node:
        case Read(name):
            yield name, 1
        case Binary(_, left, right):
            yield from _visits(left, sizes)
            yield from _visits(right, sizes)
        case Root(body):
            yield from _visits(body, sizes)
        case Sum(letter, body):
            yield from ((name, sizes[LETTERS[letter]] * times) for name, times in _visits(body, sizes))
