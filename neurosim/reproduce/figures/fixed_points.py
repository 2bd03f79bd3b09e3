"""Where modes come to rest."""

from __future__ import annotations

import numpy as np

from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.modes import ModeRule, learned_modes, mode_rules
from neurosim.seeding import stream
from neurosim.theory import TargetModes, optimum

TARGET, FEEDBACK, DECAY = TargetModes(1.0, 0.5), 0.9, 0.4


class FixedPoints(Figure):
    """Every rule ends on the line of optima a b = c*, w = w*; with fixed feedback only where a takes its sign.

    Rules that send errors through the readout also rest at a = b = 0, whatever w; RFLO leaves it.
    """

    source = "arXiv 2606.00243, fixed points of BPTT, tBPTT(1) and RFLO"
    tolerance = 0.01
    quick = {"lr": 0.02, "starts": 14}

    lr: float = 0.005
    starts: int = 40
    time: float = 120.0
    steps: int = 50

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        start = 0.35 * stream(setting.seed, "fixed points").normal(size=(3, self.starts))
        start[:, 0] = 0.0, 0.0, 0.3  # on the line of zeros
        rules = mode_rules(FEEDBACK, DECAY)
        ends = [self._ends(rule, start, setting) for rule in rules]
        where = (_optima(rule, end) for rule, end in zip(rules, ends, strict=True))
        return (*where, _memories(rules, ends))

    def _ends(self, rule: ModeRule, start: np.ndarray, setting: Setting) -> np.ndarray:
        feedback, times = np.full(start.shape[1], FEEDBACK), np.array([0.0, self.time])
        states, _ = learned_modes(
            start, feedback, TARGET, rule.name, times, lr=self.lr, steps=self.steps, setting=setting
        )
        return states[-1]


def _optima(rule: ModeRule, end: np.ndarray) -> Panel:
    """Where the modes end, and the input weight that theory says goes with their readout."""
    a, b, _ = end[:, np.argsort(end[0])]
    predicted = np.where(a == 0.0, 0.0, _input_weight(np.where(a == 0.0, 1.0, a)))
    at_rest = rule.credit.feedback is None
    curves = [
        Curve("_on the line of optima", a[part], b[part], predicted[part], rule.colour)
        for part in (a < 0.0, a > 0.0)
        if part.any()
    ]
    if at_rest:
        curves.append(Curve("_at a = b = 0", a[a == 0.0], b[a == 0.0], predicted[a == 0.0], rule.colour))
    return Panel(rule.label, "readout a at the end", "input weight b at the end", tuple(curves), scale=1.0)


def _input_weight(readout: np.ndarray) -> np.ndarray:
    return optimum(readout, TARGET)[1]


def _memories(rules: tuple[ModeRule, ...], ends: list[np.ndarray]) -> Panel:
    """The recurrent weights at the end: the teacher's, but for the mode that began at zero under its own feedback."""
    x = np.arange(ends[0].shape[1], dtype=float)
    curves = []
    for rule, end in zip(rules, ends, strict=True):
        predicted = np.full(len(x), float(TARGET.memory))
        if rule.credit.feedback is None:
            predicted[0] = 0.3
        curves.append(Curve(rule.label, x, end[2], predicted, rule.colour))
    return Panel("Memory", "start (0: from a = b = 0, w = 0.3)", "memory w at the end", tuple(curves), scale=1.0)
