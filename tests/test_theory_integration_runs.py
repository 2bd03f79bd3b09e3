"""What theory says of learning to integrate, against networks that learn by their rules in the numba engine.

The numbers in the names of tests are those of the acceptance checks. White noise of unit intensity has a variance of
`1 / dt` per step; what it does on average is what one impulse of that size does at the first step of a long trial (see
`test_theory_runs.py`). The engine's network with `alpha = dt` is the continuous one up to errors in proportion to dt.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.linalg import expm

from neurosim import Network, Program, catalog, compile
from neurosim.engine import Job
from neurosim.task import Trials
from neurosim.theory import integration as theory
from neurosim.theory.integration import Credit, Filter, Integrator, OutlierCredit

WEIGHTS = ("W_out", "W_rec", "W_in")


def impulse(target: Filter, dt: float, duration: float, rounds: int = 1) -> Trials:
    """The target's answer, so many times over, to one impulse that is as strong as white noise per step."""
    inputs = np.zeros((rounds, round(duration / dt), 1))
    inputs[:, 0] = 1.0 / np.sqrt(dt)
    times = dt * np.arange(inputs.shape[1])
    targets = np.sqrt(dt) * np.asarray(target.response(times))
    return Trials(inputs, np.tile(targets[:, None], (rounds, 1, 1)), np.ones(len(times)))


def stepwise(target: Filter, dt: float) -> Filter:
    """The filter whose samples are what steps of dt make of this one: a network of that step can learn it exactly."""
    return Filter(target.gains, -np.log(1.0 - dt * target.rates) / dt)


def program(student: Integrator, rule: str, dt: float, lr: float, B: np.ndarray | None = None) -> Program:
    feedback = student.W_out.T if B is None else B
    network = Network(student.W_rec, student.W_in, student.W_out, feedback, alpha=dt)
    return compile(network, catalog.rule(rule), lr=lr)


def learned(
    student: Integrator, rule: str, target: Filter, dt: float, lr: float, times: np.ndarray, B: np.ndarray | None = None
) -> list[Integrator]:
    """The student at the given learning times, `lr` times rounds of the impulse, the first of which is 0."""
    made, found = program(student, rule, dt, lr, B), [student]
    held = dict(made.weights)
    for rounds in np.diff(np.rint(times / lr).astype(int)):
        (outcome,) = catalog.engine("numba").run(made, [Job(impulse(target, dt, 15.0, int(rounds)), held)])
        assert outcome.diverged is None
        held = outcome.weights
        found.append(Integrator(*(held[name] for name in WEIGHTS)))
    return found


def random_student(seed: int, n: int) -> Integrator:
    rng = np.random.default_rng(seed)
    return Integrator(
        0.6 * rng.normal(size=(1, n)), 0.4 * rng.normal(size=(n, n)) / np.sqrt(n), 0.6 * rng.normal(size=(n, 1))
    )


def along(direction: np.ndarray, a: float, b: float, bulk: np.ndarray) -> Integrator:
    p = direction / np.linalg.norm(direction)
    return Integrator(a * p[None], bulk, b * p[:, None])


# --- from steps to continuous time ----------------------------------------------------------------------------------

STUDENT, FEEDBACK = random_student(0, 6), np.random.default_rng(1).normal(size=(6, 1))
TARGET = Filter.oscillation(0.3, 0.7, phase=0.4)


def test_28_the_loss_of_steps_is_biased_in_proportion_to_them() -> None:
    exact, misses = theory.white_noise_loss(STUDENT, TARGET), []
    for dt in (0.05, 0.025, 0.0125):
        held = program(STUDENT, "bptt", dt, 1.0).held()
        (outcome,) = catalog.engine("numba").run(held, [Job(impulse(TARGET, dt, 60.0))])
        misses.append(outcome.losses.sum() / exact - 1.0)
    assert misses[0] / misses[1] == pytest.approx(2.0, abs=0.1)
    assert misses[1] / misses[2] == pytest.approx(2.0, abs=0.1)


