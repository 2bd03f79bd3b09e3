"""A comparison in files: its table, its JSON and its figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from neurosim import budget_figure, catalog
from neurosim.comparison import Comparison, Row
from neurosim.curves import figure
from neurosim.error_budget import ErrorBudget
from neurosim.foretold import foretold
from neurosim.network import WEIGHTS
from neurosim.observed import Curve, curves, meanings
from neurosim.paired import Pair, median_interval, pairs
from neurosim.results import COSTS, provenance
from neurosim.table import notes, table

FORMAT = 1
"""Of `comparison.json`: changes when a reader of the old one would misread the new one."""


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain data; what is infinite or not a number is null."""
    task = catalog.task(comparison.asked.task)
    return {
        "format": FORMAT,
        "asked": {**asdict(comparison.asked), "profile": list(comparison.profiles)},
        "budget": asdict(comparison.budget),
        "rows": [_row_as_json(comparison, row) for row in comparison.rows],
        "score": task.score_name,
        "higher_score_is_better": task.higher_is_better,
        "observables": meanings(comparison),
        "spiking": asdict(comparison.spiking) if comparison.spiking else None,
        "references": {name: _plain(score) for name, score in comparison.references.items()},
        "pairs": [_pair(pair) for pair in pairs(comparison)],
        "notes": list(notes(comparison)),
        "made": provenance(),
    }


def _row_as_json(comparison: Comparison, row: Row) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "profile": row.profile,
        "lr": row.lr,
        "lr_at_edge_of_grid": row.at_edge,
        "loss": _plain(row.loss),
        "interval": [_plain(end) for end in median_interval(row.losses)],
        "score": _plain(row.score),
        "locality": _plain(comparison.locality(row)),
        "precision": _plain(comparison.precision(row)),
        "cosine": {name: _plain(row.cosine(name)) for name in WEIGHTS if any(name in run.cosine for run in row.runs)},
        "diverged": row.diverged,
        "host": row.host,
        "on_the_chip": _on_the_chip(row),
        "theory": _in_theory(row),
        "observed": {name: _median(found) for name, found in curves(comparison, row).items()},
        "error_budget": _error_budget(row),
        "in_spikes": {name: _plain(row.in_spikes(name)) for name in COSTS} if row.costs else None,
        "runs": [
            {
                "id": run.experiment.digest,
                "seed": run.experiment.seed,
                "outcome": run.outcome,
                "loss": _plain(run.loss),
                "score": _plain(run.score),
                "rounding": {name: asdict(counts) for name, counts in run.counts.items()},
            }
            for run in row.runs
        ],
    }


def _on_the_chip(row: Row) -> dict[str, Any] | None:
    if row.chip is None:
        return None
    memory, energy = row.chip.cost.memory, row.chip.cost.energy
    return {
        "verdict": row.chip.audit.verdict,
        "reasons": list(row.chip.audit.reasons),
        "bits_per_synapse": memory.synapse if memory else None,
        "joule_per_step": energy.total if energy else None,
    }


def _in_theory(row: Row) -> dict[str, Any] | None:
    told = foretold(row)
    if told is None:
        return None
    return {
        "seed": told.seed,
        "seen": told.seen.tolist(),
        "loss": list(map(_plain, told.losses)),
        "step_limit": _plain(told.step_limit),
        "warnings": list(told.warnings),
        "not_covered": told.reason or None,
    }


def _median(found: Sequence[Curve]) -> dict[str, Any]:
    """The median over seeds of a quantity at each checkpoint that all of them reached."""
    reached = min(len(seen) for seen, _ in found)
    values = np.array([values[:reached] for _, values in found])
    there = ~np.isnan(values).all(axis=0)
    median = [_plain(np.nanmedian(column)) if known else None for column, known in zip(values.T, there, strict=True)]
    return {"seen": found[0][0][:reached].tolist(), "median": median}


def _error_budget(row: Row) -> dict[str, Any] | None:
    """That of the loss, and in it those of how updates lay to the exact ones, by measure."""
    if not row.error_budgets:
        return None
    loss, *alignments = map(_budget, row.error_budgets)
    return {**loss, **{each["measure"]: each for each in alignments}}


def _budget(budget: ErrorBudget) -> dict[str, Any]:
    sums = ("float64", "float64_at_rate", "chip", "precision", "rate", "interaction")
    return {
        "measure": budget.measure,
        "weight": budget.weight,
        **{name: _plain(getattr(budget, name)) for name in sums},
        "limits": [
            {**asdict(share), "alone": _plain(share.alone), "without": _plain(share.without)} for share in budget.limits
        ],
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {**asdict(pair), **{name: _plain(getattr(pair, name)) for name in ("ratio", "low", "high", "p")}}


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def write(comparison: Comparison, folder: Path) -> list[Path]:
    """Table, JSON and figure of a comparison in a folder; what was written."""
    paths = [
        folder / name for name in ("comparison.txt", "comparison.json", "learning_curves.png", "learning_curves.svg")
    ]
    paths[0].write_text(table(comparison) + "\n", encoding="utf-8")
    paths[1].write_text(json.dumps(as_json(comparison), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    for path in paths[2:]:
        figure(comparison, path)
    if any(row.error_budgets for row in comparison.rows):
        budgets = [folder / "error_budget.png", folder / "error_budget.svg"]
        for path in budgets:
            budget_figure.figure(comparison, path)
        paths += budgets
    return paths
