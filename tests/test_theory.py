"""The theory of linear networks against vectors, limits and itself; numbered claims are in `neurosim.checks`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jaxtyping
import numpy as np
import pytest

from neurosim import theory
from neurosim.checks.claims.mean_updates import random_feedback, random_system
from neurosim.errors import NeurosimError
from neurosim.theory import Credit, LinearSystem, Update
from neurosim.theory.stationary import solve_stein

VECTORS = Path(__file__).parent / "vectors"
WEIGHTS = ("W_out", "W_rec", "W_in")

Rule = Callable[[LinearSystem, np.ndarray], Credit]

RULES: dict[str, Rule] = {
    "bptt": lambda student, B: theory.bptt(student),
    "tbptt1": lambda student, B: theory.tbptt(student, k=1),
    "tbptt3": lambda student, B: theory.tbptt(student, k=3),
    "rflo": lambda student, B: theory.rflo(student, B, decay=0.5),
    "rflo_sym": lambda student, B: theory.rflo(student, student.W_out.T, decay=0.5),
    "eprop": theory.eprop,
    "fa": theory.fa,
}
MORE_RULES: dict[str, Rule] = RULES | {
    "eprop_sym": lambda student, B: theory.eprop(student, student.W_out.T),
    "rflo_own_leak": lambda student, B: theory.rflo(student, B),
    "rflo_unit_decays": lambda student, B: theory.rflo(student, B, decay=np.linspace(0.0, 0.9, len(B))),
}


def deviation(one: Update, other: Update) -> float:
    """The largest difference between two updates, relative to the largest entry of the same matrix."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in WEIGHTS]
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


@pytest.mark.parametrize("vectors", ["linear_gradients_a.npz", "linear_gradients_b.npz"])
def test_credit_in_one_trial_of_a_leaky_network(vectors: str) -> None:
    """Credit operators applied to recorded errors give what vanilla-rtrl computes step by step."""
    trial = np.load(VECTORS / vectors)
    student = LinearSystem(trial["W_out"], trial["W_rec"], trial["W_in"], float(trial["alpha"]))
    error = trial["target"] - trial["y"]
    seen = {"W_rec": np.vstack([np.zeros_like(trial["r"][:1]), trial["r"][:-1]]), "W_in": trial["x"]}
    credits = {
        "rtrl": theory.bptt(student),
        "bptt": theory.bptt(student),
        "rflo": theory.rflo(student, trial["B"]),
        "rflo_symmetric": theory.rflo(student, student.W_out.T),
    }
    for rule, credit in credits.items():
        for name, pre in seen.items():
            summed = sum(
                student.alpha * operator @ error[s:].T @ pre[: len(pre) - s]
                for s, operator in enumerate(credit(len(error)))
            )
            assert np.abs(summed + trial[f"{rule}_{name}"]).max() < 1e-12 * np.abs(trial[f"{rule}_{name}"]).max()


def test_rules_meet_where_recurrence_is_a_leak() -> None:
    """Without recurrent weights all that a neuron knows of its past is its leak."""
    student = replace(random_system(0, 6, alpha=0.3), W_rec=np.zeros((6, 6)))
    B = random_feedback(6)
    for rule in (theory.eprop, theory.fa):
        assert np.abs(rule(student, B)(20) - theory.rflo(student, B)(20)).max() < 1e-12
    assert np.abs(theory.rflo(student, student.W_out.T)(20) - theory.bptt(student)(20)).max() < 1e-12
    assert np.array_equal(theory.rflo(student, B, decay=0.7)(20), theory.rflo(student, B)(20))


@pytest.mark.parametrize("rule", MORE_RULES)
def test_a_leak_is_a_change_of_variables(rule: str) -> None:
    """A leaky student learns as the student without leak of the same transition, by `alpha` times its updates."""
    leaky, teacher, B = random_system(0, 6, alpha=0.3), random_system(1, 4), random_feedback(6)
    leak_free = LinearSystem(leaky.W_out, leaky.transition, leaky.drive)
    mask, credit = theory.loss_mask("all", 30), MORE_RULES[rule](leaky, B)
    one = theory.expected_update(leaky, teacher, credit, mask)
    other = theory.expected_update(leak_free, teacher, credit, mask)
    assert deviation(one, Update(other.W_out, 0.3 * other.W_rec, 0.3 * other.W_in)) < 1e-12


