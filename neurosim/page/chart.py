"""A chart of lines over training: medians over seeds, the range of them, what each is called, as places on paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from neurosim.page.scale import Scale
from neurosim.page.wording import range_of, short

WIDTH, HEIGHT = 360, 232
LEFT, TOP, BOTTOM = 46, 14, 34
LETTER = 6.1
"""[px] that a letter of a label takes."""

LONGEST_LABEL = 17
BETWEEN = 12.5
"""[px] between labels that would else lie on each other."""

LOWEST = HEIGHT - BOTTOM
"""[px] Where the lowest label stands."""

COLOURS = 8
"""How many there are before they come again, with dashes."""


@dataclass(frozen=True, eq=False)
class Line:
    """Values at checkpoints. rule, profile: numbers of what a reader may filter by. look: which colour and dash."""

    rule: int
    profile: int
    label: str
    look: int
    x: np.ndarray
    low: np.ndarray
    middle: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Drawn:
    """A line on paper: SVG paths of the median and of the range, points with what they say, where its name stands."""

    rule: int
    profile: int
    label: str
    colour: int
    dashed: bool
    path: str
    band: str
    points: list[tuple[float, float, str]]
    name: str
    name_at: float
    end_at: tuple[float, float]


@dataclass(frozen=True)
class Chart:
    """A chart on paper. zero: where a line of reference stands, if anywhere."""

    title: str
    y_label: str
    described: str
    lines: list[Drawn]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    right: float
    reference: float | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def over_seeds(
    curves: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Checkpoints, and lowest, median and highest value there, of curves that may end early or have gaps."""
    x = np.unique(np.concatenate([seen for seen, _ in curves])) if curves else np.empty(0)
    values = np.full((max(len(curves), 1), len(x)), np.nan)
    for line, (seen, curve) in zip(values, curves, strict=False):
        line[np.searchsorted(x, seen)] = np.where(np.isfinite(curve), curve, np.nan)
    there = ~np.isnan(values).all(axis=0)
    low, middle, high = np.full((3, len(x)), np.nan)
    if there.any():
        low[there], middle[there], high[there] = np.nanpercentile(values[:, there], (0, 50, 100), axis=0)
    return x[there], low[there], middle[there], high[there]


def chart(
    title: str, y_label: str, lines: Sequence[Line], *, log: bool = False, reference: float | None = None
) -> Chart | None:
    """Lines as a chart; None if there is nothing to draw. reference: a value that a thin line stands at."""
    lines = [line for line in lines if np.isfinite(line.middle).any()]
    if not lines:
        return None
    labels = [_cut(line.label) for line in lines]
    right = WIDTH - 8 - LETTER * max(map(len, labels))
    ends = [value for line in lines for each in (line.low, line.high) for value in each]
    x_scale = Scale(0.0, max(float(line.x.max()) for line in lines) or 1.0, LEFT, right)
    extra = [] if reference is None else [reference]
    y_scale = Scale.of([*map(float, ends), *extra], HEIGHT - BOTTOM, TOP, log=log)
    names = _apart([y_scale(_last(line, y_scale)) for line in lines])
    return Chart(
        title=title,
        y_label=y_label,
        described=f"{title}: {y_label} over trials learned from, {len(lines)} lines",
        lines=[_drawn(*each, x_scale, y_scale) for each in zip(lines, labels, names, strict=True)],
        x_ticks=x_scale.ticks(),
        y_ticks=y_scale.ticks(),
        right=right,
        reference=None if reference is None else y_scale(reference),
    )


def _drawn(line: Line, name: str, name_at: float, x: Scale, y: Scale) -> Drawn:
    whole = zip(*(map(float, each) for each in (line.x, line.low, line.middle, line.high)), strict=True)
    shown = [each for each in whole if all(map(y.shows, each[1:]))]
    points = [(x(at), y(middle), _said(at, low, middle, high)) for at, low, middle, high in shown]
    upper, lower = ([f"{x(each[0])} {y(each[which])}" for each in shown] for which in (3, 1))
    return Drawn(
        rule=line.rule,
        profile=line.profile,
        label=line.label,
        colour=line.look % COLOURS,
        dashed=line.look >= COLOURS,
        path="M" + "L".join(f"{across} {up}" for across, up, _ in points),
        band="M" + "L".join([*upper, *reversed(lower)]) + "Z" if upper != lower else "",
        points=points,
        name=name,
        name_at=name_at,
        end_at=points[-1][:2],
    )


def _said(at: float, low: float, middle: float, high: float) -> str:
    spread = f" {range_of(low, high)}" if low != high else ""
    return f"{at:g} trials: {short(middle)}{spread}"


def _last(line: Line, scale: Scale) -> float:
    return next(value for value in map(float, line.middle[::-1]) if scale.shows(value))


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def _apart(places: Iterable[float]) -> list[float]:
    """Places of labels, moved until none lies on another and all are on the paper, in the order that they had."""
    wanted = list(places)
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    between = min(BETWEEN, (LOWEST - TOP) / max(len(wanted), 1))
    found = list(wanted)
    for place, index in _pushed([wanted[index] for index in order], order, between):
        found[index] = place
    return found


def _pushed(places: list[float], order: list[int], between: float) -> Iterator[tuple[float, int]]:
    for at in range(1, len(places)):
        places[at] = max(places[at], places[at - 1] + between)
    limit = float(LOWEST)
    for at in reversed(range(len(places))):
        places[at] = min(places[at], limit)
        limit = places[at] - between
    return zip((round(place, 1) for place in places), order, strict=True)
