"""The limits of a chip apart: its arithmetic with one group of them only, or without one.

A limit that is taken away leaves what float64 has. A format belongs to the group of what it keeps, with its bits, its
ends and its overflow, and rounds as the chip does; `rounding` is what of that rounding to nearest would not have done.
So it has nothing to act on alone: `only=weights` rounds weights as the chip does, `only=rounding` is float64, and
`without=rounding` is the chip with every format rounded to nearest. What rounds by chance since it is a code (binary
messages) or a device (pulses) belongs to that code or device.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from neurosim.arithmetic import FLOATING, Arithmetic
from neurosim.errors import NeurosimError, unknown
from neurosim.precision import Format

KINDS = {
    "weights": ("weight",),
    "traces": ("trace",),
    "errors": ("error", "teaching signal"),
    "states": ("state", "output", "accumulator"),
    "messages": ("message",),
}
"""The kinds of quantities whose formats belong to a group."""

FIELDS = {
    "traces": ("leak",),
    "messages": ("message",),
    "latency": ("latency",),
    "gating": ("every",),
    "wiring": ("zero_diagonal",),
    "noise": ("mismatch",),
    "coefficients": ("coefficient_bits", "rate_bits"),
}
"""The fields of an arithmetic that belong to a group."""

LIMITS = {
    "weights": "formats of weights, of feedback and of hidden weights; how changes reach them",
    "traces": "format of traces, and the order of their decay",
    "errors": "formats of errors and teaching signals",
    "states": "formats of rates, outputs and targets, sums, and of the converter that reads a neuron's current",
    "messages": "format and code of the rates that neurons send",
    "inputs": "format and code of the inputs that arrive",
    "rounding": "how formats round, beside to nearest",
    "latency": "steps until synapses hear of an error",
    "gating": "steps from one update to the next",
    "wiring": "synapses that cannot be",
    "noise": "of converters and of written weights; mismatch; devices' spread where there are devices' weights",
    "coefficients": "bits of learning rates, leaks and other constants",
}
"""The groups, and what is in each."""

HEARD, SENT = frozenset({"x", "heard"}), frozenset({"sent"})
"""What inputs and rates are as messages."""

WIDE, ROOM = 32, 4
"""Bits of a number that has the noise of a coarser one only, and by how many of them its range is wider."""


@dataclass(frozen=True)
class Part:
    """Some of the limits of something: those named, or all but those."""

    word: str
    groups: frozenset[str]

    def kept(self) -> frozenset[str]:
        """The groups that stay. Formats that stay do so with their rounding."""
        return self.groups | {"rounding"} if self.word == "only" else frozenset(LIMITS) - self.groups

    def of(self, arithmetic: Arithmetic, name: str) -> Arithmetic:
        """An arithmetic with these limits. Raises `NeurosimError` if it has not got one that is named."""
        there = limits(arithmetic)
        if wrong := sorted(self.groups - set(there)):
            if not there:
                raise NeurosimError(f"{name} has no limits to take apart")
            raise unknown(f"limit of {name}", wrong[0], there)
        return limited(arithmetic, self.kept())


def split(name: str) -> tuple[str, Part | None]:
    """The name of a profile and what of its limits is meant: `loihi2-lava:without=weights+traces`."""
    found = re.fullmatch(r"(.+):(only|without)=([^:]*)", name, re.DOTALL)
    if not found:
        return name, None
    return found[1], Part(found[2], frozenset(found[3].split("+")))


def limits(arithmetic: Arithmetic) -> tuple[str, ...]:
    """The groups of limits that an arithmetic has: without them it would be another."""
    return tuple(name for name in LIMITS if limited(arithmetic, frozenset(LIMITS) - {name}) != arithmetic)


def limited(arithmetic: Arithmetic, kept: Collection[str]) -> Arithmetic:
    """An arithmetic with some groups of its limits, and those of floating point in place of the others."""
    weight, hidden = _weights(arithmetic, kept)
    formats = {**_formats(arithmetic, kept), "weight": weight}
    found = replace(arithmetic, formats=formats, hidden=hidden, current=_current(arithmetic.current, kept))
    found = replace(found, exempt=_exempt(arithmetic, kept))
    for group, names in FIELDS.items():
        if group not in kept and not (group == "messages" and "inputs" in kept):
            found = replace(found, **{name: getattr(FLOATING, name) for name in names})
    return found if "rounding" in kept else _rounded_to_nearest(found)


def _formats(arithmetic: Arithmetic, kept: Collection[str]) -> dict[str, Format]:
    gone = {kind for group, kinds in KINDS.items() if group not in kept for kind in kinds}
    gone -= {"message"} if "inputs" in kept else set()
    return {kind: arithmetic.floating if kind in gone else format for kind, format in arithmetic.formats.items()}


def _exempt(arithmetic: Arithmetic, kept: Collection[str]) -> frozenset[str]:
    """Of inputs and rates, which share a format, those whose limits are gone while the others' stay."""
    if arithmetic.formats["message"].exact and arithmetic.message == FLOATING.message:
        return arithmetic.exempt
    if ("messages" in kept) == ("inputs" in kept):
        return arithmetic.exempt if "messages" in kept else FLOATING.exempt
    return arithmetic.exempt | (HEARD if "messages" in kept else SENT)


def _weights(arithmetic: Arithmetic, kept: Collection[str]) -> tuple[Format, Format | None]:
    """Weights and hidden weights: with their bits, their noise, both or neither."""
    weight, hidden = arithmetic.formats["weight"], arithmetic.hidden
    if "weights" in kept:
        return (weight, hidden) if "noise" in kept else (_quiet(weight), hidden and _quiet(hidden))
    if "noise" in kept and weight.noise:
        return _noise_of(weight), hidden and arithmetic.floating
    return arithmetic.floating, None


def _current(current: Format | None, kept: Collection[str]) -> Format | None:
    """The converter of a current: with its bits, its noise, both or neither."""
    if current and "states" in kept:
        return current if "noise" in kept else _quiet(current)
    return _noise_of(current) if current and current.noise and "noise" in kept else None


def _noise_of(format: Format) -> Format:
    """As fine as fixed point goes, with the noise of a format."""
    finer = WIDE - ROOM - format.bits
    return Format(WIDE, format.frac_bits + finer, noise=format.noise * 2.0**finer)


def _quiet(format: Format) -> Format:
    device = format.device and replace(format.device, spread=0.0, between=0.0)
    return replace(format, noise=0.0, device=device)


def _rounded_to_nearest(arithmetic: Arithmetic) -> Arithmetic:
    def nearest(format: Format) -> Format:
        if format.exact or format.device or format.rounding.startswith("nearest"):
            return format
        return replace(format, rounding="nearest_even", random_bits=Format.random_bits, share=Format.share)

    coded = {"message"} if arithmetic.message != FLOATING.message else set()
    formats = arithmetic.formats.items()
    return replace(
        arithmetic,
        formats={kind: format if kind in coded else nearest(format) for kind, format in formats},
        hidden=arithmetic.hidden and nearest(arithmetic.hidden),
        current=arithmetic.current and nearest(arithmetic.current),
    )
