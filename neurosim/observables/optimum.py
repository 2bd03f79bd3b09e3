"""How far the network is from what solves the task (arXiv 2606.00243: the optimal manifold of modes)."""

from __future__ import annotations

import numpy as np

from neurosim.observable import Observable, Observation
from neurosim.theory import LinearSystem, TeacherModes, distance_to_optimum


class Optimum(Observable):
    """The distance of each of the task's modes from the nearest of its optima, in weights.

    A mode with readout `a`, input weight `b` and recurrent weight `w` (see `modes`) solves its part of the task
    wherever `a b = c*` and `w = w*`, a line. Of leaky networks the weights are W_in and W_rec themselves, so that the
    line is `alpha a b = c*`, `1 - alpha + alpha w = w*`. One mode, and NaN, where the task has none.
    """

    quantities = {
        "optimum_distance": "distance from the modes' optima, root of the sum of squares over modes",
        "optimum_distance_by_mode": "distance of each mode from its optima",
    }

    def observe(self, seen: Observation) -> dict[str, np.ndarray | float]:
        found = _distances(seen)
        return {"optimum_distance": float(np.linalg.norm(found)), "optimum_distance_by_mode": found}


def _distances(seen: Observation) -> np.ndarray:
    made, network = seen.solution, seen.network
    modes = TeacherModes.of(LinearSystem(made.W_out, made.W_rec, made.W_in)) if made else None
    if modes is None:
        return np.full(1, np.nan)
    alpha, target = network.alpha, modes.target
    a, b, w = modes.within(LinearSystem(network.W_out, network.W_rec, network.W_in, alpha))
    states = np.stack([a, b / alpha, (w - 1.0 + alpha) / alpha], axis=1)
    optima = zip(*np.array([target.gain, target.memory - 1.0 + alpha]) / alpha, strict=True)
    return np.array([distance_to_optimum(state, *each) for state, each in zip(states, optima, strict=True)])
