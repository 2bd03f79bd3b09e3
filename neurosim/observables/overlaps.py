"""How readout, input weights and feedback lie to what the recurrent weights have learned."""

from __future__ import annotations

import numpy as np
from jaxtyping import Shaped
from scipy.linalg import eig, orth, svd

from neurosim.observable import Observable, Observation


class Overlaps(Observable):
    """How far leading directions of W_rec and of its change lie within the spaces of W_out, W_in and B.

    An overlap is the norm of a unit vector's projection on the space: 1 within, about `sqrt(dimensions / n)` by
    chance. Directions are the right and left eigenvectors of the rightmost eigenvalue of W_rec, along which a rate is
    kept and by which it is filled, and the left and right singular vectors of the largest singular value of the change.
    """

    quantities = {
        f"{name}_on_{where}": f"overlap of {what} of {of} with the {space}, 0 to 1"
        for where, what, of in (
            ("outlier", "the right eigenvector", "W_rec's rightmost eigenvalue"),
            ("outlier_left", "the left eigenvector", "W_rec's rightmost eigenvalue"),
            ("left", "the left singular vector", "the largest change of W_rec"),
            ("right", "the right singular vector", "the largest change of W_rec"),
        )
        for name, space in (("readout", "rows of W_out"), ("input", "columns of W_in"), ("feedback", "columns of B"))
    }

    def observe(self, seen: Observation) -> dict[str, np.ndarray | float]:
        network = seen.network
        spaces = {"readout": orth(network.W_out.T), "input": orth(network.W_in), "feedback": orth(network.B)}
        return {
            f"{name}_on_{where}": float(np.linalg.norm(space.T @ direction))
            for where, direction in _directions(seen).items()
            for name, space in spaces.items()
        }


def _directions(seen: Observation) -> dict[str, Shaped[np.ndarray, " n"]]:
    """Unit vectors, by what they are of; NaN for those of a change that is not there."""
    values, lefts, rights = eig(seen.network.W_rec, left=True, right=True)
    rightmost = int(np.argmax(values.real))
    left, _, right = svd(seen.change)
    there = 1.0 if seen.change.any() else np.nan
    return {
        "outlier": rights[:, rightmost],
        "outlier_left": lefts[:, rightmost],
        "left": there * left[:, 0],
        "right": there * right[0],
    }
