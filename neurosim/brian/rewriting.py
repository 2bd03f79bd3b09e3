"""Equations rewritten until each is one that single neurons or synapses can compute.

What a letter `s` stands for is written out, a diagonal becomes a sum, a product of sums a sum of products.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial, reduce

from neurosim import notation
from neurosim.errors import NeurosimError
from neurosim.notation import LETTERS, Binary, Expression, Index, Read, Same, Statement, Sum


def without_past(statement: Statement, memory: int) -> Iterator[Statement]:
    """The statement once for each `s`, in the order in which each reads what it is meant to; sums over `s` written out.

    A diagonal, `W_rec[i, i]`, becomes a sum over the synapses that begin where they end.
    """
    value = notation.transform(statement.value, lambda node: _plain(node, statement, memory))
    name, own = statement.target.name, Index("s") in statement.target.indices
    if not own:
        yield Statement(statement.target, _now(value))
        return
    elsewhere = [read for read in notation.reads(value) if read.name == name and read.indices[0] != Index("s")]
    if len({read.before for read in elsewhere}) > 1 or any(read.indices[0].letter is None for read in elsewhere):
        raise NeurosimError(f"{name} is read both as it was and as it becomes")
    back = [index.offset for read in notation.reads(value) for index in read.indices if index.letter == "s"]
    order = range(-min(back, default=0), memory)
    for s in reversed(order) if any(read.before for read in elsewhere) else order:
        yield Statement(_read_at(statement.target, s), _now(notation.transform(value, partial(_at, s=s))))


def _plain(node: Expression, statement: Statement, memory: int) -> Expression:
    match node:
        case Sum("s", body):
            terms = [notation.transform(body, partial(_at, s=s)) for s in range(memory)]
            return reduce(lambda left, right: Binary("+", left, right), terms)
        case Read(name, indices, before) if len(letters := letters_of(node)) == 2 and letters[0] == letters[1]:
            used = notation.free(statement.target) | {
                inner.letter for inner in notation.walk(statement.value) if isinstance(inner, Sum)
            }
            unused = [each for each in LETTERS if LETTERS[each] == LETTERS[letters[0]] and each not in used]
            if not unused:
                raise NeurosimError(f"{node} is known to no single neuron")
            ends = (*indices[:-1], Index(unused[0]))
            return Sum(unused[0], Binary("*", Read(name, ends, before), Same(letters[0], unused[0])))
    return node


def _at(node: Expression, s: int) -> Expression:
    """The expression with `s` a number, where it is a read."""
    return _read_at(node, s) if isinstance(node, Read) else node


def _read_at(read: Read, s: int) -> Read:
    indices = (Index(None, s + index.offset) if index.letter == "s" else index for index in read.indices)
    return replace(read, indices=tuple(indices))


def _now(expression: Expression) -> Expression:
    """Without `before`: phases read the target before the last of them writes it."""

    def change(node: Expression) -> Expression:
        return replace(node, before=False) if isinstance(node, Read) else node

    return notation.transform(expression, change)


def letters_of(read: Read) -> tuple[str, ...]:
    """The letters of the neurons that a read names."""
    return tuple(index.letter for index in read.indices if index.letter and index.letter != "s")


def slot(read: Read) -> int | None:
    """The step of the past that a read names."""
    first = read.indices[0]
    return first.offset if first.letter is None else None


def directions(body: Expression) -> int:
    """How many kinds of synapse an expression reads."""
    return len({letters_of(read) for read in notation.reads(body) if len(set(letters_of(read))) == 2})


def taken_out(letter: str, body: Expression) -> tuple[list[Expression], Expression]:
    """Factors that a sum over `letter` has in common, where they involve a second neuron, and the rest."""
    factors = notation.factors(body)
    if len(notation.free(body)) < 3:
        return [], body
    outside = [factor for factor in factors if letter not in notation.free(factor)]
    return outside, product([factor for factor in factors if letter in notation.free(factor)])


def product(factors: list[Expression]) -> Expression:
    """The product of some factors, from left to right."""
    return reduce(lambda left, right: Binary("*", left, right), factors)


def added_up(expression: Expression) -> list[tuple[str, Expression]]:
    """The terms of a sum or difference, with their signs."""
    match expression:
        case Binary("+" | "-" as operator, left, right):
            flip = {"+": "-", "-": "+"}
            others = added_up(right)
            return added_up(left) + [(sign if operator == "+" else flip[sign], term) for sign, term in others]
    return [("+", expression)]


def expanded(expression: Expression) -> Expression:
    """A product of sums as a sum of products."""
    match expression:
        case Binary("*", left, right):
            one, other = added_up(expanded(left)), added_up(expanded(right))
            terms = [("+" if a == b else "-", Binary("*", first, second)) for a, first in one for b, second in other]
            (_, whole), *rest = terms
            return reduce(lambda done, term: Binary(term[0], done, term[1]), rest, whole)
        case Binary("+" | "-" as operator, left, right):
            return Binary(operator, expanded(left), expanded(right))
    return expression
