"""The error budgets of a comparison as a figure: how a chip's limits add up to what its precision costs a rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neurosim.columns import number
from neurosim.comparison import EXACT_PROFILE, Comparison, Row
from neurosim.curves import COLOURS
from neurosim.error_budget import ErrorBudget

WORSE, BETTER, SUM = COLOURS[1], COLOURS[0], "0.35"


def figure(comparison: Comparison, path: Path) -> None:
    """A panel for each rule and chip: the parts by name, each bar beginning where the one above it ended."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    rows = [row for row in comparison.rows if row.error_budgets]
    lines = [len(row.error_budgets[0].limits) + 3 for row in rows]
    drawing = Figure(figsize=(7, 0.9 * len(rows) + 0.24 * sum(lines)), layout="constrained")
    panels = drawing.subplots(len(rows), squeeze=False, height_ratios=lines)[:, 0]
    for axes, row in zip(panels, rows, strict=True):
        _panel(axes, row)
    panels[-1].set_xlabel(f"loss beside {EXACT_PROFILE}, mean over seeds; orange: more, blue: less")
    with rc_context({"svg.hashsalt": "neurosim"}):
        drawing.savefig(path, dpi=110, metadata={"Date": None} if path.suffix == ".svg" else None)


def parts(budget: ErrorBudget) -> list[tuple[str, float]]:
    """Name and size of what adds up to the precision, in order."""
    alone = ((f"{share.limit} alone", share.alone) for share in budget.limits)
    return [("rate", budget.rate), *alone, ("interaction", budget.interaction)]


def _panel(axes: Any, row: Row) -> None:
    budget = row.error_budgets[0]
    bars = [*parts(budget), ("all", budget.precision)]
    axes.set_title(f"{row.rule}, {row.profile}, task loss in {EXACT_PROFILE} {number(budget.float64)}", fontsize=10)
    axes.set_yticks(range(len(bars)), [name for name, _ in bars], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0.0, color="0.3", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    begin = 0.0
    for at, (name, value) in enumerate(bars):
        _bar(axes, at, 0.0 if name == "all" else begin, value, SUM if name == "all" else None)
        begin += value if np.isfinite(value) else 0.0
    axes.margins(x=0.15)


def _bar(axes: Any, at: int, begin: float, value: float, colour: str | None) -> None:
    """A bar and its number, or only the word where it is not finite."""
    end = begin
    if np.isfinite(value):
        end += value
        axes.barh(at, value, left=begin, height=0.7, color=colour or (WORSE if value > 0.0 else BETTER))
    axes.annotate(
        number(value, sign=True), (max(begin, end), at), (4, 0), textcoords="offset points", va="center", fontsize=8
    )
