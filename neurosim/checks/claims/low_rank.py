"""The rank of what is learned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from neurosim import catalog, theory
from neurosim.checks.check import Finding, check
from neurosim.engine import Job
from neurosim.network import Network
from neurosim.program import compile
from neurosim.reproduce.noise import N_IN, STEPS, noisy_teacher
from neurosim.rule import Rule
from neurosim.task import Trials
from neurosim.theory import LinearSystem, loss_mask

PAPER = "arXiv 2606.00243, Prop. 3.1"
N = 16


def noisy(n_out: int, loss: str = "all", alpha: float = 1.0) -> tuple[Network, Trials]:
    """A small random network, and white noise answered by a teacher of four neurons."""
    network, trials = noisy_teacher(N, n_out, 100, seed=0)
    return replace(network, alpha=alpha), replace(trials, mask=loss_mask(loss, STEPS))


def learned(rule: str | Rule, network: Network, trials: Trials, lr: float = 0.02) -> dict[str, np.ndarray]:
    """The weights after learning."""
    made = catalog.rule(rule) if isinstance(rule, str) else rule
    (outcome,) = catalog.engine("numba").run(compile(network, made, lr=lr), [Job(trials)])
    return outcome.weights


def singular(change: np.ndarray) -> np.ndarray:
    """Singular values relative to the first."""
    values = np.linalg.svd(change, compute_uv=False)
    return np.asarray(values / values[0])


def rank(change: np.ndarray) -> int:
    """How many singular values are not those of round-off."""
    return int((singular(change) > 1e-8).sum())


def _rflo_changes() -> Iterator[tuple[str, int, np.ndarray, np.ndarray]]:
    """Changes of weights in networks of several kinds, with the space of their feedback."""
    for n_out in (1, 2, 3):
        for alpha in (1.0, 0.4):
            for loss in ("last", "all"):
                network, trials = noisy(n_out, loss, alpha)
                weights = learned("rflo:decay=0.5", network, trials)
                student = LinearSystem(network.W_out, network.W_rec, network.W_in, alpha)
                space = theory.credit_space(theory.rflo(student, network.B, decay=0.5), STEPS)
                for name in ("W_rec", "W_in"):
                    case = f"{name}, {n_out} outputs, alpha {alpha:g}, loss {loss}"
                    yield case, n_out, weights[name] - network.weights[name], space


@check(19, PAPER)
def rank_of_rflo(full: bool) -> Iterator[Finding]:
    """RFLO changes weights in as many directions as there are outputs."""
    for case, n_out, change, _ in _rflo_changes():
        beyond = float(singular(change)[n_out:].max(initial=0.0))
        yield Finding("singular value beyond the outputs, over the first", beyond, 1e-10, case=case)
        yield Finding("rank less outputs", rank(change) - n_out, 0.0, 0.0, case)


@check(20, PAPER)
def space_of_rflo(full: bool) -> Iterator[Finding]:
    """They are those of the feedback."""
    for case, _, change, space in _rflo_changes():
        yield Finding("share outside the feedback", theory.outside(change, space), 1e-10, case=case)


class Grouped(Rule):
    """RFLO whose neurons have one of three decays: thirteen, two and one of them."""

    equations = """
        trace[i, j]  = decay[i] * trace[i, j] + alpha * pre[j]
        teach[i]     = sum(o, B[i, o] * error[o])
        weight[i, j] = weight[i, j] + lr * teach[i] * trace[i, j]
    """

    def of_neurons(self, n: int, alpha: float) -> dict[str, np.ndarray]:
        """The decay of every neuron."""
        return {"decay": np.array([0.3] * 13 + [0.7] * 2 + [0.9])[:n]}


@check(21, PAPER)
def grouped_decays(full: bool) -> Iterator[Finding]:
    """Neurons of several decays add up the directions of their groups."""
    for n_out in (1, 2, 3):
        network, trials = noisy(n_out)
        student = LinearSystem(network.W_out, network.W_rec, network.W_in)
        bound = sum(min(n_out, size) for size in (13, 2, 1))
        decays = Grouped().of_neurons(N, 1.0)["decay"]
        space = theory.credit_space(theory.rflo(student, network.B, decays), STEPS)
        change = learned(Grouped(), network, trials)["W_rec"] - network.W_rec
        case = f"{n_out} outputs"
        yield Finding("dimensions of the space less the bound", space.shape[1] - bound, 0.0, 0.0, case)
        yield Finding("share outside the space", theory.outside(change, space), 1e-10, case=case)
        yield Finding("rank less the bound", rank(change) - bound, 0.0, case=case)
        yield Finding("rank less outputs", rank(change) - n_out, low=1.0, case=case)


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


@check(22, PAPER)
def decayed_weights(full: bool) -> Iterator[Finding]:
    """Weight decay hides the rank behind the first weights; momentum keeps it."""
    network, trials = noisy(2)
    weights, left = learned(Forgetful(), network, trials)["W_rec"], (1.0 - 0.02 * 0.5) ** (100 * STEPS)
    yield Finding("rank beside what is left of the first weights", rank(weights - left * network.W_rec), 2.0, 2.0)
    yield Finding("rank of the whole change", rank(weights - network.W_rec), float(N), float(N))
    heavy = learned(Heavy(), network, trials)["W_rec"] - network.W_rec
    yield Finding("rank with momentum", rank(heavy), 2.0, 2.0)


@check(23, PAPER)
def broken_bounds(full: bool) -> Iterator[Finding]:
    """Credit that moves, steps scaled weight by weight, and neurons that saturate break the bound."""
    network, trials = noisy(1)
    for rule in ("bptt", "tbptt:k=1", "tbptt:k=3", "fa", "rflo:feedback=symmetric", "snap1", "eprop"):
        change = learned(rule, network, trials)["W_rec"] - network.W_rec
        yield Finding("rank, one output", rank(change), low=2.0, case=rule)
    yield Finding("rank under Adam, two outputs", _rank_under_adam(), low=3.0)
    yield Finding("rank in a tanh network, one output", _rank_in_tanh(network, trials), low=2.0)


def _rank_under_adam() -> int:
    """Adam on the mean update of RFLO."""
    network, _ = noisy(2)
    teacher = LinearSystem(np.eye(2), 0.5 * np.eye(2), np.ones((2, N_IN)))
    weights, mask = [network.W_out, network.W_rec, network.W_in], loss_mask("last", STEPS)
    mean, square = ([np.zeros_like(each) for each in weights] for _ in range(2))
    for step in range(1, 201):
        W_out, W_rec, W_in = weights
        student = LinearSystem(W_out, W_rec, W_in)
        update = theory.expected_update(student, teacher, theory.rflo(student, network.B, decay=0.5), mask)
        for each, change in enumerate((update.W_out, update.W_rec, update.W_in)):
            mean[each] = 0.9 * mean[each] + 0.1 * change
            square[each] = 0.999 * square[each] + 0.001 * change**2
            scale = np.sqrt(square[each] / (1.0 - 0.999**step)) + 1e-8
            weights[each] = weights[each] + 1e-3 * mean[each] / (1.0 - 0.9**step) / scale
    return rank(weights[1] - network.W_rec)


def _rank_in_tanh(network: Network, trials: Trials) -> int:
    """RFLO where the slope of each neuron at each step scales its trace."""
    W, r, trace = network.W_rec.copy(), np.zeros(N), np.zeros((N, N))
    for x, target in zip(trials.inputs.reshape(-1, N_IN), trials.targets.reshape(-1), strict=True):
        rate = np.tanh(W @ r + network.W_in @ x)
        trace = 0.5 * trace + 0.5 * np.outer(1.0 - rate**2, r)
        r = 0.5 * r + 0.5 * rate
        W = W + 0.01 * (network.B[:, 0] * (target - network.W_out[0] @ r))[:, None] * trace
    return rank(W - network.W_rec)
