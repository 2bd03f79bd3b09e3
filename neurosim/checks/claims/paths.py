"""How modes leave zero, and the way they take."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurosim import theory
from neurosim.checks.check import Finding, check
from neurosim.theory import ModeCredit, TargetModes

PAPER = "arXiv 2606.00243"


@check(15, PAPER)
def escape_from_zero(full: bool) -> Iterator[Finding]:
    """The time to escape from zero grows with the logarithm of smallness, as the escape rate says."""
    sizes = np.array([1e-2, 1e-3, 1e-4, 1e-5])
    target, times = TargetModes(np.ones(4), np.full(4, 0.7)), np.linspace(0.0, 16.0, 4001)
    start = np.array([sizes, sizes, np.full(4, 0.1)])
    for rule, credit in {"bptt": ModeCredit.bptt(), "tbptt:k=1": ModeCredit.tbptt(1)}.items():
        path = theory.mode_learning(start, target, credit, times)
        gains = path.states[:, 0] * path.states[:, 1]
        half = [np.interp(0.5, gain[: np.argmax(gain > 0.6)], times[: np.argmax(gain > 0.6)]) for gain in gains.T]
        slope = float(np.polyfit(-np.log(sizes), half, 1)[0])
        rate = float(theory.escape_rate(0.1, TargetModes(1.0, 0.7), credit))
        yield Finding("slope times rate", slope * rate, 1.001, 0.999, rule)


@check(16, PAPER)
def early_rflo(full: bool) -> Iterator[Finding]:
    """RFLO leaves zero as a power of time."""
    target, start = TargetModes(1.0, 0.7), np.array([0.0, 0.0, 0.1])
    for feedback in (0.8, -0.8):
        credit = ModeCredit.rflo(feedback, 0.4)
        found = theory.mode_learning(start[:, None], target, credit, np.array([0.0, 0.05])).end[:, 0] - start
        expected = theory.early_modes(0.05, 0.1, target, credit) - start
        missed = np.abs(found / expected - 1.0).max()
        yield Finding("relative distance at learning time 0.05", float(missed), 0.01, case=f"feedback {feedback:g}")


@check(17, PAPER)
def sign_locking(full: bool) -> Iterator[Finding]:
    """From small weights the readout takes the sign of its feedback, and RFLO converges."""
    rng, count = np.random.default_rng(0), 300
    gain = rng.choice([-1, 1], size=count) * rng.uniform(0.3, 2.0, size=count)
    target = TargetModes(gain, rng.uniform(-0.85, 0.85, size=count))
    feedback = rng.choice([-1, 1], size=count) * rng.uniform(0.3, 1.5, size=count)
    credit = ModeCredit.rflo(feedback, rng.uniform(0.0, 0.85, size=count))
    start = np.array([1e-3, 1e-3, 0.05])[:, None] * rng.normal(size=(3, count))
    a, b, w = theory.mode_learning(start, target, credit, np.array([0.0, 400.0])).end
    good = (np.abs(a * b - gain) < 1e-3) & (np.abs(w - target.memory) < 1e-3) & (a * feedback > 0.0)
    yield Finding("share of modes", float(good.mean()), 1.0, 1.0)


@check(18, f"{PAPER}, fig. 4")
def detour(full: bool) -> Iterator[Finding]:
    """From (1, 1, 0.6) RFLO goes around to the branch of its feedback."""
    start, target, times = np.array([[1.0], [1.0], [0.6]]), TargetModes(1.0, 0.8), np.linspace(0.0, 400.0, 40001)
    for feedback, end in ((-1.0, (-0.5045, -1.9822, 0.8)), (1.0, (1.0203, 0.9801, 0.8))):
        path = theory.mode_learning(start, target, ModeCredit.rflo(feedback, 0.5), times)
        case = f"feedback {feedback:g}"
        yield Finding("distance from the end", float(np.abs(path.end[:, 0] - end).max()), 1e-3, case=case)
        if feedback < 0.0:
            losses = np.array([theory.mode_loss(each, target) for each in path.states[:500, :, 0]])
            length = float(np.linalg.norm(np.diff(path.states[:, :, 0], axis=0), axis=1).sum())
            yield Finding("largest loss over the first", float(losses.max() / losses[0]), 10.5 * 1.02, 10.5 * 0.98)
            yield Finding("length of the way", length, 4.71 * 1.01, 4.71 * 0.99)