@pytest.mark.parametrize("n", [6, 40])
def test_loss_of_infinite_trials(n: int) -> None:
    """`last` approaches it exponentially, `all` as 1 / steps: twice the length, half the distance."""
    student, teacher = random_system(0, n, radius=0.85), random_system(1, 4, radius=0.9)
    limit = theory.stationary_loss(student, teacher)
    assert theory.expected_loss(student, teacher, theory.loss_mask("last", 600)) == pytest.approx(limit, rel=1e-10)
    far, near = (limit - theory.expected_loss(student, teacher, theory.loss_mask("all", T)) for T in (600, 1200))
    assert far / near == pytest.approx(2.0, rel=1e-6)


def test_matrix_equation_with_two_sides() -> None:
    """Also where `left` has eigenvalues of modulus one and `right` none that could be inverted."""
    left, right = np.diag([-1.0, 1.0, 0.5]), np.array([[0.4, 0.9], [0.0, 0.0]])
    constant = np.random.default_rng(0).normal(size=(3, 2))
    solution = solve_stein(left, right, constant)
    assert np.abs(left @ solution @ right + constant - solution).max() < 1e-14


def test_a_student_that_is_its_teacher_has_nothing_to_learn() -> None:
    teacher = random_system(1, 6)
    mask = theory.loss_mask("all", 30)
    assert theory.expected_loss(teacher, teacher, mask) == pytest.approx(0.0, abs=1e-12)
    for rule in MORE_RULES.values():
        update = theory.expected_update(teacher, teacher, rule(teacher, random_feedback(6)), mask)
        assert max(np.abs(getattr(update, name)).max() for name in WEIGHTS) < 1e-12


STABLE, UNSTABLE = random_system(0, 6), random_system(0, 6, radius=1.02)


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (
            lambda: theory.stationary_loss(UNSTABLE, STABLE),
            "student's transition .* spectral radius 1.02; scale it below",
        ),
        (
            lambda: theory.stationary_loss(STABLE, UNSTABLE),
            "teacher's transition .* spectral radius 1.02; scale it below",
        ),
        (lambda: theory.stationary_update(STABLE, UNSTABLE, theory.tbptt(STABLE, 1)), "teacher's transition"),
        (
            lambda: theory.stationary_update(STABLE, STABLE, theory.rflo(STABLE, STABLE.W_out.T, decay=1.5)),
            "grows 1.2-fold .* choose a smaller decay",
        ),
        (lambda: theory.loss_mask("mean", 5), "no loss is called 'mean'; there are: all, last"),
        (lambda: theory.loss_mask("all", 0), "0 steps was asked for; the least is 1"),
        (lambda: theory.tbptt(STABLE, k=0), "reach back 0 steps; the least is 1"),
        (lambda: theory.fa(STABLE, STABLE.W_out), r"B has shape \(2, 6\); this student needs .* \(6, 2\)"),
        (
            lambda: theory.rflo(STABLE, STABLE.W_out.T, decay=np.ones(5)),
            r"decay has shape \(5,\); give one number or 6",
        ),
        (lambda: replace(STABLE, W_in=np.ones((5, 3))), r"weights disagree .* W_in \(5, 3\)"),
        (lambda: replace(STABLE, W_out=np.full((2, 6), np.nan)), "W_out .* finite"),
        (lambda: replace(STABLE, alpha=0.0), "alpha is 0.0"),
        (
            lambda: theory.expected_loss(STABLE, replace(STABLE, W_in=np.ones((6, 1))), theory.loss_mask("all", 5)),
            r"student has \(n_in, n_out\) = \(3, 2\) and the teacher \(1, 2\)",
        ),
    ],
)
def test_what_cannot_be_asked(ask: Callable[[], object], answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user asks it: without the shape checks that annotations may get while testing."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(NeurosimError, match=answer):
        ask()


def test_the_unstable_can_be_asked_for_finite_trials() -> None:
    mask = theory.loss_mask("all", 20)
    update = theory.expected_update(UNSTABLE, STABLE, theory.bptt(UNSTABLE), mask)
    assert np.isfinite(update.W_rec).all()


def test_public_names() -> None:
    assert theory.__all__ == sorted(theory.__all__)
    assert all(hasattr(theory, name) for name in theory.__all__)
