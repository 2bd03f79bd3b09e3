"""Conjugate pairs, and what comes second."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurosim.checks.check import Finding, check
from neurosim.checks.claims.integration import flat, small_student
from neurosim.checks.claims.outlier import descent
from neurosim.theory import integration as theory
from neurosim.theory.integration import Filter, Integrator

PAPER = "arXiv 2503.18754"
STAIRS = {
    "slow oscillation": (Filter.oscillation(0.2, 0.15), -1),
    "oscillation": (Filter.oscillation(0.3, 0.3), -1),
    "shifted oscillation": (Filter.oscillation(0.3, 0.5, phase=0.3), -1),
    "two time scales": (Filter.timescales(np.array([0.1, 0.8]), np.array([1.0, 1.0])), 1),
    "a negative term": (Filter.timescales(np.array([0.2, 0.6]), np.array([1.0, -0.5])), -1),
}
SEEDS = [1e-2, 1e-3, 1e-4]


def slope_of(times: list[float], sizes: list[float]) -> float:
    """How the time until something happens grows with `log(1 / size)`."""
    return float(np.polyfit(np.log(1.0 / np.array(sizes)), times, 1)[0])


@check(35, PAPER)
def conjugate_pair(full: bool) -> Iterator[Finding]:
    """A damped oscillation is learned as a conjugate pair at its rate and frequency."""
    for rate, frequency in ((0.2, 0.8), (0.1, 0.3), (0.4, 1.5)):
        target, start = Filter.oscillation(rate, frequency), theory.pair_start(small_student(0, 30, 0.5))
        path = theory.pair_learning(start, target, np.linspace(0.0, 400.0, 801))
        case, pair = f"c* {rate:g}, w* {frequency:g}", 1.0 - rate + frequency * np.array([-1j, 1j])
        missed = np.abs(np.sort_complex(theory.pair_eigenvalues(path.end, -1)) - pair).max()
        yield Finding("distance from the target's pair, equations", float(missed), 1e-6, case=case)
        yield Finding("loss at the end", theory.pair_loss(path.end, target, -1), 1e-12, case=case)
        u1, u2, c, d, q = path.states.T
        balance = u1 * u2 - q * (d - c)
        yield Finding("drift of what is conserved", float(np.abs(balance - balance[0]).max()), 1e-6, case=case)
    u, v = np.random.default_rng(3).normal(size=(2, 4))
    student = Integrator(0.5 * v[None] / np.linalg.norm(v), np.zeros((4, 4)), 0.5 * u[:, None] / np.linalg.norm(u))
    end = descent(student, "bptt", Filter.oscillation(0.4, 1.5), 0.1, 0.1, np.array([0.0, 800.0]))[-1]
    missed = np.abs(np.sort_complex(end.eigenvalues[:2]) - (0.6 + np.array([-1.5j, 1.5j]))).max()
    yield Finding("distance from the target's pair, network in steps", float(missed), 1e-6)


@check(36, PAPER)
def five_numbers(full: bool) -> Iterator[Finding]:
    """A whole network learns to oscillate as five numbers say."""
    student, target = small_student(1, 4, 0.5), Filter.oscillation(0.4, 1.5)
    times, basis = np.linspace(0.0, 40.0, 21), theory.weight_plane(student)
    whole = theory.learning(student, target, times).students
    states = theory.pair_learning(theory.pair_start(student), target, times).states
    for large, state in zip(whole, states, strict=True):
        missed = np.abs(flat(large.seen_in(basis)) - flat(theory.pair_student(state, -1))).max()
        yield Finding("distance of weights", float(missed), 1e-6)
    yield Finding("imaginary part that was learned", abs(float(whole[-1].eigenvalues[0].imag)), low=0.1)


@check(37, PAPER)
def growth_on_a_plateau(full: bool) -> Iterator[Finding]:
    """A second eigenvalue grows from what the first leaves, at a rate in closed form."""
    for case, (target, sign) in STAIRS.items():
        for plateau in theory.plateaus(target):
            state = np.array([np.sqrt(plateau.gain), 0.0, plateau.rate, 1.0, 0.0])
            ahead, behind = (
                [theory.pair_update(state + way * 1e-6 * axis, target, sign)[[1, 4]] for axis in np.eye(5)[[1, 4]]]
                for way in (1.0, -1.0)
            )
            rates = np.linalg.eigvals((np.array(ahead) - np.array(behind)) / 2e-6)
            found = complex(rates[np.argmax(np.abs(rates))])
            said = theory.partner_rate(plateau, target, sign)
            yield Finding("rate, relative distance from differences", abs(found / said - 1.0), 1e-6, case=case)
        first = theory.partner_rate(theory.plateaus(target)[0], target, sign)
        yield Finding("rate of the partner that is asked for", first, low=0.0, case=case)
    yield Finding("slope of the length of a plateau, times the rate", _plateau_slope(), 1.03, 0.97)


def _plateau_slope() -> float:
    target, left, times = STAIRS["slow oscillation"][0], [], np.linspace(0.0, 400.0, 4001)
    (plateau,) = theory.plateaus(target)
    for size in SEEDS:
        start = np.array([np.sqrt(plateau.gain), size, plateau.rate, 1.0, 0.0])
        _, _, c, d, q = theory.pair_learning(start, target, times).states.T
        left.append(float(times[np.argmax((c - d) ** 2 / 4.0 < q**2)]))
    return slope_of(left, SEEDS) * theory.partner_rate(plateau, target, -1)


@check(38, PAPER)
def second_time_scale(full: bool) -> Iterator[Finding]:
    """A second time scale comes after a time that grows with the logarithm of its seed."""
    target, left, times = STAIRS["two time scales"][0], [], np.linspace(0.0, 40.0, 801)
    plateau, *_ = theory.plateaus(target)
    rate = theory.partner_rate(plateau, target, 1)
    for size in SEEDS:
        start = np.array([np.sqrt(plateau.gain), size, plateau.rate, 1.0, 0.0])
        states = theory.pair_learning(start, target, times, sign=1).states
        losses = np.array([theory.pair_loss(state, target, 1) for state in states])
        left.append(float(times[np.argmax(losses < 0.5 * plateau.loss)]))
    yield Finding("slope times the rate, two neurons", slope_of(left, SEEDS) * rate, 1.05, 0.95)
    if full:
        yield Finding("slope times the rate, out of a bulk", slope_of(_out_of_a_bulk(), SEEDS) * rate, 1.05, 0.95)


def _out_of_a_bulk() -> list[float]:
    """From random recurrent weights of some size; without any, there would be no direction for it."""
    target, left, times = STAIRS["two time scales"][0], [], np.linspace(0.0, 25.0, 251)
    plateau, *_ = theory.plateaus(target)
    bulk, start = np.random.default_rng(2).normal(size=(4, 4)) / 2.0, small_student(3, 4, 0.5)
    for size in SEEDS:
        path = theory.learning(Integrator(start.W_out, size * bulk, start.W_in), target, times, tolerance=1e-7)
        losses = np.array([theory.white_noise_loss(each, target) for each in path.students])
        left.append(float(times[np.argmax(losses < 0.5 * plateau.loss)]))
    return left
