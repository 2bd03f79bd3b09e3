"""What the observables of a comparison's runs found, as curves: those of single numbers, and likeness to the exact."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from neurosim.comparison import EXACT_RULE, Comparison, Row
from neurosim.experiment import Run
from neurosim.likeness import leading_angle, linear_cka
from neurosim.watching import quantities

Curve = tuple[np.ndarray, np.ndarray]
"""Trials learned from, and what was found after them."""

STATES = "states"
"""The quantity that likeness is taken of."""

LIKENESS = {
    "cka": f"linear CKA of hidden states with those that {EXACT_RULE} ends with, 0 to 1",
    "subspace_angle": f"largest angle between the leading subspaces of states and of those of {EXACT_RULE} [degrees]",
}


def meanings(comparison: Comparison) -> dict[str, str]:
    """All that has a curve in some row of a comparison, and what it is."""
    told = quantities(comparison.asked.observe) | LIKENESS
    found = {name for row in comparison.rows for name in curves(comparison, row)}
    return {name: meaning for name, meaning in told.items() if name in found}


def curves(comparison: Comparison, row: Row) -> dict[str, list[Curve]]:
    """The curves of a row's runs, one for each seed, by quantity: single real numbers at each checkpoint.

    Likeness is to the states that the exact rule ended with on the same chip and seed, if the comparison has it and
    both recorded their states.
    """
    found: dict[str, list[Curve]] = {}
    for run, exact in zip(row.runs, _exact(comparison, row), strict=True):
        single = {name: values for name, values in run.observed.items() if values.ndim == 1}
        for name, values in (single | _likeness(run, exact)).items():
            found.setdefault(name, []).append((run.seen, values))
    return found


def _exact(comparison: Comparison, row: Row) -> list[Run | None]:
    """For each of a row's runs, that of the exact rule on its seed, if there is one and it did not diverge."""
    beside = [each for each in comparison.rows if (each.rule, each.profile) == (EXACT_RULE, row.profile)]
    runs = {run.experiment.seed: run for each in beside for run in each.runs if not run.diverged}
    return [runs.get(run.experiment.seed) for run in row.runs]


@lru_cache(maxsize=64)
def _likeness(run: Run, exact: Run | None) -> dict[str, np.ndarray]:
    if exact is None or STATES not in run.observed or STATES not in exact.observed:
        return {}
    solution, states = exact.observed[STATES][-1], run.observed[STATES]
    if not (np.isfinite(solution).all() and np.isfinite(states).all()):
        return {}
    return {
        "cka": np.array([linear_cka(each, solution) for each in states]),
        "subspace_angle": np.array([leading_angle(each, solution) for each in states]),
    }
