"""Where learning begins: how a mode leaves the neighbourhood of zero.

Rules that send errors through the student's own readout rest where `a = b = 0`, at any `w`; there the loss is
`1/2 c*^2 / (1 - w*^2)`, and they leave exponentially. A rule with fixed feedback does not rest there and leaves as a
power of time, towards the sign of its feedback: from small weights it finds the stable optima by itself.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.modes import ModeCredit, TargetModes, Values


def escape_rate(memory: Values, target: TargetModes, credit: ModeCredit) -> Float[np.ndarray, "*modes"]:
    """The rate at which a small mode with recurrent weight `memory` grows [1 / learning time].

        rate = |c*| sqrt( S(p w*) / (1 - w w*) )

    S being the sum of the credit's `p^s` (see `mode_update`): for BPTT `|c*| / (1 - w w*)`, for one-step tBPTT
    `|c*| / sqrt(1 - w w*)`. The direction `a = b sign(c*)` grows, the other shrinks at the same rate. From size eps,
    half of the gain is reached after `log(1 / eps) / rate`, plus what does not depend on eps.
    Raises NeurosimError if the rule has fixed feedback, or unless `|w| < 1`.
    """
    if credit.feedback is not None:
        raise NeurosimError("a rule with fixed feedback does not rest at zero; ask early_modes how it leaves")
    total, mixed = _at_zero(memory, target, credit)
    return np.asarray(np.abs(target.gain) * np.sqrt(total * mixed))


def early_modes(time: float, memory: Values, target: TargetModes, credit: ModeCredit) -> Float[np.ndarray, "3 *modes"]:
    """`a, b, w` a short learning time after `a = b = 0`, `w = memory`, under a rule with fixed feedback `f`.

        b = f c* S t        a = f c*^2 S t^2 / (2 (1 - w w*))        w = memory + f^2 c*^2 S^2 w* t^2 / (2 (1 - w w*))

    to leading order in t, with S the sum of the credit's `p^s` at `p w*`.
    Raises NeurosimError if the feedback is the student's own, or unless `|w| < 1`.
    """
    if credit.feedback is None:
        raise NeurosimError("a rule with the student's own feedback rests at zero; ask escape_rate how it leaves")
    total, mixed = _at_zero(memory, target, credit)
    b = credit.feedback * target.gain * total * time
    a = b * target.gain * mixed * time / 2.0
    return np.stack(np.broadcast_arrays(a, b, memory + b**2 * target.memory * mixed / 2.0))


def _at_zero(memory: Values, target: TargetModes, credit: ModeCredit) -> tuple[Values, Values]:
    """The sum of credit over the teacher's response, and that of the student's memory of it."""
    kept = credit.kept(memory)
    if not np.all(np.abs(memory) < 1.0) or (credit.depth is None and not np.all(np.abs(kept * target.memory) < 1.0)):
        raise NeurosimError(
            f"recurrent weight {memory} with decay {kept}: what is old must die out; choose smaller ones"
        )
    return credit.total(kept * target.memory), 1.0 / (1.0 - memory * target.memory)
