"""What a learning rule makes of an error that is some steps old: its credit operator, one small function per rule.

A rule that learns from `error` at step `t` moves the input of every neuron as it was `s` steps earlier along
`credit[s] @ error[t]`. Every rule here carries errors back the same way, by one matrix per step,

    credit[s] = propagator^s feedback    for s < depth, else 0,

and differs in the matrices alone: the exact ones are `transition^T` and `W_out^T`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.system import LinearSystem, powers


@dataclass(frozen=True)
class Credit:
    """`credit(steps)[s]` is the credit operator for an error `s` steps old; without `depth` it reaches back for ever.

    Raises NeurosimError if depth is below 1.
    """

    propagator: Float[np.ndarray, "n n"]
    feedback: Float[np.ndarray, "n n_out"]
    depth: int | None = None

    def __post_init__(self) -> None:
        if self.depth is not None and self.depth < 1:
            raise NeurosimError(f"credit was asked to reach back {self.depth} steps; the least is 1")

    def __call__(self, steps: int) -> Float[np.ndarray, "steps n n_out"]:
        reached = steps if self.depth is None else min(steps, self.depth)
        credit = np.zeros((steps, *self.feedback.shape))
        credit[:reached] = powers(self.propagator, self.feedback, reached)
        return credit


def bptt(student: LinearSystem) -> Credit:
    """Back-propagation through time, and RTRL: `(transition^T)^s W_out^T`, the exact gradient."""
    return Credit(student.transition.T, student.W_out.T)


def tbptt(student: LinearSystem, k: int) -> Credit:
    """Back-propagation truncated to `k` steps (Williams & Peng 1990): `bptt` for `s < k`, else 0."""
    return Credit(student.transition.T, student.W_out.T, depth=k)


def rflo(
    student: LinearSystem, B: Float[np.ndarray, "n n_out"], decay: float | Float[np.ndarray, " n"] | None = None
) -> Credit:
    """Random-feedback local online learning (Murray 2019, eLife 8:e43299): `diag(decay)^s B`.

    B: feedback weights; `student.W_out.T` makes the feedback symmetric. decay: of the eligibility trace per step, one
    for all neurons or one for each; a neuron's own leak, `1 - alpha`, unless given.
    Raises NeurosimError unless B and decay fit the student.
    """
    decays = np.asarray(1.0 - student.alpha if decay is None else decay, dtype=float)
    n = len(student.W_rec)
    if decays.shape not in ((), (n,)):
        raise NeurosimError(f"decay has shape {decays.shape}; give one number or {n}, one for each neuron")
    return Credit(decays * np.eye(n), _fitting(B, student))


def eprop(student: LinearSystem, B: Float[np.ndarray, "n n_out"]) -> Credit:
    """E-prop as arXiv 2606.00243 uses it: `diag(transition)^s B`, RFLO whose traces know a neuron's self-weight.

    With `B = student.W_out.T` this is SnAp-1 (Menick et al. 2021). Raises NeurosimError unless B fits the student.
    """
    return rflo(student, B, decay=np.diag(student.transition))


def fa(student: LinearSystem, B: Float[np.ndarray, "n n_out"]) -> Credit:
    """Feedback alignment through time: `(transition^T)^s B`, random in space and exact in time.

    Raises NeurosimError unless B fits the student.
    """
    return Credit(student.transition.T, _fitting(B, student))


def _fitting(B: np.ndarray, student: LinearSystem) -> Float[np.ndarray, "n n_out"]:
    if B.shape != student.W_out.T.shape:
        raise NeurosimError(f"B has shape {B.shape}; this student needs [n, n_out] = {student.W_out.T.shape}")
    return B
