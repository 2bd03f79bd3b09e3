"""The loss of an integrator of white noise and the mean update of a rule, by matrix equations.

The setting is that of Bordelon, Cotler, Pehlevan & Zavatone-Veth, arXiv 2503.18754: a linear network learns to filter
white noise as a given filter does. White noise makes the loss a distance of impulse responses,

    loss = 1/2 <(y - target)^2> = 1/2 int (f(s) - f*(s))^2 ds ,      f(s) = W_out exp(-M s) W_in ,    M = I - W_rec

and `f* - f` the correlation of the error with the input a time s ago: all that a rule can learn from.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex, Float
from scipy.linalg import expm, solve_continuous_lyapunov, solve_sylvester

from neurosim.errors import NeurosimError
from neurosim.theory.expected import Update
from neurosim.theory.integration.credit import Credit
from neurosim.theory.integration.filters import Filter
from neurosim.theory.integration.student import Integrator


def white_noise_loss(student: Integrator, target: Filter) -> float:
    """Half the variance of the error of a network that has run for long.

        1/2 W_out X W_out^T  -  Re sum_k g_k W_out (M + z_k)^-1 W_in  +  1/2 int f*^2 ds ,    M X + X M^T = W_in W_in^T

    with the gains g and rates z of the target. Raises NeurosimError unless the student's rates die out.
    """
    _require_stable(student)
    own = 0.5 * (student.W_out @ _covariance(student) @ student.W_out.T).item()
    mixed = student.W_out @ _resolved(student.decay, student.W_in, target) @ target.gains
    return own - float(np.real(mixed.item())) + target.energy


def white_noise_update(student: Integrator, target: Filter, credit: Credit) -> Update:
    """How a rule moves the weights on average, per unit of learning time; by `bptt`, minus the gradient of the loss.

        W_out: Re sum_k g_k p_k^T        - W_out X         p_k = (M + z_k)^-1 W_in       M X + X M^T = W_in W_in^T
        W_in:  Re sum_k g_k l_k          - Z W_in          l_k = (D + z_k)^-1 F          D Z + Z M = F W_out
        W_rec: Re sum_k g_k l_k p_k^T    - Z X

    for credit `exp(-D s) F`; a window takes from Z and l what lies beyond it.
    Raises NeurosimError unless the student's rates, and errors' shares in the update, die out.
    """
    _require_stable(student)
    if credit.window is None:
        slowest = float(np.linalg.eigvals(credit.decay).real.min())
        if slowest + min(student.margin, float(target.rates.real.min())) <= 0.0:
            raise NeurosimError(
                f"an error's share in the update does not die out: credit decays at a rate of {slowest:.4g}; choose a "
                "larger decay, or a window"
            )
    return mean_update(student, target, credit)


def mean_update(student: Integrator, target: Filter, credit: Credit) -> Update:
    """`white_noise_update` wherever its equations have a solution, for solvers that may step out of its domain."""
    covariance = _covariance(student)
    own = solve_sylvester(credit.decay, student.decay, credit.feedback @ student.W_out)
    errors = _resolved(credit.decay, credit.feedback, target)
    if credit.window is not None:
        beyond = expm(-credit.decay * credit.window)
        own = own - beyond @ own @ expm(-student.decay * credit.window)
        errors = errors - beyond @ errors * np.exp(-target.rates * credit.window)
    inputs = _resolved(student.decay, student.W_in, target)
    return Update(
        W_out=np.real(inputs @ target.gains)[None] - student.W_out @ covariance,
        W_rec=np.real(errors * target.gains @ inputs.T) - own @ covariance,
        W_in=np.real(errors @ target.gains)[:, None] - own @ student.W_in,
    )


def _covariance(student: Integrator) -> Float[np.ndarray, "n n"]:
    return solve_continuous_lyapunov(student.decay, student.W_in @ student.W_in.T)


def _resolved(
    decay: Float[np.ndarray, "n n"], start: Float[np.ndarray, "n 1"], target: Filter
) -> Complex[np.ndarray, "n term"]:
    """`int exp(-decay s) start exp(-z_k s) ds` for each rate of the target."""
    columns = [np.linalg.solve(decay + rate * np.eye(len(decay)), start)[:, 0] for rate in target.rates]
    return np.stack(columns, axis=1)


def _require_stable(student: Integrator) -> None:
    if not student.margin > 0.0:
        raise NeurosimError(
            f"W_rec has an eigenvalue of real part {1.0 - student.margin:.4g}; below 1, the network's rates die out"
        )
