"""Index notation: the text of equations -> statements.

A statement is one line of Python syntax, `target[indices] = expression`, parsed with `ast` and never executed:

    trace[j]     = (1 - alpha) * trace[j] + alpha * pre[j]
    delta[s, j]  = (1 - alpha) * delta[s-1, j] + alpha * sum(i, W_rec[i, j] * delta[s-1, i])
    past[s, j]   = before(past[s-1, j])

An index is a letter that names a place (`LETTERS`), a letter with an offset (`s-1`) or a number (`0`).
`sum(i, ...)` sums over every value of a letter, `(k == i)` is one where two letters meet and zero elsewhere, and
`before(q[...])` is the value that the target had before the statement began: a delay line reads its neighbour so.
`sqrt(...)` is the square root. `sum(projection, ...)` adds up what stands for every projection that learns.
`toss[i] = coin()` is 0 or 1 with equal chance, anew for each element at each step.
Statements run in order and each is complete before the next. Within one, `s` runs upwards, so that
`delta[s-1, j]` is the value just computed; an `s` for which a read would leave the array is left out.

A line that begins with an operator goes on with the one before. A line that ends in a colon says when the statements
below it run (`Block`).
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from neurosim.errors import NeurosimError

LETTERS = {"i": "neuron", "j": "neuron", "k": "neuron", "l": "neuron", "m": "input", "o": "output", "s": "past"}
"""What each index letter runs over: neurons, inputs, outputs, or the steps of the past that a rule remembers."""

OPERATORS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}

HEADERS = {
    "each step": r"each step",
    "every": r"every (?P<period>[A-Za-z_]\w*) steps",
    "backward": r"backward",
    "end": r"end of trial",
}


@dataclass(frozen=True)
class Index:
    """A place along one axis: `letter + offset`, or the fixed position `offset` if there is no letter."""

    letter: str | None
    offset: int = 0

    def __str__(self) -> str:
        if self.letter is None:
            return str(self.offset)
        return self.letter + (f"{self.offset:+d}" if self.offset else "")


@dataclass(frozen=True)
class Number:
    """A number as it is written."""

    value: float


@dataclass(frozen=True)
class Coin(Number):
    """The toss of a coin, the whole of a right side: one half, which is stored as 0 or 1 (`program.COIN`)."""

    value: float = 0.5


@dataclass(frozen=True)
class Scalar:
    """A named number: a constant of the program, or the loss mask of the step."""

    name: str


@dataclass(frozen=True)
class Read:
    """One element of a quantity; as `before`, its value before the statement or, going back, the step began."""

    name: str
    indices: tuple[Index, ...]
    before: bool = False

    def __str__(self) -> str:
        text = f"{self.name}[{', '.join(map(str, self.indices))}]"
        return f"before({text})" if self.before else text


@dataclass(frozen=True)
class Binary:
    """Two expressions with one of `+ - * /` between them."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Sum:
    """An expression summed over every value of a letter."""

    letter: str
    body: Expression


@dataclass(frozen=True)
class Root:
    """The square root of an expression."""

    body: Expression


@dataclass(frozen=True)
class Total:
    """An expression of one projection, summed over all that learn; `expansion` writes it out."""

    body: Expression


@dataclass(frozen=True)
class Same:
    """Kronecker's delta: one where the two letters are equal."""

    left: str
    right: str


Expression = Number | Scalar | Read | Binary | Sum | Root | Total | Same


@dataclass(frozen=True)
class Statement:
    """One equation: an element of a quantity, and what it becomes."""

    target: Read
    value: Expression

    def __str__(self) -> str:
        return f"{self.target} = {show(self.value)}"


@dataclass(frozen=True)
class Block:
    """Statements and when they run.

    `each step`: at every time step. `every`: at each `period`-th step and at the last of a trial. `backward`: for each
    step from the last to the first, once the trial is over. `end`: once, after that.
    """

    when: str
    statements: tuple[Statement, ...]
    period: str | None = None


@lru_cache(maxsize=256)
def parse(text: str) -> tuple[Block, ...]:
    """The blocks of an equation text; lines before the first header run at each step.

    Raises `NeurosimError` naming the line and what may stand there.
    """
    blocks: list[tuple[str, str | None, list[Statement]]] = [("each step", None, [])]
    for line in _lines(text):
        if line.endswith(":"):
            blocks.append((*_header(line[:-1].strip()), []))
        else:
            blocks[-1][2].append(_statement(line))
    return tuple(Block(when, tuple(found), period) for when, period, found in blocks if found)


