"""The theory of learning to integrate: its formulas against integrals, differences and solvers, and each other.

The numbers in the names of tests are those of the acceptance checks; what is learned by a rule in an engine is in
`test_theory_integration_runs.py`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path

import jaxtyping
import numpy as np
import pytest

from neurosim.errors import NeurosimError
from neurosim.theory import LinearSystem, bptt_invariant
from neurosim.theory import integration as theory
from neurosim.theory.integration import Credit, Filter, Integrator, OutlierCredit

GOLDEN = json.loads((Path(__file__).parent / "vectors" / "golden.json").read_text())
WEIGHTS = ("W_out", "W_rec", "W_in")

FILTERS = {
    "exponential": Filter.exponential(0.3, gain=1.2),
    "oscillation": Filter.oscillation(0.2, 0.7, phase=0.4),
    "timescales": Filter.timescales(np.array([0.2, 1.5]), np.array([1.0, 0.5])),
}


def golden(start: str) -> dict | list:
    """The one value of the reference file whose name starts so."""
    (found,) = [value for name, value in GOLDEN.items() if name.startswith(start)]
    return found


def waves(rows: int, columns: int, k: int, size: float) -> np.ndarray:
    i, j = np.indices((rows, columns))
    return size * np.sin(1.0 + 0.7 * i + 1.3 * j + 0.37 * k * (i + 1) * (j + 2))


def random_student(seed: int, n: int, size: float = 0.6, radius: float = 0.4) -> Integrator:
    rng = np.random.default_rng(seed)
    W_rec = radius * rng.normal(size=(n, n)) / np.sqrt(n)
    return Integrator(size * rng.normal(size=(1, n)), W_rec, size * rng.normal(size=(n, 1)))


def small_student(seed: int, n: int, norm: float) -> Integrator:
    """No recurrent weights; input weights and readout of the given norm, in random directions."""
    u, v = np.random.default_rng(seed).normal(size=(2, n))
    return Integrator(norm * v[None] / np.linalg.norm(v), np.zeros((n, n)), norm * u[:, None] / np.linalg.norm(u))


def weights(student: Integrator) -> np.ndarray:
    return np.concatenate([getattr(student, name).ravel() for name in WEIGHTS])


def legendre(end: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights of an integral from 0 to some end."""
    points, widths = np.polynomial.legendre.leggauss(count)
    return 0.5 * end * (points + 1.0), 0.5 * end * widths


def eigenvalues(matrix: np.ndarray) -> np.ndarray:
    return np.sort_complex(np.linalg.eigvals(matrix))


def slope_of(times: list[float], sizes: list[float]) -> float:
    """How the time until something happens grows with `log(1 / size)`."""
    return float(np.polyfit(np.log(1.0 / np.array(sizes)), times, 1)[0])


# --- loss and update ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "target"),
    [("PaperA exp", Filter.exponential(0.3)), ("PaperA osc", Filter.oscillation(0.2, 0.7, phase=0.4))],
)
def test_06_values_of_another_implementation(named: str, target: Filter) -> None:
    student = Integrator(waves(3, 1, 2, 0.6).T, waves(3, 3, 3, 0.3), waves(3, 1, 1, 0.6))
    expected = golden(named)
    assert theory.white_noise_loss(student, target) == pytest.approx(expected["L"], rel=1e-9)
    update = theory.white_noise_update(student, target, theory.bptt(student))
    found = {"gu": update.W_in[:, 0], "gW": update.W_rec, "gv": update.W_out[0]}
    for name, value in found.items():
        assert np.abs(value + np.array(expected[name])).max() < 1e-9


@pytest.mark.parametrize("target", FILTERS.values(), ids=FILTERS)
def test_27_the_loss_is_the_distance_of_impulse_responses(target: Filter) -> None:
    student = random_student(0, 6)
    ages, width = legendre(90.0, 120)
    integral = 0.5 * width @ (student.impulse_response(ages) - target.response(ages)) ** 2
    assert theory.white_noise_loss(student, target) == pytest.approx(integral, rel=1e-8)
    silent = Integrator(0.0 * student.W_out, student.W_rec, student.W_in)
    assert theory.white_noise_loss(silent, target) == pytest.approx(target.energy, rel=1e-12)


