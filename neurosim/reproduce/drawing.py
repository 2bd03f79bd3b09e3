"""Panels as pictures: theory as lines, simulation as rings, in colours that the colour-blind can tell apart."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from neurosim.curves import COLOURS
from neurosim.reproduce.figure import Curve, Panel

MARKERS = 24
"""The most rings along a curve: as many as can be told apart."""

SHADES = 256
"""The colours of a png: no eye misses the others, and the file is a third as large."""


def draw(panels: Sequence[Panel], title: str, file: BinaryIO, form: str) -> None:
    """Write a picture of the panels, `png` or `svg`."""
    import matplotlib

    matplotlib.use("Agg", force=False)
    from matplotlib.figure import Figure

    columns = 2 if len(panels) in (2, 4) else min(3, len(panels))
    rows = -(-len(panels) // columns)
    drawing = Figure(figsize=(3.6 * columns, 2.9 * rows + 0.5), layout="constrained")
    places = np.ravel(drawing.subplots(rows, columns, squeeze=False))
    told: set[str] = set()
    for panel, axes in zip(panels, places, strict=False):
        _panel(axes, panel)
        told |= _legend(axes, told)
    for axes in places[len(panels) :]:
        axes.axis("off")
    drawing.suptitle(f"{title}: theory (lines), simulation (rings)", fontsize=10)
    with matplotlib.rc_context({"svg.hashsalt": "neurosim"}):
        if form == "svg":
            drawing.savefig(file, format=form, metadata={"Date": None})
        else:
            _save_png(drawing, file)


def _save_png(drawing: Any, file: BinaryIO) -> None:
    """Write a picture in few colours; the octree keeps those that few pixels have."""
    from PIL import Image

    whole = io.BytesIO()
    drawing.savefig(whole, format="png", dpi=85)
    with Image.open(whole) as picture:
        picture.convert("RGB").quantize(SHADES, Image.Quantize.FASTOCTREE).save(file, format="png", optimize=True)


def _panel(axes: Any, panel: Panel) -> None:
    for name, height in (panel.guides or {}).items():
        axes.axhline(height, color="0.55", linewidth=0.9, linestyle="--", zorder=0)
        axes.annotate(
            name,
            (0.99, height),
            (0, -3),
            ("axes fraction", "data"),
            "offset points",
            ha="right",
            va="top",
            fontsize=7,
            color="0.35",
        )
    for curve in panel.curves:
        _curve(axes, curve, joined=not panel.plane)
    axes.set_xlabel(panel.x, fontsize=9)
    axes.set_ylabel(panel.y, fontsize=9)
    axes.set_title(panel.title, fontsize=9)
    axes.tick_params(labelsize=8)
    for axis in panel.log:
        _logarithmic(axes, axis)
    if panel.plane:
        axes.set_aspect("equal", adjustable="datalim")
    axes.spines[["top", "right"]].set_visible(False)


def _legend(axes: Any, told: set[str]) -> set[str]:
    """What the colours stand for, once for each; the labels that were new."""
    handles, labels = axes.get_legend_handles_labels()
    new = {label: handle for handle, label in zip(handles, labels, strict=True) if label not in told}
    if new:
        axes.legend(list(new.values()), list(new), frameon=False, fontsize=7)
    return set(new)


def _logarithmic(axes: Any, name: str) -> None:
    """A logarithmic axis; one of less than two decades has plain numbers at 1, 2 and 5."""
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    axes.set(**{f"{name}scale": "log"})
    axis = getattr(axes, f"{name}axis")
    low, high = axis.get_view_interval()
    if high < 100.0 * low:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FormatStrFormatter("%g"))
    axis.set_minor_formatter(NullFormatter())


def _curve(axes: Any, curve: Curve, joined: bool) -> None:
    colour, label = COLOURS[curve.colour], curve.label
    if curve.predicted is not None:
        axes.plot(curve.x, curve.predicted, color=colour, linewidth=1.5, label=label)
        label = "_simulated"
    if curve.simulated is not None:
        every = slice(None, None, -(-len(curve.x) // MARKERS) if joined else 1)
        style = ":" if joined and curve.predicted is None else "none"
        axes.plot(
            curve.x[every],
            curve.simulated[every],
            color=colour,
            marker="o",
            markersize=4,
            fillstyle="none",
            linestyle=style,
            linewidth=0.8,
            label=label,
        )
