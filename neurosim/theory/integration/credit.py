"""What a learning rule makes of an error that is some time old: the credit of `neurosim.theory.credit`, without steps.

A rule moves the input of every neuron, as it was a time `s` ago, along `credit(s) error`. Every rule here carries an
error back by one linear decay,

    credit(s) = exp(-decay s) feedback    for s < window, else 0,

and differs in the matrices alone: the exact ones are `M^T`, with `M = I - W_rec`, and `W_out^T`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.integration.student import Integrator


@dataclass(frozen=True, eq=False)
class Credit:
    """`exp(-decay s) feedback` for an error a time `s` old; without `window` it reaches back for ever.

    Raises NeurosimError unless the window is above 0 and feedback has one number for each neuron.
    """

    decay: Float[np.ndarray, "n n"]
    feedback: Float[np.ndarray, "n 1"]
    window: float | None = None

    def __post_init__(self) -> None:
        check_window(self.window)
        if self.feedback.shape != (len(self.decay), 1):
            raise NeurosimError(
                f"feedback weights have shape {self.feedback.shape}; this student needs {(len(self.decay), 1)}"
            )


def check_window(window: float | None) -> None:
    """Raises NeurosimError unless the window is a time above 0, or none."""
    if window is not None and not window > 0.0:
        raise NeurosimError(f"credit was asked to reach back a time of {window}; it must be above 0")


def bptt(student: Integrator) -> Credit:
    """Back-propagation through time, and RTRL: `exp(-M^T s) W_out^T`, the exact gradient."""
    return Credit(student.decay.T, student.W_out.T)


def tbptt(student: Integrator, window: float) -> Credit:
    """Back-propagation truncated to a window of time, which is steps times `dt`: `bptt` for `s < window`, else 0.

    One step is a window of `dt`: with it, learning of recurrent and input weights vanishes as steps become small.
    """
    return Credit(student.decay.T, student.W_out.T, window)


def rflo(student: Integrator, B: Float[np.ndarray, "n 1"], decay: float | Float[np.ndarray, " n"] = 1.0) -> Credit:
    """Random-feedback local online learning (Murray 2019, eLife 8:e43299): `exp(-decay s) B`.

    decay: the rate of the eligibility trace, one for all neurons or one for each; 1 is a neuron's own leak.
    """
    return Credit(decay * np.eye(len(student.W_rec)), B)


def eprop(student: Integrator, B: Float[np.ndarray, "n 1"]) -> Credit:
    """E-prop as arXiv 2606.00243 uses it: RFLO whose traces decay at `1 - W_rec[i, i]`."""
    return rflo(student, B, np.diag(student.decay))


def fa(student: Integrator, B: Float[np.ndarray, "n 1"]) -> Credit:
    """Feedback alignment through time: `exp(-M^T s) B`, random in space and exact in time."""
    return Credit(student.decay.T, B)
