"""The mean update of every rule over white noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from neurosim import catalog, theory
from neurosim.checks.check import Finding, check
from neurosim.engine import Job, Outcome
from neurosim.network import Network
from neurosim.program import compile
from neurosim.task import Trials
from neurosim.theory import Credit, LinearSystem, Update

PAPER = "arXiv 2606.00243"
WEIGHTS = ("W_out", "W_rec", "W_in")
RULES: dict[str, Callable[[LinearSystem, np.ndarray], Credit]] = {
    "bptt": lambda student, B: theory.bptt(student),
    "rtrl": lambda student, B: theory.bptt(student),
    "tbptt:k=1": lambda student, B: theory.tbptt(student, k=1),
    "tbptt:k=3": lambda student, B: theory.tbptt(student, k=3),
    "rflo": theory.rflo,
    "rflo:decay=0.5": lambda student, B: theory.rflo(student, B, decay=0.5),
    "rflo:feedback=symmetric": lambda student, B: theory.rflo(student, student.W_out.T),
    "eprop": theory.eprop,
    "snap1": lambda student, B: theory.eprop(student, student.W_out.T),
    "fa": theory.fa,
}


def random_system(seed: int, n: int, radius: float = 0.8, alpha: float = 1.0) -> LinearSystem:
    """Two outputs, three inputs, and a transition of the given spectral radius."""
    rng = np.random.default_rng(seed)
    transition = rng.normal(size=(n, n))
    transition *= radius / np.abs(np.linalg.eigvals(transition)).max()
    W_rec = (transition - (1.0 - alpha) * np.eye(n)) / alpha
    return LinearSystem(rng.normal(size=(2, n)), W_rec, rng.normal(size=(n, 3)), alpha)


def random_feedback(n: int) -> np.ndarray:
    """Feedback of two outputs."""
    return np.random.default_rng(99).normal(size=(n, 2))


def distance(one: Update, other: Update) -> float:
    """The largest difference between two updates, relative to the largest entry of the same matrix."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in WEIGHTS]
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


@check(1, PAPER)
def bptt_is_the_gradient(full: bool) -> Iterator[Finding]:
    """The mean update of BPTT is minus the gradient of the loss."""
    masks = {"last": theory.loss_mask("last", 25), "all": theory.loss_mask("all", 25), "uneven": np.arange(25) % 3.0}
    for alpha in (1.0, 0.3):
        student, teacher = random_system(0, 7, radius=0.6, alpha=alpha), random_system(1, 5)
        for loss, mask in masks.items():
            update = theory.expected_update(student, teacher, theory.bptt(student), mask)
            slopes = Update(*(-_central_differences(student, teacher, mask, name) for name in WEIGHTS))
            case = f"loss {loss}, alpha {alpha:g}"
            yield Finding("relative distance from differences of the loss", distance(update, slopes), 1e-6, case=case)


def _central_differences(student: LinearSystem, teacher: LinearSystem, mask: np.ndarray, name: str) -> np.ndarray:
    weights, step = getattr(student, name), 1e-5
    gradient = np.empty_like(weights)
    for place in np.ndindex(weights.shape):
        moved = np.zeros_like(weights)
        moved[place] = step
        up, down = (replace(student, **{name: weights + sign * moved}) for sign in (1, -1))
        rise = theory.expected_loss(up, teacher, mask) - theory.expected_loss(down, teacher, mask)
        gradient[place] = rise / (2 * step)
    return gradient


@check(2, PAPER)
def rtrl_is_bptt(full: bool) -> Iterator[Finding]:
    """RTRL and BPTT make the same update in every trial."""
    noise = np.random.default_rng(7).normal(size=(8, 1, STEPS, 3))
    pairs = zip(_outcomes("rtrl", noise, "uneven"), _outcomes("bptt", noise, "uneven"), strict=True)
    for one, other in pairs:
        yield Finding("relative distance", distance(_moved(one), _moved(other)), 1e-12)


@check(3, PAPER)
def rules_reduce(full: bool) -> Iterator[Finding]:
    """Truncation beyond the trial is none; RFLO with true feedback and no memory is tBPTT(1)."""
    student = random_system(0, 6, alpha=0.3)
    exact, one = theory.bptt(student)(20), theory.tbptt(student, k=1)(20)
    for k in (20, 21, 1000):
        yield Finding("tBPTT(k) from BPTT", float(np.abs(theory.tbptt(student, k)(20) - exact).max()), 0.0, 0.0)
    yield Finding("tBPTT(T - 1) from BPTT", float(np.abs(theory.tbptt(student, 19)(20) - exact).max()), low=1e-6)
    symmetric = theory.rflo(student, student.W_out.T, decay=0.0)(20)
    yield Finding("RFLO from tBPTT(1)", float(np.abs(symmetric - one).max()), 1e-12)


