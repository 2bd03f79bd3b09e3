"""The figure of a sweep: the loss over what was swept, a line for each rule; of a threshold, relative to float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.curves import COLOURS
from neurosim.filling import Value
from neurosim.sweep import Line, Sweep, Swept
from neurosim.threshold import Threshold, Thresholds

MOST = 12
"""Panels; combinations beyond them are in the table."""

MARKS = "osD^vP*X"


def draw(found: Swept | Thresholds, path: Path) -> None:
    """Draw a sweep to a file."""
    import matplotlib

    matplotlib.use("Agg", force=False)
    from matplotlib.figure import Figure

    if isinstance(found, Swept):
        panels = _panels(found)
        drawing = Figure(figsize=(1.5 + 4.5 * min(len(panels), 3), 4.0 * -(-len(panels) // 3)), layout="constrained")
        all_axes = drawing.subplots(-(-len(panels) // 3), min(len(panels), 3), squeeze=False).flat
        for axes in all_axes[len(panels) :]:
            axes.remove()
        for axes, (title, curves) in zip(all_axes, panels.items(), strict=False):
            _grid(axes, found.asked, title, curves)
    else:
        drawing = Figure(figsize=(6.4, 4.2), layout="constrained")
        _thresholds(drawing.subplots(), found)
    with matplotlib.rc_context({"svg.hashsalt": "neurosim"}):
        drawing.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _panels(found: Swept) -> dict[str, dict[Line, tuple[list[Value], np.ndarray]]]:
    """For each combination of all that is swept but the first: each line's values of that and losses, [value, seed]."""
    first, *others = found.asked.over
    panels: dict[str, dict[Line, tuple[list[Value], list[np.ndarray]]]] = {}
    for line, points in found.points.items():
        for values, point in zip(found.asked.grid, points, strict=True):
            title = ", ".join(f"{name} = {values[name]}" for name in others)
            if title in panels or len(panels) < MOST:
                x, losses = panels.setdefault(title, {}).setdefault(line, ([], []))
                x.append(values[first])
                losses.append(point.losses)
    return {
        title: {line: (x, np.array(losses)) for line, (x, losses) in curves.items()} for title, curves in panels.items()
    }


def _grid(axes: Any, asked: Sweep, title: str, curves: Mapping[Line, tuple[list[Value], np.ndarray]]) -> None:
    name = next(iter(asked.over))
    for number, (line, (values, losses)) in enumerate(curves.items()):
        x = _positions(values)
        shown = np.where(np.isfinite(losses), losses, np.nan)
        middle = np.median(losses, axis=1)
        middle = np.where(np.isfinite(middle), middle, np.nan)
        style = {"color": COLOURS[number % len(COLOURS)]}
        axes.plot(x, middle, marker=MARKS[number % len(MARKS)], label=_label(asked, line), **style)
        for seed in shown.T:
            axes.plot(x, seed, ".", alpha=0.35, **style)
    _axes(axes, name, next(iter(asked.over.values())), "loss on unseen trials")
    axes.set(title=title or asked.task)


def _thresholds(axes: Any, found: Thresholds) -> None:
    asked = found.asked
    ((name, values),) = asked.over.items()
    for number, each in enumerate(found.found):
        x = [place for place, value in zip(_positions(values), values, strict=True) if value in each.tried]
        ratios = 1.0 + np.array([each.excess(value) for value in each.tried])
        ratios = np.where(np.isfinite(ratios), ratios, np.nan)
        label = f"{_label(asked, each.line)}: {_needs(each)}"
        axes.plot(x, ratios, marker=MARKS[number % len(MARKS)], color=COLOURS[number % len(COLOURS)], label=label)
    axes.axhline(1.0 + (asked.within or 0.0), color="0.4", linewidth=0.8, linestyle="--", zorder=0)
    _axes(axes, name, values, "loss / loss in float64")
    axes.set(title=f"{asked.task}: {name} needed to be within {asked.within:.0%}")


def _needs(found: Threshold) -> str:
    if found.needs is None:
        return f"more than {list(found.tried)[-1]}"
    return f"{found.needs}" + " (not monotone)" * (not found.monotone)


def _label(asked: Sweep, line: Line) -> str:
    return line.rule if len(asked.profiles) == 1 else f"{line.rule}, {line.profile}"


def _positions(values: Sequence[Value]) -> list[float]:
    """Numbers where they are, words one after the other."""
    if any(isinstance(value, str) for value in values):
        return [float(place) for place in range(len(values))]
    return [float(value) for value in values]


def _axes(axes: Any, name: str, values: Sequence[Value], y: str) -> None:
    x = _positions(values)
    if min(x) > 0.0 and max(x) / min(x) > 8.0 and x != sorted(range(1, len(x) + 1)):
        axes.set(xscale="log")
    if len(x) <= 16:
        axes.set_xticks(x, [str(value) for value in values])
        axes.minorticks_off()
    axes.set(xlabel=name, ylabel=y)
    if axes.has_data() and any(np.isfinite(line.get_ydata()).any() for line in axes.lines):
        axes.set(yscale="log")
        axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