WINDOW = 1.6
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


@pytest.mark.parametrize("rule", RULES)
def test_27_42_rules_in_small_steps_move_as_in_continuous_time(rule: str) -> None:
    """The mean update at fixed weights: the distance is halved with the step, and what is left is of second order."""
    expected = theory.white_noise_update(STUDENT, TARGET, RULES[rule](STUDENT))
    found = []
    for dt in (0.05, 0.025):
        steps = f"tbptt:k={round(WINDOW / dt)}" if rule == "tbptt" else rule
        held = program(STUDENT, steps, dt, 1.0, FEEDBACK).held()
        (outcome,) = catalog.engine("numba").run(held, [Job(impulse(TARGET, dt, 50.0))])
        found.append({name: outcome.weights[f"update_{name}"] for name in WEIGHTS})
    coarse, fine = found
    for name in WEIGHTS:
        exact = getattr(expected, name)
        assert np.abs(2.0 * fine[name] - coarse[name] - exact).max() < 0.005 * np.abs(exact).max()
        ratio = np.abs(coarse[name] - exact).max() / np.abs(fine[name] - exact).max()
        assert ratio == pytest.approx(2.0, abs=0.25)


# --- learning -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "credit"),
    [
        ("bptt", OutlierCredit.bptt()),
        ("rflo", OutlierCredit.rflo(-0.8)),
        ("rflo:feedback=symmetric", OutlierCredit.rflo_symmetric()),
        ("tbptt:k=80", OutlierCredit.tbptt(2.0)),
    ],
)
def test_42_a_network_learns_to_integrate_as_one_outlier(rule: str, credit: OutlierCredit) -> None:
    """Input weights, readout and feedback along one direction, no other recurrent weights; steps and rates halved."""
    direction, target, times = np.array([1.0, -2.0, 2.0]), Filter.exponential(0.4), np.linspace(0.0, 6.0, 13)
    student, B = along(direction, 0.3, 0.2, np.zeros((3, 3))), -0.8 * direction[:, None] / 3.0
    expected = theory.outlier_learning(np.array([0.3, 0.2, 0.0]), target, times, credit).states
    misses = []
    for dt in (0.05, 0.025):
        steps = f"tbptt:k={round(2.0 / dt)}" if rule.startswith("tbptt") else rule
        found = learned(student, steps, target, dt, 0.4 * dt, times, B)
        p = direction / 3.0
        states = [[each.W_out[0] @ p, p @ each.W_in[:, 0], p @ each.W_rec @ p] for each in found]
        misses.append(np.abs(np.array(states) - expected).max())
    assert misses[1] < 0.05 and misses[0] / misses[1] == pytest.approx(2.0, abs=0.3)


def test_34_steps_that_are_too_large_leave_the_optimum() -> None:
    """Gradient descent 3 % below and above the largest step, from next to the optimum of three neurons."""
    dt, target = 0.02, Filter.exponential(0.2)
    student = Integrator(np.array([[1.0001, 0.0, 0.0]]), np.diag([0.8, 0.0, 0.0]), np.array([[1.0, 0.0, 0.0]]).T)
    for factor, stays in ((0.97, True), (1.03, False)):
        made = program(student, "bptt", dt, factor * theory.largest_step(1.0, target))
        (outcome,) = catalog.engine("numba").run(made, [Job(impulse(stepwise(target, dt), dt, 60.0, rounds=400))])
        assert (outcome.losses[-1] < outcome.losses[0]) == stays


def test_35_a_network_learns_a_conjugate_pair() -> None:
    """Exactly that of the target, where the target is what steps of this size can make."""
    dt, target = 0.1, Filter.oscillation(0.4, 1.5)
    rng = np.random.default_rng(3)
    u, v = rng.normal(size=(2, 4))
    student = Integrator(0.5 * v[None] / np.linalg.norm(v), np.zeros((4, 4)), 0.5 * u[:, None] / np.linalg.norm(u))
    end = learned(student, "bptt", stepwise(target, dt), dt, 0.1, np.array([0.0, 800.0]))[-1]
    assert np.sort_complex(end.eigenvalues[:2]) == pytest.approx(np.array([0.6 - 1.5j, 0.6 + 1.5j]), abs=1e-6)


