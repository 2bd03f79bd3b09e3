"""Sums of outer products that nothing reads before a trial is over, computed when it is.

Going back through a trial, BPTT adds to a matrix at each step what two vectors of that step make together. Nothing
reads the sum until the end of the trial, so it is enough to keep the vectors:

      backward:                                                      backward:
        slope[i, j]  = slope[i, j] + alpha * delta[i] * pre[j]         left[i]      = delta[i]
      end of trial:                                            =>      right[j]     = pre[j]
        weight[i, j] = weight[i, j] + lr * slope[i, j]               end of trial:
                                                                       slope[i, j]  = slope[i, j] + alpha * met[i, j]
                                                                       weight[i, j] = weight[i, j] + lr * slope[i, j]

where `met[i, j]` is the sum over all steps of `left[i] * right[j]`: one product of two matrices, of neurons by steps,
in place of a pass over N^2 numbers at every step. It sums in another order, so only what is kept in float64 is put off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

from neurosim import notation
from neurosim.network import INPUTS
from neurosim.notation import Binary, Block, Expression, Index, Number, Read, Scalar, Statement
from neurosim.program import Program, Quantity

Factors = tuple[Expression, ...]


@dataclass(frozen=True)
class Outer:
    """A statement that adds an outer product to a matrix: `target = target + constant * left[i] * right[j]`."""

    statement: Statement
    sign: str
    constant: Factors
    left: Expression
    right: Expression

    @property
    def name(self) -> str:
        """Of the matrix."""
        return self.statement.target.name


@dataclass(frozen=True)
class Meeting:
    """A sum that is put off: `met[i, j]` is the sum over all steps of `left[i] * right[j]`.

    left, right: kept for it at each step, or kept anyway: as an input, or for the sweep back.
    added: the statement that adds the sum to its matrix, at the end of the trial. online: whether steps forwards make
    the sum, so that it has begun if the trial is cut short.
    """

    met: str
    left: Read
    right: Read
    added: Statement
    online: bool


@dataclass(frozen=True)
class Deferred:
    """A program without the sums that are put off, and those. history: what is kept of every step, also for them."""

    program: Program
    history: tuple[str, ...]
    meetings: tuple[Meeting, ...] = ()

    @property
    def kept(self) -> list[str]:
        """The vectors that are kept of every step for the sums alone."""
        names = [read.name for each in self.meetings for read in (each.left, each.right)]
        return [name for name in dict.fromkeys(names) if name not in (*self.history, *INPUTS)]


def deferred(program: Program, record: Iterable[str] = ()) -> Deferred:
    """The same program with every sum put off for which that is possible. record: what is read after every step."""
    outers = {outer.name: outer for outer in _possible(program, set(record))}
    if not outers:
        return Deferred(program, program.history)
    step, met = _rewritten(program.step, outers, set(INPUTS))
    backward, met_back = _rewritten(program.backward, outers, {*INPUTS, *program.history} - _written(program.backward))
    meetings = (*met, *met_back)
    changed = replace(
        program,
        quantities={**program.quantities, **_declared(program, meetings)},
        step=step,
        backward=backward,
        end=_ended(program.end, {meeting.added.target.name: meeting.added for meeting in meetings}),
    )
    return Deferred(changed, program.history, meetings)


def _possible(program: Program, record: set[str]) -> list[Outer]:
    """The sums that nothing reads in a trial, neither a statement nor a record, if all that is kept is in float64."""
    if any(not quantity.format.exact for quantity in program.quantities.values()):
        return []
    blocks = program.step + program.backward
    everywhere = [statement for block in blocks for statement in block.statements]
    at_each = [statement for block in blocks if block.period is None for statement in block.statements]
    found = filter(None, map(outer, at_each))
    return [each for each in found if each.name not in record and sum(each.name in _names(s) for s in everywhere) == 1]


def outer(statement: Statement) -> Outer | None:
    """What a statement adds to a matrix, if that is a product of what is of its row and what is of its column."""
    match statement:
        case Statement(
            Read(name, (Index(str(row)), Index(str(column)))) as target, Binary("+" | "-" as sign, kept, change)
        ) if kept == target and row != "s" and name not in {read.name for read in notation.reads(change)}:
            constant, rest = _split(notation.factors(change), _is_constant)
            right, left = _split(rest, lambda factor: notation.free(factor) == {column})
            if left and right and all(notation.free(factor) <= {row} for factor in left):
                return Outer(statement, sign, constant, _product(left), _product(right))
    return None


def _split(factors: Factors, holds: Callable[[Expression], bool]) -> tuple[Factors, Factors]:
    """The factors for which something holds, and the others."""
    return tuple(filter(holds, factors)), tuple(factor for factor in factors if not holds(factor))


def _is_constant(factor: Expression) -> bool:
    """Whether a factor is the same at all steps."""
    return all(
        isinstance(node, Number | Binary) or (isinstance(node, Scalar) and node.name != "mask")
        for node in notation.walk(factor)
    )


def _product(factors: Iterable[Expression]) -> Expression:
    return reduce(lambda left, right: Binary("*", left, right), factors)


def _rewritten(
    blocks: Iterable[Block], outers: Mapping[str, Outer], lasting: set[str]
) -> tuple[tuple[Block, ...], tuple[Meeting, ...]]:
    """The blocks with two vectors in place of each outer product; one that is kept already is not kept twice.

    lasting: what is at hand of every step when the trial is over.
    """
    rewritten: list[Block] = []
    meetings: list[Meeting] = []
    for block in blocks:
        statements: list[Statement] = []
        kept: dict[Expression, Read] = {}
        for statement in block.statements:
            found = outers.get(statement.target.name)
            if found:
                statements += _vectors(found, kept, lasting)
                meetings.append(_meeting(found, kept[found.left], kept[found.right], block.when != "backward"))
            else:
                statements.append(statement)
                kept = {value: read for value, read in kept.items() if statement.target.name not in _read(value)}
        rewritten.append(replace(block, statements=tuple(statements)))
    return tuple(rewritten), tuple(meetings)


def _vectors(outer: Outer, kept: dict[Expression, Read], lasting: set[str]) -> list[Statement]:
    """The statements that keep the vectors of an outer product, which are kept from then on."""
    statements = []
    sides = zip(("left", "right"), (outer.left, outer.right), outer.statement.target.indices, strict=True)
    for side, value, index in sides:
        if isinstance(value, Read) and value.name in lasting:
            kept[value] = value
        elif value not in kept:
            kept[value] = Read(f"{side}_{outer.name}", (index,))
            statements.append(Statement(kept[value], value))
    return statements


def _meeting(outer: Outer, left: Read, right: Read, online: bool) -> Meeting:
    target = outer.statement.target
    met = Read(f"met_{outer.name}", target.indices)
    added = Statement(target, Binary(outer.sign, target, _product((*outer.constant, met))))
    return Meeting(met.name, left, right, added, online)


def _declared(program: Program, meetings: Iterable[Meeting]) -> dict[str, Quantity]:
    """What sums that are put off are made of, where that is new."""
    found: dict[str, Quantity] = {}
    for meeting in meetings:
        row, column = program.quantities[meeting.added.target.name].domains
        new = {meeting.left.name: (row,), meeting.right.name: (column,), meeting.met: (row, column)}
        found |= {name: Quantity(name, places, "accumulator") for name, places in new.items()}
    return {name: quantity for name, quantity in found.items() if name not in program.quantities}


def _ended(blocks: tuple[Block, ...], added: Mapping[str, Statement]) -> tuple[Block, ...]:
    """The end of a trial, where each sum is added just before it is read, so that both may share a pass."""
    statements: list[Statement] = []
    waiting = dict(added)
    for statement in (statement for block in blocks for statement in block.statements):
        statements += [waiting.pop(name) for name in added if name in _names(statement) and name in waiting]
        statements.append(statement)
    return (Block("end", (*waiting.values(), *statements)),)


def _written(blocks: Iterable[Block]) -> set[str]:
    return {statement.target.name for block in blocks for statement in block.statements}


def _names(statement: Statement) -> set[str]:
    return {statement.target.name} | _read(statement.value)


def _read(expression: Expression) -> set[str]:
    return {read.name for read in notation.reads(expression)}
