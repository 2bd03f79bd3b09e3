"""Learning curves of modes."""

from __future__ import annotations

import numpy as np
from scipy.stats import ortho_group

from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import impulses, learn, network_of, repeated
from neurosim.reproduce.modes import ModeRule, mode_rules
from neurosim.theory import ModeBasis, TargetModes, mode_learning

START = np.array([[0.3, -0.25, 0.2, 0.35], [0.2, 0.3, -0.25, 0.3], [0.1, 0.2, 0.05, -0.1]])
TEACHER = np.array([[1.2, 1.0, 0.9, 1.1], [1.1, 0.9, 0.8, -0.7], [0.8, 0.5, -0.4, 0.2]])
FEEDBACK, DECAY = np.array([0.8, -0.7, 1.0, 0.6]), 0.4
VALUES = ("gain a b", "memory w")


class ModeOdes(Figure):
    """Networks aligned with their teacher learn each mode by itself, as its differential equation says."""

    source = "arXiv 2606.00243, eq. 19-22"
    tolerance = 0.03
    quick = {"lr": 0.005}

    lr: float = 0.001
    steps: int = 60

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        times = np.linspace(0.0, 20.0, 121)
        rules = mode_rules(FEEDBACK, DECAY)
        target = TargetModes(TEACHER[0] * TEACHER[1], TEACHER[2])
        learned = [self._learned(rule, times, setting) for rule in rules]
        predicted = [mode_learning(START, target, rule.credit, times).states for rule in rules]
        return tuple(
            Panel(
                rule.label,
                "learning time",
                name,
                tuple(
                    Curve(f"mode {mode + 1}", times, _value(found, name, mode), _value(said, name, mode), mode)
                    for mode in range(4)
                ),
            )
            for name in VALUES
            for rule, found, said in zip(rules, learned, predicted, strict=True)
        )

    def _learned(self, rule: ModeRule, times: np.ndarray, setting: Setting) -> np.ndarray:
        """`a, b, w` of the four modes of one network, [time, 3, mode]."""
        U, V, P, P_teacher = (ortho_group.rvs(4, random_state=4 * setting.seed + each) for each in range(4))
        basis, teacher = ModeBasis(U, V, P), ModeBasis(U, V, P_teacher).system(TEACHER)
        student = network_of(basis.system(START), basis.feedback(FEEDBACK))
        rounds = repeated(impulses(teacher, V, self.steps), self.lr, times)
        weights = learn([student], rule.name, self.lr, rounds, setting).weights
        parts = (("W_out", U, P), ("W_in", P, V), ("W_rec", P, P))
        return np.stack([np.einsum("im,tij,jm->tm", to, weights[name][0], of) for name, to, of in parts], axis=1)


def _value(states: np.ndarray, name: str, mode: int) -> np.ndarray:
    a, b, w = states[:, :, mode].T
    return a * b if name == "gain a b" else w