STEPS = 12
STUDENT, TEACHER = random_system(0, 5, alpha=0.4), random_system(1, 4, alpha=0.7)
B = random_feedback(5)
MASKS = {"last": theory.loss_mask("last", STEPS), "uneven": np.arange(STEPS) % 3.0}


def _trials(inputs: np.ndarray, loss: str) -> Trials:
    response = TEACHER.impulse_response(STEPS)
    targets = np.zeros((*inputs.shape[:2], 2))
    for lag in range(STEPS):
        targets[:, lag:] += inputs[:, : STEPS - lag] @ response[lag].T
    return Trials(inputs, targets, MASKS[loss])


def _outcomes(rule: str, blocks: np.ndarray, loss: str, records: tuple[str, ...] = ()) -> list[Outcome]:
    """What a rule would add in each block of trials, `[block, trial, time, input]`, to weights that are held."""
    network = Network(STUDENT.W_rec, STUDENT.W_in, STUDENT.W_out, B, STUDENT.alpha)
    program = compile(network, catalog.rule(rule), lr=1.0).held()
    return catalog.engine("numba").run(program, [Job(_trials(inputs, loss)) for inputs in blocks], list(records))


def _moved(outcome: Outcome) -> Update:
    return Update(*(outcome.weights[f"update_{name}"] for name in WEIGHTS))


@check(4, PAPER)
def trace_is_a_sum(full: bool) -> Iterator[Finding]:
    """The trace of RFLO is the sum over all that it remembers."""
    inputs = np.random.default_rng(8).normal(size=(1, STEPS, 3))
    for feedback, back in {"random": B, "symmetric": STUDENT.W_out.T}.items():
        (outcome,) = _outcomes(f"rflo:decay=0.6,feedback={feedback}", inputs[None], "uneven", ("r", "error"))
        (rates,), (errors,) = outcome.records["r"], outcome.records["error"]
        rates = np.vstack([np.zeros(5), rates])
        for name, pre in (("W_rec", rates[:-1]), ("W_in", inputs[0])):
            terms = (0.6**s * np.outer(back @ errors[t], pre[t - s]) for t in range(STEPS) for s in range(t + 1))
            summed = STUDENT.alpha * np.sum(list(terms), axis=0)
            missed = np.abs(outcome.weights[f"update_{name}"] - summed).max() / np.abs(summed).max()
            yield Finding("relative distance", float(missed), 1e-12, case=f"{name}, {feedback} feedback")


@check(5, PAPER)
def sampled_updates(full: bool) -> Iterator[Finding]:
    """Updates on noise scatter around their mean as their spread says.

    Over all entries and many repetitions: those of one repetition are few independent numbers.
    """
    repetitions, blocks, size = 32, 50, 20
    noise = np.random.default_rng(7).normal(size=(repetitions * blocks, size, STEPS, 3))
    for rule, credit in RULES.items():
        sampled = [_moved(each) for each in _outcomes(rule, noise, "last")]
        expected = theory.expected_update(STUDENT, TEACHER, credit(STUDENT, B), MASKS["last"])
        scores = []
        for name in ("W_rec", "W_in"):
            means = np.array([getattr(each, name) / size for each in sampled])
            means = means.reshape(repetitions, blocks, *means.shape[1:])
            error = means.std(axis=1, ddof=1) / np.sqrt(blocks)
            scores.append(((means.mean(axis=1) - getattr(expected, name)) / error).ravel())
        spread = float(np.sqrt(np.mean(np.concatenate(scores) ** 2)))
        yield Finding("distance from the mean, in standard errors", spread, 1.3, 0.7, rule)


@check(7, PAPER)
def endless_trials(full: bool) -> Iterator[Finding]:
    """Matrix equations of endless trials are the limit of long trials."""
    mask = theory.loss_mask("last", 600)
    for alpha in (1.0, 0.3):
        student, teacher = random_system(0, 6, radius=0.85, alpha=alpha), random_system(1, 4, 0.9, alpha)
        for rule, made in RULES.items():
            credit = made(student, random_feedback(6))
            long, endless = (
                theory.expected_update(student, teacher, credit, mask),
                theory.stationary_update(student, teacher, credit),
            )
            yield Finding("relative distance from 600 steps", distance(endless, long), 1e-10, case=rule)
