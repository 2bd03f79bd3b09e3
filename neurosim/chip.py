"""A chip's figures as the arithmetic that they amount to: which format keeps what, and what the chip does otherwise.

Where a chip has no number of its own (analog, floating point, or unknown) or one that float64 could not carry exactly,
the nearest that can be computed with is taken; `docs/profiles.md` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil, log2
from typing import Any

from neurosim import devices
from neurosim.arithmetic import FLOATING, SINGLE, Arithmetic
from neurosim.figures import Figure
from neurosim.precision import Change, Format

WIDEST, WIDEST_TRACE, WIDEST_COEFFICIENT, WIDEST_RATE = 24, 20, 15, 4
"""Bits with which products are still exact in float64. What is wider loses its highest bits, a constant its lowest."""

BOTH = 32
"""Bits of a weight and a teaching signal together: sums of their products over neurons, scaled, are exact then."""

CONTINUOUS = Format(24, 16)
"""How analog quantities are carried."""

FLOATS = {"float32": SINGLE, "float64": FLOATING}
"""What a chip computes in, all of it, whose weights are in floating point."""

SHARES = {"element": "element", "pair": "pair", "vector": "vector", "call": "update"}


class Chip:
    """The figures of a profile by key; what is unknown or not said reads as None."""

    def __init__(self, figures: Mapping[str, Figure]) -> None:
        self.figures = figures

    def __call__(self, key: str, otherwise: Any = None) -> Any:
        value = self.figures[key].value if key in self.figures else None
        return otherwise if value is None else value

    def trace(self, site: str) -> str | None:
        """The name of the first trace that is kept at a site."""
        found = (key.split(".")[1] for key in self.figures if key.startswith("trace.") and key.endswith(".site"))
        return next((name for name in found if self(f"trace.{name}.site") == site), None)


def arithmetic(figures: Mapping[str, Figure]) -> Arithmetic:
    """The arithmetic of a chip with these figures."""
    chip = Chip(figures)
    if (floating := chip("weight.frac_bits", "float64" if not figures else None)) in FLOATS:
        return FLOATS[floating]
    state = _format(chip, "state", "decay_round")
    error = _format(chip, "rule.err", "")
    post, pre = chip.trace("post"), chip.trace("pre") or chip.trace("synapse")
    weight, hidden = _weight(chip)
    plain = replace(state, rounding="floor")
    trace = _format(chip, f"trace.{pre}", "decay_round") if pre else state
    return Arithmetic(
        formats={
            "state": state,
            "message": _message(chip),
            "weight": weight,
            "trace": replace(trace, bits=min(trace.bits, WIDEST_TRACE)),
            "error": error,
            "teaching signal": _teaching(_format(chip, f"trace.{post}", "") if post else plain, hidden or weight),
            "output": replace(plain, rounding="nearest_even"),
            "accumulator": replace(plain, overflow=chip("state.input_overflow", plain.overflow)),
        },
        current=_converted(chip),
        hidden=hidden,
        coefficient_bits=min(_whole(chip, "state.decay_frac_bits", 0) or WIDEST_COEFFICIENT, WIDEST_COEFFICIENT),
        rate_bits=min(max(_whole(chip, "update.lr_mant_bits", 0), 1), WIDEST_RATE),
        latency=chip("rule.err_latency_steps", 0),
        every=chip("update.period_min_steps", 1),
        message=_code(chip),
        leak="add_decay" if pre and chip(f"trace.{pre}.order") == "add_decay" else "together",
        zero_diagonal=chip("weight.zero_diagonal", False),
        mismatch=_typical(chip("noise.weight_mismatch_cv", 0.0)),
    )


def _whole(chip: Chip, key: str, otherwise: int) -> int:
    found = chip(key, otherwise)
    return found if isinstance(found, int) else otherwise


def _typical(value: float | tuple[float, ...]) -> float:
    return value[1] if isinstance(value, tuple) else value


def _format(chip: Chip, key: str, rounding: str) -> Format:
    """A format from the figures of a section, `state.bits` and so on, or `rule.err_bits`."""
    start = f"{key}." if key != "rule.err" else "rule.err_"
    bits, frac_bits = chip(f"{start}bits", 0), chip(f"{start}frac_bits")
    if not bits or not isinstance(frac_bits, int):
        return CONTINUOUS
    word = chip(f"{start}{rounding}", "nearest_even") if rounding else "nearest_even"
    found = Format(min(bits, WIDEST), frac_bits, overflow=chip(f"{start}overflow", "saturate"))
    return _both_signs(chip, start, replace(found, rounding="floor" if word == "none" else word))


def _teaching(format: Format, weight: Format) -> Format:
    """A teaching signal as wide as may be beside a weight; it loses its lowest bits."""
    lost = max(format.bits + max(weight.bits, BOTH // 2) - BOTH, 0)
    return replace(format, bits=format.bits - lost, frac_bits=format.frac_bits - lost)


def _both_signs(chip: Chip, start: str, format: Format) -> Format:
    """What has no sign comes twice, once for each half of the values: a bit more, and symmetric ends."""
    if chip(f"{start}signed", True):
        return format
    most = 2**format.bits - 1
    return replace(format, bits=format.bits + 1, limits=(-most, most))


def _code(chip: Chip) -> str:
    if chip("message.rate_map") == "sigma_delta":
        return "sigma_delta"
    return "chance" if chip("message.kind") == "binary" else "rounded"


def _message(chip: Chip) -> Format:
    """Binary messages say a rate by chance, up or down a channel for each sign; graded ones are rounded."""
    if chip("message.kind") == "binary":
        return Format(2, _whole(chip, "message.frac_bits", 0), rounding="stochastic", limits=(-1, 1))
    found = _format(chip, "message", "")
    return replace(found, rounding="toward_zero") if chip("message.rate_map") == "sigma_delta" else found


# --- weights -------------------------------------------------------------------------------------------------------


def _weight(chip: Chip) -> tuple[Format, Format | None]:
    """The format of the weights that act, and that of their hidden copies if they have any."""
    if chip("device.dw_min") and chip("update.round") == "pulse":
        return devices.weight(chip)
    if not chip("weight.bits"):
        return Format(16, 14), None
    written = _digital_weight(chip)
    if not (shadow := chip("weight.shadow_bits", 0)):
        return written, None
    ends = tuple(2**shadow * int(end) for end in written.ends)
    wide = replace(written, bits=written.bits + shadow, frac_bits=written.frac_bits + shadow, limits=None)
    return Format(written.bits, written.frac_bits, limits=written.limits), replace(
        wide, limits=(ends[0], ends[1] + 2**shadow - 1)
    )


def _digital_weight(chip: Chip) -> Format:
    step = max(_whole(chip, "weight.step", 1), 1)
    coarser = int(log2(step))
    word = chip("update.round", "nearest_even")
    change = None
    if chip("rule.form") == "sum_of_products":
        change = Change(_whole(chip, "update.acc_bits", 16), _whole(chip, "update.acc_frac_bits", 0))
    found = Format(
        bits=min(chip("weight.bits"), WIDEST),
        frac_bits=_whole(chip, "weight.frac_bits", chip("weight.bits") - 1) - coarser,
        rounding="nearest_even" if word == "none" else word,
        overflow=chip("update.overflow", "saturate"),
        limits=(int(chip("weight.min")) // step, int(chip("weight.max")) // step) if chip("weight.signed") else None,
        random_bits=chip("update.rand_bits", 0) or Format.random_bits,
        share=SHARES.get(chip("update.rand_scope", "element"), "element"),
        change=change,
    )
    return _both_signs(chip, "weight.", found)


def _converted(chip: Chip) -> Format | None:
    """How the sum that an analog array delivers is read: noise, then the converter's codes."""
    bits, bound = chip("noise.adc_bits"), chip("noise.out_bound")
    if not bits or not bound or not isinstance(chip("message.frac_bits"), int):
        return None
    full = 2.0 ** (chip("message.bits") - 1 - chip("message.frac_bits"))
    frac_bits = bits - 1 - ceil(log2(bound * full))
    return Format(bits, frac_bits, noise=chip("noise.out_noise", 0.0) * full * 2.0**frac_bits)
