"""Passes over neurons, and over panels of a matrix: a few rows at once, in lanes along them.

Rows of a panel share what is read along `j`; what is read along `i` is read once a row. Every other step goes through
the panels backwards: what was used last is still near. What is left at the edges, of rows and of columns, is done one
element after the other, by the same text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from neurosim import codes, notation
from neurosim.lanes import LANES, REGISTERS
from neurosim.loops import Loops, Text, due, indented
from neurosim.notation import Block, Index, Read, Sum
from neurosim.passes import Sweep, parts, reads
from neurosim.placing import LINE
from neurosim.program import Program


def lines_of(writer: Loops, block: Block) -> list[str]:
    """The lines of a block, in panels where its statements allow it."""
    lines: list[str] = []
    for part in parts(writer.program, block):
        if isinstance(part, Sweep) and part.changes and (held := writer.held.get(part.changes[0].target.name)):
            lines += codes.lines_of(writer, held)
        elif isinstance(part, Sweep) and _fills_registers(writer.program, part):
            lines += Pass(writer, part, block.when).lines()
        else:
            statements = part.statements if isinstance(part, Sweep) else (part,)
            lines += [line for statement in statements for line in writer.statement(statement, block.when)]
    return due(block, lines)


def _fills_registers(program: Program, sweep: Sweep) -> bool:
    """Whether lanes are of one width: what rounds or draws is of 64 bits."""
    exact = all(program.quantities[each.target.name].format.exact for each in sweep.statements)
    return exact or program.dtype.itemsize == 8


@dataclass
class InLanes(Text):
    """Text of elements at a row and at a column of a panel, and of their neighbours along the row.

    at: places by letter. along: the letter of the column, or none for one element, and load: what reads neighbours
    along it. had: what was read before.
    """

    at: dict[str, str] = field(default_factory=dict)
    along: str | None = None
    load: str = "load"
    had: dict[str, str] = field(default_factory=dict)

    def read(self, read: Read) -> str:
        text = self.place_of(read)
        return self.had.get(text, text)

    def place_of(self, read: Read) -> str:
        """The text that reads from memory."""
        if self.along and Index(self.along) in read.indices:
            return f"{self.load}({self.array(read)}, {', '.join(map(self.place, read.indices))})"
        return super().read(read)

    def assign(self, target: Read, value: str) -> str:
        if not self.along:
            return f"{self.place_of(target)} = {value}"
        return f"store({value}, {self.array(target)}, {', '.join(map(self.place, target.indices))})"

    def copies(self, number: str) -> str:
        """A number as it stands beside those that are read."""
        return f"{'wide' if self.load == 'wide' else 'spread'}({number})" if self.along else number

    def place(self, index: Index) -> str:
        return self.at.get(str(index)) or super().place(index)

    def numbered(self, index: Index) -> str:
        first = super().numbered(index)
        return f"spread({first})" if self.along and index.letter == self.along else first


@dataclass(frozen=True)
class Turn:
    """How many columns one turn of a loop along rows takes: so many times the `step` that one `load` reads."""

    load: str
    step: int
    times: int = 1

    @property
    def width(self) -> int:
        return self.times * self.step


@dataclass(frozen=True)
class Tile:
    """Rows that are gone through at once, and the turns along them, widest first.

    Each kind of turn takes what the one before leaves; without any, it is one column after the other.
    """

    rows: int = 1
    turns: tuple[Turn, ...] = ()


@dataclass
class Pass:
    """Writes a sweep."""

    writer: Loops
    sweep: Sweep
    when: str

    def lines(self) -> list[str]:
        """The panels, then the edges."""
        changes, (row, column), tile = self.sweep.changes, self.sweep.letters, self._tile()
        width = tile.turns[-1].width
        panels, edges = self._rows(tile), self._rows(Tile())
        if row:
            panels, edges = self._over_rows(row, tile, panels, edges)
        else:
            edges = ["first = columns", *edges]
        return [
            *(f"# {statement}" for statement in self.sweep.statements),
            f"columns = n_{notation.LETTERS[column]} // {width} * {width}",
            *(line for each in changes for line in self.writer.counters(each, "spread(0.0)")),
            *panels,
            *(line for each in changes for line in self.writer.counts(each, "total")),
            *(line for each in changes for line in self.writer.counters(each)),
            *edges,
            *(line for each in changes for line in self.writer.counts(each)),
        ]

    def _over_rows(self, row: str, tile: Tile, panels: list[str], edges: list[str]) -> tuple[list[str], list[str]]:
        """The same for all panels, to and fro, and for the rows that are in none or have an edge."""
        n_row, n_column = (f"n_{notation.LETTERS[letter]}" for letter in (row, self.sweep.letters[1]))
        loop = [f"for {row} in range(rows):"]
        if tile.rows > 1:
            loop = [f"for turn in range(0, rows, {tile.rows}):"]
            loop += [f"    {row} = turn if t % 2 == 0 else rows - {tile.rows} - turn"]
        return [
            f"rows = {n_row} // {tile.rows} * {tile.rows}",
            *loop,
            *indented(panels),
        ], [
            f"for {row} in range(rows if columns == {n_column} else 0, {n_row}):",
            f"    first = columns if {row} < rows else 0",
            *indented(edges),
        ]

    def _tile(self) -> Tile:
        """A cache line of each of as many rows as there are registers for; where rounding needs those, less."""
        program, one = self.writer.program, Turn("load", self.writer.register)
        if not all(program.quantities[each.target.name].format.exact for each in self.sweep.changes):
            return Tile(1, (one,))
        row, _ = self.sweep.letters
        if row and notation.LETTERS[row] == "neuron":
            return Tile(LANES, (replace(one, times=max(LINE // program.dtype.itemsize // one.step, 1)),))
        return Tile(1, (Turn("wide", REGISTERS * one.step), one))

    def _rows(self, tile: Tile) -> list[str]:
        """What is done for the rows of a tile."""
        had: dict[str, str] = {}
        turns = tile.turns or (None,)
        first = [self._text(row, 0, turns[-1], had) for row in range(tile.rows)]
        _, column = self.sweep.letters
        lines = [line for text in first for line in self._had(text, lambda letters: column not in letters)]
        if self._ahead and not tile.turns:
            lines.append(f"sum_0 = {first[0].read(self._ahead)} if first else {first[0].number(0.0)}")
        elif self._ahead:
            rows = [self._text(0, 0, turn, had) for turn in turns for _ in range(tile.rows)]
            lines += [f"sum_{at} = {row.copies(row.number(0.0))}" for at, row in enumerate(rows)]
        return [*lines, *self._along(tile, had), *self._done(tile, first)]

    def _along(self, tile: Tile, had: dict[str, str]) -> list[str]:
        """The loops along the rows."""
        column, lines, begin = self.sweep.letters[1], [], "0" if tile.turns else "first"
        for kind, turn in enumerate(tile.turns or (None,)):
            times = range(turn.times if turn else 1)
            texts = [[self._text(row, time, turn, had) for time in times] for row in range(tile.rows)]
            n_column, width = f"n_{notation.LETTERS[column]}", turn.width if turn else 1
            end = f"{n_column} // {width} * {width}" if turn else n_column
            elements = self._elements(texts, kind * tile.rows)
            lines += [f"for {column} in range({begin}, {end}, {width}):", *indented(elements)]
            begin = end
        return lines

    def _done(self, tile: Tile, texts: list[InLanes]) -> list[str]:
        """The products of the rows of a tile, which are over; kept at once where they are a register full."""
        if self._ahead is None:
            return []
        sums = [f"sum_{at}" for at in range(max(len(tile.turns), 1) * tile.rows)]
        if tile.rows > 1:
            text = replace(texts[0], along=self.sweep.letters[0])
            return [text.assign(self._ahead, f"totals({', '.join(sums)})")]
        sums = [f"total({sum})" for sum in sums] if tile.turns else sums
        return [f"{texts[0].read(self._ahead)} = {' + '.join(sums)}"]

    @property
    def _ahead(self) -> Read | None:
        return self.sweep.ahead.target if self.sweep.ahead else None

    def _text(self, row: int, time: int, turn: Turn | None, had: dict[str, str]) -> InLanes:
        """The text of a row's elements in a turn; without one, of a single element."""
        places = zip(self.sweep.letters, (row, time * turn.step if turn else 0), strict=True)
        at = {letter: f"{letter} + {offset}" for letter, offset in places if letter and offset}
        program, remembered = self.writer.program, self.writer.remembered(self.when)
        if turn is None:
            return InLanes(program.dtype, remembered, at=at, had=had)
        return InLanes(program.dtype, remembered, at=at, along=self.sweep.letters[1], load=turn.load, had=had)

    def _had(self, text: InLanes, which: Callable[[set[str | None]], bool]) -> list[str]:
        """Lines that read, once and for all, what is read of some letters outside of sums."""
        vector = self.sweep.product and [self.sweep.product.vector]
        written = {each.target.name for each in self.sweep.changes}
        lines = []
        for read in [*reads(self.sweep.changes), *(vector or [])]:
            letters, source = {index.letter for index in read.indices}, text.read(read)
            if read.name in written or letters & self._summed_over:
                continue
            if source not in text.had.values() and which(letters):
                name = f"had_{len(text.had)}"
                lines.append(f"{name} = {source}")
                text.had[source] = name
        return lines

    def _elements(self, texts: list[list[InLanes]], first_sum: int) -> list[str]:
        """What is done for each element of a tile."""
        row, column = self.sweep.letters
        had = texts[0][0].had
        outside = dict(had)
        lines = [
            line for text in texts[0] for line in self._had(text, lambda letters: {row, column} & letters == {column})
        ]
        flat = [text for each in texts for text in each]
        lines += [line for each in self._sums() for line in self._summed(each, flat)]
        for time, each in enumerate(zip(*texts, strict=True)):
            stores: list[str] = []
            for at, text in enumerate(each):
                lines += self._changed(text, f"{at}_{time}", stores)
                if product := self.sweep.product:
                    sum = f"sum_{first_sum + at}"
                    lines.append(f"{sum} = {sum} + {text.read(product.matrix)} * {text.read(product.vector)}")
            lines += stores
        had.clear()
        had.update(outside)
        return lines

    def _changed(self, text: InLanes, place: str, stores: list[str]) -> list[str]:
        """What an element becomes; where nothing rounds, `stores` are for later, so that no read waits for a store."""
        lines: list[str] = []
        for number, change in enumerate(self.sweep.changes):
            value, column = text.of(change.value), self.sweep.letters[1]
            if text.along and not any(Index(column) in read.indices for read in notation.reads(change.value)):
                value = text.copies(value)
            if not self.writer.program.quantities[change.target.name].format.exact:
                lines += self.writer.kept(change, text, value)
                continue
            name = f"new_{number}_{place}"
            lines.append(f"{name} = {value}")
            stores.append(text.assign(change.target, name))
            text.had[text.place_of(change.target)] = name
        return lines

    @property
    def _summed_over(self) -> set[str | None]:
        return {each.letter for each in self._sums()}

    def _sums(self) -> list[Sum]:
        nodes = (node for each in self.sweep.changes for node in notation.walk(each.value))
        return list(dict.fromkeys(node for node in nodes if isinstance(node, Sum)))

    def _summed(self, sum: Sum, texts: list[InLanes]) -> list[str]:
        """Lines that compute a sum for each element of a tile."""
        for text in texts:
            text.sums[sum] = f"part_{len(text.sums)}_{texts.index(text)}"
        return [
            *(f"{text.sums[sum]} = {text.copies(text.number(0.0))}" for text in texts),
            f"for {sum.letter} in range(n_{notation.LETTERS[sum.letter]}):",
            *(f"    {text.sums[sum]} = {text.sums[sum]} + {text.of(sum.body)}" for text in texts),
        ]