@pytest.mark.parametrize("target", FILTERS.values(), ids=FILTERS)
def test_27_bptt_is_minus_the_gradient(target: Filter) -> None:
    student = random_student(1, 5)
    update = theory.white_noise_update(student, target, theory.bptt(student))
    for name in WEIGHTS:
        exact = getattr(update, name)
        for place in np.ndindex(exact.shape):
            losses = []
            for step in (1e-5, -1e-5):
                moved = {each: getattr(student, each).copy() for each in WEIGHTS}
                moved[name][place] += step
                losses.append(theory.white_noise_loss(Integrator(**moved), target))
            assert (losses[1] - losses[0]) / 2e-5 == pytest.approx(exact[place], abs=1e-6 * np.abs(exact).max())


def test_rules_with_true_feedback_and_time_are_bptt() -> None:
    student, target = random_student(2, 5), FILTERS["oscillation"]
    exact = theory.white_noise_update(student, target, theory.bptt(student))
    for credit in (theory.fa(student, student.W_out.T), theory.tbptt(student, 60.0)):
        update = theory.white_noise_update(student, target, credit)
        for name in WEIGHTS:
            assert np.abs(getattr(update, name) - getattr(exact, name)).max() < 1e-10
    plain = Integrator(student.W_out, student.W_rec * (1.0 - np.eye(5)), student.W_in)
    eprop = theory.white_noise_update(plain, target, theory.eprop(plain, student.W_in))
    rflo = theory.white_noise_update(plain, target, theory.rflo(plain, student.W_in))
    assert all(np.array_equal(getattr(eprop, name), getattr(rflo, name)) for name in WEIGHTS)


def test_a_window_is_what_lies_within_it() -> None:
    """Truncated credit integrated over the age of errors, by quadrature of the input's correlation with the error."""
    student, target, window = random_student(3, 4), FILTERS["oscillation"], 1.3
    ages, width = legendre(window, 14)
    reached = Integrator(np.zeros((1, 4)), student.W_rec.T, student.W_out.T)
    rows = [Integrator(row[None], reached.W_rec, reached.W_in).impulse_response(ages) for row in np.eye(4)]
    error = target.response(ages) - student.impulse_response(ages)
    update = theory.white_noise_update(student, target, theory.tbptt(student, window))
    assert update.W_in[:, 0] == pytest.approx(np.array(rows) @ (width * error), rel=1e-9)


def test_rflo_moves_along_its_feedback_only() -> None:
    student, B = random_student(4, 6), np.random.default_rng(5).normal(size=(6, 1))
    update = theory.white_noise_update(student, FILTERS["timescales"], theory.rflo(student, B, decay=0.7))
    for change in (update.W_rec, update.W_in):
        assert np.abs(change - B @ (B.T @ change) / (B.T @ B)).max() < 1e-14


# --- the flow of a whole network ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lr", [{"rec": 1.0, "in": 1.0, "out": 1.0}, {"rec": 2.0, "in": 0.5, "out": 1.5}])
def test_29_exact_gradients_conserve_an_invariant(lr: dict[str, float]) -> None:
    path = theory.learning(random_student(0, 3), Filter.oscillation(0.3, 0.8), np.array([0.0, 1.0, 6.0]), lr=lr)
    systems = [LinearSystem(each.W_out, each.W_rec, each.W_in) for each in path.students]
    first, *others = (bptt_invariant(system, lr) for system in systems)
    assert max(np.abs(other - first).max() for other in others) < 1e-8 * np.abs(first).max()
    B = np.ones((3, 1))
    local = theory.learning(
        random_student(0, 3), Filter.exponential(0.3), path.times, lambda each: theory.rflo(each, B)
    )
    end = local.students[-1]
    assert np.abs(bptt_invariant(LinearSystem(end.W_out, end.W_rec, end.W_in)) - first).max() > 0.1


def test_30_without_recurrent_weights_a_network_learns_as_two_neurons() -> None:
    student, target, times = small_student(0, 7, 0.4), Filter.exponential(0.2), np.linspace(0.0, 5.0, 6)
    basis = theory.weight_plane(student)
    whole = theory.learning(student, target, times)
    small = theory.learning(theory.in_plane(student), target, times)
    for large, two in zip(whole.students, small.students, strict=True):
        assert np.abs(weights(large.seen_in(basis)) - weights(two)).max() < 1e-7
        assert np.linalg.norm(large.W_rec - basis @ two.W_rec @ basis.T) < 1e-7
        (u1, u2), (v1, v2), W = two.W_in[:, 0], two.W_out[0], two.W_rec
        assert max(abs(u1 - v1), abs(u2 + v2), abs(W[0, 1] + W[1, 0])) < 1e-7
    assert whole.students[-1].eigenvalues[0].real > 0.5


