"""The picture of all: rules by chips, coloured by loss on a logarithmic scale, marked with what the audit says."""

from __future__ import annotations

import math
from dataclasses import dataclass

from neurosim.page.record import Record, Row
from neurosim.page.scale import Scale
from neurosim.page.wording import range_of, short, signed

RAMP = ("ffffd9", "edf8b1", "c7e9b4", "7fcdbb", "41b6c4", "1d91c0", "225ea8", "253494", "081d58")
"""ColorBrewer's YlGnBu: ever darker, told apart by the colour-blind and in grey."""


@dataclass(frozen=True)
class Cell:
    """A rule on a chip. ink: of the text, against the colour. best: whether none on this chip has a lower loss."""

    rule: int
    profile: int
    loss: str
    value: float
    colour: str
    ink: str
    verdict: str
    diverged: str
    all_diverged: bool
    best: bool
    tip: str


@dataclass(frozen=True)
class Heat:
    """The picture: cells by rule, None where a rule did not run; ticks of the scale of colours [%]."""

    cells: list[list[Cell | None]]
    ticks: list[tuple[float, str]]
    gradient: str


def heat(record: Record) -> Heat:
    """The picture of a record."""
    scale = Scale.of([row.loss for row in record.rows], 0.0, 100.0, log=True)
    best = {
        profile: min((row.loss for row in record.rows if row.profile == profile), default=math.inf)
        for profile in record.profiles
    }
    cells = [
        [
            _cell(row, r, p, scale, best[profile]) if (row := record.row(rule, profile)) else None
            for p, profile in enumerate(record.profiles)
        ]
        for r, rule in enumerate(record.rules)
    ]
    stops = ", ".join(colour(100.0 * k / 32) for k in range(33))
    return Heat(cells, scale.ticks(), f"linear-gradient(to right, {stops})")


def _cell(row: Row, rule: int, profile: int, scale: Scale, best: float) -> Cell:
    place = min(max(scale(row.loss), 0.0), 100.0) if scale.shows(row.loss) else 100.0 * (row.loss > 0)
    return Cell(
        rule=rule,
        profile=profile,
        loss=short(row.loss),
        value=row.loss,
        colour=colour(place),
        ink="#fff" if place > 56 else "#111",
        verdict=row.chip.verdict if row.chip else "",
        diverged=f"{row.diverged} of {len(row.attempts)} diverged" if row.diverged else "",
        all_diverged=not math.isfinite(row.loss),
        best=row.loss == best and math.isfinite(best),
        tip=_tip(row),
    )


def _tip(row: Row) -> str:
    parts = [f"{row.rule} on {row.profile}: loss {short(row.loss)}"]
    if len(row.attempts) > 1:
        parts[0] += f" {range_of(row.losses.min(), row.losses.max())} over {len(row.attempts)} seeds"
    parts += [f"{name} {signed(value)}" for name, value in _costs(row) if math.isfinite(value)]
    return " · ".join(parts)


def _costs(row: Row) -> tuple[tuple[str, float], ...]:
    return ("locality", row.locality), ("precision", row.precision)


def colour(place: float) -> str:
    """The colour at a place of the scale [%]."""
    at = min(max(place, 0.0), 100.0) / 100.0 * (len(RAMP) - 1)
    low = min(int(at), len(RAMP) - 2)
    pairs = zip(_channels(RAMP[low]), _channels(RAMP[low + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (at - low)):02x}" for a, b in pairs)


def _channels(code: str) -> list[int]:
    return [int(code[k : k + 2], 16) for k in (0, 2, 4)]