def _lines(text: str) -> Iterator[str]:
    """Lines without comments; one that begins with an operator goes on with the line before."""
    whole = ""
    for line in filter(None, (line.split("#")[0].strip() for line in text.splitlines())):
        if line.startswith(("+", "-", "*", "/")):
            whole += " " + line
        else:
            yield from filter(None, [whole])
            whole = line
    yield from filter(None, [whole])


def _header(text: str) -> tuple[str, str | None]:
    for when, pattern in HEADERS.items():
        if found := re.fullmatch(pattern, text):
            return when, found.groupdict().get("period")
    raise NeurosimError(
        f"{text!r} is no time to run at; there are: 'each step:', 'every NAME steps:', 'backward:', 'end of trial:'"
    )


def _statement(line: str) -> Statement:
    try:
        body = ast.parse(line).body
    except SyntaxError as error:
        raise NeurosimError(f"in {line!r}: not an equation ({error.msg})") from None
    match body:
        case [ast.Assign(targets=[target], value=value)]:
            fail = _failing(line)
            read = (
                _read(target, fail)
                if isinstance(target, ast.Subscript)
                else fail("the left side must be NAME[indices]")
            )
            statement = Statement(read, _expression(value, fail))
            _check_letters(statement, fail)
            return statement
    raise NeurosimError(f"in {line!r}: an equation reads NAME[indices] = expression")


Fail = Callable[[str], "Read"]


def _failing(line: str) -> Fail:
    def fail(message: str) -> Read:
        raise NeurosimError(f"in {line!r}: {message}")

    return fail


def _expression(node: ast.expr, fail: Fail) -> Expression:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return Number(_finite(value, fail))
        case ast.Name(id=name):
            return Scalar(name)
        case ast.Subscript():
            return _read(node, fail)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Binary("*", Number(-1.0), _expression(operand, fail))
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in OPERATORS:
            return Binary(OPERATORS[type(operation)], _expression(left, fail), _expression(right, fail))
        case ast.Compare(left=ast.Name(id=left), ops=[ast.Eq()], comparators=[ast.Name(id=right)]):
            return Same(_letter(left, fail), _letter(right, fail))
        case ast.Call(func=ast.Name(id="sqrt"), args=[body], keywords=[]):
            return Root(_expression(body, fail))
        case ast.Call(func=ast.Name(id="sum"), args=[ast.Name(id="projection"), body], keywords=[]):
            return Total(_expression(body, fail))
        case ast.Call(func=ast.Name(id="sum"), args=[ast.Name(id=letter), body], keywords=[]):
            return Sum(_letter(letter, fail), _expression(body, fail))
        case ast.Call(func=ast.Name(id="coin"), args=[], keywords=[]):
            return Coin()
        case ast.Call(func=ast.Name(id="before"), args=[ast.Subscript() as inner], keywords=[]):
            read = _read(inner, fail)
            return Read(read.name, read.indices, before=True)
    return fail(
        f"{ast.unparse(node)!r} cannot stand here; an expression is made of numbers, names, NAME[indices], + - * /, "
        "coin(), sqrt(...), sum(index, ...), sum(projection, ...), before(NAME[indices]) and (index == index)"
    )


def _finite(value: float, fail: Fail) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        fail("a number is larger than any finite one")
    return number


def _read(node: ast.Subscript, fail: Fail) -> Read:
    if not isinstance(node.value, ast.Name):
        return fail(f"{ast.unparse(node.value)!r} is not a name")
    places = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return Read(node.value.id, tuple(_index(place, fail) for place in places))


def _index(node: ast.expr, fail: Fail) -> Index:
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return Index(None, value)
        case ast.Name(id=name):
            return Index(_letter(name, fail))
        case ast.BinOp(left=ast.Name(id="s"), op=ast.Sub(), right=ast.Constant(value=int() as back)):
            return Index("s", -back)
    fail(f"{ast.unparse(node)!r} is no index; an index is a letter ({_letters()}), 's-1', or a number")
    raise AssertionError


def _letter(name: str, fail: Fail) -> str:
    if name not in LETTERS:
        fail(f"{name!r} is no index; there are: {_letters()}")
    return name


def _letters() -> str:
    return ", ".join(f"{letter} ({domain})" for letter, domain in LETTERS.items())


