"""Local rules on the task of integration."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from neurosim import catalog
from neurosim.checks.check import Finding, check
from neurosim.checks.claims.integration import program, random_student
from neurosim.checks.claims.outlier import along, descent
from neurosim.engine import Job
from neurosim.reproduce.learning import struck
from neurosim.theory import integration as theory
from neurosim.theory.integration import Credit, Filter, Integrator, OutlierCredit

WINDOW, FEEDBACK = 1.6, np.random.default_rng(1).normal(size=(6, 1))
RULES: dict[str, Callable[[Integrator], Credit]] = {
    "bptt": theory.bptt,
    "rtrl": theory.bptt,
    "tbptt": lambda student: theory.tbptt(student, WINDOW),
    "rflo": lambda student: theory.rflo(student, FEEDBACK),
    "rflo:feedback=symmetric": lambda student: theory.rflo(student, student.W_out.T),
    "eprop": lambda student: theory.eprop(student, FEEDBACK),
    "snap1": lambda student: theory.eprop(student, student.W_out.T),
    "fa": lambda student: theory.fa(student, FEEDBACK),
}
ONE = {
    "bptt": OutlierCredit.bptt(),
    "rflo": OutlierCredit.rflo(-0.8),
    "rflo:feedback=symmetric": OutlierCredit.rflo_symmetric(),
    "tbptt": OutlierCredit.tbptt(WINDOW),
    "fa": OutlierCredit.fa(0.7),
}


@check(42, "both papers")
def continuous_time(full: bool) -> Iterator[Finding]:
    """Local rules in small steps move, and learn to integrate, as in continuous time."""
    for rule in RULES:
        ratio, rest = _update_ratio(rule)
        yield Finding("distance of updates over that of half the step", ratio, 2.25, 1.75, rule)
        yield Finding("relative distance of updates extrapolated to no step", rest, 0.005, case=rule)
    for rule in ("bptt", "rflo", "rflo:feedback=symmetric", "tbptt"):
        far, near = (_path_miss(rule, dt) for dt in (0.05, 0.025))
        yield Finding("distance of an outlier's path", near, 0.05, case=rule)
        yield Finding("over that of half the step", far / near, 2.3, 1.7, rule)
    for rule, credit in ONE.items():
        yield Finding("eigenvalues at the optimum, relative", _jacobian_miss(credit), 1e-6, case=rule)
    yield Finding("unstable optima of RFLO with its feedback", _unstable(), 0.0, 0.0)


def _in_steps(rule: str, dt: float) -> str:
    return f"tbptt:k={round(WINDOW / dt)}" if rule == "tbptt" else rule


def _update_ratio(rule: str) -> tuple[float, float]:
    """How the distance of the mean update shrinks with the step, the worst of the matrices, and what is left of it."""
    student, target, found = random_student(0, 6), Filter.oscillation(0.3, 0.7, phase=0.4), []
    expected = theory.white_noise_update(student, target, RULES[rule](student))
    for dt in (0.05, 0.025):
        held = program(student, _in_steps(rule, dt), dt, 1.0, FEEDBACK).held()
        (outcome,) = catalog.engine("numba").run(held, [Job(struck(target, dt, 50.0))])
        found.append(outcome.weights)
    ratios, rests = [], []
    for name in ("W_out", "W_rec", "W_in"):
        exact, coarse, fine = getattr(expected, name), *(each[f"update_{name}"] for each in found)
        ratios.append(float(np.abs(coarse - exact).max() / np.abs(fine - exact).max()))
        rests.append(float(np.abs(2.0 * fine - coarse - exact).max() / np.abs(exact).max()))
    return max(ratios, key=lambda ratio: abs(ratio - 2.0)), max(rests)


def _path_miss(rule: str, dt: float) -> float:
    """Input weights, readout and feedback along one direction, no other recurrent weights."""
    direction, target, times = np.array([1.0, -2.0, 2.0]), Filter.exponential(0.4), np.linspace(0.0, 6.0, 13)
    p, student = direction / 3.0, along(direction, 0.3, 0.2, np.zeros((3, 3)))
    expected = theory.outlier_learning(np.array([0.3, 0.2, 0.0]), target, times, ONE[rule]).states
    found = descent(student, _in_steps(rule, dt), target, dt, 0.4 * dt, times, -0.8 * p[:, None])
    states = [[each.W_out[0] @ p, p @ each.W_in[:, 0], p @ each.W_rec @ p] for each in found]
    return float(np.abs(np.array(states) - expected).max())


def _jacobian_miss(credit: OutlierCredit) -> float:
    """By the coefficients of characteristic polynomials; the third eigenvalue, along the optima, is 0."""
    rng, worst = np.random.default_rng(7), 0.0
    for _ in range(30):
        target = Filter.exponential(rng.uniform(0.05, 2.0), gain=rng.normal())
        readout = rng.choice([-1.0, 1.0]) * np.exp(0.5 * rng.normal())
        optimum, rows = theory.outlier_optimum(readout, target), []
        for step in 1e-6 * np.eye(3):
            ahead, behind = (theory.outlier_update(optimum + way * step, target, credit) for way in (1.0, -1.0))
            rows.append((ahead - behind) / 2e-6)
        found = np.poly(np.array(rows).T)[1:]
        exact = np.poly(np.append(np.linalg.eigvals(theory.outlier_jacobian(readout, target, credit)), 0.0))[1:]
        largest = np.abs(np.linalg.eigvals(np.array(rows))).max()
        worst = max(worst, float(np.abs(np.real(found - exact) / largest ** np.arange(1, 4)).max()))
    return worst


def _unstable() -> int:
    rng, found = np.random.default_rng(8), 0
    for _ in range(300):
        gain, rate, feedback, decay = rng.normal(), rng.uniform(0.05, 2.0), rng.normal(), rng.uniform(0.1, 2.0)
        readout = np.sign(feedback) * np.exp(0.5 * rng.normal())
        jacobian = theory.outlier_jacobian(readout, Filter.exponential(rate, gain), OutlierCredit.rflo(feedback, decay))
        found += bool(np.linalg.eigvals(jacobian).real.max() >= 0.0)
    return found
