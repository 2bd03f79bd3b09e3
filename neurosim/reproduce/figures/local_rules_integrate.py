"""Local rules that learn to integrate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.network import Network
from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import learn, repeated, struck
from neurosim.seeding import stream
from neurosim.theory.integration import Filter, OutlierCredit, outlier_learning, outlier_loss

TARGET = Filter.exponential(0.3)
READOUT, INPUT, WINDOW = 0.3, 0.2, 1.0


@dataclass(frozen=True)
class _Rule:
    """A rule as it is drawn, what engines call it in steps of `dt`, and the feedback along the outlier's direction."""

    label: str
    name: str
    credit: OutlierCredit
    feedback: float = READOUT


RULES = (
    _Rule("BPTT", "bptt", OutlierCredit.bptt()),
    _Rule(f"tBPTT, window {WINDOW:g}", "tbptt:k={steps}", OutlierCredit.tbptt(WINDOW)),
    _Rule("RFLO, feedback 0.8", "rflo", OutlierCredit.rflo(0.8), 0.8),
    _Rule("RFLO, feedback -0.8", "rflo", OutlierCredit.rflo(-0.8), -0.8),
)


class LocalRulesIntegrate(Figure):
    """Local rules learn to integrate by one eigenvalue too: theirs is another way, to the same memory.

    RFLO with feedback against the first readout turns the readout round first.
    """

    source = "arXiv 2606.00243 on the task of arXiv 2503.18754; neurosim.theory.integration.outlier_credit"
    tolerance = 0.06
    quick = {"n": 8, "dt": 0.04, "lr": 0.02}
    floating = "its impulses, as strong as white noise in a short step, are larger than a chip's numbers"

    n: int = 24
    dt: float = 0.02
    lr: float = 0.005
    time: float = 8.0
    duration: float = 20.0

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        times = np.linspace(0.0, self.time, 81)
        found = [self._curves(rule, colour, times, setting) for colour, rule in enumerate(RULES)]
        outliers, readouts, losses = (tuple(curves[each] for curves in found) for each in range(3))
        return (
            Panel("The outlier", "learning time", "eigenvalue of W_rec", outliers, guides={"target": 0.7}),
            Panel("The readout", "learning time", "readout along the outlier", readouts),
            Panel("Loss", "learning time", "loss", losses),
        )

    def _curves(self, rule: _Rule, colour: int, times: np.ndarray, setting: Setting) -> tuple[Curve, ...]:
        """Everything along one direction of n neurons, from no recurrent weights: one outlier exactly."""
        p = stream(setting.seed, "local rules integrate").normal(size=self.n)
        p /= np.linalg.norm(p)
        W_rec, W_in, W_out = np.zeros((self.n, self.n)), INPUT * p[:, None], READOUT * p[None]
        network = Network(W_rec, W_in, W_out, rule.feedback * p[:, None], alpha=self.dt)
        rounds = repeated(struck(TARGET, self.dt, self.duration), self.lr, times)
        name = rule.name.format(steps=round(WINDOW / self.dt))
        course = learn([network], name, self.lr, rounds, setting)
        states = outlier_learning(np.array([READOUT, INPUT, 0.0]), TARGET, times, rule.credit).states
        outlier = np.einsum("i,tij,j->t", p, course.weights["W_rec"][0], p)
        readout = course.weights["W_out"][0, :, 0] @ p
        losses = np.array([outlier_loss(state, TARGET) for state in states])
        pairs = (outlier, states[:, 2]), (readout, states[:, 0]), (course.losses[0], losses)
        return tuple(Curve(rule.label, times, simulated, said, colour) for simulated, said in pairs)
