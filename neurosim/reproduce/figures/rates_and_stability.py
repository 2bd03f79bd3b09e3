"""How fast modes converge, and where they do not."""

from __future__ import annotations

import numpy as np

from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.modes import ModeRule, learned_modes, mode_rules
from neurosim.theory import TargetModes, convergence_rate, optimum

TARGET, FEEDBACK, DECAY = TargetModes(1.2, 0.75), 0.6, 0.5
NUDGE = 1e-6


class RatesAndStability(Figure):
    """The rate at which each rule comes back to the line of optima; RFLO leaves it where a and feedback disagree."""

    source = "arXiv 2606.00243, eq. 28-29; convergence and stability along the optima"
    tolerance = 0.02
    quick = {"lr": 5e-4, "readouts": 9}
    floating = "the nudges of a millionth that it measures with are below a chip's steps"

    lr: float = 1e-4
    readouts: int = 25
    time: float = 0.2
    steps: int = 60

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        readout = np.geomspace(0.3, 4.0, self.readouts)
        rules = mode_rules(FEEDBACK, DECAY)
        against = mode_rules(-FEEDBACK, DECAY)[-1]
        stable = tuple(self._curve(rule, readout, FEEDBACK, setting) for rule in rules)
        unstable = self._curve(against, readout, -FEEDBACK, setting)
        names = "readout a at the optimum", "rate of convergence [1 / learning time]"
        return (
            Panel("Readout with the sign of its feedback", *names, stable, log="xy", scale="each"),
            Panel("RFLO, readout against its feedback", *names, (unstable,), log="x", guides={"unstable below": 0.0}),
        )

    def _curve(self, rule: ModeRule, readout: np.ndarray, feedback: float, setting: Setting) -> Curve:
        measured = self._measured(rule, readout, feedback, setting)
        return Curve(rule.label, readout, measured, convergence_rate(readout, TARGET, rule.credit), rule.colour)

    def _measured(self, rule: ModeRule, readout: np.ndarray, feedback: float, setting: Setting) -> np.ndarray:
        """From what becomes of small nudges of `b` and of `w` in a short learning time: a matrix for each readout."""
        at = optimum(readout, TARGET)
        starts = []
        for axis in (1, 2):
            nudged = at.copy()
            nudged[axis] += NUDGE / (at[0] if axis == 1 else 1.0)
            starts.append(nudged)
        states, _ = learned_modes(
            np.concatenate(starts, axis=1),
            np.full(2 * len(readout), feedback),
            TARGET,
            rule.name,
            np.array([0.0, self.time]),
            lr=self.lr,
            steps=self.steps,
            setting=setting,
        )
        a, b, w = states[-1]
        left = np.stack([a * b - TARGET.gain, w - TARGET.memory]) / NUDGE
        moved = np.moveaxis(left.reshape(2, 2, len(readout)), 2, 0)
        return -np.log(np.abs(np.linalg.eigvals(moved)).max(axis=1)) / self.time
