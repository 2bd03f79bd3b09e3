"""The theory of modes: its formulas against matrices, differences and solvers, and what follows from them.

The numbers in the names of tests are those of the acceptance checks; the ones that learn by simulation are in
`test_theory_runs.py`, those of mean updates in `test_theory.py` and `test_acceptance.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jaxtyping
import numpy as np
import pytest
from scipy.optimize import root

from neurosim import theory
from neurosim.errors import NeurosimError
from neurosim.theory import LinearSystem, ModeCredit, TargetModes
from neurosim.theory.modes import flow

GOLDEN = json.loads((Path(__file__).parent / "vectors" / "golden.json").read_text())

Rule = Callable[[float, float], ModeCredit]
RULES: dict[str, Rule] = {
    "bptt": lambda feedback, decay: ModeCredit.bptt(),
    "tbptt1": lambda feedback, decay: ModeCredit.tbptt(1),
    "tbptt3": lambda feedback, decay: ModeCredit.tbptt(3),
    "rflo": ModeCredit.rflo,
    "rflo_sym": lambda feedback, decay: ModeCredit.rflo_symmetric(decay),
    "eprop": lambda feedback, decay: ModeCredit.fa(feedback),
}
OWN_FEEDBACK = ("bptt", "tbptt1", "tbptt3", "rflo_sym")


def state(a: float, b: float, w: float) -> np.ndarray:
    """One mode."""
    return np.array([[a], [b], [w]])


def draws(count: int, seed: int) -> tuple[TargetModes, np.ndarray, np.ndarray, np.ndarray]:
    """Random teachers, and for each a feedback, a decay and a readout of either sign."""
    rng = np.random.default_rng(seed)
    target = TargetModes(1.5 * rng.normal(size=count), rng.uniform(-0.9, 0.9, size=count))
    readout = rng.choice([-1.0, 1.0], size=count) * np.exp(rng.uniform(-1.2, 1.2, size=count))
    return target, 1.5 * rng.normal(size=count), rng.uniform(-0.9, 0.9, size=count), readout


def at_optimum(rule: str, s: float, target: TargetModes, feedback: float, decay: float) -> np.ndarray:
    """The eigenvalues of the Jacobian of one mode, slowest first."""
    values = np.linalg.eigvals(theory.optimum_jacobian(s, target, RULES[rule](feedback, decay)))
    return values[np.argsort(-values.real)]


# --- formulas -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_06_values_of_another_implementation(rule: str) -> None:
    point = GOLDEN["mode point"]
    target = TargetModes(point["cs"], point["ws"])
    start = np.array([point["a"], point["b"], point["w"]])
    update = theory.mode_update(start, target, RULES[rule](point["ah"], point["wh"]))
    assert (-update).tolist() == pytest.approx(GOLDEN[f"mode Delta {rule}"], rel=1e-9)
    assert float(theory.mode_loss(start, target)) == pytest.approx(point["L"], rel=1e-9)
    expected = np.array(GOLDEN[f"opt eig (flow) {rule} s=1.5"], dtype=complex)
    assert at_optimum(rule, 1.5, target, abs(point["ah"]), point["wh"]) == pytest.approx(expected, rel=1e-9)


def test_06_an_optimum_against_the_sign_of_feedback() -> None:
    point = GOLDEN["mode point"]
    expected = np.array(GOLDEN["opt eig rflo s=1.5 ah=-.6"], dtype=complex)
    found = at_optimum("rflo", 1.5, TargetModes(point["cs"], point["ws"]), -0.6, point["wh"])
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("named", "credit"),
    [
        ("bptt ah=None", ModeCredit.bptt()),
        ("tbptt1 ah=None", ModeCredit.tbptt(1)),
        ("rflo ah=0.8", ModeCredit.rflo(0.8, 0.4)),
        ("rflo ah=-0.8", ModeCredit.rflo(-0.8, 0.4)),
    ],
)
def test_06_learning_curves_of_another_implementation(named: str, credit: ModeCredit) -> None:
    times = np.array([0.0, 3.0, 6.0, 9.0, 12.0])
    path = theory.mode_learning(state(0.05, 0.03, 0.1), TargetModes(1.0, 0.7), credit, times)
    expected = GOLDEN[f"ODE {named} from (.05,.03,.1), c*=1,w*=.7,wh=.4: (a,b,w) at t=3,6,9,12"]
    assert np.abs(path.states[1:, :, 0] - expected).max() < 1e-7


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


def numerical_jacobian(at: np.ndarray, target: TargetModes, credit: ModeCredit) -> np.ndarray:
    """Central differences of the flow of `a, b, w`, [mode, 3, 3]."""
    columns = []
    for axis in range(3):
        step = np.zeros_like(at)
        step[axis] = 1e-6 * np.maximum(1.0, np.abs(at[axis]))
        rise = theory.mode_update(at + step, target, credit) - theory.mode_update(at - step, target, credit)
        columns.append(rise / (2.0 * step[axis]))
    return np.moveaxis(np.array(columns), (0, 1, 2), (2, 1, 0))


@pytest.mark.parametrize("rule", [*RULES, "tbptt5"])
def test_11_the_jacobian_at_the_optimum(rule: str) -> None:
    """Its two eigenvalues and a 0, along the line of optima, are those of numerical differences."""
    target, feedback, decay, readout = draws(400, seed=3)
    credit = ModeCredit.tbptt(5) if rule == "tbptt5" else RULES[rule](feedback, decay)
    numerical = numerical_jacobian(theory.optimum(readout, target), target, credit)
    jacobian = theory.optimum_jacobian(readout, target, credit)
    scale = np.abs(np.linalg.eigvals(numerical)).max(axis=1)
    whole, small = np.trace(numerical, axis1=1, axis2=2), np.trace(jacobian, axis1=1, axis2=2)
    assert np.abs((whole - small) / scale).max() < 1e-6
    minors = (whole**2 - np.trace(numerical @ numerical, axis1=1, axis2=2)) / 2.0
    assert np.abs((minors - np.linalg.det(jacobian)) / scale**2).max() < 1e-6
    assert np.abs(np.linalg.det(numerical) / scale**3).max() < 1e-6


@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.startswith("tbptt")])
def test_the_determinant_at_the_optimum_has_a_closed_form(rule: str) -> None:
    target, feedback, decay, readout = draws(400, seed=4)
    credit = RULES[rule](feedback, decay)
    f, p, b = credit.sent(readout), credit.kept(target.memory), target.gain / readout
    total, room = 1.0 / (1.0 - p * target.memory), 1.0 - target.memory**2
    expected = f * b * target.gain * (b**2 + readout * f) * (total / room) ** 2
    assert np.linalg.det(theory.optimum_jacobian(readout, target, credit)) == pytest.approx(expected, rel=1e-9)


# --- stability and rates --------------------------------------------------------------------------------------------


def test_12_rflo_is_stable_where_readout_and_feedback_agree() -> None:
    target, feedback, decay, readout = draws(250_000, seed=5)
    agree = readout * feedback > 0.0
    assert agree.sum() >= 100_000
    rate = theory.convergence_rate(readout, target, ModeCredit.rflo(feedback, decay))
    assert (rate[agree] > 0.0).all()
    saddle = ~agree & ((target.gain / readout) ** 2 > -readout * feedback)
    assert saddle.sum() > 10_000 and (rate[saddle] < 0.0).all()
    assert 0.0 < np.mean(rate[~agree] > 0.0) < 0.01  # a small window is stable nevertheless


def test_12_spirals_need_memories_of_opposite_sign() -> None:
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


def test_13_an_optimum_that_is_stable_against_the_sign_of_feedback() -> None:
    target, s = TargetModes(0.15, 0.95), 3.0
    feedback = -np.geomspace(1e-4, 1.0, 4001)
    rate = theory.convergence_rate(s, target, ModeCredit.rflo(feedback, 0.0))
    window = feedback[rate > 0.0]
    assert (window.min(), window.max()) == pytest.approx((-6.8e-3, -8.3e-4), rel=0.01)
    best = ModeCredit.rflo(float(feedback[rate.argmax()]), 0.0)
    start = theory.optimum(s, target)[:, None] + 1e-4 * np.array([[1.0], [0.3], [-0.2]])
    path = theory.mode_learning(start, target, best, np.array([0.0, 40.0 / rate.max()]))
    a, b, w = path.end[:, 0]
    assert a == pytest.approx(2.994, rel=0.01)
    assert abs(a * b - 0.15) < 1e-2 * abs(start[0, 0] * start[1, 0] - 0.15) and abs(w - 0.95) < 1e-6


@pytest.mark.parametrize(
    ("rule", "count"), [*((rule, 200) for rule in RULES), pytest.param("rflo", 1500, marks=pytest.mark.slow)]
)
def test_14_fixed_points(rule: str, count: int) -> None:
    """All are on the line of optima, or, for the student's own feedback only, at `a = b = 0`."""
    rng = np.random.default_rng(9)
    found = {"optimum": 0, "zero": 0, "other": 0}
    for _ in range(count):
        target = TargetModes(1.2 * rng.normal(), rng.uniform(-0.85, 0.85))
        feedback, decay = rng.choice([-1, 1]) * np.exp(rng.normal() * 0.5), rng.uniform(-0.85, 0.85)
        with np.errstate(all="ignore"):
            solved = root(
                flow,
                rng.normal(size=3) * np.array([1.5, 1.5, 0.4]),
                args=(target, RULES[rule](feedback, decay)),
                options={"xtol": 1e-13},
            )
        a, b, w = solved.x
        if not solved.success or np.abs(solved.fun).max() > 1e-9 or abs(w) > 0.999 or np.abs(solved.x).max() > 1e3:
            continue
        optimal = abs(a * b - target.gain) < 1e-4 and abs(w - target.memory) < 1e-4
        found["optimum" if optimal else "zero" if max(abs(a), abs(b)) < 1e-4 else "other"] += 1
    assert found["other"] == 0 and found["optimum"] > count / 5
    assert bool(found["zero"]) == (rule in OWN_FEEDBACK)


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


