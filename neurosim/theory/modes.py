"""One mode of a student that is aligned with its teacher: its loss, and what a rule does to it.

Where student, teacher and feedback share the directions of inputs and outputs (see `alignment.py`), a network falls
apart into modes that learn by themselves, each a network of one neuron with readout `a`, input weight `b` and
recurrent weight `w`, and no leak. With `c = a b` and, of the teacher, `c* = a* b*` and `w*`, the response `k` steps
after an impulse is `c w^k`, and should be `c* w*^k`. Trials are infinitely long and learning rates infinitely small:
Williams, Payeur & Lajoie (arXiv 2606.00243), section 4; for BPTT, Proca et al. (ICML 2025).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError

Values = float | Float[np.ndarray, "*modes"]
"""One number for all modes, or one for each."""


@dataclass(frozen=True)
class TargetModes:
    """What a teacher asks of each mode: the response `gain * memory**k`, `k` steps after an impulse.

    gain: `c* = a* b*`, its readout times its input weight. memory: `w*`, its recurrent weight.
    Raises NeurosimError unless all are finite and memories lie between -1 and 1.
    """

    gain: Values
    memory: Values

    def __post_init__(self) -> None:
        gain, memory = np.broadcast_arrays(np.asarray(self.gain, dtype=float), np.asarray(self.memory, dtype=float))
        if not np.isfinite(gain).all():
            raise NeurosimError(f"a mode of the teacher has gain {gain}; give finite numbers")
        if not (np.abs(memory) < 1.0).all():
            raise NeurosimError(f"a mode of the teacher has memory {memory}; it must lie between -1 and 1 to die out")
        object.__setattr__(self, "gain", gain)
        object.__setattr__(self, "memory", memory)


@dataclass(frozen=True)
class ModeCredit:
    """How a rule credits a mode with an error that is `s` steps old: `feedback * decay**s`, while `s < depth`.

    None is the student's own: its readout `a` as feedback, its recurrent weight `w` as decay; for depth, no end.
    A number, or one for each mode, is fixed. The mode of `Credit`: what that is for matrices.
    """

    feedback: Values | None = None
    decay: Values | None = None
    depth: int | None = None

    def __post_init__(self) -> None:
        if self.depth is not None and self.depth < 1:
            raise NeurosimError(f"credit was asked to reach back {self.depth} steps; the least is 1")

    @classmethod
    def bptt(cls) -> ModeCredit:
        """Back-propagation through time, the exact gradient: `a w^s`."""
        return cls()

    @classmethod
    def tbptt(cls, k: int) -> ModeCredit:
        """Back-propagation truncated to `k` steps: `a w^s` for `s < k`."""
        return cls(depth=k)

    @classmethod
    def rflo(cls, feedback: Values, decay: Values) -> ModeCredit:
        """Random-feedback local online learning: `feedback * decay**s`."""
        return cls(feedback=feedback, decay=decay)

    @classmethod
    def rflo_symmetric(cls, decay: Values) -> ModeCredit:
        """RFLO with true feedback: `a decay**s`."""
        return cls(decay=decay)

    @classmethod
    def fa(cls, feedback: Values) -> ModeCredit:
        """Feedback alignment through time: `feedback * w**s`.

        E-prop does the same if modes are neurons; else its self-weights mix the modes.
        """
        return cls(feedback=feedback)

    def sent(self, readout: Values) -> Values:
        """The feedback weight of a mode with this readout."""
        return readout if self.feedback is None else self.feedback

    def kept(self, memory: Values) -> Values:
        """What is left of credit after a step in a mode with this recurrent weight."""
        return memory if self.decay is None else self.decay

    def total(self, ratio: Values) -> Values:
        """`sum_{s < depth} ratio**s`."""
        whole = 1.0 / (1.0 - ratio)
        return whole if self.depth is None else (1.0 - ratio**self.depth) * whole

    def total_slope(self, ratio: Values) -> Values:
        """The derivative of `total` with respect to the ratio."""
        if self.depth is None:
            return (1.0 - ratio) ** -2.0
        return (self.total(ratio) - self.depth * ratio ** (self.depth - 1)) / (1.0 - ratio)


def mode_loss(state: Float[np.ndarray, "3 *modes"], target: TargetModes) -> Float[np.ndarray, "*modes"]:
    """Half the squared distance of a mode's impulse response from the teacher's.

        1/2 [ c^2 / (1 - w^2) - 2 c c* / (1 - w w*) + c*^2 / (1 - w*^2) ]

    state: `a, b, w` of each mode. Raises NeurosimError unless `|w| < 1`.
    """
    a, b, w = _stable(state)
    c, gain, memory = a * b, target.gain, target.memory
    own, mixed, wanted = c**2 / (1.0 - w**2), c * gain / (1.0 - w * memory), gain**2 / (1.0 - memory**2)
    return np.asarray(0.5 * (own - 2.0 * mixed + wanted))


def mode_update(
    state: Float[np.ndarray, "3 *modes"], target: TargetModes, credit: ModeCredit
) -> Float[np.ndarray, "3 *modes"]:
    """How `a, b, w` change in learning time, which is learning rate times updates: one formula for all rules.

        da/dt = -b [ c / (1 - w^2)  -  c* / (1 - w w*) ]
        db/dt = -f [ c S(p w)  -  c* S(p w*) ]
        dw/dt = -f b [ c w S(p w) / (1 - w^2)  -  c* w* S(p w*) / (1 - w w*) ]

    where credit is `f p^s` and `S(z) = sum_s z^s` over as many steps as it reaches back.
    Raises NeurosimError unless `|w| < 1` and the credit of old errors dies out.
    """
    _, _, w = _stable(state)
    kept = credit.kept(w)
    growth = np.abs(kept) * np.maximum(np.abs(w), np.abs(target.memory))
    if credit.depth is None and not (growth < 1.0).all():
        raise NeurosimError(
            f"an error's share in the update of a mode grows {np.max(growth):.4g}-fold with each step it is old; "
            "choose a smaller decay"
        )
    return flow(state, target, credit)


def flow(
    state: Float[np.ndarray, "3 *modes"], target: TargetModes, credit: ModeCredit
) -> Float[np.ndarray, "3 *modes"]:
    """`mode_update` wherever the formula has a value, for solvers that may step out of its domain and back."""
    a, b, w = state
    c, gain, memory = a * b, target.gain, target.memory
    f, p = credit.sent(a), credit.kept(w)
    own, wanted = c * credit.total(p * w), gain * credit.total(p * memory)
    return np.stack(
        [
            -b * (c / (1.0 - w**2) - gain / (1.0 - w * memory)),
            -f * (own - wanted),
            -f * b * (own * w / (1.0 - w**2) - wanted * memory / (1.0 - w * memory)),
        ]
    )


def _stable(state: Float[np.ndarray, "3 *modes"]) -> Float[np.ndarray, "3 *modes"]:
    if not (np.abs(state[2]) < 1.0).all():
        raise NeurosimError(
            f"a mode of the student has recurrent weight w = {state[2]}; trials of infinite length ask for |w| < 1"
        )
    return state
