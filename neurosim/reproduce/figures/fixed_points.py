"""Where modes come to rest."""

from __future__ import annotations

import numpy as np

from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.modes import ModeRule, learned_modes, mode_rules
from neurosim.seeding import stream
from neurosim.theory import TargetModes, optimum

TARGET, FEEDBACK, DECAY = TargetModes(1.0, 0.5), 0.9, 0.4
AT_ZERO = np.linspace(-0.6, 0.6, 7)
"""Recurrent weights of the modes that begin with a = b = 0."""


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
        sizes = np.array([[1.2], [1.2], [0.3]])
        drawn = sizes * stream(setting.seed, "fixed points").uniform(-1.0, 1.0, size=(3, self.starts))
        start = np.concatenate([[0.0 * AT_ZERO, 0.0 * AT_ZERO, AT_ZERO], drawn], axis=1)
        rules = mode_rules(FEEDBACK, DECAY)
        ends = [self._ends(rule, start, setting) for rule in rules]
        where = (_optima(rule, end) for rule, end in zip(rules, ends, strict=True))
        return (*where, _memories(rules, start, ends))

    def _ends(self, rule: ModeRule, start: np.ndarray, setting: Setting) -> np.ndarray:
        feedback, times = np.full(start.shape[1], FEEDBACK), np.array([0.0, self.time])
        states, _ = learned_modes(
            start, feedback, TARGET, rule.name, times, lr=self.lr, steps=self.steps, setting=setting
        )
        return states[-1]


def _optima(rule: ModeRule, end: np.ndarray) -> Panel:
    """Where the modes end, and the input weight that theory says goes with their readout."""
    rests = end[0] == 0.0
    a, b, _ = end[:, ~rests]
    order = np.argsort(a)
    a, b = a[order], b[order]
    curves = [
        Curve(f"_{side} a", a[part], b[part], _input_weight(a[part]), rule.colour)
        for side, part in (("negative", a < 0.0), ("positive", a > 0.0))
        if part.any()
    ]
    dense = np.geomspace(0.4, 2.5, 60)
    curves += [Curve("line of optima", side, predicted=_input_weight(side), colour=6) for side in (-dense, dense)]
    if rule.credit.feedback is None:
        curves.append(Curve("_at rest", end[0, rests], end[1, rests], np.zeros(int(rests.sum())), rule.colour))
    return Panel(f"{rule.label}: where modes end", "readout a", "input weight b", tuple(curves), scale=1.0)


def _input_weight(readout: np.ndarray) -> np.ndarray:
    return optimum(readout, TARGET)[1]


def _memories(rules: tuple[ModeRule, ...], start: np.ndarray, ends: list[np.ndarray]) -> Panel:
    """Recurrent weights at the end: the teacher's, but for the mode that began at zero under its own feedback."""
    curves, (drawn, at_zero) = [], (slice(len(AT_ZERO), None), slice(len(AT_ZERO)))
    for rule, end in zip(rules, ends, strict=True):
        wanted = np.full(start.shape[1], float(TARGET.memory))
        curves.append(Curve(rule.label, start[2, drawn], end[2, drawn], wanted[drawn], rule.colour))
        kept = AT_ZERO if rule.credit.feedback is None else wanted[at_zero]
        curves.append(Curve("_from a = b = 0", AT_ZERO, end[2, at_zero], kept, rule.colour))
    title = "Memory; the slope is a = b = 0"
    return Panel(title, "memory w at the start", "memory w at the end", tuple(curves), scale=1.0)