@pytest.mark.parametrize(
    ("credit", "rate"),
    [(ModeCredit.bptt(), 1.0 / (1.0 - 0.07)), (ModeCredit.tbptt(1), 1.0 / np.sqrt(1.0 - 0.07))],
    ids=["bptt", "tbptt1"],
)
def test_15_time_to_escape_grows_with_the_logarithm_of_smallness(credit: ModeCredit, rate: float) -> None:
    sizes = np.array([1e-2, 1e-3, 1e-4, 1e-5])
    target, times = TargetModes(np.ones(4), np.full(4, 0.7)), np.linspace(0.0, 16.0, 4001)
    path = theory.mode_learning(np.array([sizes, sizes, np.full(4, 0.1)]), target, credit, times)
    gains = path.states[:, 0] * path.states[:, 1]
    half = [np.interp(0.5, gain[: np.argmax(gain > 0.6)], times[: np.argmax(gain > 0.6)]) for gain in gains.T]
    slope = np.polyfit(-np.log(sizes), half, 1)[0]
    assert float(theory.escape_rate(0.1, TargetModes(1.0, 0.7), credit)) == pytest.approx(rate, rel=1e-12)
    assert slope * rate == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize("feedback", [0.8, -0.8])
def test_16_rflo_leaves_zero_as_a_power_of_time(feedback: float) -> None:
    target, credit, w = TargetModes(1.0, 0.7), ModeCredit.rflo(feedback, 0.4), 0.1
    path = theory.mode_learning(state(0.0, 0.0, w), target, credit, np.array([0.0, 0.05]))
    expected = theory.early_modes(0.05, w, target, credit)
    found = path.end[:, 0]
    assert [found[0], found[1], found[2] - w] == pytest.approx([expected[0], expected[1], expected[2] - w], rel=0.01)


