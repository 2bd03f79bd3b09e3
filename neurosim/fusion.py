"""Which statements share a pass over a matrix: a program rearranged so that they stand side by side.

A step multiplies `W_rec` by what is sent and, at its end, changes it: two passes over memory, which is what large
networks wait for. But the product of step t + 1 needs no more than the weights and the rates of step t. So

    drive[i] = sum(j, W_rec[i, j] * sent[j]) + ...          drive[i]       = ahead_W_rec[i] + ...
    ...                                              =>     ...
    W_rec[i, j] = W_rec[i, j] + ...                         sent[i]        = r[i]
    sent[i] = r[i]                                          W_rec[i, j]    = W_rec[i, j] + ...
                                                            ahead_W_rec[i] = sum(j, W_rec[i, j] * sent[j])

does the same operations, in another order between statements and in none within a sum. A trial begins with `sent`
and `ahead_W_rec` at zero, and zero is what the product would be. Engines are free to run either program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from neurosim import notation
from neurosim.network import INPUTS
from neurosim.notation import Binary, Block, Expression, Index, Read, Statement, Sum
from neurosim.program import Program, Quantity

AHEAD = "ahead_"
"""Begins the name of a product that is computed a step ahead."""


@dataclass(frozen=True)
class Product:
    """A matrix times a vector, as a statement reads it: `sum(j, matrix[i, j] * vector[j])`."""

    matrix: Read
    vector: Read
    row: Index

    @property
    def text(self) -> Sum:
        (column,) = self.vector.indices
        assert column.letter
        return Sum(column.letter, Binary("*", self.matrix, self.vector))


def product(expression: Expression) -> Product | None:
    """What an expression multiplies, if it is a sum along the rows of a matrix times a vector."""
    match expression:
        case Sum(letter, Binary("*", Read(_, (row, column), False) as matrix, Read(_, (at,), False) as vector)):
            if column == at == Index(letter) and row.letter not in (None, letter):
                return Product(matrix, vector, row)
    return None


def fused(program: Program) -> Program:
    """The same program, with products computed in the pass that changes their matrix wherever that is possible."""
    for name in program.weights:
        program = _ahead(program, name)
    return program


def _ahead(program: Program, matrix: str) -> Program:
    """With the first product of a matrix computed after the last statement that changes it, if that may be."""
    step = [statement for block in program.step for statement in block.statements]
    changes = [place for place, statement in enumerate(step) if statement.target.name == matrix]
    reader = next((place for place, statement in enumerate(step) if _product_of(matrix, statement)), None)
    if not changes or reader is None or any(block.period for block in program.step):
        return program
    found = _product_of(matrix, step[reader])
    assert found
    ordered = _earlier(step, found.vector.name, changes[-1])
    if ordered is None or not _lasts(program, found, step[:reader]):
        return program
    ahead = Read(AHEAD + matrix, (found.row,))
    ordered[reader] = _instead(step[reader], found.text, ahead)
    last = max(place for place, statement in enumerate(ordered) if statement.target.name == matrix)
    ordered.insert(last + 1, Statement(ahead, found.text))
    quantity = Quantity(ahead.name, program.quantities[matrix].domains[:1], "accumulator", program.arithmetic.floating)
    quantities = {**program.quantities, ahead.name: quantity}
    return replace(program, step=(Block("each step", tuple(ordered)),), quantities=quantities)


def _product_of(matrix: str, statement: Statement) -> Product | None:
    """The first product of a matrix that a statement about its rows reads."""
    found = filter(None, map(product, notation.walk(statement.value)))
    return next((each for each in found if each.matrix.name == matrix and each.row in statement.target.indices), None)


def _lasts(program: Program, found: Product, early: Sequence[Statement]) -> bool:
    """Whether a product at the beginning of a step is what it was when the last one ended, or zero in the first."""
    between = [statement for block in program.backward + program.end for statement in block.statements]
    written = {statement.target.name for statement in (*early, *between)}
    kept = (*INPUTS, *program.weights)
    return found.vector.name not in kept and not written & {found.matrix.name, found.vector.name}


def _earlier(step: Sequence[Statement], vector: str, change: int) -> list[Statement] | None:
    """The statements, those that write a vector moved before a change; none if one in between minds."""
    ordered = list(step)
    while (
        change
        and len(step[change].target.indices) == 2
        and step[change - 1].target.indices == step[change].target.indices
    ):
        change -= 1  # what is done to the same elements stays side by side
    for place in range(change + 1, len(step)):
        if step[place].target.name == vector:
            if not all(commute(step[place], other) for other in ordered[change:place]):
                return None
            ordered.insert(change, ordered.pop(place))
            change += 1
    return ordered


def commute(a: Statement, b: Statement) -> bool:
    """Whether two statements may change places."""
    return a.target.name not in _names(b) and b.target.name not in _names(a)


def _names(statement: Statement) -> set[str]:
    return {statement.target.name, *(read.name for read in notation.reads(statement.value))}


def _instead(statement: Statement, part: Expression, other: Expression) -> Statement:
    return replace(statement, value=notation.transform(statement.value, lambda node: other if node == part else node))
