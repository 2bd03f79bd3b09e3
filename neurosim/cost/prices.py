"""What one operation costs on a chip, as a range: what its profile says, or else its core's cycles, or else a floor."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from neurosim.audit.widths import trace_bits
from neurosim.profile import Profile

Range = tuple[float, float, float]
"""(low, typical, high)"""


@dataclass(frozen=True)
class Prices:
    """[pJ] of one operation of each kind. estimated: those of which the profile says nothing; estimate: from what."""

    event: Range
    update: Range
    neuron: Range
    kept: Range
    message: Range
    estimated: tuple[str, ...]
    estimate: str


@cache
def floor_figures() -> dict[str, Any]:
    """The figures of the floor, with their sources: `floor.toml`."""
    return tomllib.loads((files("neurosim.cost") / "floor.toml").read_text(encoding="utf-8"))


def prices(profile: Profile) -> Prices | None:
    """What operations cost on a chip; None if no figure of energy at all is known of it."""
    keys = ("syn_op_pj", "weight_update_pj", "neuron_active_pj", "cycle_pj", "static_mw")
    if all(profile.range(f"energy.{key}") is None for key in keys):
        return None
    floors, cycles = floor(profile), floor_figures()["cycles"]
    known = {
        "event": profile.range("energy.syn_op_pj"),
        "update": profile.range("energy.weight_update_pj"),
        "neuron": profile.range("energy.neuron_active_pj"),
        "kept": None,
    }
    words = {"event": "synaptic_operation", "update": "weight_update", "neuron": "neuron", "kept": "trace"}
    cycle = profile.range("energy.cycle_pj")
    guess = {name: scaled(cycle, cycles[words[name]]) if cycle else scaled(kappa(), floors[name]) for name in known}
    made = "from cycles of its core" if cycle else "from a floor and how far other chips are above it"
    return Prices(
        **{name: price or guess[name] for name, price in known.items()},
        message=_message(profile),
        estimated=tuple(words[name].replace("_", " ") for name, price in known.items() if price is None),
        estimate=made,
    )


def floor(profile: Profile) -> dict[str, float]:
    """[pJ] that operations take at the least: reads, multiplications and additions of the chip's widths."""
    figures, assumed = floor_figures()["floor"], floor_figures()["assumed"]
    weight = profile.get("weight.bits") or assumed["weight"]
    state = profile.get("state.bits") or assumed["state"]
    trace = trace_bits(profile, "pre") or trace_bits(profile, "synapse") or assumed["trace"]

    def multiply(bits: float) -> float:
        return figures["multiply_int8"] * (bits / 8.0) ** 2

    def add(bits: float) -> float:
        return figures["add_int8"] * bits / 8.0

    read = figures["read_bit"]
    return {
        "event": weight * read + add(state),
        "update": 2 * weight * read + 2 * multiply(assumed["factor"]) + add(assumed["sum"]),
        "neuron": 2 * state * read + multiply(state) + 2 * add(state),
        "kept": 2 * trace * read + multiply(trace) + add(trace),
    }


def kappa() -> Range:
    """How far chips are above the floor."""
    low, typical, high = floor_figures()["overhead"]["kappa"]
    return float(low), float(typical), float(high)


def _message(profile: Profile) -> Range:
    """A number sent from place to place, as far as the profile prices it apart from the synaptic operations."""
    parts = [profile.range(f"energy.{key}") for key in ("spike_local_pj", "hop_pj", "packet_pj")]
    return added(*(part for part in parts if part))


def scaled(range: Range, factor: float) -> Range:
    """A range times a number."""
    low, typical, high = range
    return low * factor, typical * factor, high * factor


def added(*ranges: Range) -> Range:
    """Ranges added up, end by end."""
    low, typical, high = (sum(ends) for ends in zip((0.0, 0.0, 0.0), *ranges, strict=True))
    return low, typical, high


def multiplied(first: Range, second: Range) -> Range:
    """Two ranges of numbers that are not negative, multiplied end by end."""
    return first[0] * second[0], first[1] * second[1], first[2] * second[2]