def outlier_miss(n: int, radius: float, seed: int, times: np.ndarray, found: Callable) -> float:
    """How far the rightmost eigenvalue, once outside the bulk, is from the outlier of theory."""
    rng = np.random.default_rng(50 + seed)
    p, target = rng.normal(size=n), Filter.exponential(0.2)
    student = along(p, 0.3, 0.3, radius * rng.normal(size=(n, n)) / np.sqrt(n))
    one = theory.outlier_learning(theory.outlier_start(student), target, times).states[:, 2]
    outliers = np.array([each.eigenvalues[0].real for each in found(student, target, times)])
    return float(np.abs(outliers - one)[one > 1.2 * max(radius, 0.02)].max())


def flow(student: Integrator, target: Filter, times: np.ndarray) -> tuple[Integrator, ...]:
    return theory.learning(student, target, times, tolerance=1e-6).students


def descent(student: Integrator, target: Filter, times: np.ndarray) -> list[Integrator]:
    return learned(student, "bptt", stepwise(target, 0.02), 0.02, 0.005, times)


def test_31_32_an_outlier_leaves_the_bulk_as_theory_says() -> None:
    """A small network, in which the distance does not go with the variance of the bulk alone."""
    times = np.linspace(0.0, 4.5, 46)
    near, far = (np.mean([outlier_miss(16, radius, seed, times, flow) for seed in (0, 1)]) for radius in (0.02, 0.1))
    assert near < 0.01 and 1.2 < np.log(far / near) / np.log(5.0) < 2.4


@pytest.mark.slow
def test_31_32_an_outlier_leaves_a_larger_bulk_as_theory_says() -> None:
    times = np.linspace(0.0, 25.0, 60)
    misses = [
        np.mean([outlier_miss(50, radius, seed, times, flow) for seed in range(3)]) for radius in (0.02, 0.05, 0.1)
    ]
    assert misses[1] < 0.03
    assert 1.7 < np.polyfit(np.log([0.02, 0.05, 0.1]), np.log(misses), 1)[0] < 2.2


@pytest.mark.slow
def test_31_an_outlier_leaves_the_bulk_of_a_network_that_learns() -> None:
    assert outlier_miss(50, 0.05, 0, np.linspace(0.0, 6.0, 31), descent) < 0.05


# --- the lazy regime ------------------------------------------------------------------------------------------------


