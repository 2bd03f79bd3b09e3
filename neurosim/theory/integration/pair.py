"""Two outliers at once: a pair of neurons that learns a damped oscillation by a conjugate pair of eigenvalues.

A network whose readout is its input weights, in the weight plane up to a sign, learns so that this stays: five numbers,

    W_in = (u1, u2)    W_out = (u1, sign u2)    M = I - W_rec = [[c, -q], [-sign q, d]]

With sign -1 the second direction is an antisymmetric partner of the first, and the eigenvalues of `M`, those of the
response's exponentials, may be a conjugate pair. This is what rich learning without initial recurrent weights and with
`|W_in| = |W_out|` is exactly, at any size (`plane.py`); arXiv 2503.18754 has the damped oscillation. With sign +1
recurrent weights are symmetric, and there are two real time scales.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from jaxtyping import Complex, Float

from neurosim.errors import NeurosimError
from neurosim.theory.integration.filters import Filter
from neurosim.theory.integration.plane import in_plane
from neurosim.theory.integration.student import Integrator
from neurosim.theory.integration.trajectory import Trajectory, follow

ANTISYMMETRIC, SYMMETRIC = -1, 1
METRIC = np.array([0.5, 0.5, 1.0, 1.0, 0.5])
"""Learning time goes half as fast for `u1`, `u2` and `q`, each of which is two weights."""


def pair_start(student: Integrator) -> Float[np.ndarray, "5"]:
    """`u1, u2, c, d, q` of an antisymmetric pair, from a network that has no recurrent weights, or has them so.

    Raises NeurosimError unless input weights and readout are of equal length and not the same, or as `in_plane` does.
    """
    small = in_plane(student)
    if len(small.W_rec) == 1:
        raise NeurosimError("input weights and readout point the same way: that is one outlier; ask outlier_start")
    (u1, u2), (c, d), q = small.W_in[:, 0], np.diag(small.decay), small.W_rec[0, 1]
    state = np.array([u1, u2, c, d, q])
    mirrored = pair_student(state, ANTISYMMETRIC)
    miss = max(np.abs(mirrored.W_out - small.W_out).max(), np.abs(mirrored.W_rec - small.W_rec).max())
    if miss > 1e-9:
        raise NeurosimError(
            f"input weights and readout differ in length, or recurrent weights are not mirrored, by {miss:.3g}; give "
            "both the same norm, or follow in_plane(student) with learning()"
        )
    return state


def pair_student(state: Float[np.ndarray, "5"], sign: int) -> Integrator:
    """The network of two neurons that `u1, u2, c, d, q` stand for. Raises NeurosimError unless the sign is -1 or 1."""
    _check_sign(sign)
    u1, u2, c, d, q = state
    W_rec = np.array([[1.0 - c, q], [sign * q, 1.0 - d]])
    return Integrator(np.array([[u1, sign * u2]]), W_rec, np.array([[u1], [u2]]))


def pair_eigenvalues(state: Float[np.ndarray, "5"], sign: int) -> Complex[np.ndarray, "2"]:
    """Those of `W_rec`, `1 - (c + d) / 2 +- sqrt((c - d)^2 / 4 + sign q^2)`; conjugate where the root is imaginary."""
    _check_sign(sign)
    _, _, c, d, q = state
    root = np.sqrt(complex((c - d) ** 2 / 4.0 + sign * q**2))
    return 1.0 - (c + d) / 2.0 + np.array([root, -root])


def pair_loss(state: Float[np.ndarray, "5"], target: Filter, sign: int) -> float:
    """The loss of the network of two neurons, in closed form.

        (B1^2 D + B0^2) / (4 T D)  -  Re sum_k g_k (B1 z_k + B0) / (z_k^2 + T z_k + D)  +  1/2 int f*^2 ds

        T = c + d    D = c d - sign q^2    B1 = u1^2 + sign u2^2    B0 = u1^2 d + sign u2^2 c + 2 u1 u2 q

    Raises NeurosimError unless the sign is -1 or 1 and the rates of the response lie above 0 (`T > 0` and `D > 0`).
    """
    B1, B0, T, D = _checked(state, sign)
    mixed = np.real(np.sum(target.gains * (B1 * target.rates + B0) / _characteristic(target, T, D)))
    return float((B1**2 * D + B0**2) / (4.0 * T * D) - mixed + target.energy)


def pair_update(state: Float[np.ndarray, "5"], target: Filter, sign: int) -> Float[np.ndarray, "5"]:
    """How exact gradients change `u1, u2, c, d, q` in learning time: `-diag(1/2, 1/2, 1, 1, 1/2) grad loss`.

    With sign -1, `u1 u2 - q (d - c)` stays. Raises NeurosimError as `pair_loss` does.
    """
    _checked(state, sign)
    return flow(state, target, sign)


def pair_learning(
    start: Float[np.ndarray, "5"], target: Filter, times: Float[np.ndarray, " time"], sign: int = ANTISYMMETRIC
) -> Trajectory:
    """`u1, u2, c, d, q` at the given learning times, from `start` at the first of them.

    Raises NeurosimError if times do not increase, or as `pair_loss` at the start.
    """
    _checked(start, sign)
    return follow(partial(flow, target=target, sign=sign), partial(_margin, sign=sign), start, times, tolerance=1e-10)


def flow(state: Float[np.ndarray, "5"], target: Filter, sign: int) -> Float[np.ndarray, "5"]:
    """`pair_update` wherever the formula has a value, for solvers that may step out of its domain and back."""
    u1, u2, c, d, q = state
    B1, B0, T, D = _invariants(state, sign)
    share = target.gains / _characteristic(target, T, D)
    slope = share * (B1 * target.rates + B0) / _characteristic(target, T, D)
    by_B1 = B1 / (2.0 * T) - np.real(np.sum(share * target.rates))
    by_B0 = B0 / (2.0 * T * D) - np.real(np.sum(share))
    by_T = -(B1**2 * D + B0**2) / (4.0 * T**2 * D) + np.real(np.sum(slope * target.rates))
    by_D = -(B0**2) / (4.0 * T * D**2) + np.real(np.sum(slope))
    gradient = [
        2.0 * u1 * by_B1 + 2.0 * (u1 * d + u2 * q) * by_B0,
        2.0 * sign * u2 * by_B1 + 2.0 * (sign * u2 * c + u1 * q) * by_B0,
        sign * u2**2 * by_B0 + by_T + d * by_D,
        u1**2 * by_B0 + by_T + c * by_D,
        2.0 * u1 * u2 * by_B0 - 2.0 * sign * q * by_D,
    ]
    return -METRIC * np.array(gradient)


def _invariants(state: Float[np.ndarray, "5"], sign: int) -> tuple[float, float, float, float]:
    """B1, B0, T and D: the response's Laplace transform is `(B1 z + B0) / (z^2 + T z + D)`."""
    u1, u2, c, d, q = (float(value) for value in state)
    B1, B0 = u1**2 + sign * u2**2, u1**2 * d + sign * u2**2 * c + 2.0 * u1 * u2 * q
    return B1, B0, c + d, c * d - sign * q**2


def _characteristic(target: Filter, T: float, D: float) -> Complex[np.ndarray, " term"]:
    return target.rates**2 + T * target.rates + D


def _checked(state: Float[np.ndarray, "5"], sign: int) -> tuple[float, float, float, float]:
    _check_sign(sign)
    B1, B0, T, D = _invariants(state, sign)
    if not (T > 0.0 and D > 0.0):
        raise NeurosimError(
            f"W_rec of the pair has eigenvalues {pair_eigenvalues(state, sign)}; their real parts must "
            "lie below 1 for rates to die out"
        )
    return B1, B0, T, D


def _check_sign(sign: int) -> None:
    if sign not in (ANTISYMMETRIC, SYMMETRIC):
        raise NeurosimError(f"a pair's sign is {sign}; it is -1 for an antisymmetric partner and 1 for a symmetric one")


def _margin(state: Float[np.ndarray, "5"], sign: int) -> float:
    return 1.0 - float(pair_eigenvalues(state, sign).real.max())
