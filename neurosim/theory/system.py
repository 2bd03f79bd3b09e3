"""Linear systems in discrete time: the student that learns, the teacher it learns from, and the error between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.linalg import block_diag

from neurosim.errors import NeurosimError


@dataclass(frozen=True)
class LinearSystem:
    """A leaky linear rate network, at rest before the first step; `alpha = 1` is a network without leak.

        r[t] = (1 - alpha) r[t-1] + alpha (W_rec r[t-1] + W_in x[t]) = transition r[t-1] + drive x[t]
        y[t] = W_out r[t]

    Without leak this is the network of Williams, Payeur & Lajoie (arXiv 2606.00243); `transition` and `drive` turn
    any leaky network into one of those. Raises NeurosimError unless the shapes fit and all numbers are finite.
    """

    W_out: Float[np.ndarray, "n_out n"]
    W_rec: Float[np.ndarray, "n n"]
    W_in: Float[np.ndarray, "n n_in"]
    alpha: float = 1.0

    def __post_init__(self) -> None:
        for name in ("W_out", "W_rec", "W_in"):
            weights = np.asarray(getattr(self, name), dtype=float)
            if weights.ndim != 2 or not np.isfinite(weights).all():
                raise NeurosimError(f"{name} has shape {weights.shape}; give a matrix of finite numbers")
            object.__setattr__(self, name, weights)
        n = len(self.W_rec)
        if not self.W_rec.shape[1] == self.W_out.shape[1] == len(self.W_in) == n:
            raise NeurosimError(
                f"weights disagree in shape: W_out {self.W_out.shape}, W_rec {self.W_rec.shape}, W_in "
                f"{self.W_in.shape}; they are [n_out, n], [n, n] and [n, n_in]"
            )
        if not 0.0 < self.alpha <= 1.0:
            raise NeurosimError(f"alpha is {self.alpha}; a leak per step lies above 0 and is at most 1")

    @property
    def transition(self) -> Float[np.ndarray, "n n"]:
        """What one step makes of the rates: `(1 - alpha) I + alpha W_rec`."""
        return (1.0 - self.alpha) * np.eye(len(self.W_rec)) + self.alpha * self.W_rec

    @property
    def drive(self) -> Float[np.ndarray, "n n_in"]:
        """What one input adds to the rates: `alpha W_in`."""
        return self.alpha * self.W_in

    def impulse_response(self, steps: int) -> Float[np.ndarray, "steps n_out n_in"]:
        """The output `k` steps after a unit input, for `k < steps`: `W_out transition^k drive`."""
        return self.W_out @ powers(self.transition, self.drive, steps)


def powers(
    matrix: Float[np.ndarray, "n n"], start: Float[np.ndarray, "n columns"], count: int
) -> Float[np.ndarray, "count n columns"]:
    """`start, matrix start, matrix^2 start, ...`: the first `count` of them."""
    series = np.empty((count, *start.shape))
    for k in range(count):
        series[k] = start if k == 0 else matrix @ series[k - 1]
    return series


def error_system(student: LinearSystem, teacher: LinearSystem) -> LinearSystem:
    """The system whose output is the error, `target - y`, when teacher and student hear the same input.

    Its rates are the student's followed by the teacher's, which may be of another number. It has no leak of its own.
    Raises NeurosimError if the two differ in inputs or outputs.
    """
    sizes = [(system.W_in.shape[1], len(system.W_out)) for system in (student, teacher)]
    if sizes[0] != sizes[1]:
        raise NeurosimError(
            f"the student has (n_in, n_out) = {sizes[0]} and the teacher {sizes[1]}; "
            "give both the same inputs and outputs"
        )
    return LinearSystem(
        W_out=np.hstack([-student.W_out, teacher.W_out]),
        W_rec=block_diag(student.transition, teacher.transition),
        W_in=np.vstack([student.drive, teacher.drive]),
    )
