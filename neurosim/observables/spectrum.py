"""The eigenvalues of the recurrent weights, and which of them have left the bulk (arXiv 2503.18754)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex
from scipy.optimize import linear_sum_assignment

from neurosim.observable import Observable, Observation

MARGIN = 1.1
"""An outlier is that much farther out than the farthest of the initial eigenvalues."""

FLOOR = 0.02
"""Without a bulk, what is an outlier."""


class Spectrum(Observable):
    """Eigenvalues of W_rec, each followed through the run, and those that have left the disc of the initial ones.

    An eigenvalue and its successor are those of an assignment with the least sum of squared distances, so that paths
    that cross keep their places where checkpoints are close. Outside is farther from 0 than 1.1 times the farthest
    initial eigenvalue, and at least 0.02.
    """

    quantities = {
        "eigenvalues": "eigenvalues of W_rec, a column for each, rightmost first at the start",
        "outliers": "those outside the initial disc, in the columns of `eigenvalues`; else NaN",
        "outlier_count": "how many are outside",
        "outlier": "real part of the rightmost outside; NaN without",
    }

    def observe(self, seen: Observation) -> dict[str, np.ndarray | float]:
        values = followed(np.linalg.eigvals(seen.network.W_rec).astype(complex), seen.before.get("eigenvalues"))
        edge = max(MARGIN * float(np.abs(np.linalg.eigvals(seen.initial.W_rec)).max()), FLOOR)
        outside = np.abs(values) > edge
        return {
            "eigenvalues": values,
            "outliers": np.where(outside, values, np.nan),
            "outlier_count": float(outside.sum()),
            "outlier": float(values.real[outside].max()) if outside.any() else np.nan,
        }


def followed(values: Complex[np.ndarray, " n"], before: Complex[np.ndarray, " n"] | None) -> Complex[np.ndarray, " n"]:
    """The values in the order of those that they continue; from the right to the left if there are none."""
    if before is None or not np.isfinite(before).all():
        return values[np.argsort(-values.real, kind="stable")]
    _, successors = linear_sum_assignment(np.abs(before[:, None] - values) ** 2)
    return values[successors]
