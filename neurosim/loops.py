"""Statements as the source text of loops over places, for a compiler of Python.

Arrays are stored as they are indexed, `[to, from]`, last index contiguous, and every loop runs along memory: a sum
over the last index of a matrix is a dot product (`W[i, j] * sent[j]`), one over another index accumulates whole rows
(`W[i, j] * delta[i]`, `delta[s, i] * past[s, j]`), and one that is a product of a matrix and a block of more than one
further index goes to BLAS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from neurosim import notation
from neurosim.counting import counted
from neurosim.draws import LASTING
from neurosim.lanes import in_register
from neurosim.narrow import Held
from neurosim.notation import Binary, Block, Expression, Index, Number, Read, Root, Same, Scalar, Statement, Sum
from neurosim.products import MatrixProduct, matrix_product, product_lines
from neurosim.program import Program
from neurosim.storing import SHARED, needs, store_name

COUNTERS = ("changed", "lost", "beyond")
"""Names of what is counted as numbers are stored: see `counting.COUNTED`, whose first count needs no counting."""


def literal(number: float, dtype: np.dtype) -> str:
    """A number as text, of a type beside which others stay what they are."""
    return repr(number) if dtype == np.float64 else f"np.{dtype}({number!r})"


def copy(program: Program, name: str, target: str) -> list[str]:
    """Loops that copy a quantity to `target...]`; assigning whole arrays would take longer to compile."""
    axes = [f"d{axis}" for axis in range(len(program.quantities[name].domains))]
    lines = [f"{target}{', '.join(axes)}] = q_{name}[{', '.join(axes)}]"]
    for axis, domain in zip(reversed(axes), reversed(program.quantities[name].domains), strict=True):
        lines = [f"for {axis} in range(n_{domain}):", *indented(lines)]
    return lines


def shape(program: Program, name: str) -> str:
    """The shape of a quantity as a tuple of its sizes' names."""
    return "(" + "".join(f"n_{domain}, " for domain in program.quantities[name].domains) + ")"


def array(program: Program, shape: str, filled: str = "empty") -> str:
    """An array of the program's numbers."""
    return f"np.{filled}({shape}, np.{program.dtype})"


def due(block: Block, lines: list[str]) -> list[str]:
    """The lines of a block's statements, at the steps at which it runs."""
    if block.period is None:
        return lines
    return [f"if (t + 1) % int(c_{block.period}) == 0 or t == steps - 1:", *indented(lines)]


def indented(lines: Iterable[str]) -> list[str]:
    """The lines one level further in."""
    return ["    " + line for line in lines]


