"""What a chip computes with: a number format for each kind of quantity, and the ways in which it departs from the text.

Plain fixed point is formats alone. A chip may also learn in wide hidden weights, hear of errors late, update at some
steps only, send differences instead of values, or have weights that are not quite what they should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from neurosim.errors import NeurosimError, unknown
from neurosim.precision import EXACT, FLOAT32, FLOAT64, KINDS, OVERFLOWS, ROUNDINGS, Format

LEAKS = ("together", "decay_add", "add_decay")
"""How a trace takes in what arrives: rounded once; decayed, rounded, then added to; or added to, then decayed."""

MESSAGES = ("rounded", "chance", "sigma_delta")
"""What is sent: the value, rounded; a few levels, by chance the value on average; or by how much it has changed."""

COEFFICIENT_BITS, RATE_BITS = 15, 1
"""Of the constants of plain fixed point."""

WIDE = "s16.10"
"""How plain fixed point keeps what nothing is said of; products of three such numbers are still exact."""


@dataclass(frozen=True)
class Arithmetic:
    """The arithmetic of a chip.

    formats: of each kind of quantity. current: of the sum that a neuron's synapses deliver, if a converter reads it.
    hidden: of the copy of a weight that learning adds to, if the weight that acts
    is a coarser or noisier reading of it. exempt: quantities that float64 keeps, whatever their kind.
    coefficient_bits: below the point of the constants that are multiplied by. rate_bits: of a learning rate; with one
    bit it is a power of two. Without, both are in floating point. latency: steps until synapses hear of an error.
    every: steps from one update to the next. message: one of `MESSAGES`. leak: one of `LEAKS`, for traces.
    zero_diagonal: whether neurons have no synapse onto themselves. mismatch: coefficient
    of variation of what each synapse transmits, about its weight.
    """

    formats: Mapping[str, Format] = field(default_factory=lambda: EXACT)
    current: Format | None = None
    hidden: Format | None = None
    exempt: frozenset[str] = frozenset()
    coefficient_bits: int | None = None
    rate_bits: int | None = None
    latency: int = 0
    every: int = 1
    message: str = "rounded"
    leak: str = "together"
    zero_diagonal: bool = False
    mismatch: float = 0.0

    def __post_init__(self) -> None:
        if missing := set(KINDS) - set(self.formats):
            raise NeurosimError(f"no format for: {', '.join(sorted(missing))}")
        for what, word, words in (("order of a leak", self.leak, LEAKS), ("code", self.message, MESSAGES)):
            if word not in words:
                raise unknown(what, word, words)
        if self.floating == FLOAT32 and (others := {*self._formats} - {FLOAT32}):
            raise NeurosimError(
                f"float32 beside {min(map(str, others))}: a program is in float32 as a whole or not at all"
            )

    @property
    def floating(self) -> Format:
        """What all is computed in: float32 if quantities are kept in it; else float64, which carries codes too."""
        return FLOAT32 if FLOAT32 in self._formats else FLOAT64

    @property
    def _formats(self) -> list[Format]:
        return [*self.formats.values(), *filter(None, (self.current, self.hidden))]

    @property
    def fixed(self) -> bool:
        """Whether all that is kept or multiplied by is in fixed point, so that engines agree to the last bit."""
        constants = self.coefficient_bits is not None and self.rate_bits is not None
        return constants and not self.exempt and not any(format.exact for format in self._formats)

    def coefficient(self, name: str, value: float) -> float:
        """The constant that is multiplied by in place of `value`; it keeps its sign, and zero."""
        bits = self.rate_bits if name.startswith("lr_") else self.coefficient_bits
        if bits is None or value == 0.0:
            return float(self.floating.dtype.type(value))
        if not name.startswith("lr_"):
            return float(np.rint(value * 2.0**bits) * 2.0**-bits)
        if bits == 1:
            return float(2.0 ** np.round(np.log2(value)))
        finest = 2.0 ** (np.floor(np.log2(value)) + 1 - bits)
        return float(np.rint(value / finest) * finest)


FLOATING = Arithmetic()
SINGLE = Arithmetic(dict.fromkeys(KINDS, FLOAT32))
"""Float64 throughout, and float32."""


def plain(name: str) -> Arithmetic:
    """The arithmetic that a name spells out: `fixed:weight=s8.6,trace=s12.10,rounding=stochastic,share=pair`.

    A kind of quantity that is not named is kept in `WIDE`. Rounding, overflow and `share`, what has draws of its own,
    are those of all kinds.
    """
    given = dict(part.partition("=")[::2] for part in name.removeprefix("fixed").lstrip(":").split(",") if part)
    names = {kind.replace(" ", "_"): kind for kind in KINDS}
    if loose := set(given) - {*names, "rounding", "overflow", "share"}:
        raise unknown("part of a fixed-point profile", min(loose), [*names, "rounding", "overflow", "share"])
    share = given.pop("share", Format.share)
    manner = f"{given.pop('rounding', ROUNDINGS[2])} {given.pop('overflow', OVERFLOWS[0])}"
    formats = {kind: Format.parse(f"{given.get(short, WIDE)} {manner}") for short, kind in names.items()}
    formats = {kind: replace(format, share=share) for kind, format in formats.items()}
    return Arithmetic(formats, coefficient_bits=COEFFICIENT_BITS, rate_bits=RATE_BITS)
