"""Which weights a kernel may hold as their codes, in the few bits that they have, and change in whole numbers.

A matrix that is rounded as it changes by what its rows and columns know, and that nothing reads but the product with
what is sent,

    W_rec[i, j]    = W_rec[i, j] + lr_rec * teach[i] * trace_rec[j]
    ahead_W_rec[i] = sum(j, W_rec[i, j] * sent[j])

takes no more than 32 bits anywhere if its factors are narrow enough; what is sent may be wider, and is then multiplied
in parts. Results are those of float64, which is exact then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import frexp

from neurosim import notation
from neurosim.fusion import Product, product
from neurosim.notation import Binary, Index, Read, Scalar, Statement
from neurosim.precision import DRAW_BITS, EXACT_BITS, Format
from neurosim.program import Program

BITS = 31
"""Of a whole number beside its sign."""

FEWEST = 64
"""Products that are summed at once at the least; what is sent comes in as many parts as that takes."""

CODE_BITS, SENT_BITS = 15, 24
"""Most bits beside the sign: of codes, which are multiplied as numbers of 16 bits, and of what they are multiplied by,
with which a sum over any number of neurons is still exact in float64."""

ROUNDINGS = ("stochastic", "nearest_even", "nearest_up", "floor")
"""Those that are the floor of the sum of a weight, its change and a draw, or a number in place of a draw."""


@dataclass(frozen=True)
class Held:
    """A matrix that may be held as codes.

    rate, rows, columns: the factors of its change. sign: 1 or -1, of that. frac_bits: of the change but for its rate.
    """

    change: Statement
    ahead: Statement
    sign: int
    rate: Scalar
    rows: tuple[Read, ...]
    columns: tuple[Read, ...]
    formats: Mapping[str, Format]
    domains: tuple[str, str]
    rate_bits: int

    @property
    def name(self) -> str:
        return self.change.target.name

    @property
    def format(self) -> Format:
        return self.formats[self.name]

    @property
    def product(self) -> Product:
        found = product(self.ahead.value)
        assert found
        return found

    @property
    def shift(self) -> int:
        """How far the factors' codes, multiplied, are below the matrix's own, but for the rate."""
        return self.frac_bits(self.rows) + self.frac_bits(self.columns) - self.format.frac_bits

    @property
    def parts(self) -> tuple[int, ...]:
        """Where the parts begin in which what is sent is multiplied, in bits from the last one."""
        return tuple(range(0, self._size([self.product.vector]), self._part))

    @property
    def summed(self) -> int:
        """How many products of the matrix and a part fit a whole number when they are added up."""
        part = min(self._part, self._size([self.product.vector]))
        return 2 ** (BITS - 1 - self._size([self.product.matrix]) - part)

    @property
    def _part(self) -> int:
        """Bits in which what is sent is multiplied at once, in an array of 16 bits."""
        return min(BITS - 1 - self._size([self.product.matrix]) - FEWEST.bit_length() + 1, CODE_BITS)

    def frac_bits(self, factors: Sequence[Read]) -> int:
        """Of their product."""
        return sum(self.formats[read.name].frac_bits for read in factors)

    def fits(self, constants: Mapping[str, float]) -> bool:
        """Whether float64 adds the change to the weight and to the draw without rounding, at this learning rate.

        And, where only a part of a change's bits reaches a weight, whether it has these.
        """
        below = self.shift + self.rate_bits - frexp(constants[self.rate.name])[1]
        least = self.format.change.frac_bits if self.format.change else 1
        return least <= below < EXACT_BITS - self.format.bits

    @property
    def drawn(self) -> bool:
        """Whether rounding draws."""
        return self.format.rounding == "stochastic"

    @property
    def narrow(self) -> bool:
        """Whether all of it fits whole numbers of 32 bits."""
        format, ones = self.format, [*self.rows, *self.columns, self.product.vector]
        return (
            format.rounding in ROUNDINGS
            and format.overflow == "saturate"
            and format.ends[0] <= 0 <= format.ends[1]
            and not (format.noise or format.threshold)
            and (format.change is None or 0 < format.change.frac_bits <= DRAW_BITS)
            and 0 < self._size([self.product.matrix]) <= CODE_BITS
            and not any(self.formats[read.name].exact for read in ones)
            and self._size([*self.rows, *self.columns]) + (self.rate_bits if self.rate_bits > 1 else 0) < BITS
            and self._size([self.product.vector]) <= SENT_BITS
        )

    def _size(self, factors: Sequence[Read]) -> int:
        """Bits that the size of a product of codes may take."""
        return sum(self.formats[read.name].bits - self.formats[read.name].signed for read in factors)


def held(program: Program) -> tuple[Held, ...]:
    """The matrices of a program, as `fusion` leaves it, that may be held as codes."""
    bits = program.arithmetic.rate_bits
    if not program.arithmetic.fixed or bits is None:
        return ()
    found = (_held(program, name, bits) for name in program.weights)
    return tuple(each for each in found if each and each.narrow)


def _held(program: Program, name: str, rate_bits: int) -> Held | None:
    every = [statement for block in program.blocks for statement in block.statements]
    step = [statement for block in program.step if block.period is None for statement in block.statements]
    changes = [each for each in every if each.target.name == name]
    readers = [each for each in every if name in {read.name for read in notation.reads(each.value)}]
    domains = program.quantities[name].domains
    alike = [each for each in every if program.quantities[each.target.name].domains == domains]
    if not (len(changes) == len(alike) == 1 and len(readers) == 2 and len(domains) == 2 and changes[0] in step):
        return None
    at = step.index(changes[0])
    parts = _parts(changes[0])
    if parts is None or step[at + 1 : at + 2] != readers[1:] or product(readers[1].value) is None:
        return None
    formats = {each: quantity.format for each, quantity in program.quantities.items()}
    return Held(changes[0], readers[1], *parts, formats=formats, domains=(domains[0], domains[1]), rate_bits=rate_bits)


def _parts(change: Statement) -> tuple[int, Scalar, tuple[Read, ...], tuple[Read, ...]] | None:
    """The sign, the learning rate and the factors by rows and by columns of a change, if it is made of these."""
    match change.value, change.target.indices:
        case Binary("+" | "-" as operator, left, right), (Index(str(row), 0), Index(str(column), 0)) if (
            left == change.target
        ):
            rates, rows, columns = [], [], []
            for factor in notation.factors(right):
                match factor:
                    case Scalar(name) if name.startswith("lr_"):
                        rates.append(factor)
                    case Read(_, (Index(letter, 0),), False) if letter == row:
                        rows.append(factor)
                    case Read(_, (Index(letter, 0),), False) if letter == column:
                        columns.append(factor)
                    case _:
                        return None
            if len(rates) == 1 and rows and columns:
                return (1 if operator == "+" else -1), rates[0], tuple(rows), tuple(columns)
    return None
