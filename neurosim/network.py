"""The leaky linear rate network: its equations, written once, and its weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.seeding import stream

EQUATIONS = """
    drive[i] = sum(j, W_rec[i, j] * sent[j]) + sum(m, W_in[i, m] * x[m])
    r[i]     = (1 - alpha) * r[i] + alpha * drive[i]
    y[o]     = sum(i, W_out[o, i] * r[i])
    error[o] = mask * (target[o] - y[o])
    sent[i]  = r[i]
"""
"""One time step. `sent` is what the other neurons have received, r[t-1] in exact arithmetic; it is renewed at the end
of the step, after learning. `mask` weighs the loss of the step and so the error that is sent back."""


@dataclass(frozen=True)
class Vocabulary:
    """A quantity that every network has: what it runs over and what kind it is (see `Quantity` in program.py)."""

    domains: tuple[str, ...]
    kind: str


QUANTITIES = {
    "x": Vocabulary(("input",), "message"),
    "target": Vocabulary(("output",), "output"),
    "drive": Vocabulary(("neuron",), "accumulator"),
    "r": Vocabulary(("neuron",), "state"),
    "sent": Vocabulary(("neuron",), "message"),
    "y": Vocabulary(("output",), "output"),
    "error": Vocabulary(("output",), "error"),
    "W_rec": Vocabulary(("neuron", "neuron"), "weight"),
    "W_in": Vocabulary(("neuron", "input"), "weight"),
    "W_out": Vocabulary(("output", "neuron"), "weight"),
    "B": Vocabulary(("neuron", "output"), "weight"),
}
INPUTS = ("x", "target")
WEIGHTS = ("W_rec", "W_in", "W_out", "B")


@dataclass(frozen=True)
class Projection:
    """Plastic synapses onto the neurons. `pre` is what they carry, `letter` the index of where they start."""

    weight: str
    pre: str
    letter: str


PROJECTIONS = {"rec": Projection("W_rec", "sent", "j"), "in": Projection("W_in", "x", "m")}
PLASTIC = (*PROJECTIONS, "out")
"""What can learn, and what can be frozen: recurrent, input and readout weights."""


@dataclass(frozen=True, eq=False)
class Network:
    """`r[t] = (1 - alpha) r[t-1] + alpha (W_rec r[t-1] + W_in x[t])`, `y[t] = W_out r[t]`, feedback `B`."""

    W_rec: Float[np.ndarray, "n n"]
    W_in: Float[np.ndarray, "n n_in"]
    W_out: Float[np.ndarray, "n_out n"]
    B: Float[np.ndarray, "n n_out"]
    alpha: float

    def __post_init__(self) -> None:
        n, n_in, n_out = self.size
        expected = {"W_rec": (n, n), "W_in": (n, n_in), "W_out": (n_out, n), "B": (n, n_out)}
        for name, shape in expected.items():
            array = np.array(getattr(self, name), dtype=float, order="C")
            if array.shape != shape:
                raise NeurosimError(f"{name} has shape {array.shape}; a network of this size needs {shape}")
            object.__setattr__(self, name, array)
        if not 0.0 < self.alpha <= 1.0:
            raise NeurosimError(f"alpha is {self.alpha}; the leak per step dt / tau lies in (0, 1]")

    @property
    def size(self) -> tuple[int, int, int]:
        """Numbers of neurons, inputs and outputs."""
        return len(self.W_rec), np.atleast_2d(self.W_in).shape[-1], len(self.W_out)

    @property
    def weights(self) -> dict[str, np.ndarray]:
        return {name: getattr(self, name) for name in WEIGHTS}

    @classmethod
    def random(cls, n: int, n_in: int, n_out: int, alpha: float, gain: float, seed: int) -> Network:
        """Gaussian weights: `W_rec` of spectral radius about `gain`, the others of variance one over what they read.

        `B` has the scale of the transposed readout, so that random and symmetric feedback differ in direction only.
        """
        for what, number in (("neurons", n), ("inputs", n_in), ("outputs", n_out)):
            if number < 1:
                raise NeurosimError(f"a network of {number} {what} was asked for; it needs at least 1")
        draw = {name: stream(seed, "network", name).normal for name in WEIGHTS}
        return cls(
            W_rec=gain / np.sqrt(n) * draw["W_rec"](size=(n, n)),
            W_in=draw["W_in"](size=(n, n_in)) / np.sqrt(n_in),
            W_out=draw["W_out"](size=(n_out, n)) / np.sqrt(n),
            B=draw["B"](size=(n, n_out)) / np.sqrt(n),
            alpha=alpha,
        )
