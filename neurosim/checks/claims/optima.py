"""Where modes come to rest, and whether they stay there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import root

from neurosim import theory
from neurosim.checks.check import Finding, check
from neurosim.theory import ModeCredit, TargetModes
from neurosim.theory.modes import flow

PAPER = "arXiv 2606.00243"
RULES: dict[str, Callable[[float, float], ModeCredit]] = {
    "bptt": lambda feedback, decay: ModeCredit.bptt(),
    "tbptt1": lambda feedback, decay: ModeCredit.tbptt(1),
    "tbptt3": lambda feedback, decay: ModeCredit.tbptt(3),
    "rflo": ModeCredit.rflo,
    "rflo_sym": lambda feedback, decay: ModeCredit.rflo_symmetric(decay),
    "eprop": lambda feedback, decay: ModeCredit.fa(feedback),
}
OWN_FEEDBACK = ("bptt", "tbptt1", "tbptt3", "rflo_sym")


def draws(count: int, seed: int) -> tuple[TargetModes, np.ndarray, np.ndarray, np.ndarray]:
    """Random teachers, and for each a feedback, a decay and a readout of either sign."""
    rng = np.random.default_rng(seed)
    target = TargetModes(1.5 * rng.normal(size=count), rng.uniform(-0.9, 0.9, size=count))
    readout = rng.choice([-1.0, 1.0], size=count) * np.exp(rng.uniform(-1.2, 1.2, size=count))
    return target, 1.5 * rng.normal(size=count), rng.uniform(-0.9, 0.9, size=count), readout


def numerical_jacobian(at: np.ndarray, target: TargetModes, credit: ModeCredit) -> np.ndarray:
    """Central differences of the flow of `a, b, w`, [mode, 3, 3]."""
    columns = []
    for axis in range(3):
        step = np.zeros_like(at)
        step[axis] = 1e-6 * np.maximum(1.0, np.abs(at[axis]))
        rise = theory.mode_update(at + step, target, credit) - theory.mode_update(at - step, target, credit)
        columns.append(rise / (2.0 * step[axis]))
    return np.moveaxis(np.array(columns), (0, 1, 2), (2, 1, 0))


@check(11, f"{PAPER}, eq. 28-29")
def rates_at_the_optimum(full: bool) -> Iterator[Finding]:
    """Eigenvalues at the optimum are those of closed forms, and a zero along the line of optima.

    By trace, sum of minors and determinant, which are smooth where two eigenvalues meet.
    """
    target, feedback, decay, readout = draws(400, seed=3)
    for rule, made in {**RULES, "tbptt5": lambda feedback, decay: ModeCredit.tbptt(5)}.items():
        credit = made(feedback, decay)
        numerical = numerical_jacobian(theory.optimum(readout, target), target, credit)
        exact = theory.optimum_jacobian(readout, target, credit)
        scale = np.abs(np.linalg.eigvals(numerical)).max(axis=1)
        whole = np.trace(numerical, axis1=1, axis2=2)
        minors = (whole**2 - np.trace(numerical @ numerical, axis1=1, axis2=2)) / 2.0
        missed = (
            (whole - np.trace(exact, axis1=1, axis2=2)) / scale,
            (minors - np.linalg.det(exact)) / scale**2,
            np.linalg.det(numerical) / scale**3,
        )
        yield Finding("relative distance from differences", float(np.abs(missed).max()), 1e-6, case=rule)


@check(12, PAPER)
def rflo_is_stable_with_its_feedback(full: bool) -> Iterator[Finding]:
    """RFLO is stable wherever readout and feedback have one sign."""
    target, feedback, decay, readout = draws(250_000, seed=5)
    agree = readout * feedback > 0.0
    rate = theory.convergence_rate(readout, target, ModeCredit.rflo(feedback, decay))
    saddle = ~agree & ((target.gain / readout) ** 2 > -readout * feedback)
    yield Finding("draws of one sign", int(agree.sum()), low=100_000)
    yield Finding("unstable among them", int((rate[agree] <= 0.0).sum()), 0.0, 0.0)
    yield Finding("stable among saddles of the other sign", int((rate[saddle] >= 0.0).sum()), 0.0, 0.0)
    yield Finding("share of the other sign that is stable", float(np.mean(rate[~agree] > 0.0)), 0.01, 1e-5)


@check(13, PAPER)
def a_stable_window(full: bool) -> Iterator[Finding]:
    """A small window of feedback of the other sign is stable nevertheless."""
    target, s, feedback = TargetModes(0.15, 0.95), 3.0, -np.geomspace(1e-4, 1.0, 4001)
    rate = theory.convergence_rate(s, target, ModeCredit.rflo(feedback, 0.0))
    window = feedback[rate > 0.0]
    yield Finding("strongest feedback of the window", float(window.min()), -6.8e-3 * 0.99, -6.8e-3 * 1.01)
    yield Finding("weakest feedback of the window", float(window.max()), -8.3e-4 * 0.99, -8.3e-4 * 1.01)
    best = ModeCredit.rflo(float(feedback[rate.argmax()]), 0.0)
    start = theory.optimum(s, target)[:, None] + 1e-4 * np.array([[1.0], [0.3], [-0.2]])
    a, b, w = theory.mode_learning(start, target, best, np.array([0.0, 40.0 / rate.max()])).end[:, 0]
    yield Finding("readout at the end", float(a), 2.994 * 1.01, 2.994 * 0.99)
    before = abs(start[0, 0] * start[1, 0] - 0.15)
    yield Finding("distance of the gain at the end, over that at the start", float(abs(a * b - 0.15) / before), 0.01)
    yield Finding("distance of the memory at the end", float(abs(w - 0.95)), 1e-6)


@check(14, PAPER)
def fixed_points(full: bool) -> Iterator[Finding]:
    """Modes rest at optima only; under their own feedback also at zero."""
    for rule in RULES:
        optima, zeros, others, count = _rests(rule, 1500 if full and rule == "rflo" else 200)
        yield Finding("unexplained rests", others, 0.0, 0.0, rule)
        yield Finding("share of starts that found an optimum", optima / count, low=0.2, case=rule)
        if rule in OWN_FEEDBACK:
            yield Finding("rests at zero, own feedback", zeros, low=1.0, case=rule)
        else:
            yield Finding("rests at zero, fixed feedback", zeros, 0.0, 0.0, rule)


def _rests(rule: str, count: int) -> tuple[int, int, int, int]:
    """How many roots of the flow, from random starts, are optima, at zero, or neither."""
    rng, found = np.random.default_rng(9), [0, 0, 0]
    for _ in range(count):
        target = TargetModes(1.2 * rng.normal(), rng.uniform(-0.85, 0.85))
        feedback, decay = rng.choice([-1, 1]) * np.exp(rng.normal() * 0.5), rng.uniform(-0.85, 0.85)
        start = rng.normal(size=3) * np.array([1.5, 1.5, 0.4])
        with np.errstate(all="ignore"):
            solved = root(flow, start, args=(target, RULES[rule](feedback, decay)), options={"xtol": 1e-13})
        rest, slope = np.asarray(solved.x, dtype=float), np.asarray(solved.fun, dtype=float)
        a, b, w = rest.tolist()
        if not solved.success or np.abs(slope).max() > 1e-9 or abs(w) > 0.999 or np.abs(rest).max() > 1e3:
            continue
        optimal = abs(a * b - target.gain) < 1e-4 and abs(w - target.memory) < 1e-4
        found[0 if optimal else 1 if max(abs(a), abs(b)) < 1e-4 else 2] += 1
    return found[0], found[1], found[2], count
