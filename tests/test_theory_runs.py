"""What theory says of learning, against networks that learn by their rules in the numba engine.

The numbers in the names of tests are those of the acceptance checks, as in `test_theory_modes.py`. White noise is
replaced by what has the same mean: losses and updates are quadratic in the input, so that one unit impulse at the
first step of a trial, for each input in turn, with every step counted, does what noise does on average under a loss at
the last step. Weights move after every step or trial as the rule says; to first order in `lr` that is the mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import jaxtyping
import numpy as np
import pytest
from scipy.stats import ortho_group

from neurosim import Network, Rule, catalog, compile, theory
from neurosim.engine import Job
from neurosim.errors import NeurosimError
from neurosim.task import Trials
from neurosim.theory import LinearSystem, ModeBasis, ModeCredit, TargetModes


@dataclass(frozen=True, eq=False)
class Lesson:
    """A student, its feedback and what it learns from: impulses along the columns of V, answered by a teacher."""

    student: LinearSystem
    B: np.ndarray
    teacher: LinearSystem
    V: np.ndarray
    steps: int = 40

    def learn(self, rule: str | Rule, lr: float, times: np.ndarray) -> list[LinearSystem]:
        """The student at the given learning times, `lr` times rounds of impulses, the first of which is 0."""
        made = catalog.rule(rule) if isinstance(rule, str) else rule
        first = self.student
        program = compile(Network(first.W_rec, first.W_in, first.W_out, self.B, first.alpha), made, lr=lr)
        weights, found = dict(program.weights), [first]
        for rounds in np.diff(np.rint(times / lr).astype(int)):
            (outcome,) = catalog.engine("numba").run(program, [Job(self.trials(rounds), weights)])
            assert outcome.diverged is None
            weights = outcome.weights
            found.append(replace(first, **{name: weights[name] for name in ("W_out", "W_rec", "W_in")}))
        return found

    def trials(self, rounds: int) -> Trials:
        inputs = np.zeros((self.V.shape[1], self.steps, self.V.shape[0]))
        inputs[:, 0] = self.V.T
        targets = np.moveaxis(self.teacher.impulse_response(self.steps) @ self.V, (0, 1, 2), (1, 2, 0))
        return Trials(np.tile(inputs, (rounds, 1, 1)), np.tile(targets, (rounds, 1, 1)), np.ones(self.steps))


# --- students aligned with their teacher ----------------------------------------------------------------------------

U, V, P, P_TEACHER = (ortho_group.rvs(4, random_state=seed) for seed in range(4))
TEACHER_MODES = np.array([[1.2, 1.0, 0.9, 1.1], [1.1, 0.9, 0.8, -0.7], [0.8, 0.5, -0.4, 0.2]])
START = np.array([[0.3, -0.25, 0.2, 0.35], [0.2, 0.3, -0.25, 0.3], [0.1, 0.2, 0.05, -0.1]])
FEEDBACK, DECAY = np.array([0.8, -0.7, 1.0, 0.6]), 0.4
TARGET = TargetModes(TEACHER_MODES[0] * TEACHER_MODES[1], TEACHER_MODES[2])
TIMES = np.linspace(0.0, 20.0, 21)

ALIGNED = {
    "bptt": ModeCredit.bptt(),
    "rtrl": ModeCredit.bptt(),
    "tbptt:k=1": ModeCredit.tbptt(1),
    "tbptt:k=3": ModeCredit.tbptt(3),
    f"rflo:decay={DECAY}": ModeCredit.rflo(FEEDBACK, DECAY),
    f"rflo:feedback=symmetric,decay={DECAY}": ModeCredit.rflo_symmetric(DECAY),
    "fa": ModeCredit.fa(FEEDBACK),
}


def aligned(P: np.ndarray) -> tuple[ModeBasis, Lesson]:
    basis = ModeBasis(U, V, P)
    teacher = ModeBasis(U, V, P_TEACHER).system(TEACHER_MODES)
    return basis, Lesson(basis.system(START), basis.feedback(FEEDBACK), teacher, V)


def deviation(rule: str, credit: ModeCredit, P: np.ndarray, lr: float) -> float:
    """The largest distance of a mode's `a, b, w` from the theory, relative to the largest value; no mode leaks."""
    basis, lesson = aligned(P)
    found = lesson.learn(rule, lr, TIMES)
    expected = theory.mode_learning(START, TARGET, credit, TIMES).states
    assert max(basis.leak(system) for system in found) < 1e-10
    return float(np.abs([basis.modes(each) for each in found] - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("rule", ALIGNED)
def test_08_09_modes_learn_by_themselves_and_as_theory_says(rule: str) -> None:
    """Rates halved, the distance is halved: what is left is the size of the steps."""
    far, near = (deviation(rule, ALIGNED[rule], P, lr) for lr in (0.005, 0.0025))
    assert near < 0.01 and far / near == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize(("rule", "feedback"), [("eprop", FEEDBACK), ("snap1", None)])
def test_08_09_modes_that_are_neurons_learn_by_eprop_as_by_fa(rule: str, feedback: np.ndarray | None) -> None:
    assert deviation(rule, ModeCredit(feedback=feedback), np.eye(4), 0.0025) < 0.01


def test_10_modes_that_are_not_neurons_leak_under_eprop() -> None:
    basis, lesson = aligned(P)
    assert max(basis.leak(system) for system in lesson.learn("eprop", 0.005, TIMES)) > 1e-3


def test_self_weights_of_many_neurons_are_nearly_equal() -> None:
    """So e-prop in a large aligned network is nearly RFLO with a decay of `tr W / n`; the rest is as 1 / sqrt(n)."""
    rest = {}
    for n in (16, 256):
        w = np.random.default_rng(1).uniform(-0.2, 0.9, n)
        P = ortho_group.rvs(n, random_state=5)
        own = np.diag((P * w) @ P.T)
        rest[n] = np.std(own) / abs(np.mean(w))
    assert 2.0 < rest[16] / rest[256] < 8.0


# --- the rank of what is learned ------------------------------------------------------------------------------------

N, N_IN, STEPS = 16, 3, 20


def noisy(n_out: int, loss: str, alpha: float = 1.0, trials: int = 100) -> tuple[Network, Trials]:
    """A small random network and white noise answered by a teacher of four neurons."""
    rng = np.random.default_rng(n_out)
    scale = {"W_rec": (0.5, (N, N)), "W_in": (0.3, (N, N_IN)), "W_out": (0.3, (n_out, N)), "B": (0.6, (N, n_out))}
    drawn = {name: size * rng.normal(size=shape) / np.sqrt(N) for name, (size, shape) in scale.items()}
    teacher = LinearSystem(*(0.4 * rng.normal(size=shape) for shape in ((n_out, 4), (4, 4), (4, N_IN))))
    inputs = rng.normal(size=(trials, STEPS, N_IN))
    targets, response = np.zeros((trials, STEPS, n_out)), teacher.impulse_response(STEPS)
    for lag in range(STEPS):
        targets[:, lag:] += inputs[:, : STEPS - lag] @ response[lag].T
    return Network(**drawn, alpha=alpha), Trials(inputs, targets, theory.loss_mask(loss, STEPS))


def learned(rule: str | Rule, network: Network, trials: Trials, lr: float = 0.02) -> dict[str, np.ndarray]:
    """The weights after learning."""
    made = catalog.rule(rule) if isinstance(rule, str) else rule
    (outcome,) = catalog.engine("numba").run(compile(network, made, lr=lr), [Job(trials)])
    assert outcome.diverged is None
    return outcome.weights


def singular(change: np.ndarray) -> np.ndarray:
    """Singular values relative to the first."""
    values = np.linalg.svd(change, compute_uv=False)
    return values / values[0]


def rank(change: np.ndarray) -> int:
    return int((singular(change) > 1e-8).sum())


@pytest.mark.parametrize("loss", ["last", "all"])
@pytest.mark.parametrize("alpha", [1.0, 0.4])
@pytest.mark.parametrize("n_out", [1, 2, 3])
def test_19_20_rflo_learns_within_the_space_of_its_feedback(n_out: int, alpha: float, loss: str) -> None:
    network, trials = noisy(n_out, loss, alpha)
    weights = learned("rflo:decay=0.5", network, trials)
    student = LinearSystem(network.W_out, network.W_rec, network.W_in, alpha)
    space = theory.credit_space(theory.rflo(student, network.B, decay=0.5), STEPS)
    assert space.shape == (N, n_out)
    for name in ("W_rec", "W_in"):
        change = weights[name] - getattr(network, name)
        assert rank(change) == n_out and singular(change)[n_out:].max(initial=0.0) < 1e-10
        assert theory.outside(change, space) < 1e-10


class Grouped(Rule):
    """RFLO whose neurons have one of three decays: thirteen, two and one of them."""

    equations = """
        trace[i, j]  = decay[i] * trace[i, j] + alpha * pre[j]
        teach[i]     = sum(o, B[i, o] * error[o])
        weight[i, j] = weight[i, j] + lr * teach[i] * trace[i, j]
    """

    def of_neurons(self, n: int, alpha: float) -> dict[str, np.ndarray]:
        return {"decay": np.array([0.3] * 13 + [0.7] * 2 + [0.9])[:n]}


@pytest.mark.parametrize("n_out", [1, 2, 3])
def test_21_decays_of_neurons_add_up_their_groups(n_out: int) -> None:
    """A space for each decay, of as many dimensions as there are outputs, or neurons of that decay."""
    network, trials = noisy(n_out, "all")
    student = LinearSystem(network.W_out, network.W_rec, network.W_in)
    decays, bound = Grouped().of_neurons(N, 1.0)["decay"], sum(min(n_out, size) for size in (13, 2, 1))
    space = theory.credit_space(theory.rflo(student, network.B, decays), STEPS)
    change = learned(Grouped(), network, trials)["W_rec"] - network.W_rec
    assert space.shape == (N, bound) and theory.outside(change, space) < 1e-10
    assert n_out < rank(change) <= bound


class Forgetful(Rule):
    """RFLO with weight decay.

    forget: what a weight loses per step and unit of learning rate.
    """

    forget: float = 0.5
    equations = """
        trace[j]     = 0.5 * trace[j] + alpha * pre[j]
        teach[i]     = sum(o, B[i, o] * error[o])
        weight[i, j] = weight[i, j] + lr * (teach[i] * trace[j] - forget * weight[i, j])
    """


class Heavy(Rule):
    """RFLO with momentum."""

    equations = """
        trace[j]       = 0.5 * trace[j] + alpha * pre[j]
        teach[i]       = sum(o, B[i, o] * error[o])
        velocity[i, j] = 0.9 * velocity[i, j] + teach[i] * trace[j]
        weight[i, j]   = weight[i, j] + 0.1 * lr * velocity[i, j]
    """


def test_22_weight_decay_hides_the_rank_and_momentum_keeps_it() -> None:
    network, trials = noisy(2, "all")
    weights, left = learned(Forgetful(), network, trials)["W_rec"], (1.0 - 0.02 * 0.5) ** (100 * STEPS)
    assert rank(weights - left * network.W_rec) == 2 and rank(weights - network.W_rec) == N
    assert rank(learned(Heavy(), network, trials)["W_rec"] - network.W_rec) == 2


@pytest.mark.parametrize("rule", ["bptt", "tbptt:k=1", "tbptt:k=3", "fa", "rflo:feedback=symmetric", "snap1", "eprop"])
def test_23_credit_that_moves_learns_in_more_directions(rule: str) -> None:
    network, trials = noisy(1, "all")
    assert rank(learned(rule, network, trials)["W_rec"] - network.W_rec) > 1


def test_23_steps_that_are_scaled_weight_by_weight_break_the_bound() -> None:
    """Adam on the mean update of RFLO with two outputs."""
    network, _ = noisy(2, "last")
    teacher = LinearSystem(np.eye(2), 0.5 * np.eye(2), np.ones((2, N_IN)))
    weights = [network.W_out, network.W_rec, network.W_in]
    mean, square = ([np.zeros_like(each) for each in weights] for _ in range(2))
    for step in range(1, 201):
        student = LinearSystem(*weights)
        update = theory.expected_update(
            student, teacher, theory.rflo(student, network.B, decay=0.5), theory.loss_mask("last", STEPS)
        )
        for each, change in enumerate((update.W_out, update.W_rec, update.W_in)):
            mean[each] = 0.9 * mean[each] + 0.1 * change
            square[each] = 0.999 * square[each] + 0.001 * change**2
            scale = np.sqrt(square[each] / (1.0 - 0.999**step)) + 1e-8
            weights[each] = weights[each] + 1e-3 * mean[each] / (1.0 - 0.9**step) / scale
    assert rank(weights[1] - network.W_rec) > 2


def test_23_units_that_saturate_break_the_bound() -> None:
    """RFLO in a tanh network: the slope of each unit at each step scales its trace."""
    network, trials = noisy(1, "all", alpha=0.5)
    W, r, trace = network.W_rec.copy(), np.zeros(N), np.zeros((N, N))
    for x, target in zip(trials.inputs.reshape(-1, N_IN), trials.targets.reshape(-1), strict=True):
        rate = np.tanh(W @ r + network.W_in @ x)
        trace = 0.5 * trace + 0.5 * np.outer(1.0 - rate**2, r)
        r = 0.5 * r + 0.5 * rate
        W = W + 0.01 * (network.B[:, 0] * (target - network.W_out[0] @ r))[:, None] * trace
    assert rank(W - network.W_rec) > 1


def test_effective_rank_counts_directions_by_size() -> None:
    assert theory.effective_rank(np.eye(5)) == pytest.approx(5.0)
    assert theory.effective_rank(np.diag([1.0, 1e-9, 0.0])) == pytest.approx(1.0)
    assert theory.effective_rank(np.zeros((3, 2))) == 0.0 and theory.outside(np.zeros((3, 2)), np.eye(3)[:, :1]) == 0.0


# --- what is conserved ----------------------------------------------------------------------------------------------


def invariant_drift(rule: str, lr: float) -> float:
    rng = np.random.default_rng(3)
    student = LinearSystem(rng.normal(size=(2, 6)) / 3, rng.normal(size=(6, 6)) / 4, rng.normal(size=(6, 3)) / 3, 0.7)
    teacher = LinearSystem(rng.normal(size=(2, 4)), rng.normal(size=(4, 4)) / 4, rng.normal(size=(4, 3)), 0.8)
    lesson = Lesson(student, rng.normal(size=(6, 2)), teacher, np.eye(3), steps=25)
    end = lesson.learn(rule, lr, np.array([0.0, 5.0]))[-1]
    change = theory.bptt_invariant(end) - theory.bptt_invariant(student)
    return float(np.linalg.norm(change) / np.linalg.norm(theory.bptt_invariant(student)))


def test_24_bptt_conserves_an_invariant_up_to_the_size_of_its_steps() -> None:
    far, near = invariant_drift("bptt", 0.01), invariant_drift("bptt", 0.005)
    assert near < 0.05 and far / near == pytest.approx(2.0, abs=0.1)
    assert invariant_drift("tbptt:k=1", 0.005) > 10.0 * near
    assert invariant_drift("rflo", 0.005) > 10.0 * near


# --- students that are not aligned ----------------------------------------------------------------------------------

GAINS, MEMORIES = np.array([2.0, 1.5, 1.1, 0.8]), np.array([0.6, 0.4, 0.7, 0.2])


def prediction_error(rule: str, n: int, size: float, seed: int) -> float:
    """How far the two first responses of the modes are from those of theory, relative to the largest of each."""
    basis = ModeBasis(*(ortho_group.rvs(4, random_state=seed + each) for each in range(3)))
    teacher = basis.system(np.array([np.sqrt(GAINS), np.sqrt(GAINS), MEMORIES]))
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=(4, n)), 0.1 * rng.normal(size=(n, n)), rng.normal(size=(n, 4))
    student = LinearSystem(*(size * each / np.sqrt(n) for each in drawn))
    lesson = Lesson(student, 0.8 * rng.normal(size=(n, 4)) / np.sqrt(n), teacher, basis.V, steps=25)
    if rule.startswith("rflo"):
        start, feedback = theory.emergent_feedback_modes(student, lesson.B, basis.U, basis.V)
        credit = ModeCredit.rflo(feedback, DECAY)
    else:
        start = theory.emergent_modes(student, basis.U, basis.V)
        credit = ModeCredit.bptt() if rule == "bptt" else ModeCredit.tbptt(1)
    times = np.linspace(0.0, 8.0, 21)
    found = [system.impulse_response(2) for system in lesson.learn(rule, 0.02, times)]
    responses = np.einsum("om,tkoi,im->tkm", basis.U, np.array(found), basis.V)
    a, b, w = np.moveaxis(theory.mode_learning(start, TargetModes(GAINS, MEMORIES), credit, times).states, 1, 0)
    largest = np.array([GAINS.max(), (GAINS * MEMORIES).max()])
    return float((np.abs(responses - np.stack([a * b, a * b * w], axis=1)).max(axis=(0, 2)) / largest).max())


RFLO = f"rflo:decay={DECAY}"


@pytest.mark.parametrize(
    ("rule", "size", "bound"),
    [(RFLO, 0.02, 0.02), ("bptt", 0.05, 0.06), ("tbptt:k=1", 0.05, 0.06)],
    ids=["25 rflo", "26 bptt", "26 tbptt"],
)
def test_25_26_students_without_alignment_learn_as_modes(rule: str, size: float, bound: float) -> None:
    assert np.mean([prediction_error(rule, 128, size, seed) for seed in (0, 10)]) < bound


def test_25_the_more_neurons_the_closer() -> None:
    few, many = (np.mean([prediction_error(RFLO, n, 0.02, seed) for seed in (0, 10)]) for n in (8, 128))
    assert many < few


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda: ModeBasis(U, V, 2.0 * P), r"P has shape \(4, 4\); give 4 orthonormal columns"),
        (lambda: ModeBasis(U[:, :3], V, P), r"U has shape \(4, 3\); give 4 orthonormal columns"),
        (
            lambda: theory.emergent_modes(LinearSystem(np.zeros((4, 5)), np.zeros((5, 5)), np.zeros((5, 4))), U, V),
            "readout and input weights of a mode are all 0",
        ),
        (
            lambda: theory.bptt_invariant(LinearSystem(np.eye(2), np.eye(2), np.eye(2)), {"rec": 1.0, "in": 1.0}),
            "give one above 0 for each of: rec, in, out",
        ),
    ],
)
def test_what_cannot_be_asked(ask: Callable[[], object], answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user asks it: without the shape checks that annotations may get while testing."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(NeurosimError, match=answer):
        ask()
