"""How numbers are kept: the format that each kind of quantity is rounded to as it is stored.

A fixed-point number is a whole code times `2**-frac_bits`. Engines carry it as a float64, which holds it exactly, and
so all products and sums of such numbers as long as they fit 53 bits: intermediate results are exact whatever the
order or the compiler, and only storing rounds. Roundings, of the bits below the last one that is kept:

    floor          the code below                       nearest_even   the nearest code, ties to the even one
    toward_zero    the code nearer to zero              nearest_up     the nearest code, ties upwards
    stochastic     the code above with a probability equal to the fraction dropped, and else the one below

Stochastic rounding draws from a generator that counts (Steele, Lea & Flood 2014, OOPSLA, SplitMix64): a draw is a
function of seed, step, quantity and element, of no state, and so the same in every engine, order and thread.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt64

from neurosim.errors import NeurosimError, unknown

KINDS = ("state", "message", "weight", "trace", "error", "teaching signal", "output", "accumulator")
"""What a stored quantity can be; a chip gives each kind a format."""

ROUNDINGS = ("floor", "toward_zero", "nearest_even", "nearest_up", "stochastic")
OVERFLOWS = ("saturate", "wrap")

EXACT_BITS = 53
COEFFICIENT_BITS = 15
"""Fractional bits of the constants that a fixed-point program multiplies by; learning rates are powers of two."""

STEP, FIRST_MIX, SECOND_MIX = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
"""SplitMix64's constants."""


@dataclass(frozen=True)
class Format:
    """A number format: float64, which keeps every value as it is, or fixed point of a number of bits.

    bits: in all, 0 for float64. frac_bits: of them below the point, which may lie outside the code.
    overflow: beyond the ends a code stays at the end (`saturate`) or keeps its low bits (`wrap`, two's complement).
    """

    bits: int = 0
    frac_bits: int = 0
    signed: bool = True
    rounding: str = "nearest_even"
    overflow: str = "saturate"

    def __post_init__(self) -> None:
        if self.rounding not in ROUNDINGS:
            raise unknown("rounding", self.rounding, ROUNDINGS)
        if self.overflow not in OVERFLOWS:
            raise unknown("overflow", self.overflow, OVERFLOWS)
        if not 0 <= self.bits <= 32 or (self.bits == 1 and self.signed):
            raise NeurosimError(f"a format of {self.bits} bits; fixed point has 1 (unsigned) or 2 to 32 bits")
        if abs(self.frac_bits) > 64:
            raise NeurosimError(f"a format with {self.frac_bits} fractional bits; they lie between -64 and 64")

    def __str__(self) -> str:
        if self.exact:
            return "float64"
        return f"{'s' if self.signed else 'u'}{self.bits}.{self.frac_bits} {self.rounding} {self.overflow}"

    @classmethod
    def parse(cls, text: str) -> Format:
        """The format that prints as `text`: `float64`, or `s8.6`, with a rounding and an overflow if wanted."""
        first, *words = text.split() or [""]
        if first == "float64" and not words:
            return cls()
        found = re.fullmatch(r"([su])(\d{1,2})\.(-?\d{1,2})", first)
        roundings, overflows = ([word for word in words if word in each] for each in (ROUNDINGS, OVERFLOWS))
        if not found or len(roundings) > 1 or len(overflows) > 1 or len(words) > len(roundings) + len(overflows):
            raise NeurosimError(
                f"{text!r} is no number format; one is 'float64', or signed or unsigned bits.frac_bits ('s8.6', "
                f"'u7.0'), then a rounding ({', '.join(ROUNDINGS)}) and an overflow ({', '.join(OVERFLOWS)}) if wanted"
            )
        signed, bits, frac_bits = found[1] == "s", int(found[2]), int(found[3])
        return cls(bits, frac_bits, signed, *(roundings or [cls.rounding]), *(overflows or [cls.overflow]))

    @property
    def exact(self) -> bool:
        """Whether storing changes nothing."""
        return self.bits == 0

    @property
    def lsb(self) -> float:
        return 2.0**-self.frac_bits

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest code."""
        half = 2.0 ** (self.bits - 1)
        return (-half, half - 1.0) if self.signed else (0.0, 2.0 * half - 1.0)

    @property
    def stochastic(self) -> bool:
        """Whether storing takes a draw for every element."""
        return not self.exact and self.rounding == "stochastic"

    def store(
        self, values: Float[np.ndarray, "..."], draws: Float[np.ndarray, "..."] | float = 0.5
    ) -> Float[np.ndarray, "..."]:
        """The values as they are kept; `draws`, uniform in [0, 1), decide a stochastic rounding."""
        if self.exact:
            return values
        scaled = values / self.lsb
        below = np.floor(scaled)
        match self.rounding:
            case "floor":
                code = below
            case "toward_zero":
                code = np.trunc(scaled)
            case "nearest_even":
                code = np.rint(scaled)
            case "nearest_up":
                code = np.floor(scaled + 0.5)
            case _:
                code = below + (scaled - below + draws >= 1.0)
        low, high = self.ends
        if self.overflow == "saturate":
            return np.clip(code, low, high) * self.lsb
        span = high - low + 1.0
        return (code - span * np.floor((code - low) / span)) * self.lsb


FLOAT64 = Format()
EXACT: Mapping[str, Format] = dict.fromkeys(KINDS, FLOAT64)


def nearest(values: Float[np.ndarray, "..."], format: Format) -> Float[np.ndarray, "..."]:
    """The values as a format holds them at best: how a chip is loaded."""
    return Format(format.bits, format.frac_bits, format.signed).store(np.asarray(values, dtype=float))


def coefficient(name: str, value: float) -> float:
    """The constant that a fixed-point program multiplies by in place of `value`; it keeps its sign, and zero."""
    if name.startswith("lr_"):
        return float(2.0 ** np.round(np.log2(value))) if value > 0.0 else 0.0
    return float(np.rint(value * 2.0**COEFFICIENT_BITS) * 2.0**-COEFFICIENT_BITS)


def stream_key(seed: int, quantity: str) -> int:
    """Where the draws of a quantity begin."""
    return _mixed_int(_mixed_int(seed) ^ zlib.crc32(quantity.encode()))


def uniform(key: int, step: int, elements: UInt64[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """The draws of some elements of a quantity at a step: multiples of 2**-32 in [0, 1)."""
    with np.errstate(over="ignore"):
        counter = (np.uint64(step) << np.uint64(32)) | elements
        mixed = _mixed(np.uint64(key) + counter * np.uint64(STEP))
    return (mixed >> np.uint64(32)).astype(float) * 2.0**-32


def _mixed(z: UInt64[np.ndarray, "..."]) -> UInt64[np.ndarray, "..."]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(FIRST_MIX)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(SECOND_MIX)
    return z ^ (z >> np.uint64(31))


def _mixed_int(z: int) -> int:
    with np.errstate(over="ignore"):
        return int(_mixed(np.array([(z + STEP) % 2**64], dtype=np.uint64))[0])
