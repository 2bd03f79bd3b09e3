"""Where learning ends: the optima of a mode, whether a rule stays there, and how fast it arrives.

A mode of gain `c* != 0` has the teacher's response wherever `a b = c*` and `w = w*`: a line of optima, one for each
readout `a`. It is all of the fixed points of a rule with fixed feedback (RFLO, FA, e-prop). Rules that send errors
through the student's own readout (BPTT, truncated or not, symmetric RFLO) also rest where `a = b = 0`: `escape.py`.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.modes import ModeCredit, TargetModes, Values


def optimum(readout: Values, target: TargetModes) -> Float[np.ndarray, "3 *modes"]:
    """The optimum with a given readout: `a = readout`, `b = c* / readout`, `w = w*`.

    Raises NeurosimError if a readout is 0, or a mode has no gain.
    """
    if not np.all(readout) or not np.all(target.gain):
        raise NeurosimError(
            f"the optimum was asked for with readout {readout} and gain {target.gain}; a b = gain needs both not zero"
        )
    a, b, w = np.broadcast_arrays(readout, target.gain / readout, target.memory)
    return np.stack([a, b, w])


def optimum_jacobian(readout: Values, target: TargetModes, credit: ModeCredit) -> Float[np.ndarray, "*modes 2 2"]:
    """The matrix J of `d(c - c*, w - w*)/dt = J (c - c*, w - w*)` near the optimum with that readout.

        J = - [ b^2/D + a f S         c* (b^2 w*/D^2 + a f p S')       ]        D = 1 - w*^2
              [ f b w* S/D            f b c* (S/D^2 + w* p S'/D)       ]

    with credit `f p^s`, S its sum and S' the sum's derivative at `p w*` (see `mode_update`). The third direction, along
    the line of optima, is neutral. For infinite reach, `det J = f b c* (b^2 + a f) S^2 / D^2`, where `S = 1 / (1 - p
    w*)`: with fixed feedback an optimum is stable wherever `a f > 0`, and a saddle wherever `b^2 > -a f > 0`.
    Raises NeurosimError as `optimum` does, or if the credit of old errors does not die out.
    """
    a, b, w = optimum(readout, target)
    f, p = credit.sent(a), credit.kept(w)
    if credit.depth is None and not (np.abs(p * w) < 1.0).all():
        raise NeurosimError(
            f"credit grows with each step it is old: decay {p} times memory {w}; choose a smaller decay"
        )
    total, slope, room = credit.total(p * w), credit.total_slope(p * w), 1.0 - w**2
    rows = [
        [b**2 / room + a * f * total, a * b * (b**2 * w / room**2 + a * f * p * slope)],
        [f * b * w * total / room, f * b * a * b * (total / room**2 + w * p * slope / room)],
    ]
    return -np.moveaxis(np.array([np.broadcast_arrays(*row) for row in rows]), (0, 1), (-2, -1))


def convergence_rate(readout: Values, target: TargetModes, credit: ModeCredit) -> Float[np.ndarray, "*modes"]:
    """How fast a mode near the optimum with that readout comes to the line of optima [1 / learning time].

    Minus the largest real part of the Jacobian's eigenvalues: below 0, the optimum is unstable.
    Raises NeurosimError as `optimum_jacobian` does.
    """
    return np.asarray(-np.linalg.eigvals(optimum_jacobian(readout, target, credit)).real.max(axis=-1))
