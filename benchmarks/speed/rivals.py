"""RFLO as others would write it, on the same numbers: loops over NumPy, PyTorch's eager mode, JAX's jitted scan.

`W_rec` learns at each step, from two inputs and two outputs. Each rival returns `W_rec` after `trials` trials, so that
equal work can be checked. PyTorch and JAX take part if they are installed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np

from neurosim.network import Network
from neurosim.task import Trials

Rival = Callable[[Network, Trials, float], Callable[[int], np.ndarray]]


def numpy_loop(network: Network, trials: Trials, lr: float) -> Callable[[int], np.ndarray]:
    """A Python loop over steps, NumPy within."""
    alpha, W_in, W_out, B = network.alpha, network.W_in, network.W_out, network.B

    def run(count: int) -> np.ndarray:
        W = network.W_rec.copy()
        for trial in range(count):
            r, trace = np.zeros(len(W)), np.zeros(len(W))
            for x, target in zip(trials.inputs[trial % len(trials)], trials.targets[trial % len(trials)], strict=True):
                trace = (1.0 - alpha) * trace + alpha * r
                r = (1.0 - alpha) * r + alpha * (W @ r + W_in @ x)
                W += lr * np.outer(B @ (target - W_out @ r), trace)
        return W

    return run


def numpy_synapses(network: Network, trials: Trials, lr: float) -> Callable[[int], np.ndarray]:
    """As libraries of rules are written that serve any of them: a trace for every synapse, gradients, an optimiser.

    In the manner of vanilla-rtrl (Marschall, Cho and Savin 2020). `W_rec`, `W_in` and `W_out` learn.
    """
    alpha, n = network.alpha, len(network.W_rec)

    def run(count: int) -> np.ndarray:
        learned = [network.W_rec.copy(), network.W_in.copy(), network.W_out.copy()]
        for trial in range(count):
            r, influence = np.zeros(n), np.zeros((n, n + network.W_in.shape[1]))
            for x, target in zip(trials.inputs[trial % len(trials)], trials.targets[trial % len(trials)], strict=True):
                W_rec, W_in, W_out = learned
                sent = np.concatenate([r, x])
                immediate = alpha * np.multiply.outer(np.ones(n), sent)
                influence = (1.0 - alpha) * influence + immediate
                r = (1.0 - alpha) * r + alpha * (W_rec.dot(r) + W_in.dot(x))
                error = target - W_out.dot(r)
                gradient = (network.B.dot(error) * influence.T).T
                gradients = gradient[:, :n], gradient[:, n:], np.multiply.outer(error, r)
                learned = [weight + lr * slope for weight, slope in zip(learned, gradients, strict=True)]
        return learned[0]

    return run


class _Units:
    """Linear leaky units with their weights, as an object that others change."""

    def __init__(self, network: Network) -> None:
        self.alpha, self.weights = network.alpha, [network.W_rec.copy(), network.W_in.copy(), network.W_out.copy()]
        self.r = np.zeros(len(network.W_rec))

    def reset(self) -> None:
        self.r = np.zeros_like(self.r)

    def advance(self, x: np.ndarray) -> None:
        W_rec, W_in, _ = self.weights
        self.r_before, self.x = self.r, x
        self.drive = np.dot(W_rec, self.r) + np.dot(W_in, x)
        self.r = (1.0 - self.alpha) * self.r + self.alpha * self.activation(self.drive)
        self.y = np.dot(self.weights[2], self.r)

    def activation(self, drive: np.ndarray) -> np.ndarray:
        return drive

    def slope(self, drive: np.ndarray) -> np.ndarray:
        return np.ones_like(drive)


class _Learner:
    """RFLO beside its units: an influence for every synapse, and the gradients of all weights as a list."""

    def __init__(self, units: _Units, B: np.ndarray) -> None:
        self.units, self.B = units, B
        self.reset()

    def reset(self) -> None:
        n, n_in = self.units.weights[1].shape
        self.influence = np.zeros((n, n + n_in))

    def gradients(self, error: np.ndarray) -> list[np.ndarray]:
        units, n = self.units, len(self.units.r)
        sent = np.concatenate([units.r_before, units.x])
        immediate = np.multiply.outer(units.alpha * units.slope(units.drive), sent)
        self.influence = (1.0 - units.alpha) * self.influence + immediate
        back = (np.dot(self.B, error) * self.influence.T).T
        return [*np.split(back, [n], axis=1), np.multiply.outer(error, units.r)]


def numpy_objects(network: Network, trials: Trials, lr: float) -> Callable[[int], np.ndarray]:
    """The same in the manner of a library to study rules with: objects for units and learner, a record of each step."""

    def run(count: int) -> np.ndarray:
        units = _Units(network)
        learner = _Learner(units, network.B)
        for trial in range(count):
            units.reset()
            learner.reset()
            record: dict[str, list] = {"loss": [], "y": []}
            for x, target in zip(trials.inputs[trial % len(trials)], trials.targets[trial % len(trials)], strict=True):
                units.advance(x)
                error = target - units.y
                pairs = zip(units.weights, learner.gradients(error), strict=True)
                units.weights = [weight + lr * slope for weight, slope in pairs]
                record["loss"].append(0.5 * np.square(error).sum())
                record["y"].append(units.y.copy())
        return units.weights[0]

    return run


def torch_eager(network: Network, trials: Trials, lr: float) -> Callable[[int], np.ndarray]:
    """PyTorch, operation by operation."""
    import torch

    torch.set_num_threads(1)
    alpha = network.alpha
    W_in, W_out, B = (torch.from_numpy(each.copy()) for each in (network.W_in, network.W_out, network.B))
    inputs, targets = torch.from_numpy(trials.inputs), torch.from_numpy(trials.targets)

    def run(count: int) -> np.ndarray:
        W = torch.from_numpy(network.W_rec.copy())
        for trial in range(count):
            r = trace = torch.zeros(len(W), dtype=W.dtype)
            for x, target in zip(inputs[trial % len(trials)], targets[trial % len(trials)], strict=True):
                trace = (1.0 - alpha) * trace + alpha * r
                r = (1.0 - alpha) * r + alpha * (W @ r + W_in @ x)
                W.addr_(B @ (target - W_out @ r), trace, alpha=lr)
        return W.numpy()

    return run


def jax_scan(network: Network, trials: Trials, lr: float, dtype: type = np.float64) -> Callable[[int], np.ndarray]:
    """JAX: one compiled scan over the steps of a trial, the weights handed on in place."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    alpha, W_in, W_out, B = (jnp.asarray(x, dtype) for x in (network.alpha, network.W_in, network.W_out, network.B))
    lr = jnp.asarray(lr, dtype)

    def step(carry, given):
        W, r, trace = carry
        x, target = given
        trace = (1.0 - alpha) * trace + alpha * r
        r = (1.0 - alpha) * r + alpha * (W @ r + W_in @ x)
        return (W + lr * jnp.outer(B @ (target - W_out @ r), trace), r, trace), None

    def trial(W, inputs, targets):
        zero = jnp.zeros(len(W), dtype)
        return jax.lax.scan(step, (W, zero, zero), (inputs, targets))[0][0]

    learn = jax.jit(trial, donate_argnums=0)
    inputs, targets = jnp.asarray(trials.inputs, dtype), jnp.asarray(trials.targets, dtype)

    def run(count: int) -> np.ndarray:
        W = jnp.array(network.W_rec, dtype, copy=True)
        for each in range(count):
            W = learn(W, inputs[each % len(trials)], targets[each % len(trials)])
        return np.asarray(W)

    return run


ALL_WEIGHTS = {"NumPy, per synapse": numpy_synapses, "NumPy, objects": numpy_objects}
"""Rivals in which `W_in` and `W_out` learn, too."""


def installed() -> dict[str, Rival]:
    """The rivals that can take part here."""
    found: dict[str, Rival] = {"NumPy loop": numpy_loop}
    if importlib.util.find_spec("jax"):
        found["JAX scan"] = jax_scan
    if importlib.util.find_spec("torch"):
        found["PyTorch eager"] = torch_eager
    return found
