"""Rules as they run, step by step, against the mean over white noise that theory gives them.

No noise is needed for that. Losses and updates at fixed weights are quadratic in the input, and the covariance of
white noise is the identity: the mean over noise is the *sum* over trials that each hold one unit impulse, exactly.
"""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import catalog, theory
from neurosim.engine import Job, Outcome
from neurosim.network import Network
from neurosim.program import Program, compile
from neurosim.task import Trials
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


RULES = {
    "rtrl": theory.bptt(STUDENT),
    "bptt": theory.bptt(STUDENT),
    "tbptt:k=1": theory.tbptt(STUDENT, k=1),
    "tbptt:k=4": theory.tbptt(STUDENT, k=4),
    "rflo": theory.rflo(STUDENT, B),
    "rflo:decay=0.5": theory.rflo(STUDENT, B, decay=0.5),
    "rflo:spread=0.7": theory.rflo(
        STUDENT, B, decay=catalog.rule("rflo:spread=0.7").of_neurons(N, STUDENT.alpha)["own_decay"]
    ),
    "rflo:feedback=symmetric": theory.rflo(STUDENT, STUDENT.W_out.T),
    "eprop": theory.eprop(STUDENT, B),
    "snap1": theory.eprop(STUDENT, STUDENT.W_out.T),
    "fa": theory.fa(STUDENT, B),
}


def targets(teacher: LinearSystem, inputs: np.ndarray) -> np.ndarray:
    """What the teacher answers, `sum_k M[k] x[t-k]`."""
    response = teacher.impulse_response(STEPS)
    answers = np.zeros((*inputs.shape[:2], N_OUT))
    for lag in range(STEPS):
        answers[:, lag:] += inputs[:, : STEPS - lag] @ response[lag].T
    return answers


def held(rule: str) -> Program:
    """The rule on the student with its weights held and unit learning rate."""
    network = Network(STUDENT.W_rec, STUDENT.W_in, STUDENT.W_out, B, STUDENT.alpha)
    return compile(network, catalog.rule(rule), lr=1.0).held()


def outcomes(rule: str, blocks: np.ndarray, mask: np.ndarray) -> list[Outcome]:
    """What the rule would add in each block of trials, `[block, trial, time, n_in]`, as the reference runs it."""
    jobs = [Job(Trials(inputs, targets(TEACHER, inputs), mask)) for inputs in blocks]
    return catalog.engine("numpy").run(held(rule), jobs)


@pytest.mark.parametrize("loss", MASKS)
@pytest.mark.parametrize("rule", RULES)
def test_summed_over_impulses_a_rule_moves_as_theory_says(rule: str, loss: str) -> None:
    (found,) = outcomes(rule, impulses(STEPS, N_IN)[None], MASKS[loss])
    assert found.losses.sum() == pytest.approx(theory.expected_loss(STUDENT, TEACHER, MASKS[loss]), rel=1e-12)
    expected = theory.expected_update(STUDENT, TEACHER, RULES[rule], MASKS[loss])
    for name in ("W_out", "W_rec", "W_in"):
        value = getattr(expected, name)
        assert np.abs(found.weights[f"update_{name}"] - value).max() < 1e-12 * np.abs(value).max()
