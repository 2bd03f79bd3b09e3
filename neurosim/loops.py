"""Statements as the source text of loops over places, for a compiler of Python.

Arrays are stored as they are indexed, `[to, from]`, last index contiguous, and every loop runs along memory: a sum
over the last index of a matrix is a dot product (`W[i, j] * sent[j]`), one over another index accumulates whole rows
(`W[i, j] * delta[i]`, `delta[s, i] * past[s, j]`), and one that is a product of a matrix and a block of more than one
further index goes to BLAS.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from neurosim import notation
from neurosim.counting import counted
from neurosim.draws import LASTING
from neurosim.notation import Binary, Block, Expression, Index, Number, Read, Root, Same, Scalar, Statement, Sum
from neurosim.program import Program
from neurosim.storing import SHARED, needs, store_name


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


def indented(lines: Iterable[str]) -> list[str]:
    """The lines one level further in."""
    return ["    " + line for line in lines]


@dataclass
class Loops:
    """Writes statements as loops; `scratch` collects the work arrays that they need.

    counting: whether they count in `counts` what storing does: see `counting.COUNTED`.
    """

    program: Program
    counting: bool = False
    scratch: list[str] = field(default_factory=list)

    def block(self, block: Block) -> list[str]:
        """The lines of a block, which runs at step `t` of `steps` if it is due then."""
        lines = [line for statement in block.statements for line in self._statement(statement, block.when)]
        if block.period is None:
            return lines
        return [f"if (t + 1) % int(c_{block.period}) == 0 or t == steps - 1:", *indented(lines)]

    def _statement(self, statement: Statement, when: str) -> list[str]:
        letters = [index.letter for index in statement.target.indices if index.letter]
        text = _Text(self.program.history if when == "backward" else (), statement.target.name)
        lines = [f"# {statement}"]
        if any(read.before and read.name not in text.remembered for read in notation.reads(statement.value)):
            self._array(f"before_{statement.target.name}", f"np.empty({shape(self.program, statement.target.name)})")
            lines += copy(self.program, statement.target.name, f"before_{statement.target.name}[")
        ahead: dict[int, list[str]] = {}
        for total in _outermost_sums(statement.value):
            level, code, value = self._sum(total, letters, text)
            ahead.setdefault(level, []).extend(code)
            text.sums[total] = value
        nest = self._kept(statement, text)
        for level in range(len(letters), 0, -1):
            nest = [_loop(letters[level - 1], statement.value), *indented([*ahead.get(level, []), *nest])]
        return [*lines, *ahead.get(0, []), *nest]

    def _kept(self, statement: Statement, text: _Text) -> list[str]:
        """The target becomes the value, as its format keeps it."""
        name, target, value = statement.target.name, text.read(statement.target), text.of(statement.value)
        format = self.program.quantities[name].format
        if not self.counting or format.exact:
            return [f"{target} = {self._stored(statement, text, value)}"]
        low, high = (end * format.lsb for end in format.ends)
        tallies = ["1", f"value != {target}", f"value != {target} and kept == {target}"]
        tallies += [f"value < {low!r} or value > {high!r}"]
        row = counted(self.program).index(name)
        counts = [f"counts[{row}, {column}] += {tally}" for column, tally in enumerate(tallies)]
        return [f"value = {value}", f"kept = {self._stored(statement, text, 'value')}", *counts, f"{target} = kept"]

    def _stored(self, statement: Statement, text: _Text, value: str) -> str:
        """The value as the target's format keeps it."""
        target, quantity = statement.target, self.program.quantities[statement.target.name]
        if quantity.format.exact:
            return value
        element, places = "0", list(zip(target.indices, quantity.domains, strict=True))
        for index, domain in places[: SHARED[quantity.format.share]]:
            element = f"({element} * n_{domain} + {_place(index)})"
        given = {
            "was": text.read(target),
            "u": f"uniform(key_{target.name}, now, {element})",
            "g": f"normal(key_{target.name}, now, {element})",
            "d": f"normal(key_{target.name}, {LASTING}, {element})",
        }
        arguments = [value, *(given[name] for name in needs(quantity.format))]
        return f"{store_name(quantity.format)}({', '.join(arguments)})"

    def _sum(self, total: Sum, letters: list[str], text: _Text) -> tuple[int, list[str], str]:
        """Lines that compute a sum, how many of the target's loops they stand inside, and how the sum is then read."""
        over, body = _flattened(total)
        fixed = notation.free(total)
        if _is_product_of_matrices(over, body, letters) and not text.remembered and not _outermost_sums(body):
            return self._product(over[0], body, letters, text)
        nested = _outermost_sums(body)
        if letters and not nested and _runs_along(letters[-1], over, body):
            name = self._array(f"row_{len(self.scratch)}", f"np.empty(n_{notation.LETTERS[letters[-1]]})")
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
        return level, [f"{name} = 0.0", *inner], name

    def _product(self, letter: str, body: Expression, letters: list[str], text: _Text) -> tuple[int, list[str], str]:
        matrix, block = notation.factors(body)
        first, *rest = (f"n_{notation.LETTERS[index]}" for index in letters)
        name = self._array(f"product_{len(self.scratch)}", f"np.empty(({first}, {' * '.join(rest)}))")
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
class _Text:
    """Expressions as source text. `remembered`: what is read from the history, going back in time."""

    remembered: tuple[str, ...]
    target: str
    sums: dict[Sum, str] = field(default_factory=dict)
    totals: int = 0

    def new_total(self) -> str:
        """A name for one more sum."""
        self.totals += 1
        return f"total_{self.totals}"

    def of(self, expression: Expression) -> str:
        match expression:
            case Number(value):
                return repr(value)
            case Scalar(name):
                return f"c_{name}"
            case Binary(operator, left, right):
                return f"({self.of(left)} {operator} {self.of(right)})"
            case Root(body):
                return f"sqrt({self.of(body)})"
            case Same(left, right):
                return f"(1.0 if {left} == {right} else 0.0)"
            case Sum():
                return self.sums[expression]
            case Read():
                return self.read(expression)
        raise TypeError(expression)

    def read(self, read: Read) -> str:
        return f"{self.array(read)}[{', '.join(map(_place, read.indices))}]"

    def array(self, read: Expression) -> str:
        assert isinstance(read, Read)
        if read.name in self.remembered:
            return f"{'then' if read.before else 'now'}_{read.name}"
        return f"{'before' if read.before else 'q'}_{read.name}"


def _place(index: Index) -> str:
    return str(index).replace("-", " - ") if index.letter else str(index.offset)


def _loop(letter: str, expression: Expression) -> str:
    """The loop over a letter, from the first value at which no read is before its array's beginning."""
    offsets = [index.offset for read in notation.reads(expression) for index in read.indices if index.letter == letter]
    return f"for {letter} in range({-min([0, *offsets])}, n_{notation.LETTERS[letter]}):"


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
