"""How a whole network learns to integrate: the mean update of a rule, followed through learning time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.conserved import EQUAL_RATES
from neurosim.theory.integration.credit import Credit, bptt
from neurosim.theory.integration.filters import Filter
from neurosim.theory.integration.student import Integrator
from neurosim.theory.integration.trajectory import follow
from neurosim.theory.integration.update import mean_update, white_noise_update

IMPLICIT = 100
"""Up to so many weights, a solver for stiff equations is the faster: it asks for the slope once for every weight."""


@dataclass(frozen=True, eq=False)
class Learning:
    """The student at each learning time; see `Trajectory` for the outcome."""

    times: Float[np.ndarray, " time"]
    students: tuple[Integrator, ...]
    outcome: str


def learning(
    student: Integrator,
    target: Filter,
    times: Float[np.ndarray, " time"],
    rule: Callable[[Integrator], Credit] = bptt,
    lr: Mapping[str, float] = EQUAL_RATES,
    tolerance: float = 1e-9,
) -> Learning:
    """The student at the given learning times, from itself at the first of them: `d weights / dt = lr update`.

    Of N neurons a slope costs N^3 operations. rule: the credit it gives at any weights. lr: ratios of the learning
    rates of the projections; with 0, one is held. tolerance: relative error of a step of the solver.
    Raises NeurosimError if times do not increase, rates are not one for each projection, or as `white_noise_update`.
    """
    if set(lr) != set(EQUAL_RATES) or not all(rate >= 0.0 for rate in lr.values()):
        raise NeurosimError(f"learning rates are {dict(lr)}; give one, 0 or above, for each of: rec, in, out")
    white_noise_update(student, target, rule(student))
    start = _packed(student.W_out, student.W_rec, student.W_in)
    slope = partial(_slope, target=target, rule=rule, lr=lr)
    path = follow(slope, _margin, start, times, tolerance, "LSODA" if len(start) <= IMPLICIT else "RK45")
    return Learning(path.times, tuple(_student(state) for state in path.states), path.outcome)


def _packed(
    W_out: Float[np.ndarray, "1 n"], W_rec: Float[np.ndarray, "n n"], W_in: Float[np.ndarray, "n 1"]
) -> Float[np.ndarray, " weights"]:
    return np.concatenate([W_out.ravel(), W_in.ravel(), W_rec.ravel()])


def _student(state: Float[np.ndarray, " weights"]) -> Integrator:
    n = round(np.sqrt(len(state) + 1.0)) - 1  # n^2 + 2 n weights
    return Integrator(state[None, :n], state[2 * n :].reshape(n, n), state[n : 2 * n, None])


def _margin(state: Float[np.ndarray, " weights"]) -> float:
    return _student(state).margin


def _slope(
    state: Float[np.ndarray, " weights"],
    target: Filter,
    rule: Callable[[Integrator], Credit],
    lr: Mapping[str, float],
) -> Float[np.ndarray, " weights"]:
    student = _student(state)
    update = mean_update(student, target, rule(student))
    return _packed(lr["out"] * update.W_out, lr["rec"] * update.W_rec, lr["in"] * update.W_in)
