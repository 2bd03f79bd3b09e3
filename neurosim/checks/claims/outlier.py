"""The eigenvalue that leaves the bulk, and the steps that it allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from neurosim import catalog
from neurosim.checks.check import Finding, check
from neurosim.checks.claims.integration import program
from neurosim.engine import Job
from neurosim.network import Network
from neurosim.reproduce.figure import Setting
from neurosim.reproduce.learning import learn, repeated, struck
from neurosim.theory import integration as theory
from neurosim.theory.integration import Filter, Integrator

PAPER = "arXiv 2503.18754, fig. 1"
Learner = Callable[[Integrator, Filter, np.ndarray], Sequence[Integrator]]


def along(direction: np.ndarray, a: float, b: float, bulk: np.ndarray) -> Integrator:
    """Readout a and input weights b along one direction."""
    p = direction / np.linalg.norm(direction)
    return Integrator(a * p[None], bulk, b * p[:, None])


def descent(
    student: Integrator,
    rule: str,
    target: Filter,
    dt: float,
    lr: float,
    times: np.ndarray,
    B: np.ndarray | None = None,
    duration: float = 15.0,
) -> list[Integrator]:
    """The student at learning times, as an engine lets it learn in steps of `dt`."""
    feedback = student.W_out.T if B is None else B
    network = Network(student.W_rec, student.W_in, student.W_out, feedback, alpha=dt)
    found = learn([network], rule, lr, repeated(struck(target, dt, duration), lr, times), Setting()).weights
    parts = (found[name][0] for name in ("W_out", "W_rec", "W_in"))
    return [Integrator(*weights) for weights in zip(*parts, strict=True)]


def _miss(n: int, radius: float, seed: int, times: np.ndarray, learner: Learner) -> float:
    """How far the rightmost eigenvalue, once outside the bulk, is from the outlier of theory."""
    rng = np.random.default_rng(50 + seed)
    p, target = rng.normal(size=n), Filter.exponential(0.2)
    student = along(p, 0.3, 0.3, radius * rng.normal(size=(n, n)) / np.sqrt(n))
    one = theory.outlier_learning(theory.outlier_start(student), target, times).states[:, 2]
    outliers = np.array([each.eigenvalues[0].real for each in learner(student, target, times)])
    return float(np.abs(outliers - one)[one > 1.2 * max(radius, 0.02)].max())


def _flow(student: Integrator, target: Filter, times: np.ndarray) -> Sequence[Integrator]:
    return theory.learning(student, target, times, tolerance=1e-6).students


def _steps(student: Integrator, target: Filter, times: np.ndarray) -> Sequence[Integrator]:
    return descent(student, "bptt", target, 0.02, 0.005, times)


@check(31, PAPER)
def one_outlier(full: bool) -> Iterator[Finding]:
    """Out of a bulk an eigenvalue grows as the equation of one outlier says."""
    if full:
        times = np.linspace(0.0, 25.0, 60)
        flow = np.mean([_miss(50, 0.05, seed, times, _flow) for seed in range(3)])
        yield Finding("distance of the outlier, 50 neurons, radius 0.05", float(flow), 0.03)
        found = _miss(50, 0.05, 0, np.linspace(0.0, 6.0, 31), _steps)
        yield Finding("the same of a network that learns in steps", found, 0.05)
    else:
        times = np.linspace(0.0, 4.5, 46)
        flow = np.mean([_miss(16, 0.02, seed, times, _flow) for seed in (0, 1)])
        yield Finding("distance of the outlier, 16 neurons, radius 0.02", float(flow), 0.01)


@check(32, PAPER)
def variance_of_the_bulk(full: bool) -> Iterator[Finding]:
    """The distance from it goes with the variance of the bulk.

    In a small network, not with the variance alone.
    """
    radii = (0.02, 0.05, 0.1) if full else (0.02, 0.1)
    n, seeds, times = (50, 3, np.linspace(0.0, 25.0, 60)) if full else (16, 2, np.linspace(0.0, 4.5, 46))
    misses = [np.mean([_miss(n, radius, seed, times, _flow) for seed in range(seeds)]) for radius in radii]
    exponent = float(np.polyfit(np.log(radii), np.log(misses), 1)[0])
    yield Finding(f"power of the radius, {n} neurons", exponent, *((2.2, 1.7) if full else (2.4, 1.2)))


@check(33, PAPER)
def escape_of_an_outlier(full: bool) -> Iterator[Finding]:
    """The time to escape grows with the logarithm of smallness, by 1 + c* for each power of e."""
    sizes, times = np.array([1e-2, 1e-3, 1e-4, 1e-5]), np.linspace(0.0, 40.0, 4001)
    for rate in (0.02, 0.2, 0.9):
        target, escaped = Filter.exponential(rate), []
        for size in sizes:
            a, b, outlier = theory.outlier_learning(np.array([size, size, 0.0]), target, times).states.T
            escaped.append(float(times[np.argmax(a * b > 0.5 / (1.0 + rate))]))
            early = int(np.argmax(a * b > 1e-3))
            said = theory.early_outlier(float((a * b)[early] - size**2), 0.0, target)
            yield Finding("eigenvalue over what goes with the gain", float(outlier[early]) / said, 1.01, 0.99)
        slope = float(np.polyfit(-np.log(sizes), escaped, 1)[0])
        yield Finding("slope over 1 + c*", slope / (1.0 + rate), 1.01, 0.99, f"c* {rate:g}")


@check(34, PAPER)
def largest_step(full: bool) -> Iterator[Finding]:
    """Long memories need small steps: gradient descent leaves the optimum just above the largest."""
    for rate, step in ((0.1, 0.00784), (0.01, 8e-6)):
        found = theory.largest_step(1.0, Filter.exponential(rate)) / step
        yield Finding("largest step over the closed form", found, 1.001, 0.999, f"c* {rate:g}")
    dt, target = 0.02, Filter.exponential(0.2)
    student = Integrator(np.array([[1.0001, 0.0, 0.0]]), np.diag([0.8, 0.0, 0.0]), np.array([[1.0, 0.0, 0.0]]).T)
    for factor, low, high in ((0.97, -np.inf, 1.0), (1.03, 1.0, np.inf)):
        made = program(student, "bptt", dt, factor * theory.largest_step(1.0, target))
        (rounds,) = repeated(struck(target, dt, 60.0), 1.0, np.array([0.0, 400.0]))
        (outcome,) = catalog.engine("numba").run(made, [Job(rounds)])
        grown = float(outcome.losses[-1] / outcome.losses[0])
        yield Finding(f"loss over the first, at {factor:g} of the largest step", grown, high, low)
