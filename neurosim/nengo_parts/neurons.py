"""Linear rate neurons that run equations of a program, and relays; gain one and no bias, so that current is input."""

from __future__ import annotations

from typing import Any

import nengo
import numpy as np
from nengo.dists import Choice
from nengo.neurons import NeuronType

from neurosim.body import Body
from neurosim.nengo_parts.parameters import Own


class Linear(NeuronType):
    """Neurons whose response to a steady input is that input."""

    negative = True

    def gain_bias(self, max_rates: np.ndarray, intercepts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gain one, no bias."""
        return np.ones(len(max_rates)), np.zeros(len(max_rates))

    def max_rates_intercepts(self, gain: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rate at a current of one, and where it is zero."""
        return np.ones_like(gain), np.zeros_like(bias)

    def rates(self, x: np.ndarray, gain: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """The rates that a steady input leads to."""
        return np.asarray(self.current(x, gain, bias))

    def step(self, dt: float, J: np.ndarray, output: np.ndarray, **state: np.ndarray) -> None:
        """Pass the input on."""
        output[...] = J


class Stepped(Linear):
    """Neurons that follow some of the program's own equations, `body`."""

    body: Any = Own("body")

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body = body

    def make_state(self, n_neurons: int, rng: Any = np.random, dtype: Any = None) -> dict[str, np.ndarray]:
        """What is kept from step to step; steps are counted in whole numbers, of which float32 has too few."""
        state: dict[str, np.ndarray] = super().make_state(n_neurons, rng, dtype)
        return state | {"count": state["count"].astype(np.int64)}


class Leaky(Stepped):
    """Rates that follow the program's own equations, from rest in each trial.

    body: equations of `drive` from `gathered_drive`, the input current, of `r`, and of `sent`, which others then hear.
    """

    state = {"drive": Choice([0]), "sent": Choice([0]), "count": Choice([0])}

    def step(self, dt: float, J: np.ndarray, output: np.ndarray, **state: np.ndarray) -> None:
        """One step of the equations."""
        body, now = self.body, int(state["count"][0])
        if now % body.clock.steps == 0:
            output[...] = 0.0
        body.bind({"gathered_drive": J, "r": output} | state)(now)
        state["count"] += 1


class Sent(Stepped):
    """What the other neurons hear: the equation `sent[i] = r[i]` of the step before, and nothing as a trial begins."""

    state = {"count": Choice([0])}

    def step(self, dt: float, J: np.ndarray, output: np.ndarray, **state: np.ndarray) -> None:
        """What was sent."""
        body, now = self.body, int(state["count"][0])
        if now % body.clock.steps == 0:
            output[...] = 0.0
        else:
            body.bind({"r": J, "sent": output})(now - 1)
        state["count"] += 1


def population(size: int, neurons: Linear, label: str) -> nengo.Ensemble:
    """Neurons with everything given, so that nothing is sampled or solved."""
    ones, zeros = np.ones(size), np.zeros(size)
    return nengo.Ensemble(
        size,
        1,
        neuron_type=neurons,
        gain=ones,
        bias=zeros,
        encoders=np.ones((size, 1)),
        eval_points=np.zeros((1, 1)),
        label=label,
    )
