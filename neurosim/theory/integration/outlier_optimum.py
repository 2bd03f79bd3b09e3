"""Where an outlier's learning ends: the optimum for one exponential, how it is approached, and how large steps may be.

The outlier has the target's response `g exp(-c* s)` wherever `a b = g` and `c = c*`: a line of optima, one for each
readout `a`. Near it, long memories are stiff: the fastest rate of exact gradients is about `g^2 / (4 c*^3)`, while the
loss falls at about `1 / (2 c*)`. So the number of steps that gradient descent needs grows as `c*^-3`.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.integration.filters import Filter
from neurosim.theory.integration.outlier_credit import BPTT, OutlierCredit


def outlier_optimum(readout: float, target: Filter) -> Float[np.ndarray, "3"]:
    """The optimum with a given readout: `a = readout`, `b = g / readout`, `outlier = 1 - c*`.

    Raises NeurosimError if the readout is 0, or unless the target is one real exponential of some gain.
    """
    gain, rate = target.as_exponential()
    if not readout or not gain:
        raise NeurosimError(f"an optimum was asked for with readout {readout} and gain {gain}; neither can be 0")
    return np.array([readout, gain / readout, 1.0 - rate])


def outlier_jacobian(readout: float, target: Filter, credit: OutlierCredit = BPTT) -> Float[np.ndarray, "2 2"]:
    """The matrix J of `d(a b - g, c - c*)/dt = J (a b - g, c - c*)` near the optimum with that readout.

        J = - [ b^2 / (2 c*) + a f S         g (a f S' - b^2 / (4 c*^2))           ]
              [ -f b S / (2 c*)              f b g (S / (4 c*^2) - S' / (2 c*))    ]

    with credit `f exp(-p s)`, S its integral and S' the integral's derivative at `p + c*` (see `outlier_update`). For
    exact gradients `[[n^2 / (2 c*), -n^2 g / (4 c*^2)], [-g / (4 c*^2), g^2 / (4 c*^3)]]` with `n^2 = a^2 + b^2`. With
    fixed feedback and no window, `det J = f b g (b^2 + a f) S^2 / (4 c*^2)`: stable wherever `a f > 0`, and a saddle
    wherever `b^2 > -a f > 0`. The third direction, along the line of optima, is neutral.
    Raises NeurosimError as `outlier_optimum`, or if the credit of old errors does not die out.
    """
    gain, c = target.as_exponential()
    a, b, _ = outlier_optimum(readout, target)
    f, rate = credit.sent(a), credit.lost(c) + c
    if credit.window is None and not rate > 0.0:
        raise NeurosimError(f"credit grows faster than the target dies out, by {-rate:.4g}; choose a larger decay")
    total, slope = credit.total(rate), credit.total_slope(rate)
    return -np.array(
        [
            [b**2 / (2.0 * c) + a * f * total, gain * (a * f * slope - b**2 / (4.0 * c**2))],
            [-f * b * total / (2.0 * c), f * b * gain * (total / (4.0 * c**2) - slope / (2.0 * c))],
        ]
    )


def largest_step(readout: float, target: Filter, credit: OutlierCredit = BPTT) -> float:
    """The learning rate from which on updates, made at once for the whole of the noise, overshoot the optimum.

    `min -2 Re(l) / |l|^2` over the eigenvalues l of the Jacobian: `2 / max |l|` where they are real. For exact
    gradients with `a = b`, `g = 1` and small c*, about `8 c*^3`.
    Raises NeurosimError as `outlier_jacobian`, or if the optimum is unstable at any learning rate.
    """
    values = np.linalg.eigvals(outlier_jacobian(readout, target, credit))
    if not (values.real < 0.0).all():
        raise NeurosimError(f"the optimum with readout {readout} is unstable: its rates are {values}")
    return float(np.min(-2.0 * values.real / np.abs(values) ** 2))
