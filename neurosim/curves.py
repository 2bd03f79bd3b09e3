"""A comparison as a figure: learning curves beside theory's, alignment with the exact gradient, and observables."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from neurosim import catalog
from neurosim.comparison import Comparison, Row
from neurosim.foretold import foretold
from neurosim.observed import curves as observed
from neurosim.observed import meanings

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""Okabe and Ito's, which the colour-blind can tell apart."""


def figure(comparison: Comparison, path: Path) -> None:
    """Learning curves, alignment with the exact gradient, and a panel for each quantity that was observed.

    Median over seeds, with the range of them shaded; dashed, the loss that theory predicts on the first seed.
    """
    import matplotlib

    matplotlib.use("Agg", force=False)
    from matplotlib.figure import Figure

    task = catalog.task(comparison.asked.task)
    told = meanings(comparison)
    lines = 1 + (len(told) + 1) // 2
    drawing = Figure(figsize=(10, 4.2 * lines), layout="constrained")
    curves, alignment, *panels = drawing.subplots(lines, 2).flat
    for row, colour in zip(comparison.rows, np.resize(COLOURS, len(comparison.rows)), strict=True):
        label = row.rule if len(comparison.profiles) == 1 else f"{row.rule}, {row.profile}"
        _band(curves, [(run.seen, run.test_losses) for run in row.runs], label, str(colour))
        _band(
            alignment,
            [(run.seen, run.cosine["W_rec"]) for run in row.runs if "W_rec" in run.cosine],
            label,
            str(colour),
        )
        _forecast(curves, row, str(colour))
        seen = observed(comparison, row)
        for axes, name in zip(panels, told, strict=False):
            _band(axes, [(trials, values.real) for trials, values in seen.get(name, [])], label, str(colour))
    curves.set(
        yscale="log",
        xlabel="trials learned from",
        ylabel="loss on unseen trials",
        title=f"Learning: {comparison.asked.task}",
    )
    if curves.get_legend_handles_labels()[0]:
        curves.legend(frameon=False)
    alignment.set(
        ylim=(-1.05, 1.05), xlabel="trials learned from", ylabel="cosine", title="W_rec: update against exact gradient"
    )
    alignment.axhline(0.0, color="0.7", linewidth=0.8, zorder=0)
    for axes, (name, meaning) in zip(panels, told.items(), strict=False):
        axes.set(xlabel="trials learned from", ylabel=name)
        axes.set_title(textwrap.fill(meaning, 56), fontsize=9)
    for axes in panels[len(told) :]:
        axes.remove()
    for axes in (curves, alignment, *panels):
        axes.spines[["top", "right"]].set_visible(False)
    drawing.suptitle(" ".join((task.__doc__ or "").split("\n\n")[0].split())[:110], fontsize=9, color="0.3")
    with matplotlib.rc_context({"svg.hashsalt": "neurosim"}):
        drawing.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _forecast(axes: Any, row: Row, colour: str) -> None:
    """The loss that theory predicts of a row, as far as it goes, if it covers it."""
    told = foretold(row)
    if told is not None and np.isfinite(told.losses).any():
        axes.plot(told.seen, told.losses, color=colour, linestyle="--", linewidth=1.2)


def _band(axes: Any, curves: list[tuple[np.ndarray, np.ndarray]], label: str, colour: str) -> None:
    """The median of curves that may end early, and their range."""
    longest = max((seen for seen, _ in curves), key=len, default=np.empty(0))
    if not len(longest):
        return
    values = np.full((len(curves), len(longest)), np.nan)
    for line, (seen, curve) in zip(values, curves, strict=True):
        line[: len(seen)] = np.where(np.isfinite(curve), curve, np.nan)
    there = ~np.isnan(values).all(axis=0)
    if not there.any():
        return
    low, middle, high = np.nanpercentile(values[:, there], (0, 50, 100), axis=0)
    axes.plot(longest[there], middle, color=colour, label=label, linewidth=1.8)
    axes.fill_between(longest[there], low, high, color=colour, alpha=0.15, linewidth=0)
