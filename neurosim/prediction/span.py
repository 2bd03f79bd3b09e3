"""A small network that learns as a large one does: the large one, seen in the directions that learning can use.

Without recurrent weights at the start, learning stays within the directions of input weights, readout and feedback, and
a network of as many neurons learns as the whole, exactly (`neurosim.theory.integration.plane` has the case of exact
gradients, arXiv 2503.18754). A bulk of recurrent weights turns these directions into others, to smaller and smaller
parts: powers of it are taken along until what is left is negligible.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.linalg import orth

from neurosim.errors import NeurosimError
from neurosim.prediction.problem import Problem
from neurosim.theory import LinearSystem

NEGLECTED = 0.01
"""Of responses and credit that pass the bulk so often that this share of them is left, the rest is left out."""

LARGEST = 128
"""Neurons of the largest network that is followed: an update takes a time that goes with their square or more."""


def spanned(problem: Problem, bulk: float, whole: bool) -> Problem:
    """The problem in the span of its student's weights.

    bulk: radius of the recurrent weights' eigenvalues. whole: whether no direction may be left out.
    Raises `NeurosimError` if too many directions are left.
    """
    student = problem.student
    basis = np.eye(len(student.W_rec)) if whole else _basis(student, problem.B, bulk)
    if basis.shape[1] > LARGEST:
        raise NeurosimError(
            f"theory does not cover {len(basis)} neurons with a bulk of radius {bulk:g} here, because its equations "
            f"are those of {basis.shape[1]} neurons, of which {LARGEST} are followed; take a smaller --gain or --n"
        )
    return replace(problem, student=_seen_in(student, basis), B=basis.T @ problem.B)


def _basis(student: LinearSystem, B: Float[np.ndarray, "n n_out"], bulk: float) -> Float[np.ndarray, "n m"]:
    basis, left = orth(np.hstack([student.W_in, student.W_out.T, B])), bulk
    while left > NEGLECTED and basis.shape[1] < len(basis):
        basis = orth(np.hstack([basis, student.W_rec @ basis, student.W_rec.T @ basis]))
        left *= bulk**2
    return basis


def _seen_in(student: LinearSystem, basis: Float[np.ndarray, "n m"]) -> LinearSystem:
    return LinearSystem(student.W_out @ basis, basis.T @ student.W_rec @ basis, basis.T @ student.W_in, student.alpha)
