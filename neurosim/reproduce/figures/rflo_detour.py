"""A start from which RFLO must turn round."""

from __future__ import annotations

import numpy as np

from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.modes import ModeRule, learned_modes
from neurosim.theory import ModeCredit, TargetModes, mode_learning, mode_loss, optimum

TARGET, START, DECAY = TargetModes(1.0, 0.8), np.array([[1.0], [1.0], [0.6]]), 0.5
RULES = (
    (ModeRule("BPTT", "bptt", ModeCredit.bptt(), 0), 1.0),
    (ModeRule("RFLO, feedback 1", f"rflo:decay={DECAY}", ModeCredit.rflo(1.0, DECAY), 2), 1.0),
    (ModeRule("RFLO, feedback -1", f"rflo:decay={DECAY}", ModeCredit.rflo(-1.0, DECAY), 1), -1.0),
)


class RfloDetour(Figure):
    """From (a, b, w) = (1, 1, 0.6), RFLO with feedback of the other sign goes to the opposite branch of optima.

    BPTT goes to the near one, and so does RFLO with feedback of the readout's sign.
    """

    source = "arXiv 2606.00243, fig. 4"
    tolerance = 0.05
    quick = {"lr": 0.002, "steps": 100}

    lr: float = 0.0005
    steps: int = 200

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        times = np.linspace(0.0, 5.0, 101)
        found = [self._curves(rule, feedback, times, setting) for rule, feedback in RULES]
        a, b, w, loss = (tuple(curves[each] for curves in found) for each in range(4))
        return (
            Panel("Readout", "learning time", "a", a),
            Panel("Input weight", "learning time", "b", b),
            _way(a, b),
            Panel("Memory", "learning time", "w", w, guides={"teacher": 0.8}),
            Panel("Loss", "learning time", "loss of the mode", loss),
        )

    def _curves(self, rule: ModeRule, feedback: float, times: np.ndarray, setting: Setting) -> tuple[Curve, ...]:
        states, losses = learned_modes(
            START, np.array([feedback]), TARGET, rule.name, times, lr=self.lr, steps=self.steps, setting=setting
        )
        path = mode_learning(START, TARGET, rule.credit, times).states[:, :, 0]
        pairs = [(states[:, each, 0], path[:, each]) for each in range(3)]
        pairs.append((losses[:, 0], mode_loss(path.T, TARGET)))
        return tuple(Curve(rule.label, times, found, predicted, rule.colour) for found, predicted in pairs)


def _way(readouts: tuple[Curve, ...], inputs: tuple[Curve, ...]) -> Panel:
    """Input weight against readout, and the two branches of optima."""
    curves = []
    for a, b in zip(readouts, inputs, strict=True):
        assert a.simulated is not None and a.predicted is not None
        curves.append(Curve(a.label, a.simulated, b.simulated, colour=a.colour))
        curves.append(Curve("_theory", a.predicted, predicted=b.predicted, colour=a.colour))
    dense = np.geomspace(0.4, 2.5, 60)
    curves += [Curve("optima", side, predicted=optimum(side, TARGET)[1], colour=6) for side in (-dense, dense)]
    return Panel("The way there", "readout a", "input weight b", tuple(curves), plane=True)
