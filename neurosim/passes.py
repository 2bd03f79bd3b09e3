"""Which statements of a block share a pass over neurons, or over the elements of a matrix along its rows.

Statements about the same elements, `[j]` or `[i, j]`, are one pass, wherever in the block they stand if those in
between do not mind; so is the product of each row that follows them, `sum(j, W[i, j] * sent[j])`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from neurosim import notation
from neurosim.fusion import Product, commute, product
from neurosim.notation import Block, Index, Read, Same, Statement, Sum
from neurosim.program import Program


@dataclass(frozen=True)
class Sweep:
    """Changes of elements, one after the other, and a product of a matrix, if it changes as it then is."""

    changes: tuple[Statement, ...]
    ahead: Statement | None = None

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All that it does, in order."""
        return (*self.changes, *([self.ahead] if self.ahead else []))

    @property
    def letters(self) -> tuple[str | None, str]:
        """Of the row, if it is about a matrix, and of the column."""
        if self.product and not self.changes:
            return _letters(self.product.matrix)
        return _letters(self.changes[0].target)

    @property
    def product(self) -> Product | None:
        """What is multiplied."""
        return product(self.ahead.value) if self.ahead else None


def parts(program: Program, block: Block) -> Iterator[Statement | Sweep]:
    """The statements, those that share a pass as one."""
    waiting = list(block.statements)
    while waiting:
        first, *waiting = waiting
        if not _is_change(first):
            yield Sweep((), first) if _is_product(program, first) else first
            continue
        changes, waiting = _gathered(first, waiting)
        ahead = waiting.pop(0) if waiting and _is_ahead(program, changes, waiting[0]) else None
        yield Sweep(tuple(changes), ahead)


def _gathered(first: Statement, others: Sequence[Statement]) -> tuple[list[Statement], list[Statement]]:
    """A statement with those of the others that can share its pass, and the others that cannot."""
    changes: list[Statement] = [first]
    passed: list[Statement] = []
    for other in others:
        same = _with_column(other, _letters(first.target)[1])
        if _goes_with(changes, same) and all(commute(other, each) for each in passed):
            changes.append(same)
        else:
            passed.append(other)
    return changes, passed


def _letters(elements: Read) -> tuple[str | None, str]:
    """Of the row, if there is one, and of the column of some elements."""
    *rows, column = (index.letter for index in elements.indices)
    assert column
    return next(filter(None, rows), None), column


def _with_column(statement: Statement, letter: str) -> Statement:
    """The same statement with another letter for its column, where that letter is free."""
    sums = [node for node in notation.walk(statement.value) if isinstance(node, Sum)]
    used = {index.letter for read in (statement.target, *reads([statement])) for index in read.indices}
    if not _is_change(statement) or letter in used | {each.letter for each in sums}:
        return statement
    column = statement.target.indices[-1]

    def change(read: Read) -> Read:
        return replace(read, indices=tuple(Index(letter) if index == column else index for index in read.indices))

    value = notation.transform(statement.value, lambda node: change(node) if isinstance(node, Read) else node)
    return Statement(change(statement.target), value)


def _is_change(statement: Statement) -> bool:
    """Whether a statement is about neurons along memory, and can be computed for neighbours at once."""
    match statement.target.indices:
        case (*rows, Index(str(column), 0)) if notation.LETTERS[column] == "neuron" and len(rows) < 2:
            nodes = list(notation.walk(statement.value))
            sums = [node for node in nodes if isinstance(node, Sum)]
            return (
                not any(isinstance(node, Same) or (isinstance(node, Read) and node.before) for node in nodes)
                and not any(isinstance(inner, Sum) for each in sums for inner in notation.walk(each.body))
                and all(Index(column) not in read.indices[:-1] for read in notation.reads(statement.value))
                and all(index.letter != "s" for index in rows)
                and not any(index.letter and index.offset for read in reads([statement]) for index in read.indices)
                and all(notation.LETTERS[each.letter] != "neuron" for each in sums)
            )
    return False


def _goes_with(changes: Sequence[Statement], other: Statement) -> bool:
    """Whether a statement can run in the same pass: of what the others write it reads only the same elements."""
    return (
        _is_change(other)
        and _letters(other.target) == _letters(changes[0].target)
        and all(_only_here(each, [other]) and _only_here(other, [each]) for each in changes)
    )


def _only_here(writer: Statement, readers: Sequence[Statement]) -> bool:
    """Whether others read of what a statement writes only the same element, and that outside of sums."""
    sums = [node for each in readers for node in notation.walk(each.value) if isinstance(node, Sum)]
    summed = {read.name for each in sums for read in notation.reads(each.body)}
    return writer.target.name not in summed and all(
        read.indices == writer.target.indices for read in reads(readers) if read.name == writer.target.name
    )


def _is_product(program: Program, statement: Statement) -> bool:
    """Whether a statement is a product of rows along neurons, whose terms may be added in any order."""
    found = product(statement.value)
    return (
        found is not None
        and statement.target.indices == (found.row,)
        and notation.LETTERS[str(found.vector.indices[0])] == "neuron"
        and all(quantity.format.exact for quantity in program.quantities.values())
    )


def _is_ahead(program: Program, changes: Sequence[Statement], other: Statement) -> bool:
    """Whether a statement is the product of the rows that a pass has just changed."""
    found = product(other.value)
    written = {statement.target.name: statement.target.indices for statement in changes}
    return (
        found is not None
        and found.matrix.indices == written.get(found.matrix.name)
        and other.target.indices == (found.row,)
        and other.target.name not in {read.name for read in reads(changes)}
        and program.quantities[other.target.name].format.exact
    )


def reads(statements: Iterable[Statement]) -> list[Read]:
    """What some statements read."""
    return [read for statement in statements for read in notation.reads(statement.value)]
