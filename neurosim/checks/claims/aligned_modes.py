"""Students that are aligned with their teacher."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import ortho_group

from neurosim import theory
from neurosim.checks.check import Finding, check
from neurosim.reproduce.figure import Setting
from neurosim.reproduce.learning import impulses, learn, network_of, repeated
from neurosim.theory import LinearSystem, ModeBasis, ModeCredit, TargetModes

PAPER = "arXiv 2606.00243, eq. 19-22"
U, V, P, P_TEACHER = (ortho_group.rvs(4, random_state=seed) for seed in range(4))
TEACHER_MODES = np.array([[1.2, 1.0, 0.9, 1.1], [1.1, 0.9, 0.8, -0.7], [0.8, 0.5, -0.4, 0.2]])
START = np.array([[0.3, -0.25, 0.2, 0.35], [0.2, 0.3, -0.25, 0.3], [0.1, 0.2, 0.05, -0.1]])
FEEDBACK, DECAY = np.array([0.8, -0.7, 1.0, 0.6]), 0.4
TARGET = TargetModes(TEACHER_MODES[0] * TEACHER_MODES[1], TEACHER_MODES[2])
TIMES = np.linspace(0.0, 20.0, 21)
RULES = {
    "bptt": ModeCredit.bptt(),
    "rtrl": ModeCredit.bptt(),
    "tbptt:k=1": ModeCredit.tbptt(1),
    "tbptt:k=3": ModeCredit.tbptt(3),
    f"rflo:decay={DECAY}": ModeCredit.rflo(FEEDBACK, DECAY),
    f"rflo:feedback=symmetric,decay={DECAY}": ModeCredit.rflo_symmetric(DECAY),
    "fa": ModeCredit.fa(FEEDBACK),
}


def learned(rule: str, hidden: np.ndarray, lr: float) -> list[LinearSystem]:
    """An aligned student at learning times, its modes along the columns of `hidden`."""
    basis, teacher = ModeBasis(U, V, hidden), ModeBasis(U, V, P_TEACHER).system(TEACHER_MODES)
    student = network_of(basis.system(START), basis.feedback(FEEDBACK))
    found = learn([student], rule, lr, repeated(impulses(teacher, V, 40), lr, TIMES), Setting()).weights
    parts = (found[name][0] for name in ("W_out", "W_rec", "W_in"))
    return [LinearSystem(*weights) for weights in zip(*parts, strict=True)]


def miss(systems: list[LinearSystem], credit: ModeCredit, hidden: np.ndarray) -> float:
    """The largest distance of a mode's `a, b, w` from theory, relative to the largest value."""
    expected = theory.mode_learning(START, TARGET, credit, TIMES).states
    found = [ModeBasis(U, V, hidden).modes(each) for each in systems]
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@check(8, PAPER)
def modes_do_not_leak(full: bool) -> Iterator[Finding]:
    """An aligned network stays aligned: modes learn by themselves."""
    for rule in RULES:
        leak = max(ModeBasis(U, V, P).leak(each) for each in learned(rule, P, 0.005))
        yield Finding("weight between modes", leak, 1e-10, case=rule)


@check(9, PAPER)
def modes_follow_their_equations(full: bool) -> Iterator[Finding]:
    """Modes learn as their differential equations say, up to the size of steps."""
    for rule, credit in RULES.items():
        far, near = (miss(learned(rule, P, lr), credit, P) for lr in (0.005, 0.0025))
        yield Finding("relative distance at lr 0.0025", near, 0.01, case=rule)
        yield Finding("distance at twice that rate, over it", far / near, 2.15, 1.85, rule)
    for rule, feedback in (("eprop", FEEDBACK), ("snap1", None)):
        own = miss(learned(rule, np.eye(4), 0.0025), ModeCredit(feedback=feedback), np.eye(4))
        yield Finding("relative distance where modes are neurons", own, 0.01, case=rule)


@check(10, PAPER)
def eprop_leaks(full: bool) -> Iterator[Finding]:
    """Under e-prop modes that are not neurons do leak."""
    leak = max(ModeBasis(U, V, P).leak(each) for each in learned("eprop", P, 0.005))
    yield Finding("weight between modes", leak, low=1e-3)
