"""The figures of a page: learning curves, fidelity of updates, what was observed; each chart with its numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from neurosim.network import WEIGHTS
from neurosim.page.chart import Chart, Line, chart, over_seeds
from neurosim.page.curves import MEASURES
from neurosim.page.downloads import Download, Value, download
from neurosim.page.record import Record, Row, Watched

ENTRIES = 3
"""Of an observed list, as many of the first as are drawn; all are in the runs' files."""

SAID = {"cosine": "cosine with the exact update", "size": "size beside the exact update", "sign": "share of equal sign"}
EXACT = {"cosine": 1.0, "size": 1.0, "sign": 1.0}
TITLES = {"cosine": "Cosine", "size": "Size", "sign": "Sign"}

Curve = Callable[[Watched], np.ndarray | None]
Part = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Figure:
    """Charts that belong together. profile: of which it is, if of one."""

    title: str
    charts: list[Chart]
    download: Download
    profile: int | None = None
    rule: int | None = None


def learning(record: Record) -> list[Figure]:
    """Learning curves by profile, a line for each rule."""
    return list(filter(None, (_of_profile(record, number) for number in range(len(record.profiles)))))


def _of_profile(record: Record, number: int) -> Figure | None:
    profile = record.profiles[number]
    rows = [row for row in record.rows if row.profile == profile]
    return _figure(
        record, profile, rows, [("", "loss on unseen trials", _losses)], by_rule=True, log=True, profile=number
    )


def of_rule(record: Record, rule: str) -> list[Figure]:
    """What there is to see of a rule, a line for each profile."""
    rows = [row for row in record.rows if row.rule == rule]
    number = record.rules.index(rule)
    found = [
        _figure(record, "Learning", rows, [("Loss", "loss on unseen trials", _losses)], log=True, rule=number),
        *(_fidelity(record, rows, weight, number) for weight in WEIGHTS),
        *(_observed(record, rows, name, number) for name in _names(rows)),
    ]
    return [each for each in found if each]


def _fidelity(record: Record, rows: Sequence[Row], weight: str, number: int) -> Figure | None:
    def of(measure: str) -> Curve:
        return lambda watched: watched.measured[measure].get(weight)

    panels = [(TITLES[measure], SAID[measure], of(measure)) for measure in MEASURES]
    return _figure(record, f"Updates of {weight} beside the exact ones", rows, panels, rule=number, references=EXACT)


def _names(rows: Sequence[Row]) -> list[str]:
    watched = (each.watched for row in rows for each in row.attempts if each.watched)
    return list(dict.fromkeys(name for each in watched for name in each.observed))


def _observed(record: Record, rows: Sequence[Row], name: str, number: int) -> Figure | None:
    """A number at each checkpoint, or the first of a list of them; of complex ones, the real part and the size."""

    def entry(at: int, part: Part) -> Curve:
        return lambda watched: _entry(watched, name, at, part)

    watched = (each.watched for row in rows for each in row.attempts)
    like = next(each.observed[name] for each in watched if each and name in each.observed)
    count = 1 if like.ndim == 1 else min(ENTRIES, like.shape[-1])
    parts: list[tuple[str, Part]] = [("", np.real)]
    if np.iscomplexobj(like):
        parts = [("real part", np.real), ("modulus", np.abs)]
    panels = [
        (f"{name}[{at}]" if like.ndim > 1 else name, word or name, entry(at, part))
        for at in range(count)
        for word, part in parts
    ]
    return _figure(record, name, rows, panels, rule=number)


def _entry(watched: Watched, name: str, at: int, part: Part) -> np.ndarray | None:
    values = watched.observed.get(name)
    if values is None or values.ndim > 2 or (values.ndim == 2 and values.shape[1] <= at):
        return None
    return part(values if values.ndim == 1 else values[:, at]).astype(float)


def _losses(watched: Watched) -> np.ndarray:
    return watched.losses


def _figure(
    record: Record,
    title: str,
    rows: Sequence[Row],
    panels: Sequence[tuple[str, str, Curve]],
    *,
    by_rule: bool = False,
    log: bool = False,
    profile: int | None = None,
    rule: int | None = None,
    references: dict[str, float] | None = None,
) -> Figure | None:
    """Panels of a title, a label of their axis and the curve that they show; None if there is nothing in any."""
    charts, numbers = [], []
    for name, label, curve in panels:
        lines = [_line(record, row, curve, by_rule) for row in rows]
        reference = (references or {}).get(name.lower())
        drawn = chart(name or title, label, lines, log=log, reference=reference)
        if drawn:
            charts.append(drawn)
            numbers += list(_numbers(", ".join(dict.fromkeys(filter(None, (name, label)))), rows, lines))
    if not charts:
        return None
    file = re.sub(r"[^a-z0-9]+", "-", f"{title} {'' if rule is None else record.rules[rule]}".lower()).strip("-")
    head = ("rule", "profile", "shown", "trials", "median", "low", "high")
    return Figure(title, charts, download(file, head, numbers), profile, rule)


def _line(record: Record, row: Row, curve: Curve, by_rule: bool) -> Line:
    watched = [each.watched for each in row.attempts if each.watched]
    curves = [(each.seen, values) for each in watched if (values := curve(each)) is not None]
    rule, profile = record.rules.index(row.rule), record.profiles.index(row.profile)
    label, look = (row.rule, rule) if by_rule else (row.profile, profile)
    x, low, middle, high = over_seeds(curves)
    return Line(rule, profile, label, look, x, low, middle, high)


def _numbers(what: str, rows: Iterable[Row], lines: Iterable[Line]) -> Iterator[Sequence[Value]]:
    for row, line in zip(rows, lines, strict=True):
        for at, middle, low, high in zip(line.x, line.middle, line.low, line.high, strict=True):
            yield row.rule, row.profile, what, float(at), float(middle), float(low), float(high)