@pytest.mark.parametrize(("difference", "neurons"), [(0.0, 1), (1e-6, 2), (0.3, 2)])
def test_the_plane_holds_all_of_the_input_weights_and_the_readout(difference: float, neurons: int) -> None:
    u, other = np.array([0.3, 0.1, -0.2]), np.array([0.1, 0.4, 0.3])
    student = Integrator((u + difference * other)[None], 0.5 * np.outer(u, u), u[:, None])
    small, times = theory.in_plane(student), np.array([0.0, 1.0, 3.0])
    assert len(small.W_rec) == neurons
    assert np.abs(small.impulse_response(times) - student.impulse_response(times)).max() < 1e-14


def test_a_network_may_cease_to_forget() -> None:
    """RFLO against the sign of its readout drives the eigenvalue to 1."""
    student = Integrator(np.array([[1.0]]), np.array([[0.5]]), np.array([[1.0]]))
    target, times = Filter.exponential(0.5, gain=-1.0), np.linspace(0.0, 50.0, 101)
    whole = theory.learning(student, target, times, lambda each: theory.rflo(each, -np.ones((1, 1))))
    one = theory.outlier_learning(np.array([1.0, 1.0, 0.5]), target, times, OutlierCredit.rflo(-1.0))
    for path in (whole, one):
        assert path.outcome.startswith("the network ceased to forget at learning time")
        assert path.times[-1] < 50.0
    assert whole.times[-1] == pytest.approx(one.times[-1], rel=1e-6)


# --- one outlier ----------------------------------------------------------------------------------------------------

CREDITS: dict[str, tuple[Callable[[Integrator], Credit], OutlierCredit]] = {
    "bptt": (theory.bptt, OutlierCredit.bptt()),
    "tbptt": (lambda student: theory.tbptt(student, 1.5), OutlierCredit.tbptt(1.5)),
    "rflo": (lambda student: theory.rflo(student, np.array([[-0.6]]), 0.8), OutlierCredit.rflo(-0.6, 0.8)),
    "rflo_symmetric": (lambda student: theory.rflo(student, student.W_out.T), OutlierCredit.rflo_symmetric()),
    "fa": (lambda student: theory.fa(student, np.array([[0.7]])), OutlierCredit.fa(0.7)),
}


