"""What a chip's precision costs a rule in parts, as bars to either side of zero that share one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from neurosim.page.record import Row
from neurosim.page.scale import Scale
from neurosim.page.wording import signed


@dataclass(frozen=True)
class Bar:
    """A part of a budget. start, width: of its bar [%]; width None where it is infinite. kind: of part, for colour."""

    name: str
    kind: str
    said: str
    start: float
    width: float | None
    without: str


@dataclass(frozen=True)
class Bars:
    """The parts of what one chip costs a rule. zero: where nothing is [%]."""

    profile: int
    name: str
    measure: str
    bars: list[Bar]
    zero: float


def bars(rows: Sequence[Row], profiles: Sequence[str]) -> list[Bars]:
    """The budgets of a rule's rows, those that have one, to the same scale."""
    parts = [_parts(row) for row in rows]
    scale = Scale.of([value for each in parts for _, _, value, _ in each], 0.0, 100.0, zero=True)
    return [
        Bars(
            profile=profiles.index(row.profile),
            name=row.profile,
            measure=row.budget.measure if row.budget else "",
            bars=[_bar(*part, scale) for part in each],
            zero=scale(0.0),
        )
        for row, each in zip(rows, parts, strict=True)
        if each
    ]


def _parts(row: Row) -> list[tuple[str, str, float, float]]:
    """Name, kind, cost alone, and what would be saved without, of each part of a budget; the sum last."""
    if row.budget is None:
        return []
    limits = sorted(row.budget.limits, key=lambda part: -part.alone if math.isfinite(part.alone) else -math.inf)
    return [
        ("learning rate", "rate", row.budget.rate, math.nan),
        *((part.limit, "limit", part.alone, part.without) for part in limits),
        ("interaction", "rest", row.budget.interaction, math.nan),
        ("precision", "sum", row.budget.precision, math.nan),
    ]


def _bar(name: str, kind: str, value: float, without: float, scale: Scale) -> Bar:
    saved = signed(without) if not math.isnan(without) else ""
    if not math.isfinite(value):
        return Bar(name, kind, signed(value), scale(0.0), None, saved)
    ends = sorted((scale(0.0), scale(value)))
    return Bar(name, kind, signed(value), ends[0], round(ends[1] - ends[0], 2), saved)
