"""The mean over white noise of the loss and of a rule's update when a linear student learns from a linear teacher.

The problem is that of Williams, Payeur & Lajoie (arXiv 2606.00243); the formulas are exact for any length of trial.
Let `x[t] ~ N(0, I)`, independent over time, and `E[k]` be the impulse response of the error, `target - y`, times the
weight of that lag in the loss. Then `E[k]` is the correlation of the error with the input `k` steps ago, and

    N[k] = sum_j E[k+j] (transition^j drive)^T = E[k] drive^T + N[k+1] transition^T

is its correlation with the student's rates `k` steps ago: all that any rule of `credit.py` can learn from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError, unknown
from neurosim.theory.credit import Credit
from neurosim.theory.system import LinearSystem, error_system


@dataclass(frozen=True)
class Update:
    """The direction in which a rule moves each weight: it adds `lr` times this, and descends."""

    W_out: Float[np.ndarray, "n_out n"]
    W_rec: Float[np.ndarray, "n n"]
    W_in: Float[np.ndarray, "n n_in"]


def loss_mask(loss: str, steps: int) -> Float[np.ndarray, " steps"]:
    """The weight of every step in the loss: `last` takes the last step alone, `all` the mean over steps.

    Raises NeurosimError for another name, or without steps.
    """
    if steps < 1:
        raise NeurosimError(f"a loss over {steps} steps was asked for; the least is 1")
    masks = {"last": np.eye(1, steps, steps - 1)[0], "all": np.full(steps, 1.0 / steps)}
    if loss not in masks:
        raise unknown("loss", loss, masks)
    return masks[loss]


def expected_loss(student: LinearSystem, teacher: LinearSystem, mask: Float[np.ndarray, " steps"]) -> float:
    """The mean of `1/2 sum_t mask[t] sum_o error[t, o]^2`.

        loss = 1/2 sum_k weight[k] |e[k]|^2 ,    weight[k] = sum_{t >= k} mask[t]    (t = 0 is the first step)

    where `e[k]` is the impulse response of the error: a lag counts in every step late enough to have it.
    Raises NeurosimError if student and teacher differ in inputs or outputs.
    """
    response = error_system(student, teacher).impulse_response(len(mask))
    return 0.5 * float(np.sum(_lag_weights(mask) * response**2))


def expected_update(
    student: LinearSystem, teacher: LinearSystem, credit: Credit, mask: Float[np.ndarray, " steps"]
) -> Update:
    """The mean, over white noise, of what a rule adds to the student's weights in one trial, with `lr = 1`.

        W_out: N[0]      W_rec: alpha sum_s credit[s] N[s+1]      W_in: alpha sum_s credit[s] E[s]

    Weights stay fixed during the trial. Raises NeurosimError if student and teacher differ in inputs or outputs.
    """
    with_input = _lag_weights(mask) * error_system(student, teacher).impulse_response(len(mask))
    with_rates = np.zeros((len(mask) + 1, *student.W_out.shape))
    with_rates[:-1] = with_input @ student.drive.T
    back = student.transition.T
    for k in reversed(range(len(mask))):
        with_rates[k] += with_rates[k + 1] @ back
    operators = credit(len(mask))
    return Update(
        W_out=with_rates[0],
        W_rec=student.alpha * np.tensordot(operators, with_rates[1:], ((0, 2), (0, 1))),
        W_in=student.alpha * np.tensordot(operators, with_input, ((0, 2), (0, 1))),
    )


def _lag_weights(mask: Float[np.ndarray, " steps"]) -> Float[np.ndarray, "steps 1 1"]:
    return np.cumsum(mask[::-1])[::-1, None, None]
