"""Two real eigenvalues, one after the other."""

from __future__ import annotations

import numpy as np

from neurosim.network import Network
from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import learn, repeated, struck
from neurosim.seeding import stream
from neurosim.theory.integration import (
    Filter,
    pair_eigenvalues,
    pair_learning,
    pair_loss,
    pair_student,
    plateaus,
)

RATES = 0.15, 0.7
TARGET = Filter.timescales(np.array(RATES), np.array([1.0, 1.0]))
START = np.array([0.3, 0.03, 1.0, 0.99, 0.0])
"""Recurrent weights in one direction of the two: without any, the second time scale would never begin."""


class MultiTimescale(Figure):
    """Two time scales are learned in stages: one eigenvalue comes to rest on a plateau before the second grows."""

    source = "arXiv 2503.18754, several time scales"
    tolerance = 0.05
    quick = {"n": 4, "dt": 0.02, "lr": 0.01}
    floating = "its impulses, as strong as white noise in a short step, are larger than a chip's numbers"

    n: int = 12
    dt: float = 0.01
    lr: float = 0.005
    duration: float = 30.0
    time: float = 60.0

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        times = np.linspace(0.0, self.time, 81)
        rounds = repeated(struck(TARGET, self.dt, self.duration), self.lr, times)
        course = learn([self._network(setting)], "bptt", self.lr, rounds, setting)
        found = np.array([_two(np.linalg.eigvals(W)) for W in course.weights["W_rec"][0]])
        states = pair_learning(START, TARGET, times, sign=1).states
        said = np.array([_two(pair_eigenvalues(state, sign=1)) for state in states])
        loss = np.array([pair_loss(state, TARGET, sign=1) for state in states])
        values = (Curve(name, times, found[:, k], said[:, k], k) for k, name in enumerate(("first", "second")))
        return (
            Panel(
                "Eigenvalues",
                "learning time",
                "eigenvalue of W_rec",
                tuple(values),
                guides={f"target {k + 1}": 1.0 - rate for k, rate in enumerate(RATES)},
            ),
            Panel(
                "Loss",
                "learning time",
                "loss",
                (Curve("loss", times, course.losses[0], loss, 2),),
                "y",
                scale=float(loss[0]),
                guides={"plateau": plateaus(TARGET)[0].loss},
            ),
        )

    def _network(self, setting: Setting) -> Network:
        """The pair that theory begins with, along two random directions of more neurons."""
        pair = pair_student(START, sign=1)
        basis = np.linalg.qr(stream(setting.seed, "multi timescale").normal(size=(self.n, 2)))[0]
        W_rec = basis @ pair.W_rec @ basis.T
        return Network(W_rec, basis @ pair.W_in, pair.W_out @ basis.T, basis @ pair.W_out.T, alpha=self.dt)


def _two(eigenvalues: np.ndarray) -> np.ndarray:
    """The largest two, those that are not of other neurons."""
    values = np.sort(np.real(eigenvalues[np.argsort(-np.abs(eigenvalues))[:2]]))
    return values[::-1]
