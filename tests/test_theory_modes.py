"""The theory of modes: its formulas against matrices and differences, and what follows from them.

The numbered claims are measured by `neurosim.checks`.
"""

from __future__ import annotations

from collections.abc import Callable

import jaxtyping
import numpy as np
import pytest

from neurosim import theory
from neurosim.checks.claims.optima import OWN_FEEDBACK, RULES, draws, numerical_jacobian
from neurosim.errors import NeurosimError
from neurosim.theory import LinearSystem, ModeCredit, TargetModes


def state(a: float, b: float, w: float) -> np.ndarray:
    """One mode."""
    return np.array([[a], [b], [w]])


# --- formulas -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_a_mode_is_a_network_of_one_neuron(rule: str) -> None:
    """Its loss and update are those of matrices with one entry."""
    target, feedback, decay, readout = draws(20, seed=1)
    rng = np.random.default_rng(2)
    for each in range(20):
        a, b, w = readout[each], rng.normal(), rng.uniform(-0.9, 0.9)
        student = LinearSystem(np.array([[a]]), np.array([[w]]), np.array([[b]]))
        teacher = LinearSystem(np.array([[target.gain[each]]]), np.array([[target.memory[each]]]), np.eye(1))
        B = np.array([[feedback[each]]])
        credit = {
            "bptt": theory.bptt(student),
            "tbptt1": theory.tbptt(student, 1),
            "tbptt3": theory.tbptt(student, 3),
            "rflo": theory.rflo(student, B, decay[each]),
            "rflo_sym": theory.rflo(student, student.W_out.T, decay[each]),
            "eprop": theory.eprop(student, B),
        }[rule]
        one = TargetModes(target.gain[each], target.memory[each])
        update = theory.mode_update(np.array([a, b, w]), one, RULES[rule](feedback[each], decay[each]))
        expected = theory.stationary_update(student, teacher, credit)
        matrices = (expected.W_out, expected.W_in, expected.W_rec)
        assert update.tolist() == pytest.approx([matrix.item() for matrix in matrices], rel=1e-9, abs=1e-12)
        loss = theory.stationary_loss(student, teacher)
        assert float(theory.mode_loss(np.array([a, b, w]), one)) == pytest.approx(loss, rel=1e-9)


@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.startswith("tbptt")])
def test_the_determinant_at_the_optimum_has_a_closed_form(rule: str) -> None:
    target, feedback, decay, readout = draws(400, seed=4)
    credit = RULES[rule](feedback, decay)
    f, p, b = credit.sent(readout), credit.kept(target.memory), target.gain / readout
    total, room = 1.0 / (1.0 - p * target.memory), 1.0 - target.memory**2
    expected = f * b * target.gain * (b**2 + readout * f) * (total / room) ** 2
    assert np.linalg.det(theory.optimum_jacobian(readout, target, credit)) == pytest.approx(expected, rel=1e-9)


# --- stability and rates --------------------------------------------------------------------------------------------


def test_spirals_need_memories_of_opposite_sign() -> None:
    target, feedback, decay, readout = draws(50_000, seed=6)
    values = np.linalg.eigvals(theory.optimum_jacobian(readout, target, ModeCredit.rflo(feedback, decay)))
    spiral = (np.abs(values.imag).max(axis=-1) > 1e-9) & (readout * feedback > 0.0)
    assert spiral.any() and (decay * target.memory < 0.0)[spiral].all()


@pytest.mark.parametrize("credit", [ModeCredit.bptt(), *(ModeCredit.tbptt(k) for k in (1, 2, 3, 10))])
def test_exact_and_truncated_gradients_converge_without_turning(credit: ModeCredit) -> None:
    target, _, _, readout = draws(4000, seed=7)
    values = np.linalg.eigvals(theory.optimum_jacobian(readout, target, credit))
    assert (values.real < 0.0).all() and np.abs(values.imag).max() < 1e-9


def test_fa_is_stable_exactly_where_readout_and_feedback_agree() -> None:
    target, feedback, _, readout = draws(4000, seed=8)
    stable = theory.convergence_rate(readout, target, ModeCredit.fa(feedback)) > 0.0
    assert (stable == (readout * feedback > 0.0)).all()


def test_bptt_is_slowest_where_readout_and_input_are_equal() -> None:
    readout = np.exp(np.linspace(-2.0, 2.0, 4001))
    rate = theory.convergence_rate(readout, TargetModes(1.3, 0.6), ModeCredit.bptt())
    assert readout[rate.argmin()] == pytest.approx(np.sqrt(1.3), rel=1e-3)


