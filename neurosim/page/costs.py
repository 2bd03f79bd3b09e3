"""What a rule takes of a chip: bits of a synapse and energy of a step, as figures and as marks on one shared axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

from neurosim.page.record import OnChip, Record
from neurosim.page.scale import Scale
from neurosim.page.wording import range_of, short

NANO = 1e-9


@dataclass(frozen=True)
class Cost:
    """Of a rule on a chip. low, middle, high: places of its energy [%]; None if that is unknown."""

    rule: int
    profile: int
    name: str
    verdict: str
    reasons: tuple[str, ...]
    bits: str
    energy: str
    spread: str
    marks: tuple[float, float, float] | None


@dataclass(frozen=True)
class Costs:
    """Of all rules, on one axis. ticks: of energy [nJ] by place [%]."""

    by_rule: dict[int, list[Cost]]
    ticks: list[tuple[float, str]]


def costs(record: Record) -> Costs:
    """What each rule takes of each chip; nothing of number formats that are no chip."""
    known = [value / NANO for row in record.rows if row.chip for value in row.chip.joule]
    scale = Scale.of(known, 0.0, 100.0, log=True)
    by_rule: dict[int, list[Cost]] = {}
    for row in record.rows:
        if row.chip:
            rule, profile = record.rules.index(row.rule), record.profiles.index(row.profile)
            by_rule.setdefault(rule, []).append(_cost(row.chip, row.profile, rule, profile, scale))
    return Costs(by_rule, scale.ticks())


def _cost(chip: OnChip, name: str, rule: int, profile: int, scale: Scale) -> Cost:
    low, typical, high = (each / NANO for each in chip.joule) if chip.joule else (math.nan,) * 3
    return Cost(
        rule=rule,
        profile=profile,
        name=name,
        verdict=chip.verdict or "undecided",
        reasons=chip.reasons,
        bits=bits(chip),
        energy=short(typical) if chip.joule else "unknown",
        spread=range_of(low, high) if chip.joule and low != high else "",
        marks=(scale(low), scale(typical), scale(high)) if all(map(scale.shows, (low, typical, high))) else None,
    )


def bits(chip: OnChip) -> str:
    """Bits of a synapse; where weights are not made of any, `analog`."""
    if math.isnan(chip.bits):
        return "unknown"
    return f"{chip.bits:.3g}" if chip.bits else "analog"
