"""Modes that learn in an engine: each a network of one neuron, which is what an aligned network falls apart into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim.network import Network
from neurosim.reproduce.figure import Setting
from neurosim.reproduce.learning import impulses, learn, repeated
from neurosim.theory import LinearSystem, ModeCredit, TargetModes


@dataclass(frozen=True, eq=False)
class ModeRule:
    """A rule as it is drawn, as engines know it and as the theory of modes does."""

    label: str
    name: str
    credit: ModeCredit
    colour: int


def mode_rules(feedback: float | Float[np.ndarray, " mode"], decay: float) -> tuple[ModeRule, ...]:
    """The exact gradient, the shortest truncation, and RFLO with that feedback and decay."""
    return (
        ModeRule("BPTT", "bptt", ModeCredit.bptt(), 0),
        ModeRule("tBPTT(1)", "tbptt:k=1", ModeCredit.tbptt(1), 1),
        ModeRule("RFLO", f"rflo:decay={decay}", ModeCredit.rflo(feedback, decay), 2),
    )


def learned_modes(
    start: Float[np.ndarray, "3 mode"],
    feedback: Float[np.ndarray, " mode"],
    target: TargetModes,
    rule: str,
    times: Float[np.ndarray, " time"],
    *,
    lr: float,
    steps: int,
    setting: Setting,
) -> tuple[Float[np.ndarray, "time 3 mode"], Float[np.ndarray, "time mode"]]:
    """`a, b, w` of modes that all learn one target mode, and their losses, at learning times."""
    networks = [
        Network(np.array([[w]]), np.array([[b]]), np.array([[a]]), np.array([[f]]), alpha=1.0)
        for (a, b, w), f in zip(start.T, feedback, strict=True)
    ]
    teacher = LinearSystem(np.eye(1), float(target.memory) * np.eye(1), float(target.gain) * np.eye(1))
    course = learn(networks, rule, lr, repeated(impulses(teacher, np.eye(1), steps), lr, times), setting)
    states = np.stack([course.weights[name][:, :, 0, 0].T for name in ("W_out", "W_in", "W_rec")], axis=1)
    return states, course.losses.T
