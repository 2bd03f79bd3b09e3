"""The theory of learning to integrate: its formulas against integrals, differences and each other.

The numbered claims are measured by `neurosim.checks`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import jaxtyping
import numpy as np
import pytest

from neurosim.checks.claims.integration import FILTERS, random_student, small_student
from neurosim.errors import NeurosimError
from neurosim.theory import integration as theory
from neurosim.theory.integration import Credit, Filter, Integrator, OutlierCredit

WEIGHTS = ("W_out", "W_rec", "W_in")


def legendre(end: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights of an integral from 0 to some end."""
    points, widths = np.polynomial.legendre.leggauss(count)
    return 0.5 * end * (points + 1.0), 0.5 * end * widths


def eigenvalues(matrix: np.ndarray) -> np.ndarray:
    return np.sort_complex(np.linalg.eigvals(matrix))


# --- loss and update ------------------------------------------------------------------------------------------------


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


def test_rflo_is_stable_where_readout_and_feedback_agree() -> None:
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


# --- plateaus -------------------------------------------------------------------------------------------------------


def test_a_first_outlier_at_the_rate_of_the_second_is_no_exception() -> None:
    target = Filter.oscillation(0.2, 0.8)
    (plateau,) = theory.plateaus(target)
    edge = 1.0 - plateau.rate
    near, at = (theory.partner_rate(plateau, target, -1, outlier=edge + shift) for shift in (2e-3, 1e-12))
    assert near == pytest.approx(at, rel=0.01) and at != 0.0


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


@pytest.mark.parametrize(("radius", "rate"), [(0.5, 0.3), (0.9, 0.3), (0.7, 1.6)])
def test_lazy_learning_ends_as_a_power_of_time(radius: float, rate: float) -> None:
    target = Filter.exponential(rate)
    times = np.geomspace(1e5, 1e9, 40)
    found = np.polyfit(np.log(times), np.log(theory.lazy_loss(times, target, radius)), 1)[0]
    assert -found == pytest.approx(theory.lazy_exponent(target, radius), rel=0.03)


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
