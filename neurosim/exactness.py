"""Whether a fixed-point program is exact before it rounds: the bits that each equation's value may take.

Codes are carried as float64, which holds 53 bits. An equation whose value needs no more is computed exactly by every
engine, in whatever order and with whatever compiler; one that needs more would be rounded where no chip rounds.
Only the last sum of an equation, such as a weight plus its change, may end beyond bit 53: it is one operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, log2

from neurosim import notation
from neurosim.errors import NeurosimError
from neurosim.notation import Binary, Expression, Number, Read, Root, Same, Scalar, Statement, Sum
from neurosim.precision import EXACT_BITS, Format


@dataclass(frozen=True)
class Width:
    """A multiple of `2**-frac` no larger than `2**whole`: its size takes `whole + frac` bits."""

    whole: int
    frac: int

    @property
    def bits(self) -> int:
        return self.whole + self.frac

    def __add__(self, other: Width) -> Width:
        return Width(max(self.whole, other.whole) + 1, max(self.frac, other.frac))

    def __mul__(self, other: Width) -> Width:
        return Width(self.whole + other.whole, self.frac + other.frac)


def check(
    statements: tuple[Statement, ...],
    formats: Mapping[str, Format],
    constants: Mapping[str, float],
    sizes: Mapping[str, int],
) -> None:
    """Raises `NeurosimError` if the value of a statement may not be exact."""
    for statement in statements:
        for part in _parts(statement.value):
            found = width(part, formats, constants, sizes)
            if found is None:
                rooted = any(isinstance(node, Root) for node in notation.walk(part))
                raise NeurosimError(
                    f"in '{statement}': {'a square root' if rooted else 'a quotient'} has no exact fixed-point value; "
                    f"{'run it in float64' if rooted else 'multiply instead'}"
                )
            if found.bits > EXACT_BITS:
                names = ", ".join(sorted({read.name for read in notation.reads(part)}))
                raise NeurosimError(
                    f"in '{statement}': the exact value may take {found.bits} bits and {EXACT_BITS} can be carried; "
                    f"keep {names} in fewer bits"
                )


def _parts(value: Expression) -> tuple[Expression, ...]:
    """What must be exact: both sides of the last sum or difference, which every engine rounds alike, or the whole."""
    match value:
        case Binary("+" | "-", left, right):
            return left, right
    return (value,)


def width(
    expression: Expression, formats: Mapping[str, Format], constants: Mapping[str, float], sizes: Mapping[str, int]
) -> Width | None:
    """The bits that an expression may take; None if no number of them is enough."""

    def of(part: Expression) -> Width | None:
        return width(part, formats, constants, sizes)

    match expression:
        case Read(name):
            format = formats[name]
            return Width(format.bits - format.signed - format.frac_bits, format.frac_bits)
        case Number(value):
            return _of_number(value)
        case Scalar(name):
            return _of_number(constants.get(name, 1.0))
        case Same():
            return Width(0, 0)
        case Sum(letter, body):
            inner = of(body)
            return inner and Width(inner.whole + ceil(log2(sizes[notation.LETTERS[letter]])), inner.frac)
        case Binary("/") | Root():
            return None
        case Binary(operator, left, right):
            a, b = of(left), of(right)
            if a is None or b is None:
                return None
            return a * b if operator == "*" else a + b
    raise TypeError(expression)


def _of_number(value: float) -> Width:
    return Width(_size(value), value.as_integer_ratio()[1].bit_length() - 1)


def _size(value: float) -> int:
    return ceil(log2(abs(value))) if value else 0