@pytest.mark.parametrize("target", FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("rule", CREDITS)
def test_an_outlier_is_a_network_of_one_neuron(rule: str, target: Filter) -> None:
    state = np.array([0.9, 0.7, 0.4])
    whole, one = CREDITS[rule]
    student = Integrator(state[None, :1], state[None, 2:], state[None, 1:2])
    update = theory.white_noise_update(student, target, whole(student))
    expected = [update.W_out.item(), update.W_in.item(), update.W_rec.item()]
    assert theory.outlier_update(state, target, one).tolist() == pytest.approx(expected, rel=1e-9)
    assert theory.outlier_loss(state, target) == pytest.approx(theory.white_noise_loss(student, target), rel=1e-9)


def test_06_an_outlier_learns_as_in_another_implementation() -> None:
    path = theory.outlier_learning(
        np.array([0.1, 0.1, 0.0]), Filter.exponential(0.2), np.array([0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 20.0])
    )
    assert np.abs(path.states[1:] - golden("PaperA 1-mode ODE")).max() < 1e-7


def test_equal_input_weights_and_readout_are_one_outlier_exactly() -> None:
    p = np.random.default_rng(0).normal(size=(5, 1))
    student = Integrator(0.2 * p.T, np.zeros((5, 5)), 0.2 * p)
    target, times = FILTERS["oscillation"], np.linspace(0.0, 8.0, 9)
    whole = theory.learning(student, target, times).students
    states = theory.outlier_learning(theory.outlier_start(student), target, times).states
    direction = p[:, 0] / np.linalg.norm(p)
    found = [[each.W_out[0] @ direction, direction @ each.W_in[:, 0], np.trace(each.W_rec)] for each in whole]
    assert np.abs(np.array(found) - states).max() < 1e-7


def test_the_smaller_the_weights_the_more_one_outlier() -> None:
    """Readout and input weights in different directions, of equal length."""
    target, misses = Filter.exponential(0.2), []
    for size in (0.3, 0.03):
        student = Integrator(size * np.array([[1.0, -1.0]]), np.zeros((2, 2)), size * np.ones((2, 1)))
        times = np.linspace(0.0, 4.0 + 1.2 * np.log(1.0 / size), 60)
        whole = theory.learning(student, target, times, tolerance=1e-7).students
        one = theory.outlier_learning(theory.outlier_start(student), target, times).states[:, 2]
        misses.append(np.abs([each.eigenvalues[0].real for each in whole] - one).max())
    assert misses[0] < 0.1 and np.log(misses[0] / misses[1]) / np.log(10.0) > 1.5


@pytest.mark.parametrize("rate", [0.02, 0.2, 0.9])
def test_33_the_time_to_escape_grows_with_the_logarithm_of_smallness(rate: float) -> None:
    target, sizes, escaped = Filter.exponential(rate), [1e-2, 1e-3, 1e-4, 1e-5], []
    for size in sizes:
        times = np.linspace(0.0, 40.0, 4001)
        a, b, outlier = theory.outlier_learning(np.array([size, size, 0.0]), target, times).states.T
        escaped.append(float(times[np.argmax(a * b > 0.5 / (1.0 + rate))]))
        early = np.argmax(a * b > 1e-3)
        assert outlier[early] == pytest.approx(theory.early_outlier((a * b)[early] - size**2, 0.0, target), rel=0.01)
    assert slope_of(escaped, sizes) == pytest.approx(1.0 + rate, rel=0.01)
    assert theory.outlier_escape_rate(0.0, target) == pytest.approx(1.0 / (1.0 + rate), rel=1e-12)


@pytest.mark.parametrize("rule", ["bptt", "tbptt", "rflo_symmetric"])
@pytest.mark.parametrize("gain", [1.3, -0.8])
def test_zero_is_a_saddle_of_rules_with_their_own_feedback(rule: str, gain: float) -> None:
    target, (_, credit) = Filter.exponential(0.3, gain), CREDITS[rule]
    columns = [theory.outlier_update(np.array([*axis, 0.2]), target, credit)[:2] for axis in 1e-7 * np.eye(2)]
    rate = theory.outlier_escape_rate(0.2, target, credit)
    found = np.sort(np.linalg.eigvals(np.array(columns) / 1e-7).real)
    assert found == pytest.approx([-rate, rate], rel=1e-5) and rate > 0.0


def test_a_negative_gain_escapes_by_the_same_outlier() -> None:
    found = [theory.early_outlier(gain, 0.1, Filter.exponential(0.3, gain=np.sign(gain))) for gain in (0.01, -0.01)]
    assert found[0] == found[1] == pytest.approx(0.1 + 0.01 / (2.0 * 1.2))


@pytest.mark.parametrize("rule", CREDITS)
def test_42_the_jacobian_at_the_optimum(rule: str) -> None:
    """The third eigenvalue, along the line of optima, is 0."""
    _, credit = CREDITS[rule]
    rng = np.random.default_rng(7)
    for _ in range(30):
        target = Filter.exponential(rng.uniform(0.05, 2.0), gain=rng.normal())
        readout = rng.choice([-1.0, 1.0]) * np.exp(0.5 * rng.normal())
        optimum = theory.outlier_optimum(readout, target)
        assert np.abs(theory.outlier_update(optimum, target, credit)).max() < 1e-12 / target.rates.real[0] ** 2
        rows = []
        for step in 1e-6 * np.eye(3):
            ahead, behind = (theory.outlier_update(optimum + way * step, target, credit) for way in (1.0, -1.0))
            rows.append((ahead - behind) / 2e-6)
        found = np.poly(np.array(rows).T)[1:]
        exact = np.poly(np.append(np.linalg.eigvals(theory.outlier_jacobian(readout, target, credit)), 0.0))[1:]
        largest = np.abs(np.linalg.eigvals(np.array(rows))).max()
        assert np.abs(np.real(found - exact) / largest ** np.arange(1, 4)).max() < 1e-6


def test_42_rflo_is_stable_where_readout_and_feedback_agree() -> None:
    rng = np.random.default_rng(8)
    for _ in range(300):
        gain, rate, feedback, decay = rng.normal(), rng.uniform(0.05, 2.0), rng.normal(), rng.uniform(0.1, 2.0)
        target = Filter.exponential(rate, gain)
        a = np.sign(feedback) * np.exp(0.5 * rng.normal())
        b = gain / a
        jacobian = theory.outlier_jacobian(a, target, OutlierCredit.rflo(feedback, decay))
        assert np.linalg.eigvals(jacobian).real.max() < 0.0
        det = feedback * b * gain * (b**2 + a * feedback) / (4.0 * rate**2 * (rate + decay) ** 2)
        assert np.linalg.det(jacobian) == pytest.approx(det, rel=1e-6)


def test_34_long_memories_need_small_steps() -> None:
    steps = {rate: theory.largest_step(1.0, Filter.exponential(rate)) for rate in (0.1, 0.01)}
    assert steps[0.1] == pytest.approx(0.00784, rel=1e-3)
    assert steps[0.01] == pytest.approx(8e-6, rel=1e-3)


# --- a pair ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_pair_is_a_network_of_two_neurons(sign: int) -> None:
    rng = np.random.default_rng(9)
    for _ in range(20):
        state = np.array([*rng.normal(size=2), *rng.uniform(0.3, 1.5, 2), 0.2 * rng.normal()])
        target = Filter.oscillation(rng.uniform(0.1, 1.0), rng.uniform(0.0, 2.0), phase=rng.normal())
        student = theory.pair_student(state, sign)
        loss = theory.white_noise_loss(student, target)
        assert theory.pair_loss(state, target, sign) == pytest.approx(loss, rel=1e-10)
        assert np.sort_complex(theory.pair_eigenvalues(state, sign)) == pytest.approx(eigenvalues(student.W_rec))
        exact = theory.white_noise_update(student, target, theory.bptt(student))
        found = theory.pair_update(state, target, sign)
        expected = [*exact.W_in[:, 0], *-np.diag(exact.W_rec), exact.W_rec[0, 1]]
        assert found.tolist() == pytest.approx(expected, rel=1e-8, abs=1e-10)


def test_06_a_pair_learns_as_in_another_implementation() -> None:
    path = theory.pair_learning(
        np.array([0.35, 0.2, 1.0, 1.0, 0.0]),
        Filter.oscillation(0.2, 0.8),
        np.array([0.0, 2.0, 4.0, 6.0, 10.0, 20.0, 60.0]),
    )
    assert np.abs(path.states[1:] - golden("PaperA 5-var osc")).max() < 1e-7


@pytest.mark.parametrize(("rate", "frequency"), [(0.2, 0.8), (0.1, 0.3), (0.4, 1.5)])
def test_35_a_conjugate_pair_ends_at_the_frequency_of_the_target(rate: float, frequency: float) -> None:
    target, start = Filter.oscillation(rate, frequency), theory.pair_start(small_student(0, 30, 0.5))
    path = theory.pair_learning(start, target, np.linspace(0.0, 400.0, 801))
    assert path.outcome == "finished" and theory.pair_loss(path.end, target, -1) < 1e-12
    found = np.sort_complex(theory.pair_eigenvalues(path.end, -1))
    assert found == pytest.approx(np.array([1.0 - rate - 1j * frequency, 1.0 - rate + 1j * frequency]), abs=1e-6)
    assert theory.pair_eigenvalues(start, -1).imag.tolist() == [0.0, 0.0]
    u1, u2, c, d, q = path.states.T
    balance = u1 * u2 - q * (d - c)
    assert np.abs(balance - balance[0]).max() < 1e-6


def test_36_a_network_learns_to_oscillate_as_a_pair() -> None:
    student, target = small_student(1, 4, 0.5), Filter.oscillation(0.4, 1.5)
    times = np.linspace(0.0, 40.0, 21)
    whole = theory.learning(student, target, times)
    pair = theory.pair_learning(theory.pair_start(student), target, times)
    basis = theory.weight_plane(student)
    for large, state in zip(whole.students, pair.states, strict=True):
        assert np.abs(weights(large.seen_in(basis)) - weights(theory.pair_student(state, -1))).max() < 1e-6
    assert whole.students[-1].eigenvalues[0].imag != 0.0


# --- plateaus -------------------------------------------------------------------------------------------------------

STAIRS = {
    "slow oscillation": (Filter.oscillation(0.2, 0.15), -1),
    "oscillation": (Filter.oscillation(0.3, 0.3), -1),
    "shifted oscillation": (Filter.oscillation(0.3, 0.5, phase=0.3), -1),
    "two time scales": (Filter.timescales(np.array([0.1, 0.8]), np.array([1.0, 1.0])), 1),
    "a negative term": (Filter.timescales(np.array([0.2, 0.6]), np.array([1.0, -0.5])), -1),
}


@pytest.mark.parametrize(("target", "sign"), STAIRS.values(), ids=STAIRS)
def test_37_a_second_outlier_grows_from_what_the_first_leaves(target: Filter, sign: int) -> None:
    found = theory.plateaus(target)
    assert found
    for plateau in found:
        state = np.array([np.sqrt(plateau.gain), 0.0, plateau.rate, 1.0, 0.0])
        assert np.abs(theory.pair_update(state, target, sign)).max() < 1e-9
        assert plateau.loss == pytest.approx(theory.pair_loss(state, target, sign), rel=1e-10)
        ahead, behind = (
            [theory.pair_update(state + way * 1e-6 * axis, target, sign)[[1, 4]] for axis in np.eye(5)[[1, 4]]]
            for way in (1.0, -1.0)
        )
        rates = np.linalg.eigvals((np.array(ahead) - np.array(behind)) / 2e-6)
        rate = theory.partner_rate(plateau, target, sign)
        assert rates[np.argmax(np.abs(rates))] == pytest.approx(rate, rel=1e-6)
        assert theory.partner_rate(plateau, target, -sign) == -rate


def test_37_which_partner_comes_next() -> None:
    """Oscillations and negative terms ask for an antisymmetric one, a second time scale for a symmetric one."""
    for target, sign in STAIRS.values():
        assert theory.partner_rate(theory.plateaus(target)[0], target, sign) > 0.0


def test_37_the_plateau_lasts_for_the_logarithm_of_the_seed() -> None:
    target, sizes, left = Filter.oscillation(0.2, 0.15), [1e-2, 1e-3, 1e-4], []
    (plateau,) = theory.plateaus(target)
    times = np.linspace(0.0, 400.0, 4001)
    for size in sizes:
        start = np.array([np.sqrt(plateau.gain), size, plateau.rate, 1.0, 0.0])
        _, _, c, d, q = theory.pair_learning(start, target, times).states.T
        left.append(float(times[np.argmax((c - d) ** 2 / 4.0 < q**2)]))
    assert slope_of(left, sizes) == pytest.approx(1.0 / theory.partner_rate(plateau, target, -1), rel=0.03)


def test_a_first_outlier_at_the_rate_of_the_second_is_no_exception() -> None:
    target = Filter.oscillation(0.2, 0.8)
    (plateau,) = theory.plateaus(target)
    edge = 1.0 - plateau.rate
    near, at = (theory.partner_rate(plateau, target, -1, outlier=edge + shift) for shift in (2e-3, 1e-12))
    assert near == pytest.approx(at, rel=0.01) and at != 0.0


def test_38_a_second_time_scale_grows_from_a_seed() -> None:
    target, sizes, left = STAIRS["two time scales"][0], [1e-2, 1e-3, 1e-4], []
    plateau, *_ = theory.plateaus(target)
    times = np.linspace(0.0, 40.0, 801)
    for size in sizes:
        start = np.array([np.sqrt(plateau.gain), size, plateau.rate, 1.0, 0.0])
        path = theory.pair_learning(start, target, times, sign=1)
        losses = np.array([theory.pair_loss(state, target, 1) for state in path.states])
        left.append(float(times[np.argmax(losses < 0.5 * plateau.loss)]))
    assert slope_of(left, sizes) == pytest.approx(1.0 / theory.partner_rate(plateau, target, 1), rel=0.05)


@pytest.mark.slow
def test_38_a_second_time_scale_grows_out_of_the_bulk() -> None:
    """From random recurrent weights of some size; without any, there would be no direction for it."""
    target, sizes, left = STAIRS["two time scales"][0], [1e-2, 1e-3, 1e-4], []
    plateau, *_ = theory.plateaus(target)
    bulk = np.random.default_rng(2).normal(size=(4, 4)) / 2.0
    start, times = small_student(3, 4, 0.5), np.linspace(0.0, 25.0, 251)
    for size in sizes:
        student = Integrator(start.W_out, size * bulk, start.W_in)
        path = theory.learning(student, target, times, tolerance=1e-7)
        losses = np.array([theory.white_noise_loss(each, target) for each in path.students])
        left.append(float(times[np.argmax(losses < 0.5 * plateau.loss)]))
    assert slope_of(left, sizes) == pytest.approx(1.0 / theory.partner_rate(plateau, target, 1), rel=0.05)


def test_one_outlier_alone_learns_an_exponential() -> None:
    (plateau,) = theory.plateaus(Filter.exponential(0.3, gain=1.5))
    assert (plateau.gain, plateau.rate) == pytest.approx((1.5, 0.3), rel=1e-10) and abs(plateau.loss) < 1e-12
    assert theory.plateaus(Filter.exponential(0.3, gain=-1.5)) == []


# --- the lazy regime ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("radius", [0.5, 0.9])
def test_the_kernel_and_its_eigenfunctions(radius: float) -> None:
    times = np.array([0.0, 0.5, 1.0, 2.0, 4.0])
    values, functions = theory.bulk_modes(150, times, radius)
    kernel = theory.bulk_kernel(times[:, None], times, radius)
    assert np.abs((functions.T * values) @ functions - kernel).max() < 1e-12
    s, width = np.polynomial.laguerre.laggauss(60)
    few, (_, shapes) = np.eye(4), theory.bulk_modes(4, s, radius)
    assert (shapes * width * np.exp(s)) @ shapes.T == pytest.approx(few, abs=1e-6)
    inner = theory.bulk_kernel(s[:, None], s, radius) * np.exp(0.7 * s[:, None] + 0.5 * s)
    found = width @ inner @ width
    assert found == pytest.approx(theory.bulk_kernel_laplace(0.3, 0.5, radius), rel=1e-6)


def test_40_the_lazy_learning_curve_is_that_of_the_eigenfunctions() -> None:
    """Each learns by itself at the rate of its eigenvalue, from its share in the target."""
    target, radius, times = Filter.exponential(0.3, gain=1.4), 0.6, np.array([0.0, 1.0, 10.0, 100.0])
    s, width = np.polynomial.laguerre.laggauss(80)
    values, shapes = theory.bulk_modes(40, s, radius)
    shares = (shapes * width * np.exp(s)) @ np.asarray(target.response(s))
    expected = 0.5 * np.exp(-2.0 * np.multiply.outer(times, values)) @ shares**2
    assert theory.lazy_loss(times, target, radius) == pytest.approx(expected, rel=1e-5)
    assert theory.lazy_loss(times, target, radius)[0] == pytest.approx(target.energy, rel=1e-12)


@pytest.mark.parametrize(("radius", "rate"), [(0.5, 0.3), (0.9, 0.3), (0.7, 1.6)])
def test_lazy_learning_ends_as_a_power_of_time(radius: float, rate: float) -> None:
    target = Filter.exponential(rate)
    times = np.geomspace(1e5, 1e9, 40)
    found = np.polyfit(np.log(times), np.log(theory.lazy_loss(times, target, radius)), 1)[0]
    assert -found == pytest.approx(theory.lazy_exponent(target, radius), rel=0.03)


def test_41_the_threshold_of_lazy_learning() -> None:
    """Within the bulk the exponent is above 1 and the readout that ends it has a norm; outside, neither."""
    rng = np.random.default_rng(10)
    for _ in range(1000):
        radius, target = rng.uniform(0.05, 0.99), Filter.exponential(rng.uniform(0.01, 1.95))
        outside = theory.asks_for_outlier(target, radius)
        assert outside == (theory.lazy_exponent(target, radius) < 1.0)
        if outside:
            with pytest.raises(NeurosimError, match="no readout of finite norm"):
                theory.lazy_readout_norm(target, radius)
        else:
            assert theory.lazy_readout_norm(target, radius) >= 1.0


def test_the_norm_of_a_readout_is_the_sum_over_eigenfunctions() -> None:
    target, radius = Filter.exponential(0.5, gain=0.8), 0.7
    s, width = np.polynomial.laguerre.laggauss(80)
    values, shapes = theory.bulk_modes(15, s, radius)
    shares = (shapes * width * np.exp(s)) @ np.asarray(target.response(s))
    assert np.sqrt(np.sum(shares**2 / values)) == pytest.approx(theory.lazy_readout_norm(target, radius), rel=1e-4)


# --- what cannot be asked -------------------------------------------------------------------------------------------

ONE = Integrator(np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)))
UNSTABLE = Integrator(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)))
EXPONENTIAL, TWO = Filter.exponential(0.2), small_student(0, 2, 0.5)
ZERO = np.array([0.0])


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda: Filter.exponential(0.0), "must lie above 0"),
        (lambda: Filter(np.ones(2) + 0j, np.ones(1) + 0j), "give one finite gain per rate"),
        (lambda: Filter.exponential(0.2, gain=np.inf), "give one finite gain per rate"),
        (lambda: Integrator(np.ones((2, 3)), np.eye(3), np.ones((3, 1))), "one input and one output"),
        (lambda: Integrator(np.ones((1, 1)), np.full((1, 1), np.nan), np.ones((1, 1))), "finite numbers"),
        (lambda: theory.white_noise_loss(UNSTABLE, EXPONENTIAL), "W_rec has an eigenvalue of real part 1; below 1"),
        (lambda: theory.white_noise_update(UNSTABLE, EXPONENTIAL, theory.bptt(UNSTABLE)), "below 1"),
        (lambda: theory.white_noise_update(ONE, EXPONENTIAL, theory.rflo(ONE, np.ones((1, 1)), -0.3)), "larger decay"),
        (lambda: theory.tbptt(ONE, 0.0), "reach back a time of 0.0; it must be above 0"),
        (lambda: theory.rflo(ONE, np.ones((2, 1))), r"shape \(2, 1\); this student needs \(1, 1\)"),
        (lambda: theory.learning(ONE, EXPONENTIAL, np.array([1.0, 0.0])), "give increasing times"),
        (lambda: theory.learning(ONE, EXPONENTIAL, ZERO, lr={"rec": 1.0}), "for each of: rec, in, out"),
        (lambda: theory.in_plane(random_student(0, 3)), "lie outside the plane"),
        (lambda: theory.weight_plane(Integrator(-ONE.W_out, ONE.W_rec, ONE.W_in)), "opposite, or 0"),
        (lambda: theory.outlier_loss(np.ones(3), EXPONENTIAL), "the outlier is 1; below 1"),
        (lambda: theory.outlier_update(np.zeros(3), EXPONENTIAL, OutlierCredit.rflo(1.0, -0.3)), "larger decay"),
        (lambda: theory.outlier_escape_rate(0.0, EXPONENTIAL, OutlierCredit.fa(1.0)), "does not rest at zero"),
        (lambda: theory.outlier_escape_rate(1.5, EXPONENTIAL), "the outlier is 1.5"),
        (lambda: theory.early_outlier(0.1, 0.0, Filter.exponential(0.2, gain=0.0)), "nothing escapes"),
        (lambda: theory.outlier_optimum(0.0, EXPONENTIAL), "neither can be 0"),
        (lambda: theory.outlier_optimum(1.0, Filter.oscillation(0.2, 0.5)), "a single real exponential"),
        (lambda: theory.outlier_jacobian(1.0, EXPONENTIAL, OutlierCredit.rflo(1.0, -0.3)), "larger decay"),
        (lambda: theory.largest_step(-1.0, EXPONENTIAL, OutlierCredit.rflo(0.5)), "is unstable"),
        (lambda: theory.pair_start(ONE), "ask outlier_start"),
        (lambda: theory.pair_start(Integrator(2.0 * TWO.W_out, TWO.W_rec, TWO.W_in)), "differ in length"),
        (lambda: theory.pair_loss(np.array([1.0, 1.0, 1.0, 1.0, 2.0]), EXPONENTIAL, 1), "real parts must lie below 1"),
        (lambda: theory.pair_update(np.ones(5), EXPONENTIAL, 0), "a pair's sign is 0"),
        (lambda: theory.partner_rate(theory.Plateau(1.0, 0.2, 0.0), EXPONENTIAL, 0), "give sign -1 or 1"),
        (lambda: theory.bulk_kernel(1.0, 1.0, 1.0), "must lie between 0 and 1"),
        (lambda: theory.lazy_loss(ZERO, EXPONENTIAL, 0.0), "must lie between 0 and 1"),
        (lambda: theory.lazy_exponent(Filter.oscillation(0.2, 0.5), 0.5), "a single real exponential"),
    ],
)
def test_what_cannot_be_asked(ask: Callable[[], object], answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user asks it: without the shape checks that annotations may get while testing."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(NeurosimError, match=answer):
        ask()


def test_public_names() -> None:
    there = {name for name, value in vars(theory).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert theory.__all__ == sorted(theory.__all__) and set(theory.__all__) == there
    assert all(getattr(theory, name).__doc__ for name in theory.__all__)