@dataclass
class Loops:
    """Writes statements as loops; `scratch` collects the work arrays that they need.

    counting: whether they count in `counts` what storing does: see `counting.COUNTED`. lanes: whether products of
    matrices of neurons are in lanes, which sums in another order (`neurosim.products`). held: the matrices that are
    held as codes, by name. turned: those kept with their neurons last, whose elements draw as if they were not.
    """

    program: Program
    counting: bool = False
    lanes: bool = False
    held: Mapping[str, Held] = field(default_factory=dict)
    turned: frozenset[str] = frozenset()
    scratch: list[str] = field(default_factory=list)

    @property
    def register(self) -> int:
        """How many of the program's numbers a register holds."""
        return in_register(self.program.dtype.itemsize)

    def block(self, block: Block) -> list[str]:
        """The lines of a block, which runs at step `t` of `steps` if it is due then."""
        return due(block, [line for statement in block.statements for line in self.statement(statement, block.when)])

    def statement(self, statement: Statement, when: str) -> list[str]:
        """The lines of a statement."""
        letters = [index.letter for index in statement.target.indices if index.letter]
        text = Text(self.program.dtype, self.remembered(when))
        lines = [f"# {statement}"]
        if any(read.before and read.name not in text.remembered for read in notation.reads(statement.value)):
            self._array(
                f"before_{statement.target.name}", array(self.program, shape(self.program, statement.target.name))
            )
            lines += copy(self.program, statement.target.name, f"before_{statement.target.name}[")
        ahead: dict[int, list[str]] = {}
        for total in _outermost_sums(statement.value):
            level, code, value = self._sum(total, letters, text)
            ahead.setdefault(level, []).extend(code)
            text.sums[total] = value
        nest = [*self.kept(statement, text, text.of(statement.value))]
        for level in range(len(letters), 0, -1):
            nest = [_loop(letters[level - 1], statement.value), *indented([*ahead.get(level, []), *nest])]
        counters, counts = self.counters(statement), self.counts(statement)
        return [*lines, *counters, *ahead.get(0, []), *nest, *counts]

    def remembered(self, when: str) -> tuple[str, ...]:
        """What is read from the history by statements that run then."""
        return self.program.history if when == "backward" else ()

    def kept(self, statement: Statement, text: Text, value: str) -> list[str]:
        """The target becomes the value, as its format keeps it."""
        name, target = statement.target.name, text.read(statement.target)
        if not self._counted(statement):
            return [text.assign(statement.target, self._stored(statement, text, value))]
        format, row = self.program.quantities[name].format, counted(self.program).index(name)
        if isinstance(statement.value, Read) and format.holds(self.program.quantities[statement.value.name].format):
            changed = f"changed_{row} = changed_{row} + ({value} != {target})"
            return [changed, text.assign(statement.target, value)]
        low, high = (end * format.lsb for end in format.ends)
        return [
            f"was = {target}",
            f"value = {value}",
            f"kept = {self._stored(statement, text, 'value')}",
            f"changed_{row} = changed_{row} + (value != was)",
            f"lost_{row} = lost_{row} + (value != was) * (kept == was)",
            f"beyond_{row} = beyond_{row} + (value < {low!r}) + (value > {high!r})",
            text.assign(statement.target, "kept"),
        ]

    def counters(self, statement: Statement, zero: str = "0.0") -> list[str]:
        """What counts while a statement runs, before it begins to."""
        if not self._counted(statement):
            return []
        row = counted(self.program).index(statement.target.name)
        return [f"{name}_{row} = {zero}" for name in COUNTERS]

    def counts(self, statement: Statement, total: str = "") -> list[str]:
        """Lines that add what was counted to `counts`. total: the function that sums over lanes, where they counted."""
        if not self._counted(statement):
            return []
        row = counted(self.program).index(statement.target.name)
        lines = [f"counts[{row}, {1 + at}] += int({total}({name}_{row}))" for at, name in enumerate(COUNTERS)]
        letters = [index.letter for index in statement.target.indices if index.letter]
        stored = " * ".join(f"(n_{notation.LETTERS[each]} - {_begin(each, statement.value)})" for each in letters)
        return [*lines, *([] if total else [f"counts[{row}, 0] += {stored or 1}"])]

    def _counted(self, statement: Statement) -> bool:
        return self.counting and not self.program.quantities[statement.target.name].format.exact

    def _stored(self, statement: Statement, text: Text, value: str) -> str:
        """The value as the target's format keeps it."""
        target, quantity = statement.target, self.program.quantities[statement.target.name]
        if quantity.format.exact:
            return value
        places = list(zip(target.indices, quantity.domains, strict=True))[:: -1 if target.name in self.turned else 1]
        element = _number(places[: SHARED[quantity.format.share]], text)
        given = {
            "was": text.read(target),
            "u": f"uniform(key_{target.name}, now, {element})",
            "g": f"normal(key_{target.name}, now, {element})",
            "d": f"normal(key_{target.name}, np.uint64({LASTING}), {element})",
        }
        if quantity.format.share == "pair":
            row, column = (places[:-1], places[-1:]) if len(places) > 1 else (places, [])
            given["u"] = f"paired(key_{target.name}, now, {_number(row, text)}, {_number(column, text)})"
        arguments = [value, *(given[name] for name in needs(quantity.format))]
        return f"{store_name(quantity.format)}({', '.join(arguments)})"

    def _sum(self, total: Sum, letters: list[str], text: Text) -> tuple[int, list[str], str]:
        """Lines that compute a sum, how many of the target's loops they stand inside, and how the sum is then read."""
        over, body = _flattened(total)
        fixed = notation.free(total)
        if _is_product_of_matrices(over, body, letters) and not text.remembered and not _outermost_sums(body):
            return self._product(over[0], body, letters, text)
        if self.lanes and (found := matrix_product(over, body, letters)):
            return self._in_lanes(found, letters, text)
        nested = _outermost_sums(body)
        if letters and not nested and _runs_along(letters[-1], over, body):
            name = self._array(f"row_{len(self.scratch)}", array(self.program, f"n_{notation.LETTERS[letters[-1]]}"))
            inner = [f"{name}[{letters[-1]}] += {text.of(body)}"]
            for letter in (letters[-1], *reversed(over)):
                inner = [_loop(letter, body), *indented(inner)]
            return len(letters) - 1, [f"{name}.fill(0.0)", *inner], f"{name}[{letters[-1]}]"
        level = max((letters.index(letter) + 1 for letter in fixed if letter in letters), default=0)
        name = text.new_total()
        inner = []
        for each in nested:
            _, code, text.sums[each] = self._sum(each, [], text)
            inner += code
        inner.append(f"{name} += {text.of(body)}")
        for letter in reversed(over):
            inner = [_loop(letter, body), *indented(inner)]
        return level, [f"{name} = {text.number(0.0)}", *inner], name

    def _in_lanes(self, found: MatrixProduct, letters: list[str], text: Text) -> tuple[int, list[str], str]:
        name = self._array(f"row_{len(self.scratch)}", array(self.program, "n_neuron"))
        outer = ", ".join(map(text.place, found.vector.indices[:-1]))
        vector = text.array(found.vector) + (f"[{outer}]" if outer else "")
        lines = [
            "of = " + vector,
            *product_lines(name, text.array(found.matrix), "of", found.over_rows, self.register, text.number(0.0)),
        ]
        return len(letters) - 1, lines, f"{name}[{letters[-1]}]"

    def _product(self, letter: str, body: Expression, letters: list[str], text: Text) -> tuple[int, list[str], str]:
        matrix, block = notation.factors(body)
        first, *rest = (f"n_{notation.LETTERS[index]}" for index in letters)
        name = self._array(f"product_{len(self.scratch)}", array(self.program, f"({first}, {' * '.join(rest)})"))
        flat = letters[1]
        for index, size in zip(letters[2:], rest[1:], strict=True):
            flat = f"({flat}) * {size} + {index}"
        line = f"np.dot({text.array(matrix)}, {text.array(block)}.reshape(n_{notation.LETTERS[letter]}, -1), {name})"
        return 0, [line], f"{name}[{letters[0]}, {flat}]"

    def _array(self, name: str, made: str) -> str:
        line = f"{name} = {made}"
        if line not in self.scratch:
            self.scratch.append(line)
        return name


