"""Students that are not aligned with their teacher."""

from __future__ import annotations

import numpy as np
from scipy.stats import ortho_group

from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import impulses, learn, network_of, repeated
from neurosim.seeding import stream
from neurosim.theory import (
    LinearSystem,
    ModeBasis,
    ModeCredit,
    TargetModes,
    emergent_feedback_modes,
    emergent_modes,
    mode_learning,
)

GAINS, MEMORIES, DECAY = np.array([2.0, 1.5, 1.1, 0.8]), np.array([0.6, 0.4, 0.7, 0.2]), 0.4
RULES = {"BPTT": ("bptt", 0.05), "tBPTT(1)": ("tbptt:k=1", 0.05), "RFLO": (f"rflo:decay={DECAY}", 0.02)}
"""The rule, and the size of the initial weights."""


class BeyondAlignment(Figure):
    """Students with small random weights learn as aligned ones, whose modes their first weights and feedback decide."""

    source = "arXiv 2606.00243, generic initial weights; the modes are those of neurosim.theory.emergence"
    tolerance = 0.15
    quick = {"n": 64}

    n: int = 128
    lr: float = 0.02
    steps: int = 25

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        times = np.linspace(0.0, 8.0, 41)
        pairs = {label: self._responses(label, times, setting) for label in RULES}
        return tuple(
            Panel(
                f"{label}, lag {lag}",
                "learning time",
                "response of the mode",
                tuple(Curve(f"mode {m + 1}", times, found[:, lag, m], said[:, lag, m], m) for m in range(4)),
            )
            for lag in (0, 1)
            for label, (found, said) in pairs.items()
        )

    def _responses(self, label: str, times: np.ndarray, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
        """The responses of the modes in a network that learns and in theory, [time, lag, mode]."""
        rule, size = RULES[label]
        basis = ModeBasis(*(ortho_group.rvs(4, random_state=10 * setting.seed + each) for each in range(3)))
        teacher = basis.system(np.array([np.sqrt(GAINS), np.sqrt(GAINS), MEMORIES]))
        draw = stream(setting.seed, "beyond alignment").normal
        drawn = draw(size=(4, self.n)), 0.1 * draw(size=(self.n, self.n)), draw(size=(self.n, 4))
        student = LinearSystem(*(size * each / np.sqrt(self.n) for each in drawn))
        B = 0.8 * draw(size=(self.n, 4)) / np.sqrt(self.n)
        rounds = repeated(impulses(teacher, basis.V, self.steps), self.lr, times)
        weights = learn([network_of(student, B)], rule, self.lr, rounds, setting).weights
        W_out, W_rec, W_in = (weights[name][0] for name in ("W_out", "W_rec", "W_in"))
        responses = np.stack([W_out @ W_in, W_out @ W_rec @ W_in], axis=1)
        found = np.einsum("om,tkoi,im->tkm", basis.U, responses, basis.V)
        a, b, w = np.moveaxis(_predicted(label, student, B, basis, times), 1, 0)
        return found, np.stack([a * b, a * b * w], axis=1)


def _predicted(label: str, student: LinearSystem, B: np.ndarray, basis: ModeBasis, times: np.ndarray) -> np.ndarray:
    """`a, b, w` of the modes that emerge, [time, 3, mode]."""
    if label == "RFLO":
        start, feedback = emergent_feedback_modes(student, B, basis.U, basis.V)
        credit = ModeCredit.rflo(feedback, DECAY)
    else:
        start = emergent_modes(student, basis.U, basis.V)
        credit = ModeCredit.bptt() if label == "BPTT" else ModeCredit.tbptt(1)
    return mode_learning(start, TargetModes(GAINS, MEMORIES), credit, times).states
