"""The mean course of learning: a student that is moved, trial by trial, by the mean of its rule's updates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.prediction.problem import Problem
from neurosim.theory import LinearSystem, expected_loss, expected_update


def mean_losses(problem: Problem, lr: float, seen: Sequence[int]) -> Float[np.ndarray, " checkpoint"]:
    """The expected loss after so many trials, the first of which is 0; NaN once the mean course has diverged."""
    student: LinearSystem | None = problem.student
    found = [_loss(problem, student)]
    with np.errstate(all="ignore"):
        for begin, end in pairwise(seen):
            student = _moved(problem, student, lr, end - begin)
            found.append(_loss(problem, student))
    return np.array(found)


def moved(problem: Problem, student: LinearSystem, lr: float) -> LinearSystem:
    """The student after one trial of the mean update."""
    update = expected_update(student, problem.teacher, problem.credit(student, problem.B), problem.mask)
    rates = {name: lr * learns for name, learns in problem.learns.items()}
    return replace(student, **{name: getattr(student, name) + rates[name] * getattr(update, name) for name in rates})


def _moved(problem: Problem, student: LinearSystem | None, lr: float, trials: int) -> LinearSystem | None:
    """The student some trials later; None if its weights have outgrown all numbers."""
    try:
        for _ in range(trials):
            student = student and moved(problem, student, lr)
    except NeurosimError:
        return None
    return student


def _loss(problem: Problem, student: LinearSystem | None) -> float:
    loss = expected_loss(student, problem.teacher, problem.mask) if student else np.nan
    return loss if np.isfinite(loss) else np.nan