@pytest.mark.parametrize(
    ("credit", "small", "large"),
    [
        (ModeCredit.bptt(), lambda s, c, D, E: c**2 / D**3, lambda s, c, D, E: c**2 / D**3),
        (ModeCredit.tbptt(1), lambda s, c, D, E: c**2 / D, lambda s, c, D, E: c**2 / D**2),
        (
            ModeCredit.rflo(0.6, 0.5),
            lambda s, c, D, E: 0.6 * c**2 / (s * D * E**2),
            lambda s, c, D, E: 0.6 * c**2 / (s * D**2 * E),
        ),
    ],
    ids=["bptt", "tbptt", "rflo"],
)
def test_rates_at_the_ends_of_the_line_of_optima(credit: ModeCredit, small: Callable, large: Callable) -> None:
    """RFLO converges ever faster towards small readouts and ever slower towards large ones; the gradient does not."""
    c, w = 1.2, 0.75
    for s, expected in ((1e-3, small), (1e3, large)):
        found = float(theory.convergence_rate(s, TargetModes(c, w), credit))
        assert found == pytest.approx(expected(s, c, 1.0 - w**2, 1.0 - 0.5 * w), rel=2e-3)


# --- leaving zero ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", OWN_FEEDBACK)
def test_the_line_at_zero_is_a_saddle(rule: str) -> None:
    target, _, decay, _ = draws(300, seed=10)
    w = np.random.default_rng(11).uniform(-0.9, 0.9, size=300)
    credit = RULES[rule](0.0, decay)
    values = np.linalg.eigvals(numerical_jacobian(np.array([0.0 * w, 0.0 * w, w]), target, credit)).real
    rate = theory.escape_rate(w, target, credit)
    expected = np.array([-rate, 0.0 * rate, rate]).T
    assert np.abs((np.sort(values, axis=1) - expected) / rate[:, None]).max() < 1e-6


# --- ends of the theory -----------------------------------------------------------------------------------------------


def test_a_mode_may_leave_the_theory() -> None:
    """That is an outcome, with the path as far as it went."""
    times = np.linspace(0.0, 50.0, 501)
    path = theory.mode_learning(state(1.0, 1.0, 0.6), TargetModes(0.8, 0.3), ModeCredit.rflo(-1.0, 0.5), times)
    assert path.outcome.startswith("|w| reached 1 at learning time ")
    assert len(path.times) == len(path.states) < 501 and np.isfinite(path.states).all()
    assert abs(path.end[2, 0]) == pytest.approx(1.0, abs=1e-3)


# --- conserved ------------------------------------------------------------------------------------------------------


def test_bptt_conserves_the_balance_of_a_mode_and_truncation_does_not() -> None:
    target, times = TargetModes(1.0, 0.7), np.linspace(0.0, 30.0, 31)
    drift = {}
    for name, credit in {"bptt": ModeCredit.bptt(), "tbptt": ModeCredit.tbptt(1)}.items():
        states = theory.mode_learning(state(0.3, 0.1, 0.2), target, credit, times).states
        drift[name] = np.ptp(states[:, 0] ** 2 - states[:, 1] ** 2)
    assert drift["bptt"] < 1e-8 and drift["tbptt"] > 0.01


def test_rflo_conserves_a_balance_where_nothing_is_to_be_remembered() -> None:
    credit, times = ModeCredit.rflo(0.8, 0.4), np.linspace(0.0, 30.0, 31)
    states = theory.mode_learning(state(0.3, 0.1, 0.0), TargetModes(1.0, 0.0), credit, times).states
    values = np.array([theory.rflo_invariant(each, 0.8) for each in states])
    assert np.ptp(values) < 1e-8 and np.ptp(states[:, 0]) > 0.1


# --- what cannot be asked -------------------------------------------------------------------------------------------

ONE = TargetModes(1.0, 0.5)


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda: TargetModes(1.0, 1.0), "memory 1.0; it must lie between -1 and 1"),
        (lambda: TargetModes(np.inf, 0.5), "gain inf; give finite numbers"),
        (lambda: ModeCredit.tbptt(0), "reach back 0 steps; the least is 1"),
        (lambda: theory.mode_update(state(1, 1, 1.2), ONE, ModeCredit.bptt()), r"w = \[1.2\]; .* ask for \|w\| < 1"),
        (lambda: theory.mode_loss(state(1, 1, -1.0), ONE), r"\|w\| < 1"),
        (lambda: theory.mode_update(state(1, 1, 0.5), ONE, ModeCredit.rflo(1.0, 2.1)), "grows 1.05-fold .* smaller"),
        (lambda: theory.optimum(0.0, ONE), "a b = gain needs both not zero"),
        (lambda: theory.optimum_jacobian(1.0, ONE, ModeCredit.rflo(1.0, 2.1)), "choose a smaller decay"),
        (lambda: theory.escape_rate(0.1, ONE, ModeCredit.rflo(1.0, 0.5)), "does not rest at zero; ask early_modes"),
        (lambda: theory.escape_rate(1.1, ONE, ModeCredit.bptt()), "what is old must die out"),
        (lambda: theory.early_modes(0.1, 0.1, ONE, ModeCredit.bptt()), "rests at zero; ask escape_rate"),
        (lambda: theory.rflo_invariant(state(1, 1, 0.1), 1.0), "keeps it at w = 0 only"),
        (
            lambda: theory.mode_learning(state(1, 1, 0.1), ONE, ModeCredit.bptt(), np.array([1.0, 0.0])),
            "give increasing times",
        ),
    ],
)
def test_what_cannot_be_asked(ask: Callable[[], object], answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user asks it: without the shape checks that annotations may get while testing."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(NeurosimError, match=answer):
        ask()
