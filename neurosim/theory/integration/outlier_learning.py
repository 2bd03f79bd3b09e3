"""How an outlier learns, and which outlier the learning of a whole network looks like."""

from __future__ import annotations

from functools import partial

import numpy as np
from jaxtyping import Float

from neurosim.theory.integration.filters import Filter
from neurosim.theory.integration.outlier import flow, outlier_update
from neurosim.theory.integration.outlier_credit import BPTT, OutlierCredit
from neurosim.theory.integration.plane import weight_plane
from neurosim.theory.integration.student import Integrator
from neurosim.theory.integration.trajectory import Trajectory, follow


def outlier_start(student: Integrator) -> Float[np.ndarray, "3"]:
    """`a, b, outlier` from which a whole network's learning looks like one outlier's.

        a = b = |W_in + W_out^T| / 2        outlier = p^T W_rec p        p along W_in + W_out^T

    The other direction, of their difference, decays while p grows; for a target of negative gain it is the other way
    round: turn the sign of the target and of the readout. Raises NeurosimError as `weight_plane`.
    """
    p = weight_plane(student)[:, 0]
    size = 0.5 * float(p @ (student.W_in[:, 0] + student.W_out[0]))
    return np.array([size, size, p @ student.W_rec @ p])


def outlier_learning(
    start: Float[np.ndarray, "3"],
    target: Filter,
    times: Float[np.ndarray, " time"],
    credit: OutlierCredit = BPTT,
) -> Trajectory:
    """`a, b, outlier` at the given learning times, from `start` at the first of them.

    Raises NeurosimError if times do not increase, or as `outlier_update` at the start.
    """
    outlier_update(start, target, credit)
    return follow(partial(flow, target=target, credit=credit), _margin, start, times, tolerance=1e-10)


def _margin(state: Float[np.ndarray, "3"]) -> float:
    return float(1.0 - state[2])
