"""An expression as a sum of products: what multiplies what, and which letters are summed over."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, product

from neurosim.errors import NeurosimError
from neurosim.notation import LETTERS, Binary, Expression, Index, Number, Read, Root, Same, Scalar, Sum, transform

MOST = 10_000
"""Products that one expression may have when it is multiplied out."""


@dataclass(frozen=True)
class Term:
    """One product: its number, the named numbers that change from step to step, its reads, the letters summed over.

    Each sum has a letter of its own, `k.0`, so that two sums over `k` are two.
    """

    number: float = 1.0
    scalars: tuple[str, ...] = ()
    reads: tuple[Read, ...] = ()
    summed: frozenset[str] = frozenset()
    same: tuple[tuple[str, str], ...] = ()

    def times(self, other: Term) -> Term:
        return Term(
            self.number * other.number,
            self.scalars + other.scalars,
            self.reads + other.reads,
            self.summed | other.summed,
            self.same + other.same,
        )


def terms(expression: Expression, constants: Mapping[str, float]) -> tuple[Term, ...]:
    """The products that an expression is the sum of, with constants in numbers.

    What is divided by counts as a factor, and what a root is taken of as if it were added up: where it is read
    matters, what becomes of it does not.
    Raises `NeurosimError` if there are more than `MOST`.
    """
    return tuple(map(_met, _terms(expression, constants, count())))


def domain(letter: str) -> str:
    """What a letter runs over, be it a sum's own."""
    return LETTERS[letter.split(".")[0]]


def _terms(node: Expression, constants: Mapping[str, float], fresh: Iterator[int]) -> list[Term]:
    match node:
        case Number(value):
            return [Term(value)]
        case Scalar(name):
            return [Term(constants[name])] if name in constants else [Term(scalars=(name,))]
        case Read():
            return [Term(reads=(node,))]
        case Same(left, right):
            return [Term(same=((left, right),))]
        case Sum(letter, body):
            own = f"{letter}.{next(fresh)}"
            found = _terms(_renamed(body, letter, own), constants, fresh)
            return [replace(term, summed=term.summed | {own}) for term in found]
        case Root(body):
            return [replace(term, number=math.sqrt(abs(term.number))) for term in _terms(body, constants, fresh)]
        case Binary(operator, left, right):
            first, second = _terms(left, constants, fresh), _terms(right, constants, fresh)
            return _combined(operator, first, second)
    raise AssertionError(node)


def _combined(operator: str, first: list[Term], second: list[Term]) -> list[Term]:
    if operator in "+-":
        sign = 1.0 if operator == "+" else -1.0
        return first + [replace(term, number=sign * term.number) for term in second]
    if len(first) * len(second) > MOST:
        raise NeurosimError(f"an equation has more than {MOST} products when it is multiplied out; write it in parts")
    if operator == "/":
        second = [replace(term, number=1.0 / term.number if term.number else math.inf) for term in second]
    return [left.times(right) for left, right in product(first, second)]


def _met(term: Term) -> Term:
    """The term with a summed letter that must equal another replaced by that other: (k == i) * q[k] is q[i]."""
    for left, right in term.same:
        gone, stays = (left, right) if left in term.summed else (right, left)
        if gone in term.summed and gone != stays:
            reads = tuple(_at(read, gone, stays) for read in term.reads)
            same = tuple(tuple(stays if each == gone else each for each in pair) for pair in term.same)
            rest = tuple((first, second) for first, second in same if first != second)
            return _met(replace(term, reads=reads, summed=term.summed - {gone}, same=rest))
    return term


def _renamed(expression: Expression, letter: str, name: str) -> Expression:
    def change(node: Expression) -> Expression:
        match node:
            case Read():
                return _at(node, letter, name)
            case Same(left, right):
                return Same(*(name if each == letter else each for each in (left, right)))
        return node

    return transform(expression, change)


def _at(read: Read, letter: str, other: str) -> Read:
    indices = tuple(Index(other, index.offset) if index.letter == letter else index for index in read.indices)
    return replace(read, indices=indices)