@dataclass
class Text:
    """Expressions as source text. `remembered`: what is read from the history, going back in time."""

    dtype: np.dtype
    remembered: tuple[str, ...] = ()
    sums: dict[Sum, str] = field(default_factory=dict)
    totals: int = 0

    def new_total(self) -> str:
        """A name for one more sum."""
        self.totals += 1
        return f"total_{self.totals}"

    def of(self, expression: Expression) -> str:
        match expression:
            case Number(value):
                return self.number(value)
            case Scalar(name):
                return f"c_{name}"
            case Binary(operator, left, right):
                return f"({self.of(left)} {operator} {self.of(right)})"
            case Root(body):
                return f"sqrt({self.of(body)})"
            case Same(left, right):
                return f"({self.number(1.0)} if {left} == {right} else {self.number(0.0)})"
            case Sum():
                return self.sums[expression]
            case Read():
                return self.read(expression)
        raise TypeError(expression)

    def read(self, read: Read) -> str:
        return f"{self.array(read)}[{', '.join(map(self.place, read.indices))}]"

    def assign(self, target: Read, value: str) -> str:
        """The line that gives an element of a quantity its value."""
        return f"{self.read(target)} = {value}"

    def place(self, index: Index) -> str:
        return str(index).replace("-", " - ") if index.letter else str(index.offset)

    def number(self, number: float) -> str:
        return literal(number, self.dtype)

    def numbered(self, index: Index) -> str:
        """A place as draws are numbered by it."""
        return f"np.uint64({self.place(index)})"

    def array(self, read: Expression) -> str:
        assert isinstance(read, Read)
        if read.name in self.remembered:
            return f"{'then' if read.before else 'now'}_{read.name}"
        return f"{'before' if read.before else 'q'}_{read.name}"


def _loop(letter: str, expression: Expression) -> str:
    """The loop over a letter."""
    return f"for {letter} in range({_begin(letter, expression)}, n_{notation.LETTERS[letter]}):"


def _begin(letter: str, expression: Expression) -> int:
    """The first value of a letter at which no read is before its array's beginning."""
    offsets = [index.offset for read in notation.reads(expression) for index in read.indices if index.letter == letter]
    return -min([0, *offsets])


def _number(places: Sequence[tuple[Index, str]], text: Text) -> str:
    """Which of a quantity's draws is taken at some places in its domains."""
    element = "np.uint64(0)"
    for index, domain in places:
        element = f"({element} * np.uint64(n_{domain}) + {text.numbered(index)})"
    return element


def _outermost_sums(expression: Expression) -> list[Sum]:
    match expression:
        case Sum():
            return [expression]
        case Binary(_, left, right):
            return _outermost_sums(left) + _outermost_sums(right)
        case Root(body):
            return _outermost_sums(body)
    return []


def _flattened(total: Sum) -> tuple[list[str], Expression]:
    """The letters of directly nested sums, outermost first, and what is summed."""
    over, body = [total.letter], total.body
    while isinstance(body, Sum):
        over, body = [*over, body.letter], body.body
    return over, body


def _runs_along(last: str, over: list[str], body: Expression) -> bool:
    """Whether memory runs along the target's last index rather than along an index summed over."""
    with_last = [read for read in notation.reads(body) if Index(last) in read.indices]
    return any({index.letter for index in read.indices} & set(over) for read in with_last) and all(
        read.indices[-1] == Index(last) for read in with_last
    )


def _is_product_of_matrices(over: list[str], body: Expression, letters: list[str]) -> bool:
    match over, notation.factors(body):
        case [letter], (Read(_, matrix), Read(_, block)):
            summed = Index(letter)
            wanted = [Index(each) for each in letters]
            return len(letters) > 2 and matrix == (wanted[0], summed) and block == (summed, *wanted[1:])
    return False
