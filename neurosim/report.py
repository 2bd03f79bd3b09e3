"""A comparison as a table, as JSON and as a figure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from neurosim import catalog
from neurosim.comparison import EXACT_RULE, Comparison, Row
from neurosim.network import WEIGHTS
from neurosim.precision import coefficient
from neurosim.results import provenance

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""Okabe and Ito's, which the colour-blind can tell apart."""


def table(comparison: Comparison) -> str:
    """The comparison as text, with a line for each word of it that needs one."""
    asked, task = comparison.asked, catalog.task(comparison.asked.task)
    own_score = task.score_name != "loss"
    shown = [
        name for name in ("W_rec", "W_in") if any(name in run.cosine for row in comparison.rows for run in row.runs)
    ]
    exact = any(row.rule == EXACT_RULE for row in comparison.rows)
    heads = ["rule", "rate", "loss", "[min, max]"]
    heads += ["locality"] if exact else []
    heads += [task.score_name] if own_score else []
    heads += [f"cos {name}" for name in shown] + ["diverged"]
    lines = []
    for row in comparison.rows:
        losses = row.losses
        line = [row.rule, (f"{row.lr:g}" + "*" * row.at_edge) if row.lr else "-", _number(row.loss)]
        line += [f"[{_number(losses.min())}, {_number(losses.max())}]"]
        line += [_number(comparison.locality(row), sign=True)] if exact else []
        line += [_number(row.score)] if own_score else []
        line += [f"{row.cosine(name):.2f}" if np.isfinite(row.cosine(name)) else "-" for name in shown]
        lines.append([*line, f"{row.diverged} of {len(row.runs)}"])
    seeds = len(comparison.rows[0].runs)
    alpha = task.alpha if asked.alpha is None else asked.alpha
    title = (
        f"{asked.task}: N = {asked.n}, alpha = {alpha:g}, {asked.trials or task.train_trials} trials, {seeds} seeds, "
        f"{asked.profile} on {asked.engine}"
    )
    notes = ["loss: 1/2 sum of squared errors of a trial, mean over unseen trials, median over seeds"]
    if exact:
        notes.append(
            f"locality: what a rule loses to the exact gradient, loss - loss({EXACT_RULE}), median over paired seeds"
        )
    if shown:
        notes.append("cos: of a rule's updates with the exact ones while it learned, 1 is exact")
    notes.append(f"rate: {comparison.budget}")
    if any(row.at_edge for row in comparison.rows):
        notes.append(
            "*: the best rate is the first or last that was tried; a wider grid (--rates) may serve this rule better"
        )
    if comparison.fixed:
        held = f"alpha as {coefficient('alpha', alpha):.6g}, rates as powers of two"
        notes.append(f"fixed point: constants are the nearest that the arithmetic holds, {held}")
    references = [f"{name} {_number(score)}" for name, score in comparison.references.items()]
    if references:
        notes.append(f"for reference, {task.score_name}: {', '.join(references)}")
    return "\n".join([title, "", *_columns([heads, *lines]), "", *notes])


def _columns(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *rest = (
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *rest]).rstrip()


def _number(value: float, sign: bool = False) -> str:
    if not np.isfinite(value):
        return "diverged" if np.isinf(value) else "-"
    return f"{value:{'+' if sign else ''}.3g}"


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain data; what is infinite or not a number is null."""
    return {
        "asked": asdict(comparison.asked),
        "budget": asdict(comparison.budget),
        "rows": [_row_as_json(comparison, row) for row in comparison.rows],
        "score": catalog.task(comparison.asked.task).score_name,
        "references": {name: _plain(score) for name, score in comparison.references.items()},
        "made": provenance(),
    }


def _row_as_json(comparison: Comparison, row: Row) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "lr": row.lr,
        "lr_at_edge_of_grid": row.at_edge,
        "loss": _plain(row.loss),
        "score": _plain(row.score),
        "locality": _plain(comparison.locality(row)),
        "cosine": {name: _plain(row.cosine(name)) for name in WEIGHTS if any(name in run.cosine for run in row.runs)},
        "diverged": row.diverged,
        "runs": [
            {
                "id": run.experiment.digest,
                "seed": run.experiment.seed,
                "outcome": run.outcome,
                "loss": _plain(run.loss),
                "score": _plain(run.score),
            }
            for run in row.runs
        ],
    }


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def figure(comparison: Comparison, path: Path) -> None:
    """Learning curves and alignment with the exact gradient: median over seeds, with the range of them shaded."""
    import matplotlib

    matplotlib.use("Agg", force=False)
    from matplotlib.figure import Figure

    task = catalog.task(comparison.asked.task)
    drawing = Figure(figsize=(10, 4.2), layout="constrained")
    curves, alignment = drawing.subplots(1, 2)
    for row, colour in zip(comparison.rows, np.resize(COLOURS, len(comparison.rows)), strict=True):
        _band(curves, [(run.seen, run.test_losses) for run in row.runs], row.rule, str(colour))
        _band(
            alignment,
            [(run.seen, run.cosine["W_rec"]) for run in row.runs if "W_rec" in run.cosine],
            row.rule,
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


def write(comparison: Comparison, folder: Path) -> list[Path]:
    """Table, JSON and figure of a comparison in a folder; what was written."""
    paths = [
        folder / name for name in ("comparison.txt", "comparison.json", "learning_curves.png", "learning_curves.svg")
    ]
    paths[0].write_text(table(comparison) + "\n", encoding="utf-8")
    paths[1].write_text(json.dumps(as_json(comparison), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    for path in paths[2:]:
        figure(comparison, path)
    return paths
