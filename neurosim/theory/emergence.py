"""Alignment that emerges: which modes a student with small random weights begins to learn in.

Such a student has no modes yet, but what grows first grows along one direction of neurons for each mode of the
teacher. These are the directions, and the modes' `a, b, w` in them: with no free parameter, the learning curves of
`mode_learning` that begin there are those of the student, the better the more neurons it has.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.system import LinearSystem


def emergent_modes(
    student: LinearSystem, U: Float[np.ndarray, "n_out mode"], V: Float[np.ndarray, "n_in mode"]
) -> Float[np.ndarray, "3 mode"]:
    """`a, b, w` of the modes to be, under BPTT and tBPTT: where readout and input weights already agree.

        p = U^T W_out + (drive V)^T , row by row      a = b = |p| / 2      w = p^T transition p / |p|^2

    U, V: directions of the teacher's outputs and inputs, a column for each mode, so that its gains are positive.
    """
    common = U.T @ student.W_out + (student.drive @ V).T
    size = np.linalg.norm(common, axis=1)
    return np.stack([size / 2.0, size / 2.0, _within(student, _directions(common, "readout and input weights"))])


def emergent_feedback_modes(
    student: LinearSystem,
    B: Float[np.ndarray, "n n_out"],
    U: Float[np.ndarray, "n_out mode"],
    V: Float[np.ndarray, "n_in mode"],
) -> tuple[Float[np.ndarray, "3 mode"], Float[np.ndarray, " mode"]]:
    """`a, b, w` of the modes to be, and their feedback, under RFLO: fixed feedback chooses the neurons.

    f = |U^T B^T| , p = U^T B^T / f , row by row      a = U^T W_out . p      b = p . drive V      w = p^T transition p
    """
    back = (B @ U).T
    p = _directions(back, "feedback")
    a, b = np.sum((U.T @ student.W_out) * p, axis=1), np.sum(p * (student.drive @ V).T, axis=1)
    return np.stack([a, b, _within(student, p)]), np.linalg.norm(back, axis=1)


def _directions(rows: Float[np.ndarray, "mode n"], what: str) -> Float[np.ndarray, "mode n"]:
    size = np.linalg.norm(rows, axis=1, keepdims=True)
    if not size.all():
        raise NeurosimError(
            f"the {what} of a mode are all 0 and single out no neurons; give the student random weights"
        )
    return rows / size


def _within(student: LinearSystem, p: Float[np.ndarray, "mode n"]) -> Float[np.ndarray, " mode"]:
    return np.sum((p @ student.transition) * p, axis=1)
