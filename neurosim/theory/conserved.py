"""What learning leaves as it is, in the limit of small learning rates: where a student ends depends on where it began.

Both are tests too of whether learning rates are small: the drift over a run is in proportion to them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.modes import Values
from neurosim.theory.system import LinearSystem

EQUAL_RATES = {"rec": 1.0, "in": 1.0, "out": 1.0}


def bptt_invariant(student: LinearSystem, lr: Mapping[str, float] = EQUAL_RATES) -> Float[np.ndarray, "n n"]:
    """The matrix that exact gradient descent conserves, entry by entry, whatever the task, the loss and the leak.

        W_in W_in^T / lr_in  -  W_out^T W_out / lr_out  +  (W_rec W_rec^T - W_rec^T W_rec) / lr_rec

    because a linear network answers the same in every basis of its neurons. In an aligned mode: `b^2 - a^2`. Truncated
    and local rules do not conserve it. lr: learning rates of the projections, or their ratios.
    Raises NeurosimError unless there is one above 0 for each projection.
    """
    if set(lr) != set(EQUAL_RATES) or not all(rate > 0.0 for rate in lr.values()):
        raise NeurosimError(f"learning rates are {dict(lr)}; give one above 0 for each of: rec, in, out")
    rec = student.W_rec @ student.W_rec.T - student.W_rec.T @ student.W_rec
    inputs, readout = student.W_in @ student.W_in.T, student.W_out.T @ student.W_out
    return inputs / lr["in"] - readout / lr["out"] + rec / lr["rec"]


def rflo_invariant(state: Float[np.ndarray, "3 *modes"], feedback: Values) -> Float[np.ndarray, "*modes"]:
    """`2 f a - b^2` of modes, which RFLO with feedback `f` conserves where neither teacher nor student has memory.

    Then `w = w* = 0` stays, and `a` and `b` see the same error: `da/dt = -b e` and `db/dt = -f e`.
    Raises NeurosimError if a mode has a recurrent weight.
    """
    a, b, w = state
    if np.any(w):
        raise NeurosimError(
            f"2 f a - b^2 was asked for of modes with recurrent weight {w}; RFLO keeps it at w = 0 only"
        )
    return np.asarray(2.0 * feedback * a - b**2)
