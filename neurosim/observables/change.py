"""The rank of what the recurrent weights have learned (arXiv 2606.00243, Proposition 3.1)."""

from __future__ import annotations

import numpy as np
from scipy.linalg import svdvals

from neurosim.observable import Observable, Observation
from neurosim.theory import effective_rank


class Change(Observable):
    """Singular values of what learning has added to W_rec, their effective rank, and the size of the addition."""

    quantities = {
        "change_singular_values": "singular values of W_rec - W_rec(0), largest first",
        "change_rank": "effective rank of W_rec - W_rec(0), (sum of singular values)^2 / sum of squares; NaN at first",
        "change_size": "norm of W_rec - W_rec(0) over that of W_rec(0); NaN without initial weights",
    }

    def observe(self, seen: Observation) -> dict[str, np.ndarray | float]:
        size, first = float(np.linalg.norm(seen.change)), float(np.linalg.norm(seen.initial.W_rec))
        return {
            "change_singular_values": svdvals(seen.change),
            "change_rank": effective_rank(seen.change) if size else np.nan,
            "change_size": size / first if first else np.nan,
        }
