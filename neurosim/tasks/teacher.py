"""Imitate a linear teacher network driven by white noise: the student-teacher setting of arXiv 2606.00243."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError, unknown
from neurosim.seeding import stream
from neurosim.solution import Solution
from neurosim.task import Task, Trials

LOSSES = ("last", "all")


@dataclass(frozen=True)
class Modes:
    """An aligned teacher, mode by mode: `W_out = U diag(a) P^T`, `W_rec = P diag(w) P^T`, `W_in = P diag(b) V^T`.

    A student that begins with the same U and V, whatever its own P, keeps to these modes while it learns.
    """

    U: Float[np.ndarray, "n_out mode"]
    V: Float[np.ndarray, "n_in mode"]
    P: Float[np.ndarray, "mode mode"]
    a: Float[np.ndarray, " mode"]
    b: Float[np.ndarray, " mode"]
    w: Float[np.ndarray, " mode"]


class Teacher(Task):
    """White noise in, the outputs of a linear teacher out: `h[t] = W_rec h[t-1] + W_in x[t]`, `z[t] = W_out h[t]`.

    No leak, so students have alpha = 1. The teacher depends on the seed alone. Gaussian weights have variance
    one over the number of senders; an aligned teacher has modes with a, b in [0.7, 1.3] and w in [-radius, radius].

    n_teacher: neurons of the teacher. radius: spectral radius of its W_rec. aligned: by modes (see `Modes`) rather
    than Gaussian; n_teacher is then at most n_in and n_out. loss: "last", the last step counts, or "all", each of
    the T steps counts 1/T. n_in, n_out: inputs and outputs. steps: length T of a trial.
    """

    n_teacher: int = 4
    radius: float = 0.8
    aligned: bool = True
    loss: str = "last"
    n_in: int = 4
    n_out: int = 4
    steps: int = 30

    alpha: ClassVar[float] = 1.0
    train_trials: ClassVar[int] = 2000

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise unknown("loss of the teacher task", self.loss, LOSSES)
        if self.aligned and self.n_teacher > min(self.n_in, self.n_out):
            raise NeurosimError(
                f"an aligned teacher has one mode per input and output: n_teacher={self.n_teacher} is more than "
                f"n_in={self.n_in} or n_out={self.n_out}; choose fewer, or aligned=False"
            )

    def modes(self, seed: int) -> Modes:
        """The modes of the aligned teacher of this seed."""
        random = stream(seed, "teacher", "modes")
        a, b = random.uniform(0.7, 1.3, size=(2, self.n_teacher))
        w = random.uniform(-1.0, 1.0, size=self.n_teacher)
        n = self.n_teacher
        return Modes(
            U=_rotation(self.n_out, random)[:, :n],
            V=_rotation(self.n_in, random)[:, :n],
            P=_rotation(n, random),
            a=a,
            b=b,
            w=w * self.radius / np.abs(w).max(),
        )

    def teacher(self, seed: int) -> Solution:
        """The weights to imitate, the same for every part."""
        if self.aligned:
            m = self.modes(seed)
            return Solution(W_rec=(m.P * m.w) @ m.P.T, W_in=(m.P * m.b) @ m.V.T, W_out=(m.U * m.a) @ m.P.T)
        random = stream(seed, "teacher", "gaussian")
        W_rec = random.normal(size=(self.n_teacher, self.n_teacher))
        return Solution(
            W_rec=W_rec * self.radius / np.abs(np.linalg.eigvals(W_rec)).max(),
            W_in=random.normal(size=(self.n_teacher, self.n_in)) / np.sqrt(self.n_in),
            W_out=random.normal(size=(self.n_out, self.n_teacher)) / np.sqrt(self.n_teacher),
        )

    def solution(self, seed: int) -> Solution:
        return self.teacher(seed)

    def trials(self, count: int, seed: int, part: str = "train") -> Trials:
        teacher = self.teacher(seed)
        x = stream(seed, "teacher", part).normal(size=(count, self.steps, self.n_in))
        h = np.zeros((count, self.n_teacher))
        targets = np.zeros((count, self.steps, self.n_out))
        for t in range(self.steps):
            h = h @ teacher.W_rec.T + x[:, t] @ teacher.W_in.T
            targets[:, t] = h @ teacher.W_out.T
        steps = np.arange(1, self.steps + 1)
        mask = np.full(self.steps, 1.0 / self.steps) if self.loss == "all" else (steps == self.steps).astype(float)
        return Trials(x, targets, mask)

    def references(self, trials: Trials, seed: int) -> dict[str, float]:
        teacher = self.teacher(seed)
        return {
            "teacher": self.score(trials, trials.targets),
            "best without memory": self.score(trials, trials.inputs @ (teacher.W_out @ teacher.W_in).T),
            **super().references(trials, seed),
        }


def _rotation(size: int, random: np.random.Generator) -> Float[np.ndarray, "size size"]:
    """A random orthogonal matrix, uniform over all."""
    orthogonal, triangular = np.linalg.qr(random.normal(size=(size, size)))
    return orthogonal * np.sign(np.diag(triangular))
