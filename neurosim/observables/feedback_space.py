"""How much of what is learned lies outside the space that fixed feedback can reach (arXiv 2606.00243, Prop. 3.1)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.linalg import orth

from neurosim.observable import Observable, Observation
from neurosim.theory import outside


class FeedbackSpace(Observable):
    """The share of the change of W_rec and of W_in that lies outside the columns of B, by Frobenius norms.

    RFLO with one decay for all neurons changes weights within these columns only; rounding, and rules whose credit
    moves with the weights, go outside.
    """

    quantities = {
        "outside_feedback_rec": "share of W_rec - W_rec(0) outside the columns of B, 0 to 1; NaN without a change",
        "outside_feedback_in": "share of W_in - W_in(0) outside the columns of B, 0 to 1; NaN without a change",
    }

    def observe(self, seen: Observation) -> dict[str, np.ndarray | float]:
        space = orth(seen.network.B)
        return {
            "outside_feedback_rec": _share(seen.change, space),
            "outside_feedback_in": _share(seen.network.W_in - seen.initial.W_in, space),
        }


def _share(change: Float[np.ndarray, "n columns"], space: Float[np.ndarray, "n rank"]) -> float:
    return outside(change, space) if change.any() else np.nan
