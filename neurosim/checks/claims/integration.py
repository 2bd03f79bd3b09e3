"""The loss of integrators in continuous time, what learning conserves, and the plane that it stays in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from neurosim import catalog
from neurosim.checks.check import Finding, check
from neurosim.engine import Job
from neurosim.network import Network
from neurosim.program import Program, compile
from neurosim.reproduce.learning import struck
from neurosim.theory import LinearSystem, bptt_invariant
from neurosim.theory import integration as theory
from neurosim.theory.integration import Filter, Integrator

PAPER = "arXiv 2503.18754"
WEIGHTS = ("W_out", "W_rec", "W_in")
FILTERS = {
    "exponential": Filter.exponential(0.3, gain=1.2),
    "oscillation": Filter.oscillation(0.2, 0.7, phase=0.4),
    "timescales": Filter.timescales(np.array([0.2, 1.5]), np.array([1.0, 0.5])),
}


def random_student(seed: int, n: int, size: float = 0.6, radius: float = 0.4) -> Integrator:
    """Random weights; `radius` is that of the bulk."""
    rng = np.random.default_rng(seed)
    W_rec = radius * rng.normal(size=(n, n)) / np.sqrt(n)
    return Integrator(size * rng.normal(size=(1, n)), W_rec, size * rng.normal(size=(n, 1)))


def small_student(seed: int, n: int, norm: float) -> Integrator:
    """No recurrent weights; input weights and readout of the given norm, in random directions."""
    u, v = np.random.default_rng(seed).normal(size=(2, n))
    return Integrator(norm * v[None] / np.linalg.norm(v), np.zeros((n, n)), norm * u[:, None] / np.linalg.norm(u))


def flat(student: Integrator) -> np.ndarray:
    """All weights in one row."""
    return np.concatenate([getattr(student, name).ravel() for name in WEIGHTS])


def program(student: Integrator, rule: str, dt: float, lr: float, B: np.ndarray | None = None) -> Program:
    """A rule on a student in steps of `dt`."""
    feedback = student.W_out.T if B is None else B
    network = Network(student.W_rec, student.W_in, student.W_out, feedback, alpha=dt)
    return compile(network, catalog.rule(rule), lr=lr)


@check(27, PAPER)
def loss_and_gradient(full: bool) -> Iterator[Finding]:
    """The loss is the distance of impulse responses, and BPTT minus its gradient."""
    points, widths = np.polynomial.legendre.leggauss(120)
    ages, widths = 45.0 * (points + 1.0), 45.0 * widths
    for case, target in FILTERS.items():
        student = random_student(0, 6)
        integral = 0.5 * widths @ (student.impulse_response(ages) - target.response(ages)) ** 2
        missed = abs(theory.white_noise_loss(student, target) / float(integral) - 1.0)
        yield Finding("relative distance of the loss from an integral", missed, 1e-8, case=case)
        yield Finding("relative distance from differences of the loss", _gradient_miss(target), 1e-6, case=case)


def _gradient_miss(target: Filter) -> float:
    student, misses = random_student(1, 5), []
    update = theory.white_noise_update(student, target, theory.bptt(student))
    for name in WEIGHTS:
        exact, found = getattr(update, name), np.empty_like(getattr(update, name))
        for place in np.ndindex(exact.shape):
            nudge = np.zeros_like(exact)
            nudge[place] = 1e-5
            ahead, behind = (
                theory.white_noise_loss(replace(student, **{name: getattr(student, name) + way * nudge}), target)
                for way in (1.0, -1.0)
            )
            found[place] = (behind - ahead) / 2e-5
        misses.append(np.abs(found - exact).max() / np.abs(exact).max())
    return float(max(misses))


@check(28, PAPER)
def bias_of_steps(full: bool) -> Iterator[Finding]:
    """The loss of a network in steps is biased in proportion to them."""
    student, target, misses = random_student(0, 6), FILTERS["oscillation"], []
    exact = theory.white_noise_loss(student, target)
    for dt in (0.05, 0.025, 0.0125):
        held = program(student, "bptt", dt, 1.0).held()
        (outcome,) = catalog.engine("numba").run(held, [Job(struck(target, dt, 60.0))])
        misses.append(float(outcome.losses.sum()) / exact - 1.0)
    for coarse, fine, dt in zip(misses[:-1], misses[1:], (0.05, 0.025), strict=True):
        yield Finding("bias over that of half the step", coarse / fine, 2.1, 1.9, f"dt {dt:g}")


@check(29, PAPER)
def invariant(full: bool) -> Iterator[Finding]:
    """Exact gradients conserve an invariant, at any learning rates of the projections; RFLO does not."""
    times, target = np.array([0.0, 1.0, 6.0]), Filter.oscillation(0.3, 0.8)
    for lr in ({"rec": 1.0, "in": 1.0, "out": 1.0}, {"rec": 2.0, "in": 0.5, "out": 1.5}):
        path = theory.learning(random_student(0, 3), target, times, lr=lr)
        yield Finding("relative drift", _drift(path.students, lr), 1e-8, case=", ".join(map(str, lr.values())))
    B, equal = np.ones((3, 1)), {"rec": 1.0, "in": 1.0, "out": 1.0}
    local = theory.learning(random_student(0, 3), Filter.exponential(0.3), times, lambda each: theory.rflo(each, B))
    yield Finding("relative drift under RFLO", _drift(local.students, equal), low=0.1)


def _drift(students: tuple[Integrator, ...], lr: dict[str, float]) -> float:
    systems = (LinearSystem(each.W_out, each.W_rec, each.W_in) for each in students)
    first, *others = (bptt_invariant(system, lr) for system in systems)
    return float(max(np.abs(other - first).max() for other in others) / np.abs(first).max())


@check(30, PAPER)
def two_neurons(full: bool) -> Iterator[Finding]:
    """Without recurrent weights at the start a network learns as one of two neurons."""
    student, target, times = small_student(0, 7, 0.4), Filter.exponential(0.2), np.linspace(0.0, 5.0, 6)
    basis = theory.weight_plane(student)
    whole = theory.learning(student, target, times).students
    small = theory.learning(theory.in_plane(student), target, times).students
    for large, two in zip(whole, small, strict=True):
        yield Finding("distance of weights", float(np.abs(flat(large.seen_in(basis)) - flat(two)).max()), 1e-7)
        rest = np.linalg.norm(large.W_rec - basis @ two.W_rec @ basis.T)
        yield Finding("recurrent weights outside the plane", float(rest), 1e-7)
        (u1, u2), (v1, v2), W = two.W_in[:, 0], two.W_out[0], two.W_rec
        broken = max(abs(u1 - v1), abs(u2 + v2), abs(W[0, 1] + W[1, 0]))
        yield Finding("symmetry that is lost", float(broken), 1e-7)
    yield Finding("eigenvalue that was learned", float(whole[-1].eigenvalues[0].real), low=0.5)
