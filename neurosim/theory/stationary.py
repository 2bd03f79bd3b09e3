"""The expected loss and update of `expected.py` for trials of infinite length, by matrix equations instead of sums.

Both losses of `loss_mask` have these limits: `last` comes exponentially near, `all` as 1 / steps. In the error system,
whose rates are the student's followed by the teacher's, the sums over lags become two solutions,

    covariance = transition covariance transition^T + drive drive^T                             (discrete Lyapunov)
    assigned   = propagator assigned transition + feedback W_out = sum_s credit[s] W_out transition^s       (Stein)

and every rule is one formula of them. Blocks of the two are the student's and the mixed Stein solutions that these
formulas are often written with.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.linalg import schur, solve_discrete_lyapunov

from neurosim.errors import NeurosimError
from neurosim.theory.credit import Credit
from neurosim.theory.expected import Update
from neurosim.theory.system import LinearSystem, error_system, powers


def stationary_loss(student: LinearSystem, teacher: LinearSystem) -> float:
    """`1/2 tr(W_out covariance W_out^T)` of the error system: half the variance of the error.

    Raises NeurosimError unless student and teacher are stable and have the same inputs and outputs.
    """
    error = error_system(student, teacher)
    return 0.5 * float(np.trace(error.W_out @ _covariance(student, teacher) @ error.W_out.T))


def stationary_update(student: LinearSystem, teacher: LinearSystem, credit: Credit) -> Update:
    """What a rule adds to the student's weights in one trial of infinite length, with `lr = 1`.

        W_out: W_out cov      W_rec: alpha assigned transition cov      W_in: alpha assigned drive

    in the error system, `cov` being the covariance of all rates with the student's.
    Raises NeurosimError unless student and teacher are stable, have the same inputs and outputs, and the credit of
    old errors dies out.
    """
    error = error_system(student, teacher)
    covariance = _covariance(student, teacher)[:, : len(student.W_rec)]
    assigned = _assigned(credit, error)
    return Update(
        W_out=error.W_out @ covariance,
        W_rec=student.alpha * assigned @ error.transition @ covariance,
        W_in=student.alpha * assigned @ error.drive,
    )


def spectral_radius(matrix: Float[np.ndarray, "n n"]) -> float:
    """The largest absolute value of the eigenvalues: below 1, powers of the matrix die out."""
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def solve_stein(
    left: Float[np.ndarray, "n n"], right: Float[np.ndarray, "p p"], constant: Float[np.ndarray, "n p"]
) -> Float[np.ndarray, "n p"]:
    """The solution Z of `Z = left Z right + constant`, column by column in the Schur basis of `right`."""
    triangle, basis = schur(right, output="complex")
    turned = constant @ basis
    solution = np.zeros_like(turned)
    for column, eigenvalue in enumerate(np.diag(triangle)):
        known = turned[:, column] + left @ solution[:, :column] @ triangle[:column, column]
        solution[:, column] = np.linalg.solve(np.eye(len(left)) - eigenvalue * left, known)
    return (solution @ basis.conj().T).real


def _covariance(student: LinearSystem, teacher: LinearSystem) -> Float[np.ndarray, "both both"]:
    for role, system in (("student", student), ("teacher", teacher)):
        radius = spectral_radius(system.transition)
        if radius >= 1.0:
            raise NeurosimError(
                f"the infinite horizon was asked for, but the {role}'s transition (1 - alpha) I + alpha W_rec has "
                f"spectral radius {radius:.4g}; scale it below 1, or ask expected_update for a finite number of steps"
            )
    error = error_system(student, teacher)
    return solve_discrete_lyapunov(error.transition, error.drive @ error.drive.T)


def _assigned(credit: Credit, error: LinearSystem) -> Float[np.ndarray, "n both"]:
    if credit.depth is not None:
        responses = error.W_out @ powers(error.transition, np.eye(len(error.W_rec)), credit.depth)
        return np.sum(credit(credit.depth) @ responses, axis=0)
    growth = spectral_radius(credit.propagator) * spectral_radius(error.transition)
    if growth >= 1.0:
        raise NeurosimError(
            f"the infinite horizon was asked for, but an error's share in the update grows {growth:.4g}-fold with each "
            f"step it is old; choose a smaller decay, or ask expected_update for a finite number of steps"
        )
    return solve_stein(credit.propagator, error.transition, credit.feedback @ error.W_out)
