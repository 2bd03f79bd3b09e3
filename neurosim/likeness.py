"""How like two samples of hidden states are, taken at the same moments of the same trials."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.linalg import subspace_angles


def linear_cka(one: Float[np.ndarray, "moment n"], other: Float[np.ndarray, "moment m"]) -> float:
    """Linear centred kernel alignment (Kornblith et al. 2019, ICML, eq. 5), 0 to 1; NaN if one of them never changes.

    `|X^T Y|^2 / (|X^T X| |Y^T Y|)`, of samples less their means: 1 for what differs by a rotation and a scale.
    """
    x, y = one - one.mean(axis=0), other - other.mean(axis=0)
    sizes = float(np.linalg.norm(x.T @ x)) * float(np.linalg.norm(y.T @ y))
    return float(np.sum((x.T @ y) ** 2)) / sizes if sizes else np.nan


def leading_angle(one: Float[np.ndarray, "moment n"], other: Float[np.ndarray, "moment n"]) -> float:
    """The largest angle between the leading principal subspaces of the same neurons' states [degrees].

    Of as many dimensions as the participation ratio of the second sample, rounded; NaN if one of them never changes.
    """
    (values, first), (others, second) = _principal(one), _principal(other)
    if not values.any() or not others.any():
        return np.nan
    count = max(1, round(float(np.sum(others)) ** 2 / float(np.sum(others**2))))
    return float(np.degrees(subspace_angles(first[:, -count:], second[:, -count:]).max()))


def _principal(states: Float[np.ndarray, "moment n"]) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "n n"]]:
    """Variances along principal directions of the neurons, smallest first, and these directions as columns."""
    values, directions = np.linalg.eigh(np.atleast_2d(np.cov(states, rowvar=False)))
    return values, directions
