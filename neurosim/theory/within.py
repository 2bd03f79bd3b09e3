"""The modes of a task within a network of any weights: their `a, b, w`, and how well aligned it is with them.

A network that is not aligned has no modes, but each mode of the teacher has an input direction and an output direction,
and what the network reads out along the one and takes in along the other meet, once it has learned, in one direction of
neurons (`emergence.py`). Williams, Payeur & Lajoie (arXiv 2606.00243) report such alignments; these are measures of
ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim.theory.modes import TargetModes
from neurosim.theory.system import LinearSystem

NEGLIGIBLE = 1e-10
"""Responses this much smaller than the largest are rounding."""


@dataclass(frozen=True, eq=False)
class TeacherModes:
    """Directions of outputs U and inputs V, one orthonormal column for each mode, and the response that each has."""

    U: Float[np.ndarray, "n_out mode"]
    V: Float[np.ndarray, "n_in mode"]
    target: TargetModes

    @classmethod
    def of(cls, teacher: LinearSystem) -> TeacherModes | None:
        """The modes of a network without leak; None if it does not fall apart into modes.

        U and V are the singular vectors of its response at once; its later responses must be diagonal in them.
        """
        responses = teacher.impulse_response(2 * len(teacher.W_rec) + 1)
        U, gain, Vh = np.linalg.svd(responses[0], full_matrices=False)
        count = int(np.sum(gain > NEGLIGIBLE * gain.max(initial=0.0)))
        U, gain, V = U[:, :count], gain[:count], Vh[:count].T
        memory = np.diag(U.T @ responses[1] @ V) / gain
        rebuilt = np.array([(U * (gain * memory**k)) @ V.T for k in range(len(responses))])
        if not count or not np.allclose(rebuilt, responses, atol=1e-8 * gain[0]) or not (np.abs(memory) < 1.0).all():
            return None
        return cls(U, V, TargetModes(gain, memory))

    @property
    def count(self) -> int:
        return self.U.shape[1]

    def rows(self, student: LinearSystem) -> tuple[Float[np.ndarray, "mode n"], Float[np.ndarray, "mode n"]]:
        """What the student reads out along each mode, and what it takes in: `U^T W_out` and `(drive V)^T`."""
        return self.U.T @ student.W_out, (student.drive @ self.V).T

    def within(self, student: LinearSystem) -> Float[np.ndarray, "3 mode"]:
        """`a, b, w` of each mode along the direction halfway between its readout and its input weights."""
        readout, inputs = self.rows(student)
        p = unit(unit(readout) + unit(inputs))
        return np.stack(
            [np.sum(readout * p, axis=1), np.sum(inputs * p, axis=1), np.sum((p @ student.transition) * p, axis=1)]
        )


def unit(rows: Float[np.ndarray, "mode n"]) -> Float[np.ndarray, "mode n"]:
    """The rows with norm 1; NaN for those that are 0."""
    size = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(size > 0.0, size, np.nan)


def distance_to_optimum(state: Float[np.ndarray, "3"], gain: float, memory: float) -> float:
    """How far a mode is from the nearest of its optima `(s, gain / s, memory)`, in its coordinates `a, b, w`.

    The nearest s is a root of `s^4 - a s^3 + b gain s - gain^2`, where the squared distance is stationary.
    """
    a, b, w = state
    if not np.isfinite(state).all():
        return np.nan
    roots = np.roots([1.0, -a, 0.0, b * gain, -(gain**2)])
    s = roots.real[np.abs(roots.imag) < 1e-7 * (1.0 + np.abs(roots))]
    s = s[np.abs(s) > 0.0]
    along = (a - s) ** 2 + (b - gain / s) ** 2
    return float(np.sqrt(along.min(initial=np.inf) + (w - memory) ** 2))
