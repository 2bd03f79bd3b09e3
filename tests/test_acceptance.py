"""Rules as they run, step by step, against the mean over white noise that theory gives them.

No noise is needed for that. Losses and updates at fixed weights are quadratic in the input, and the covariance of
white noise is the identity: the mean over noise is the *sum* over trials that each hold one unit impulse, exactly.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from neurosim import theory
from neurosim.theory import LinearSystem

STEPS, N, N_IN, N_OUT = 12, 5, 3, 2


def random_system(seed: int, n: int, alpha: float) -> LinearSystem:
    rng = np.random.default_rng(seed)
    W_rec = rng.normal(size=(n, n)) / np.sqrt(n)
    return LinearSystem(rng.normal(size=(N_OUT, n)), W_rec, rng.normal(size=(n, N_IN)), alpha)


STUDENT, TEACHER = random_system(0, N, alpha=0.4), random_system(1, 4, alpha=0.7)
B = np.random.default_rng(2).normal(size=(N, N_OUT))
MASKS = {
    "last": theory.loss_mask("last", STEPS),
    "all": theory.loss_mask("all", STEPS),
    "uneven": np.arange(STEPS) % 3.0,
}


def impulses(steps: int, n_in: int) -> np.ndarray:
    """Every trial that holds one unit impulse, `[steps * n_in, steps, n_in]`; summed, they are the mean over noise."""
    return np.eye(steps * n_in).reshape(-1, steps, n_in)


def run(system: LinearSystem, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rates, the zeros before the first step included, and outputs of one trial."""
    rates = [np.zeros(len(system.W_rec))]
    for x in inputs:
        drive = system.W_rec @ rates[-1] + system.W_in @ x
        rates.append((1.0 - system.alpha) * rates[-1] + system.alpha * drive)
    return np.array(rates), np.array(rates[1:]) @ system.W_out.T


def influence(jacobian: np.ndarray, feedback: np.ndarray) -> Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """Learning with forward traces `P[k, i, j]`, the influence of weight `i, j` on neuron `k`: RTRL if all is exact."""

    def update(error: np.ndarray, pre: np.ndarray, mask: np.ndarray) -> np.ndarray:
        trace, total = np.zeros((N, N, pre.shape[1])), np.zeros((N, pre.shape[1]))
        for t in range(STEPS):
            trace = np.einsum("kl,lij->kij", jacobian, trace)
            trace[np.arange(N), np.arange(N)] += STUDENT.alpha * pre[t]
            total += mask[t] * np.einsum("k,kij->ij", feedback @ error[t], trace)
        return total

    return update


def eligibility(
    decay: float | np.ndarray, feedback: np.ndarray
) -> Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """Learning with one trace for each synapse that decays by its neuron's `decay`."""

    def update(error: np.ndarray, pre: np.ndarray, mask: np.ndarray) -> np.ndarray:
        trace, total = np.zeros((N, pre.shape[1])), np.zeros((N, pre.shape[1]))
        for t in range(STEPS):
            trace = (decay * np.ones(N))[:, None] * trace + STUDENT.alpha * pre[t]
            total += mask[t] * (feedback @ error[t])[:, None] * trace
        return total

    return update


def truncated(k: int) -> Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """Back-propagation over `k` steps, anew at every step."""

    def update(error: np.ndarray, pre: np.ndarray, mask: np.ndarray) -> np.ndarray:
        total = np.zeros((N, pre.shape[1]))
        for t in range(STEPS):
            delta = STUDENT.W_out.T @ error[t]
            for s in range(min(k, t + 1)):
                total += mask[t] * STUDENT.alpha * np.outer(delta, pre[t - s])
                delta = STUDENT.transition.T @ delta
        return total

    return update


DECAYS = np.linspace(0.1, 0.9, N)
RULES = {
    "rtrl": (influence(STUDENT.transition, STUDENT.W_out.T), theory.bptt(STUDENT)),
    "bptt": (truncated(STEPS), theory.bptt(STUDENT)),
    "tbptt1": (truncated(1), theory.tbptt(STUDENT, k=1)),
    "tbptt4": (truncated(4), theory.tbptt(STUDENT, k=4)),
    "rflo": (eligibility(1.0 - STUDENT.alpha, B), theory.rflo(STUDENT, B)),
    "rflo_symmetric": (eligibility(0.5, STUDENT.W_out.T), theory.rflo(STUDENT, STUDENT.W_out.T, decay=0.5)),
    "rflo_unit_decays": (eligibility(DECAYS, B), theory.rflo(STUDENT, B, decay=DECAYS)),
    "eprop": (eligibility(np.diag(STUDENT.transition), B), theory.eprop(STUDENT, B)),
    "fa": (influence(STUDENT.transition, B), theory.fa(STUDENT, B)),
}


@pytest.mark.parametrize("loss", MASKS)
@pytest.mark.parametrize("rule", RULES)
def test_summed_over_impulses_a_rule_moves_as_theory_says(rule: str, loss: str) -> None:
    update, credit = RULES[rule]
    mask, total = MASKS[loss], 0.0
    measured = {"W_out": np.zeros((N_OUT, N)), "W_rec": np.zeros((N, N)), "W_in": np.zeros((N, N_IN))}
    for inputs in impulses(STEPS, N_IN):
        (rates, y), (_, target) = run(STUDENT, inputs), run(TEACHER, inputs)
        error = target - y
        total += 0.5 * float(np.sum(mask * (error**2).sum(axis=1)))
        measured["W_out"] += (mask[:, None] * error).T @ rates[1:]
        measured["W_rec"] += update(error, rates[:-1], mask)
        measured["W_in"] += update(error, inputs, mask)
    assert total == pytest.approx(theory.expected_loss(STUDENT, TEACHER, mask), rel=1e-12)
    expected = theory.expected_update(STUDENT, TEACHER, credit, mask)
    for name, value in measured.items():
        assert np.abs(value - getattr(expected, name)).max() < 1e-12 * np.abs(value).max()
