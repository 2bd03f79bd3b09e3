"""A comparison as a figure: learning curves, and alignment with the exact gradient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neurosim import catalog
from neurosim.comparison import Comparison

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""Okabe and Ito's, which the colour-blind can tell apart."""


def figure(comparison: Comparison, path: Path) -> None:
    """Learning curves and alignment with the exact gradient: median over seeds, with the range of them shaded."""
    import matplotlib

    matplotlib.use("Agg", force=False)
    from matplotlib.figure import Figure

    task = catalog.task(comparison.asked.task)
    drawing = Figure(figsize=(10, 4.2), layout="constrained")
    curves, alignment = drawing.subplots(1, 2)
    for row, colour in zip(comparison.rows, np.resize(COLOURS, len(comparison.rows)), strict=True):
        label = row.rule if len(comparison.profiles) == 1 else f"{row.rule}, {row.profile}"
        _band(curves, [(run.seen, run.test_losses) for run in row.runs], label, str(colour))
        _band(
            alignment,
            [(run.seen, run.cosine["W_rec"]) for run in row.runs if "W_rec" in run.cosine],
            label,
            str(colour),
        )
    curves.set(
        yscale="log",
        xlabel="trials learned from",
        ylabel="loss on unseen trials",
        title=f"Learning: {comparison.asked.task}",
    )
    if curves.has_data():
        curves.legend(frameon=False)
    alignment.set(
        ylim=(-1.05, 1.05), xlabel="trials learned from", ylabel="cosine", title="W_rec: update against exact gradient"
    )
    alignment.axhline(0.0, color="0.7", linewidth=0.8, zorder=0)
    for axes in (curves, alignment):
        axes.spines[["top", "right"]].set_visible(False)
    drawing.suptitle(" ".join((task.__doc__ or "").split("\n\n")[0].split())[:110], fontsize=9, color="0.3")
    with matplotlib.rc_context({"svg.hashsalt": "neurosim"}):
        drawing.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


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