def test_17_from_small_weights_the_readout_takes_the_sign_of_feedback() -> None:
    rng, count = np.random.default_rng(0), 300
    gain = rng.choice([-1, 1], size=count) * rng.uniform(0.3, 2.0, size=count)
    target = TargetModes(gain, rng.uniform(-0.85, 0.85, size=count))
    feedback = rng.choice([-1, 1], size=count) * rng.uniform(0.3, 1.5, size=count)
    decay = rng.uniform(0.0, 0.85, size=count)
    start = np.array([1e-3, 1e-3, 0.05])[:, None] * rng.normal(size=(3, count))
    path = theory.mode_learning(start, target, ModeCredit.rflo(feedback, decay), np.array([0.0, 400.0]))
    a, b, w = path.end
    assert path.outcome == "finished"
    assert ((np.abs(a * b - gain) < 1e-3) & (np.abs(w - target.memory) < 1e-3) & (a * feedback > 0.0)).all()


# --- detours --------------------------------------------------------------------------------------------------------


def test_18_rflo_goes_around_to_the_branch_of_its_feedback() -> None:
    target, times = TargetModes(1.0, 0.8), np.linspace(0.0, 400.0, 40001)
    path = theory.mode_learning(state(1.0, 1.0, 0.6), target, ModeCredit.rflo(-1.0, 0.5), times)
    assert np.abs(path.end[:, 0] - (-0.5045, -1.9822, 0.8)).max() < 1e-3
    losses = np.array([theory.mode_loss(each, target) for each in path.states[:500, :, 0]])
    assert losses.max() / losses[0] == pytest.approx(10.5, rel=0.02)
    length = np.linalg.norm(np.diff(path.states[:, :, 0], axis=0), axis=1).sum()
    assert length == pytest.approx(4.71, rel=0.01)
    direct = theory.mode_learning(state(1.0, 1.0, 0.6), target, ModeCredit.rflo(1.0, 0.5), times)
    assert np.abs(direct.end[:, 0] - (1.0203, 0.9801, 0.8)).max() < 1e-3


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
