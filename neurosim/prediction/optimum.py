"""The optima that a student is to come to, one neuron for each mode, and whether steps of a rule stay there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from neurosim.prediction.course import moved
from neurosim.prediction.problem import Problem
from neurosim.theory import LinearSystem, TeacherModes

STEP = 1e-5
"""Of the differences by which updates near the optimum are differentiated, relative."""

NEUTRAL = 1e-6
"""An eigenvalue this much smaller than the largest belongs to the line of optima."""


@dataclass(frozen=True, eq=False)
class Mode:
    """One mode of a problem: its own problem of one neuron, at an optimum.

    readout: of the network as it begins, along its feedback. cosine: of the two.
    """

    problem: Problem
    readout: float
    cosine: float

    def at(self, readout: float) -> Problem:
        """The problem with its student at the optimum of another readout."""
        product = float((self.problem.student.W_out @ self.problem.student.W_in).item())
        student = replace(self.problem.student, W_out=np.array([[readout]]), W_in=np.array([[product / readout]]))
        return replace(self.problem, student=student)


def modes_of(problem: Problem) -> list[Mode]:
    """A problem mode by mode; none if the teacher does not fall apart into modes.

    A student of one neuron solves a mode of gain `c*` and memory `w*` wherever `alpha a b = c*` and `1 - alpha +
    alpha w = w*`. Of these optima it is the one to which exact gradients come, which conserve `b^2 - a^2`, the trace
    of the invariant of `neurosim.theory.conserved`.
    """
    found = problem.modes
    return [_mode(problem, found, index) for index in range(found.count)] if found else []


def _mode(problem: Problem, modes: TeacherModes, index: int) -> Mode:
    alpha = problem.student.alpha
    readout, inputs = (rows[index] for rows in modes.rows(problem.student))
    feedback = (problem.B @ modes.U)[:, index]
    gain, memory = (float(np.asarray(each)[index]) for each in (modes.target.gain, modes.target.memory))
    kept = float(inputs @ inputs) / alpha**2 - float(readout @ readout)
    a = np.sqrt(0.5 * (np.sqrt(kept**2 + 4.0 * (gain / alpha) ** 2) - kept))
    b, w = gain / alpha / a, (memory - 1.0 + alpha) / alpha
    size, back = float(np.linalg.norm(feedback)), float(readout @ feedback)
    own = replace(
        problem,
        student=LinearSystem(np.array([[a]]), np.array([[w]]), np.array([[b]]), alpha),
        B=np.array([[size]]),
        teacher=LinearSystem(np.array([[gain]]), np.array([[memory]]), np.ones((1, 1))),
    )
    cosine = back / (size * float(np.linalg.norm(readout))) if back else 0.0
    return Mode(own, back / size if size else 0.0, cosine)


def rates(problem: Problem) -> Float[np.ndarray, " direction"]:
    """Eigenvalues of the mean update's derivative at the student, per trial and unit of learning rate.

    Below 0, a distance from the optimum dies out; those of the line of optima are left out.
    """
    here = _packed(problem.student)
    columns = []
    for index in range(len(here)):
        by = STEP * max(1.0, abs(here[index])) * np.eye(len(here))[index]
        columns.append((_update(problem, here + by) - _update(problem, here - by)) / (2.0 * by[index]))
    values = np.linalg.eigvals(np.stack(columns, axis=1))
    return values[np.abs(values) > NEUTRAL * np.abs(values).max()]


def largest_rate(problem: Problem) -> float:
    """The learning rate from which on mean updates overshoot the optimum, `min -2 Re(l) / |l|^2`; 0 if none stays."""
    found = rates(problem)
    return float(np.min(-2.0 * found.real / np.abs(found) ** 2, initial=np.inf)) if (found.real < 0.0).all() else 0.0


def _update(problem: Problem, weights: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    a, w, b = (np.array([[each]]) for each in weights)
    student = LinearSystem(a, w, b, problem.student.alpha)
    return _packed(moved(problem, student, 1.0)) - weights


def _packed(student: LinearSystem) -> Float[np.ndarray, "3"]:
    return np.array([student.W_out.item(), student.W_rec.item(), student.W_in.item()])
