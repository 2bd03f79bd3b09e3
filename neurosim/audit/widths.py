"""How wide a number is on a chip: the bits of each kind of quantity, at each home."""

from __future__ import annotations

from neurosim.profile import Profile

EXACT_BITS = 64
"""What a number takes where no format narrows it."""


def width(profile: Profile, kind: str, home: str) -> int | None:
    """[bits] that a number of a kind takes at a home on a chip; None if that is not known. Analog takes none."""
    if is_plain(profile):
        return profile.arithmetic.formats[kind.removeprefix("fixed ")].bits or EXACT_BITS
    match kind, home:
        case "weight", _:
            return _sum(profile.get("weight.bits"), profile.get("weight.shadow_bits") or 0)
        case "fixed weight", _:
            return _whole(profile.get("weight.bits"))
        case (("state" | "output"), _):
            return _whole(profile.get("state.bits"))
        case "message", _:
            return _whole(profile.get("message.bits"))
        case "accumulator", _:
            return _whole(profile.get("update.acc_bits"))
        case "trace", ("synapse" | "influence"):
            return _synaptic(profile)
        case "trace", _:
            return trace_bits(profile, "pre") or trace_bits(profile, "synapse")
    return _whole(profile.get("rule.err_bits"))


def is_plain(profile: Profile) -> bool:
    """Whether a profile is a set of number formats and no chip."""
    return profile.spelt_out is not None


def trace_bits(profile: Profile, site: str) -> int | None:
    """[bits] of the widest trace that a chip has at a site; None if it has none."""
    named = [name for name in profile.traces if profile.get(f"trace.{name}.site") == site]
    return max((bits for name in named if (bits := profile.get(f"trace.{name}.bits")) is not None), default=None)


def _synaptic(profile: Profile) -> int | None:
    """Of a trace at a synapse: the chip's own trace there, or the state that its rules have, or as elsewhere."""
    if found := trace_bits(profile, "synapse"):
        return found
    if profile.get("rule.form") == "sum_of_products":
        return _whole(profile.get("rule.syn_state_bits"))
    return trace_bits(profile, "pre")


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _sum(*values: object) -> int | None:
    known = [value for value in values if isinstance(value, int)]
    return sum(known) if len(known) == len(values) else None