def bulk(n: int, radius: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recurrent weights, and two random directions of norm 1."""
    rng = np.random.default_rng(seed)
    W, u, v = radius * rng.normal(size=(n, n)) / np.sqrt(n), rng.normal(size=n), rng.normal(size=n)
    return W, u / np.linalg.norm(u), v / np.linalg.norm(v)


def kernel_miss(n: int, radius: float, draws: int) -> float:
    times, found = np.array([0.0, 1.0, 2.0, 4.0]), []
    for seed in range(draws):
        W, _, _ = bulk(n, radius, seed)
        flows = [np.eye(n), expm(W - np.eye(n))]
        flows += [flows[1] @ flows[1], np.linalg.matrix_power(flows[1], 4)]
        found.append([[np.sum(one * other) / n for other in flows] for one in flows])
    return float(np.abs(np.mean(found, axis=0) / theory.bulk_kernel(times[:, None], times, radius) - 1.0).max())


def test_39_the_kernel_of_a_bulk() -> None:
    assert kernel_miss(400, 0.5, 4) < 0.02


def readout_losses(n: int, radius: float, target: Filter, seed: int, times: np.ndarray) -> np.ndarray:
    """The loss while the readout alone learns from 0, which is a linear equation, by the eigenvectors of its matrix."""
    W, u, _ = bulk(n, radius, seed)
    eigenvalues, vectors = np.linalg.eig(W)
    shares = np.linalg.solve(vectors, u)
    covariance = np.real(
        vectors @ (np.outer(shares, shares) / np.add.outer(1.0 - eigenvalues, 1.0 - eigenvalues)) @ vectors.T
    )
    gain, rate = target.as_exponential()
    wanted = gain * np.linalg.solve((1.0 + rate) * np.eye(n) - W, u)
    rates, modes = np.linalg.eigh(0.5 * (covariance + covariance.T))
    rates, along_modes = np.maximum(rates, 1e-18), modes.T @ wanted
    learned_part = -np.expm1(-np.multiply.outer(times, rates))
    return target.energy - (learned_part - 0.5 * learned_part**2) / rates @ along_modes**2


def curve_miss(n: int, radius: float, seeds: int) -> float:
    target, times = Filter.exponential(0.3), np.geomspace(0.1, 1e3, 12)
    found = np.mean([readout_losses(n, radius, target, seed, times) for seed in range(seeds)], axis=0)
    expected = theory.lazy_loss(times, target, radius)
    return float(np.abs(found / expected - 1.0)[expected > 0.1 * target.energy].max())


@pytest.mark.slow
@pytest.mark.parametrize("radius", [0.5, 0.9])
def test_40_the_lazy_learning_curve(radius: float) -> None:
    assert curve_miss(400, radius, 3) < 0.07


def tangent_scores(n: int, radius: float, draws: int) -> np.ndarray:
    """How the transform of the response starts to move, against the kernel: mean distance in standard errors."""
    target, places, found = Filter.exponential(0.4), np.array([0.1, 0.5, 1.0, 2.0]), []
    for seed in range(draws):
        W, u, v = bulk(n, radius, seed)
        M, u, v = np.eye(n) - W, 1.2 * u, 0.8 * v
        inputs, errors = np.linalg.solve(M + 0.4 * np.eye(n), u), np.linalg.solve(M.T + 0.4 * np.eye(n), v)
        row = []
        for z in places:
            rates, readout = np.linalg.solve(M + z * np.eye(n), u), np.linalg.solve(M.T + z * np.eye(n), v)
            row.append(inputs @ rates + readout @ errors + (readout @ errors) * (inputs @ rates))
        found.append(row)
    expected = theory.tangent_kernel_laplace(places, target.rates.real, radius, input_norm=1.2, readout_norm=0.8)
    deviations = np.array(found) / expected - 1.0
    return deviations.mean(axis=0) / (deviations.std(axis=0, ddof=1) / np.sqrt(draws))


@pytest.mark.parametrize("radius", [0.3, 0.5, 0.9])
def test_43_the_kernel_of_all_weights(radius: float) -> None:
    assert np.abs(tangent_scores(300, radius, 12)).max() < 3.0


@pytest.mark.slow
@pytest.mark.parametrize(("radius", "rate"), [(0.3, 0.3), (0.5, 0.3), (0.9, 0.3), (0.9, 0.5), (0.3, 0.8)])
def test_41_an_outlier_where_the_bulk_does_not_reach(radius: float, rate: float) -> None:
    """All weights learn, from norm 1. Within the bulk's radius no eigenvalue grows out of it to the target's."""
    W, u, v = bulk(40, radius, 1)
    target = Filter.exponential(rate)
    student = Integrator(v[None], W, u[:, None])
    end = theory.learning(student, target, np.array([0.0, 40.0]), tolerance=1e-5).students[-1]
    edge = np.abs(student.eigenvalues).max()
    found = bool(np.abs(end.eigenvalues).max() > 1.1 * edge)
    assert found == theory.asks_for_outlier(target, radius)
    if found:
        assert end.eigenvalues[0].real == pytest.approx(1.0 - rate, abs=0.02)
