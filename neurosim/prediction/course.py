"""The mean course of learning: a student that is moved, trial by trial, by the mean of its rule's updates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from neurosim.prediction.problem import Problem
from neurosim.theory import LinearSystem, expected_loss, expected_update

BEYOND = 1e6
"""A network with larger weights has left the theory."""


def mean_losses(problem: Problem, lr: float, seen: Sequence[int]) -> Float[np.ndarray, " checkpoint"]:
    """The expected loss after so many trials, the first of which is 0; NaN once the mean course has diverged."""
    found = [expected_loss(problem.student, problem.teacher, problem.mask)]
    student: LinearSystem | None = problem.student
    for begin, end in pairwise(seen):
        student = _moved(problem, student, lr, end - begin)
        found.append(expected_loss(student, problem.teacher, problem.mask) if student else np.nan)
    return np.array(found)


def moved(problem: Problem, student: LinearSystem, lr: float) -> LinearSystem:
    """The student after one trial of the mean update."""
    update = expected_update(student, problem.teacher, problem.credit(student, problem.B), problem.mask)
    rates = {name: lr * learns for name, learns in problem.learns.items()}
    return replace(student, **{name: getattr(student, name) + rates[name] * getattr(update, name) for name in rates})


def _moved(problem: Problem, student: LinearSystem | None, lr: float, trials: int) -> LinearSystem | None:
    """The student some trials later; None if it has diverged."""
    for _ in range(trials):
        if student is None or max(np.abs(weights).max() for weights in _weights(student)) > BEYOND:
            return None
        student = moved(problem, student, lr)
    return student


def _weights(student: LinearSystem) -> tuple[np.ndarray, ...]:
    return student.W_out, student.W_rec, student.W_in
