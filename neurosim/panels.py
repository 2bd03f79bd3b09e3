"""Statements about the elements of a matrix as passes over panels of it: a few rows at once, in lanes along them.

Neighbouring statements about the same elements `[i, j]`, and the product of each row that follows them, are one pass.
Rows of a panel share what is read along `j`; what is read along `i` is read once a row. What is left at the edges, of
rows and of columns, is done one element after the other, by the same text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from neurosim import codes, notation
from neurosim.fusion import Product, product
from neurosim.lanes import LANES
from neurosim.loops import Loops, Text, due, indented
from neurosim.notation import Block, Index, Read, Same, Statement, Sum

LINE = 8
"""Numbers in a cache line, which a pass goes through as a whole."""


@dataclass(frozen=True)
class Sweep:
    """Changes of the elements of matrices, one after the other, and the product of one of them as it then is."""

    changes: tuple[Statement, ...]
    ahead: Statement | None = None

    @property
    def letters(self) -> tuple[str, str]:
        """Of the row and of the column."""
        row, column = (index.letter for index in self.changes[0].target.indices)
        assert row and column
        return row, column

    @property
    def product(self) -> Product | None:
        return product(self.ahead.value) if self.ahead else None


def lines_of(writer: Loops, block: Block) -> list[str]:
    """The lines of a block, in panels where its statements allow it."""
    lines: list[str] = []
    for part in _parts(writer, block):
        if isinstance(part, Sweep) and (held := writer.held.get(part.changes[0].target.name)):
            lines += codes.lines_of(writer, held)
            continue
        lines += (
            Pass(writer, part, block.when).lines() if isinstance(part, Sweep) else writer.statement(part, block.when)
        )
    return due(block, lines)


def _parts(writer: Loops, block: Block) -> Iterator[Statement | Sweep]:
    """The statements in their order, those that share a pass as one."""
    waiting = list(block.statements)
    while waiting:
        changes = [waiting.pop(0)]
        if not _is_change(changes[0]):
            yield changes[0]
            continue
        while waiting and _goes_with(changes, waiting[0]):
            changes.append(waiting.pop(0))
        ahead = waiting.pop(0) if waiting and _is_ahead(writer, changes, waiting[0]) else None
        yield Sweep(tuple(changes), ahead)


def _is_change(statement: Statement) -> bool:
    """Whether a statement is about the elements of a matrix, and can be computed for neighbours in a row at once."""
    match statement.target.indices:
        case (Index(str(row), 0), Index(str(column), 0)) if notation.LETTERS[column] == "neuron" and row != "s":
            nodes = list(notation.walk(statement.value))
            sums = [node for node in nodes if isinstance(node, Sum)]
            return (
                not any(isinstance(node, Same) or (isinstance(node, Read) and node.before) for node in nodes)
                and not any(isinstance(inner, Sum) for each in sums for inner in notation.walk(each.body))
                and all(Index(column) not in read.indices[:-1] for read in notation.reads(statement.value))
                and all(
                    index.letter != "s" or not index.offset for read in _reads([statement]) for index in read.indices
                )
                and all(each.letter == "s" for each in sums)
            )
    return False


def _goes_with(changes: Sequence[Statement], other: Statement) -> bool:
    """Whether a statement can run in the same pass: of what the others write it reads only the same elements."""
    here = changes[0].target.indices
    return (
        _is_change(other)
        and other.target.indices == here
        and all(read.indices == here for read in _reads([other]) if read.name in {s.target.name for s in changes})
        and all(read.indices == here for read in _reads(changes) if read.name == other.target.name)
    )


def _is_ahead(writer: Loops, changes: Sequence[Statement], other: Statement) -> bool:
    """Whether a statement is the product of the rows that a pass has just changed."""
    found = product(other.value)
    written = {statement.target.name: statement.target.indices for statement in changes}
    return (
        found is not None
        and found.matrix.indices == written.get(found.matrix.name)
        and other.target.indices == (found.row,)
        and other.target.name not in {read.name for read in _reads(changes)}
        and writer.program.quantities[other.target.name].format.exact
    )


def _reads(statements: Sequence[Statement]) -> list[Read]:
    return [read for statement in statements for read in notation.reads(statement.value)]


@dataclass
class InLanes(Text):
    """Text of elements at a row and at a column of a panel, and of their neighbours along the row.

    at: places by letter. along: the letter of the column, or none for one element. had: what was read before.
    """

    at: dict[str, str] = field(default_factory=dict)
    along: str | None = None
    had: dict[str, str] = field(default_factory=dict)

    def read(self, read: Read) -> str:
        text = super().read(read)
        if self.along and Index(self.along) in read.indices:
            text = f"load({self.array(read)}, {', '.join(map(self.place, read.indices))})"
        return self.had.get(text, text)

    def assign(self, target: Read, value: str) -> str:
        if not self.along:
            return super().assign(target, value)
        return f"store({value}, {self.array(target)}, {', '.join(map(self.place, target.indices))})"

    def place(self, index: Index) -> str:
        return self.at.get(str(index)) or super().place(index)

    def neighbours(self, element: str, indices: list[Index]) -> str:
        return f"spread({element})" if self.along and Index(self.along) in indices else element


@dataclass(frozen=True)
class Tile:
    """What one turn of the inner loop goes through: rows, and times as many columns as there are lanes; 0 for one."""

    rows: int = 1
    times: int = 0


@dataclass
class Pass:
    """Writes a sweep."""

    writer: Loops
    sweep: Sweep
    when: str

    def lines(self) -> list[str]:
        """The panels, then the edges."""
        changes, (row, column), tile = self.sweep.changes, self.sweep.letters, self._tile()
        n_row, n_column = (f"n_{notation.LETTERS[letter]}" for letter in (row, column))
        width = tile.times * LANES
        return [
            *(f"# {statement}" for statement in (*changes, self.sweep.ahead) if statement),
            f"rows, columns = {n_row} // {tile.rows} * {tile.rows}, {n_column} // {width} * {width}",
            *(line for each in changes for line in self.writer.counters(each, "spread(0.0)")),
            f"for {row} in range(0, rows, {tile.rows}):",
            *indented(self._rows(tile, f"for {column} in range(0, columns, {width}):")),
            *(line for each in changes for line in self.writer.counts(each, "total")),
            *(line for each in changes for line in self.writer.counters(each)),
            f"for {row} in range(rows if columns == {n_column} else 0, {n_row}):",
            f"    first = columns if {row} < rows else 0",
            *indented(self._rows(Tile(), f"for {column} in range(first, {n_column}):")),
            *(line for each in changes for line in self.writer.counts(each)),
        ]

    def _tile(self) -> Tile:
        """A cache line of each of as many rows as there are registers for; where rounding needs those, less."""
        if not all(self.writer.program.quantities[each.target.name].format.exact for each in self.sweep.changes):
            return Tile(1, 1)
        return Tile(LANES if notation.LETTERS[self.sweep.letters[0]] == "neuron" else 1, max(LINE // LANES, 1))

    def _rows(self, tile: Tile, loop: str) -> list[str]:
        """What is done for the rows of a tile: `loop` goes along them."""
        had: dict[str, str] = {}
        texts = [[self._text(row, time, tile, had) for time in range(max(tile.times, 1))] for row in range(tile.rows)]
        first = [each[0] for each in texts]
        _, column = self.sweep.letters
        lines = [line for text in first for line in self._had(text, lambda letters: column not in letters)]
        start = "spread(0.0)" if tile.times else "{} if first else 0.0"
        lines += [f"sum_{at} = {start.format(text.read(self._ahead))}" for at, text in enumerate(first) if self._ahead]
        lines += [loop, *indented(self._elements(texts))]
        done = "total(sum_{})" if tile.times else "sum_{}"
        lines += [f"{text.read(self._ahead)} = {done.format(at)}" for at, text in enumerate(first) if self._ahead]
        return lines

    @property
    def _ahead(self) -> Read | None:
        return self.sweep.ahead.target if self.sweep.ahead else None

    def _text(self, row: int, time: int, tile: Tile, had: dict[str, str]) -> InLanes:
        places = zip(self.sweep.letters, (row, time * LANES), strict=True)
        at = {letter: f"{letter} + {offset}" for letter, offset in places if offset}
        return InLanes(
            self.writer.remembered(self.when), at=at, along=self.sweep.letters[1] if tile.times else None, had=had
        )

    def _had(self, text: InLanes, which: Callable[[set[str | None]], bool]) -> list[str]:
        """Lines that read, once and for all, what is read of some letters outside of sums."""
        vector = self.sweep.product and [self.sweep.product.vector]
        lines = []
        for read in [*_reads(self.sweep.changes), *(vector or [])]:
            letters, source = {index.letter for index in read.indices}, text.read(read)
            if "s" not in letters and source not in text.had.values() and which(letters):
                name = f"had_{len(text.had)}"
                lines.append(f"{name} = {source}")
                text.had[source] = name
        return lines

    def _elements(self, texts: list[list[InLanes]]) -> list[str]:
        """What is done for each element of a tile."""
        row, column = self.sweep.letters
        had = texts[0][0].had
        outside = dict(had)
        lines = [
            line for text in texts[0] for line in self._had(text, lambda letters: {row, column} & letters == {column})
        ]
        flat = [text for each in texts for text in each]
        lines += [line for each in self._sums() for line in self._summed(each, flat)]
        for at, each in enumerate(texts):
            for text in each:
                for change in self.sweep.changes:
                    lines += self.writer.kept(change, text, text.of(change.value))
                if self.sweep.product:
                    product = self.sweep.product
                    lines.append(f"sum_{at} = sum_{at} + {text.read(product.matrix)} * {text.read(product.vector)}")
        had.clear()
        had.update(outside)
        return lines

    def _sums(self) -> list[Sum]:
        nodes = (node for each in self.sweep.changes for node in notation.walk(each.value))
        return list(dict.fromkeys(node for node in nodes if isinstance(node, Sum)))

    def _summed(self, sum: Sum, texts: list[InLanes]) -> list[str]:
        """Lines that compute a sum for each element of a tile."""
        for text in texts:
            text.sums[sum] = f"part_{len(text.sums)}_{texts.index(text)}"
        zero = "spread(0.0)" if texts[0].along else "0.0"
        return [
            *(f"{text.sums[sum]} = {zero}" for text in texts),
            f"for {sum.letter} in range(n_{notation.LETTERS[sum.letter]}):",
            *(f"    {text.sums[sum]} = {text.sums[sum]} + {text.of(sum.body)}" for text in texts),
        ]
