"""Learning to integrate with weights of few bits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from neurosim.network import Network
from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import Course, learn, repeated, struck
from neurosim.theory.integration import Filter, OutlierCredit, outlier_learning, outlier_loss

TARGET = Filter.exponential(0.3)
WINDOW = 1.0
FORMATS = {
    "float64": None,
    "8 bits, nearest": "fixed:weight=s8.6,rounding=nearest_even:only=weights",
    "8 bits, stochastic": "fixed:weight=s8.6,rounding=stochastic:only=weights",
    "4 bits, nearest": "fixed:weight=s4.2,rounding=nearest_even:only=weights",
    "4 bits, stochastic": "fixed:weight=s4.2,rounding=stochastic:only=weights",
}
"""Weights alone are rounded, two bits before the point: what differs from float64 is due to them."""


@dataclass(frozen=True)
class _Rule:
    """A rule as it is drawn, what engines call it, and how it credits the outlier."""

    label: str
    name: str
    credit: OutlierCredit


class IntegrateInBits(Figure):
    """With weights of 8 and 4 bits the outlier and the loss survive stochastic rounding; the low rank does not.

    Theory has a word on float64 only: one eigenvalue, one direction. It is drawn as a line, and float64 is compared.
    """

    source = "arXiv 2503.18754 and 2606.00243, in fixed point"
    tolerance = 0.06
    quick = {"dt": 0.1, "lr": 0.05, "duration": 12.0}
    floating = "it goes through number formats of its own"

    n: int = 16
    dt: float = 0.04
    lr: float = 0.02
    time: float = 6.0
    duration: float = 20.0

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        rules = (
            _Rule("BPTT", "bptt", OutlierCredit.bptt()),
            _Rule(f"tBPTT, window {WINDOW:g}", f"tbptt:k={round(WINDOW / self.dt)}", OutlierCredit.tbptt(WINDOW)),
            _Rule("RFLO", "rflo", OutlierCredit.rflo(1.0)),
        )
        columns = [self._column(rule, setting) for rule in rules]
        return tuple(column[row] for row in range(3) for column in columns)

    def _column(self, rule: _Rule, setting: Setting) -> tuple[Panel, ...]:
        """The outlier, the loss and the singular values under one rule, in all formats."""
        times = np.linspace(0.0, self.time, 49)
        states = outlier_learning(np.array([1.0, 1.0, 0.0]), TARGET, times, rule.credit).states
        losses = np.array([outlier_loss(state, TARGET) for state in states])
        spectrum = states[-1, 2] * np.eye(1, self.n)[0]
        predicted = (states[:, 2], losses, spectrum)
        x = (times, times, np.arange(1.0, self.n + 1.0))
        curves: tuple[list[Curve], ...] = ([], [], [])
        for colour, (label, profile) in enumerate(FORMATS.items()):
            course = self._course(rule, times, replace(setting, profile=profile))
            for row, found in enumerate(_measured(course)):
                said = predicted[row] if profile is None else None
                curves[row].append(Curve(label, x[row], found, said, colour))
        return (
            Panel(f"{rule.label}: the outlier", "learning time", "rightmost eigenvalue of W_rec", tuple(curves[0])),
            Panel(f"{rule.label}: loss", "learning time", "loss", tuple(curves[1])),
            Panel(f"{rule.label}: rank", "number", "singular value of W_rec's change", tuple(curves[2])),
        )

    def _course(self, rule: _Rule, times: np.ndarray, setting: Setting) -> Course:
        """Weights along one direction whose entries, +-1/4 for 16 neurons, every format can keep."""
        p = np.where(np.arange(self.n) % 2, -1.0, 1.0) / np.sqrt(self.n)
        network = Network(np.zeros((self.n, self.n)), p[:, None], p[None], p[:, None], alpha=self.dt)
        rounds = repeated(struck(TARGET, self.dt, self.duration), self.lr, times)
        return learn([network], rule.name, self.lr, rounds, setting)


def _measured(course: Course) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"], np.ndarray]:
    """The rightmost eigenvalue and the loss over learning, and the singular values of the change at its end."""
    W_rec = course.weights["W_rec"][0]
    rightmost = np.linalg.eigvals(W_rec).real.max(axis=-1)
    return rightmost, course.losses[0], np.linalg.svd(W_rec[-1] - W_rec[0], compute_uv=False)
