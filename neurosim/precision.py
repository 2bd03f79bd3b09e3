"""How numbers are kept: the format that each kind of quantity is rounded to as it is stored.

A program is in fixed point and float64, or as a whole in float32. Then all that it stores is in IEEE single precision,
weights, states and traces, constants and what it hears; what lies between two numbers that are stored may be wider, and
sums are in any order. So engines agree to what float32 leaves open, and a loss, which is told and not computed with, is
summed in float64.

A fixed-point number is a whole code times `2**-frac_bits`. Engines carry it as a float64, which holds it exactly, and
so all products and sums of such numbers as long as they fit 53 bits: intermediate results are exact whatever the
order or the compiler, and only storing rounds. How is written once, in `storing`, for every engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from neurosim.errors import NeurosimError, unknown

KINDS = ("state", "message", "weight", "trace", "error", "teaching signal", "output", "accumulator")
"""What a stored quantity can be; a chip gives each kind a format."""

ROUNDINGS = (
    *("floor", "toward_zero", "nearest_even", "nearest_up"),
    *("stochastic", "stochastic_magnitude", "stochastic_guarded", "unit_step", "pulse"),
)
IDEMPOTENT = ("floor", "toward_zero", "nearest_even", "nearest_up", "stochastic", "stochastic_magnitude")
"""Those that leave a code where it is."""

FLOATS = ("float64", "float32")
OVERFLOWS = ("saturate", "wrap")
SHARES = ("element", "pair", "vector", "update")
"""What has a random number of its own: every element; every row and every column, an element's being their sum modulo 1
(2 N draws for N * N elements, any two of which are independent); every vector (all elements `[i, ...]` of one i); or an
update."""

SHARING = {"pair": "row and column"}
"""How a sharing of draws is called in a sentence, if not by its name."""

EXACT_BITS = 53
DRAW_BITS = 32


@dataclass(frozen=True)
class Change:
    """What of a change reaches a stored number: multiples of `2**-frac_bits` LSB that fit `bits` bits with the sign."""

    bits: int
    frac_bits: int


@dataclass(frozen=True)
class Device:
    """A device whose conductance moves in pulses (HfO2, PCM, ...). Lengths in codes of the weight that it keeps.

    step: what a pulse adds at weight zero. pulses: the most of one update. spread: of a pulse's effect from one pulse
    to the next, and between: from device to device, as shares of it. up, down: the effect as a polynomial of the
    weight, lowest power first, which is 1 for a device whose pulses all do the same.
    """

    step: float
    pulses: int
    spread: float = 0.0
    between: float = 0.0
    up: tuple[float, ...] = (1.0,)
    down: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class Format:
    """A number format: floating point, which keeps every value as it is computed, or fixed point of a number of bits.

    bits: in all, 0 for floating point. frac_bits: of them below the point, which may lie outside the code. limits: the
    lowest and the highest code, if they are not those that the bits can hold. overflow: beyond them a code stays at the
    end (`saturate`) or keeps its low bits (`wrap`, two's complement). random_bits: of each draw. share: what has a draw
    of its own. noise: standard deviation of what is added before rounding [LSB]. threshold: codes below it are zero.
    change, device: how a weight's changes reach it. floating: the floating point that it is, or that carries the codes.
    """

    bits: int = 0
    frac_bits: int = 0
    signed: bool = True
    rounding: str = "nearest_even"
    overflow: str = "saturate"
    limits: tuple[int, int] | None = None
    random_bits: int = DRAW_BITS
    share: str = "element"
    noise: float = 0.0
    threshold: int = 0
    change: Change | None = None
    device: Device | None = None
    floating: str = FLOATS[0]

    def __post_init__(self) -> None:
        for what, word, words in (
            ("rounding", self.rounding, ROUNDINGS),
            ("overflow", self.overflow, OVERFLOWS),
            ("sharing of draws", self.share, SHARES),
            ("floating point", self.floating, FLOATS),
        ):
            if word not in words:
                raise unknown(what, word, words)
        if self.bits and self.floating != FLOATS[0]:
            raise NeurosimError(
                f"fixed point of {self.bits} bits in {self.floating}; its codes are carried as {FLOATS[0]}"
            )
        if not 0 <= self.bits <= 32 or (self.bits == 1 and self.signed):
            raise NeurosimError(f"a format of {self.bits} bits; fixed point has 1 (unsigned) or 2 to 32 bits")
        if abs(self.frac_bits) > 64:
            raise NeurosimError(f"a format with {self.frac_bits} fractional bits; they lie between -64 and 64")
        if not 1 <= self.random_bits <= DRAW_BITS:
            raise NeurosimError(f"draws of {self.random_bits} random bits; they have 1 to {DRAW_BITS}")
        if self.limits and not self._held[0] <= self.limits[0] < self.limits[1] <= self._held[1]:
            raise NeurosimError(f"codes from {self.limits[0]} to {self.limits[1]} in {self.bits} bits")
        if (self.rounding == "pulse") != (self.device is not None):
            raise NeurosimError("pulses need a device, and a device moves by pulses only")
        if self.share == "pair" and (self.noise or self.device):
            raise NeurosimError("a draw per row and column is for rounding; noise and devices need one per element")

    def __str__(self) -> str:
        if self.exact:
            return self.floating
        text = f"{'s' if self.signed else 'u'}{self.bits}.{self.frac_bits} {self.rounding} {self.overflow}"
        text += f" {self.limits[0]}..{self.limits[1]}" if self.limits else ""
        text += f" {self.random_bits} random bits" if self.random_bits < DRAW_BITS else ""
        text += f" one draw per {SHARING.get(self.share, self.share)}" if self.share != "element" else ""
        text += f" noise {self.noise:g} LSB" if self.noise else ""
        text += f" threshold {self.threshold}" if self.threshold else ""
        return text + (f" changes s{self.change.bits}, {self.change.frac_bits} below the LSB" if self.change else "")

    @classmethod
    def parse(cls, text: str) -> Format:
        """The format of `float64`, `float32`, or `s8.6` with a rounding and an overflow if wanted."""
        first, *words = text.split() or [""]
        if first in FLOATS and not words:
            return cls(floating=first)
        found = re.fullmatch(r"([su])(\d{1,2})\.(-?\d{1,2})", first)
        roundings, overflows = ([word for word in words if word in each] for each in (ROUNDINGS[:-1], OVERFLOWS))
        if not found or len(roundings) > 1 or len(overflows) > 1 or len(words) > len(roundings) + len(overflows):
            raise NeurosimError(
                f"{text!r} is no number format; one is 'float64', 'float32', or signed or unsigned bits.frac_bits "
                f"('s8.6', 'u7.0'), then a rounding ({', '.join(ROUNDINGS[:-1])}) and an overflow "
                f"({', '.join(OVERFLOWS)}) if wanted"
            )
        signed, bits, frac_bits = found[1] == "s", int(found[2]), int(found[3])
        rounding, overflow = (roundings or [cls.rounding])[0], (overflows or [cls.overflow])[0]
        return cls(bits, frac_bits, signed, rounding, overflow)

    @property
    def exact(self) -> bool:
        """Whether storing rounds no further than computing does."""
        return self.bits == 0

    @property
    def dtype(self) -> np.dtype:
        """Of the arrays that it is kept in."""
        return np.dtype(self.floating)

    @property
    def lsb(self) -> float:
        return 2.0**-self.frac_bits

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest code."""
        low, high = self.limits or self._held
        return float(low), float(high)

    def holds(self, other: Format) -> bool:
        """Whether what is a number of another format is stored in this one as it is, whatever is drawn."""
        if self.exact or other.exact:
            return self == other
        low, high = (end * other.lsb / self.lsb for end in other.ends)
        return (
            self.rounding in IDEMPOTENT
            and self.frac_bits >= other.frac_bits
            and self.ends[0] <= low <= high <= self.ends[1]
            and not (self.noise or self.threshold or self.change)
        )

    @property
    def _held(self) -> tuple[int, int]:
        """The lowest and the highest code that the bits can hold."""
        half = 2 ** max(self.bits - 1, 0)
        return (-half, half - 1) if self.signed else (0, 2 * half - 1)


FLOAT64, FLOAT32 = Format(), Format(floating="float32")
EXACT: Mapping[str, Format] = dict.fromkeys(KINDS, FLOAT64)


def loading(format: Format) -> Format:
    """How a chip is loaded with numbers of a format: the nearest of those that it can keep."""
    plain = Format(format.bits, format.frac_bits, format.signed, floating=format.floating)
    return replace(plain, limits=format.limits)
