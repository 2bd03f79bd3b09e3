"""The lazy regime: what a bulk of random recurrent weights can do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.linalg import expm

from neurosim.checks.check import Finding, check
from neurosim.errors import NeurosimError
from neurosim.theory import integration as theory
from neurosim.theory.integration import Filter, Integrator

PAPER = "arXiv 2503.18754, lazy regime"


def bulk(n: int, radius: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recurrent weights, and two random directions of norm 1."""
    rng = np.random.default_rng(seed)
    W, u, v = radius * rng.normal(size=(n, n)) / np.sqrt(n), rng.normal(size=n), rng.normal(size=n)
    return W, u / np.linalg.norm(u), v / np.linalg.norm(v)


@check(39, PAPER)
def kernel(full: bool) -> Iterator[Finding]:
    """The kernel of a large bulk is a Bessel function."""
    times, found = np.array([0.0, 1.0, 2.0, 4.0]), []
    for seed in range(4):
        W, _, _ = bulk(400, 0.5, seed)
        flows = [np.eye(400), expm(W - np.eye(400))]
        flows += [flows[1] @ flows[1], np.linalg.matrix_power(flows[1], 4)]
        found.append([[np.sum(one * other) / 400 for other in flows] for one in flows])
    missed = np.abs(np.mean(found, axis=0) / theory.bulk_kernel(times[:, None], times, 0.5) - 1.0).max()
    yield Finding("relative distance, 4 networks of 400 neurons", float(missed), 0.02)


@check(40, PAPER)
def lazy_curve(full: bool) -> Iterator[Finding]:
    """Readouts that learn alone follow the kernel's eigenfunctions, and networks follow them."""
    yield Finding("relative distance from the sum over eigenfunctions", _sum_miss(), 1e-5)
    if full:
        for radius in (0.5, 0.9):
            found = _curve_miss(400, radius, 3)
            yield Finding("relative distance of networks of 400 neurons", found, 0.07, case=f"radius {radius:g}")


def _sum_miss() -> float:
    target, radius, times = Filter.exponential(0.3, gain=1.4), 0.6, np.array([0.0, 1.0, 10.0, 100.0])
    s, width = np.polynomial.laguerre.laggauss(80)
    values, shapes = theory.bulk_modes(40, s, radius)
    shares = (shapes * width * np.exp(s)) @ np.asarray(target.response(s))
    expected = 0.5 * np.exp(-2.0 * np.multiply.outer(times, values)) @ shares**2
    return float(np.abs(theory.lazy_loss(times, target, radius) / expected - 1.0).max())


def _curve_miss(n: int, radius: float, seeds: int) -> float:
    target, times = Filter.exponential(0.3), np.geomspace(0.1, 1e3, 12)
    found = np.mean([_readout_losses(n, radius, target, seed, times) for seed in range(seeds)], axis=0)
    expected = theory.lazy_loss(times, target, radius)
    return float(np.abs(found / expected - 1.0)[expected > 0.1 * target.energy].max())


def _readout_losses(n: int, radius: float, target: Filter, seed: int, times: np.ndarray) -> np.ndarray:
    """The loss while the readout alone learns from 0, which is a linear equation, by the eigenvectors of its matrix."""
    W, u, _ = bulk(n, radius, seed)
    eigenvalues, vectors = np.linalg.eig(W)
    shares = np.linalg.solve(vectors, u)
    products = np.outer(shares, shares) / np.add.outer(1.0 - eigenvalues, 1.0 - eigenvalues)
    covariance = np.real(vectors @ products @ vectors.T)
    gain, rate = target.as_exponential()
    wanted = gain * np.linalg.solve((1.0 + rate) * np.eye(n) - W, u)
    rates, modes = np.linalg.eigh(0.5 * (covariance + covariance.T))
    rates, along_modes = np.maximum(rates, 1e-18), modes.T @ wanted
    learned = -np.expm1(-np.multiply.outer(times, rates))
    return np.asarray(target.energy - (learned - 0.5 * learned**2) / rates @ along_modes**2)


@check(41, "arXiv 2503.18754, threshold")
def threshold(full: bool) -> Iterator[Finding]:
    """An eigenvalue leaves the bulk exactly where |1 - c*| exceeds its radius."""
    rng, count = np.random.default_rng(10), 1000
    agreed = 0
    for _ in range(count):
        radius, target = rng.uniform(0.05, 0.99), Filter.exponential(rng.uniform(0.01, 1.95))
        outside = theory.asks_for_outlier(target, radius)
        agreed += outside == (theory.lazy_exponent(target, radius) < 1.0) and outside != _has_norm(target, radius)
    yield Finding("share of draws where exponent and norm of the readout agree", agreed / count, 1.0, 1.0)
    if full:
        yield from _learned_outliers()


def _has_norm(target: Filter, radius: float) -> bool:
    try:
        return theory.lazy_readout_norm(target, radius) >= 1.0
    except NeurosimError:
        return False


def _learned_outliers() -> Iterator[Finding]:
    """All weights learn, from norm 1. Within the bulk's radius no eigenvalue grows out of it to the target's."""
    for radius, rate in ((0.3, 0.3), (0.5, 0.3), (0.9, 0.3), (0.9, 0.5), (0.3, 0.8)):
        (W, u, v), target = bulk(40, radius, 1), Filter.exponential(rate)
        student = Integrator(v[None], W, u[:, None])
        end = theory.learning(student, target, np.array([0.0, 40.0]), tolerance=1e-5).students[-1]
        grown = bool(np.abs(end.eigenvalues).max() > 1.1 * np.abs(student.eigenvalues).max())
        case = f"radius {radius:g}, c* {rate:g}"
        yield Finding("networks that disagree", float(grown != theory.asks_for_outlier(target, radius)), 0.0, 0.0, case)
        if grown:
            missed = abs(float(end.eigenvalues[0].real) - (1.0 - rate))
            yield Finding("distance of the eigenvalue from the target's", missed, 0.02, case=case)


@check(43, PAPER)
def tangent_kernel(full: bool) -> Iterator[Finding]:
    """The kernel of all weights is what responses begin to move by."""
    for radius in (0.3, 0.5, 0.9):
        score = float(np.abs(_tangent_scores(300, radius, 12)).max())
        yield Finding("distance in standard errors, 12 networks of 300", score, 3.0, case=f"radius {radius:g}")


def _tangent_scores(n: int, radius: float, draws: int) -> np.ndarray:
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
    rate = float(target.rates.real[0])
    expected = theory.tangent_kernel_laplace(places, rate, radius, input_norm=1.2, readout_norm=0.8)
    deviations = np.array(found) / expected - 1.0
    return np.asarray(deviations.mean(axis=0) / (deviations.std(axis=0, ddof=1) / np.sqrt(draws)))