def _check_letters(statement: Statement, fail: Fail) -> None:
    """Each letter of the right side stands on the left or is summed over; `before` reads the target alone."""
    letters = [index.letter for index in statement.target.indices if index.letter]
    if len(set(letters)) < len(letters) or any(index.letter and index.offset for index in statement.target.indices):
        fail("the left side names each index once, without an offset")
    if "s" in letters and statement.target.indices[0] != Index("s"):
        fail(f"s stands first on the left, {statement.target.name}[s, ...]: it runs outside all other indices")
    if loose := free(statement.value) - set(letters):
        fail(f"index {min(loose)!r} stands only on the right; sum over it: sum({min(loose)}, ...)")
    for node in walk(statement.value):
        if isinstance(node, Coin) and statement.value != node:
            fail("coin() stands alone on the right, NAME[indices] = coin(), so that all that read it read the same")
        if isinstance(node, Sum):
            if node.letter in letters:
                fail(f"index {node.letter!r} is summed over and stands on the left too; use another letter")
            if any(isinstance(inner, Sum) and inner.letter == node.letter for inner in walk(node.body)):
                fail(f"index {node.letter!r} is summed over twice, one sum inside the other; use another letter")
            if node.letter not in free(node.body):
                fail(f"the sum over {node.letter!r} has no {node.letter!r} in it")
            if node.letter == "s" and any(
                index.letter and index.offset for read in reads(node) for index in read.indices
            ):
                fail("a sum over s goes over all of the past; it cannot read back from there, as s-1 does")
        if isinstance(node, Total) and "j" in free(node.body):
            fail("j is another place in each projection; sum over it inside: sum(projection, sum(j, ...))")
        if isinstance(node, Read) and node.before and node.name != statement.target.name:
            fail(f"before(...) may read only what the equation computes, {statement.target.name}, not {node.name}")
        if isinstance(node, Read) and not node.before and node.name == statement.target.name:
            _check_own_read(statement.target, node, fail)


def _check_own_read(target: Read, read: Read, fail: Fail) -> None:
    """A target may be read at its own place, or back along `s`; elsewhere only as it was before."""
    back = any(index.letter == "s" and index.offset < 0 for index in read.indices) and Index("s") in target.indices
    if read.indices != target.indices and not back:
        fail(f"{read} is read while {target.name} is being written; say before({read}) for the value it had")


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything inside it."""
    yield expression
    match expression:
        case Binary(_, left, right):
            yield from walk(left)
            yield from walk(right)
        case Sum(body=body) | Root(body) | Total(body):
            yield from walk(body)


def reads(expression: Expression) -> tuple[Read, ...]:
    """Every element that the expression reads, left to right."""
    return tuple(node for node in walk(expression) if isinstance(node, Read))


def free(expression: Expression) -> set[str]:
    """The index letters that an expression depends on."""
    match expression:
        case Read(_, indices):
            return {index.letter for index in indices if index.letter}
        case Binary(_, left, right):
            return free(left) | free(right)
        case Sum(letter, body):
            return free(body) - {letter}
        case Root(body) | Total(body):
            return free(body)
        case Same(left, right):
            return {left, right}
    return set()


def transform(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The expression with `change` applied to every part of it, innermost first."""
    match expression:
        case Binary(operator, left, right):
            return change(Binary(operator, transform(left, change), transform(right, change)))
        case Sum(letter, body):
            return change(Sum(letter, transform(body, change)))
        case Root(body):
            return change(Root(transform(body, change)))
        case Total(body):
            return change(Total(transform(body, change)))
    return change(expression)


def factors(expression: Expression) -> tuple[Expression, ...]:
    """The factors of a product, left to right; anything else is its own only factor."""
    match expression:
        case Binary("*", left, right):
            return factors(left) + factors(right)
    return (expression,)


def show(expression: Expression) -> str:
    """The expression as text that parses to itself."""
    match expression:
        case Coin():
            return "coin()"
        case Number(value):
            return f"{value:g}" if float(f"{value:g}") == value else repr(value)
        case Scalar(name):
            return name
        case Binary(operator, left, right):
            return f"{_operand(left, operator, False)} {operator} {_operand(right, operator, True)}"
        case Sum(letter, body):
            return f"sum({letter}, {show(body)})"
        case Root(body):
            return f"sqrt({show(body)})"
        case Total(body):
            return f"sum(projection, {show(body)})"
        case Same(left, right):
            return f"({left} == {right})"
    return str(expression)


def _operand(expression: Expression, operator: str, right: bool) -> str:
    weak = isinstance(expression, Binary) and (right or (operator in "*/" and expression.operator in "+-"))
    return f"({show(expression)})" if weak else show(expression)
