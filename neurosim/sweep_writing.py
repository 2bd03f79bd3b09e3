"""A sweep in files: its table, its JSON and its figure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.columns import aligned
from neurosim.filling import Value
from neurosim.results import provenance
from neurosim.sweep import Line, Point, Sweep, Swept
from neurosim.sweep_drawing import draw
from neurosim.threshold import Threshold, Thresholds

FORMAT = 1
NAMES = ("sweep.txt", "sweep.json", "sweep.png", "sweep.svg")


def write(found: Swept | Thresholds, folder: Path) -> list[Path]:
    """Table, JSON and figure of a sweep in a folder; what was written."""
    paths = [folder / name for name in NAMES]
    paths[0].write_text(table(found) + "\n", encoding="utf-8")
    paths[1].write_text(json.dumps(as_json(found), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    for path in paths[2:]:
        draw(found, path)
    return paths


def as_json(found: Swept | Thresholds) -> dict[str, Any]:
    """The sweep as plain data; what is infinite or not a number is null."""
    asked = {**asdict(found.asked), "over": {name: list(values) for name, values in found.asked.over.items()}}
    about: dict[str, Any] = {"format": FORMAT, "asked": asked}
    if isinstance(found, Swept):
        about["points"] = [
            _point(line, values, point)
            for line, points in found.points.items()
            for values, point in zip(found.asked.grid, points, strict=True)
        ]
    else:
        about["thresholds"] = [_threshold(found.asked, each) for each in found.found]
    return {**about, "made": provenance()}


def _point(line: Line, values: Mapping[str, Value], point: Point) -> dict[str, Any]:
    return {
        **asdict(line),
        "values": dict(values),
        "asked": {"rule": point.question.rule, "profile": point.question.profile, "task": point.question.task},
        "lr": point.rate.lr,
        "lr_at_edge_of_grid": point.rate.at_edge,
        "loss": _plain(point.loss),
        "losses": [_plain(loss) for loss in point.losses],
        "diverged": point.diverged,
        "runs": list(point.runs),
    }


def _threshold(asked: Sweep, found: Threshold) -> dict[str, Any]:
    (name,) = asked.over
    tried = [
        {**_point(found.line, {name: value}, point), "excess": _plain(found.excess(value))}
        for value, point in found.tried.items()
    ]
    exact = _point(found.line, {}, found.exact)
    return {**asdict(found.line), "needs": found.needs, "monotone": found.monotone, "float64": exact, "tried": tried}


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def table(found: Swept | Thresholds) -> str:
    """The sweep as text."""
    lines = _of_grid(found) if isinstance(found, Swept) else _of_thresholds(found)
    return "\n".join(lines)


def _of_grid(found: Swept) -> Iterator[str]:
    asked = found.asked
    yield f"{asked.task}: {len(asked.grid)} points of {len(asked.lines)} lines, {asked.seeds} seeds"
    yield ""
    rows = [["rule", "profile", *asked.over, "rate", "loss", "[min, max]", "diverged"]]
    for line, points in found.points.items():
        for values, point in zip(asked.grid, points, strict=True):
            named = [line.rule, line.profile, *map(str, values.values())]
            span = f"[{_number(point.losses.min())}, {_number(point.losses.max())}]"
            rows.append([*named, _rate(point), _number(point.loss), span, f"{point.diverged} of {asked.seeds}"])
    yield from aligned(rows)
    yield ""
    yield "loss: 1/2 sum of squared errors of a trial, mean over unseen trials, median over seeds"
    yield from _on_rates(asked, any(point.rate.at_edge for points in found.points.values() for point in points))


def _of_thresholds(found: Thresholds) -> Iterator[str]:
    asked = found.asked
    (name,) = asked.over
    yield f"{asked.task}: {name} for a loss within {asked.within:.3g} of float64, {asked.seeds} seeds"
    yield ""
    rows = [["rule", "profile", "float64", f"{name} needed", "excess there", "one below", "tried"]]
    for each in found.found:
        rows.append([each.line.rule, each.line.profile, _number(each.exact.loss), *_answer(each)])
    yield from aligned(rows)
    yield ""
    yield "excess: median over paired seeds of loss / loss(float64) - 1; each loss at the rate that suits it"
    yield f"needed: all values of {name} tried from there on are near enough; tried: bisection, and neighbours of it"
    if not all(each.monotone for each in found.found):
        yield "!: not monotone: some smaller value is near, too; all values were tried"
    points = [point for each in found.found for point in (each.exact, *each.tried.values())]
    yield from _on_rates(asked, any(point.rate.at_edge for point in points))


def _answer(found: Threshold) -> list[str]:
    tried = " ".join(str(value) for value in found.tried)
    if found.needs is None:
        last = list(found.tried)[-1]
        return [f"> {last}" + "!" * (not found.monotone), f"{found.excess(last):+.1%}", "", tried]
    below = list(found.tried)[: list(found.tried).index(found.needs)]
    least = "<= " * (not below) + str(found.needs) + "!" * (not found.monotone)
    return [least, f"{found.excess(found.needs):+.1%}", f"{found.excess(below[-1]):+.1%}" if below else "", tried]


def _on_rates(asked: Sweep, at_edge: bool) -> Iterator[str]:
    if "lr" not in asked.over and "lr" not in asked.fixed:
        yield f"rate: {asked.budget}"
        if at_edge:
            yield "*: the best rate is the first or last that was tried; a wider grid (--rates) may serve it better"


def _rate(point: Point) -> str:
    return f"{point.rate.lr:g}" + "*" * point.rate.at_edge if point.rate.lr else "-"


def _number(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "diverged"
