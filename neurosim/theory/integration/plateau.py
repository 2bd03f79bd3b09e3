"""Plateaus: what one outlier alone can learn of a filter, and which second one comes next, when.

A target that is no single exponential is learned in stages. The first outlier comes to rest at its own best fit, and a
second grows from what the first leaves over, at a rate that the residual at its own eigenvalue decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.errors import NeurosimError
from neurosim.theory.integration.filters import Filter

SEARCHED = np.geomspace(1e-3, 20.0, 400)
"""Rates between which optima are looked for; a target's own should lie well inside."""
TOUCHING = 1e-3
"""Rates closer than this are as good as equal: there the residual's double zero is taken by its curvature."""


@dataclass(frozen=True)
class Plateau:
    """`gain exp(-rate s)`, at which one outlier rests, of eigenvalue `1 - rate`; the loss there."""

    gain: float
    rate: float
    loss: float


def plateaus(target: Filter) -> list[Plateau]:
    """Where one outlier may rest with a gain above 0, slowest first: `a b = 2 c F(c)` and `F(c) + 2 c F'(c) = 0`.

    With F the target's Laplace transform; a target of one exponential has itself. Gains below 0 ask for a readout of
    the other sign: those of the negative of the target.
    """
    from scipy.optimize import brentq

    slopes = np.array([_slope(rate, target) for rate in SEARCHED])
    found = []
    for place in np.flatnonzero(slopes[:-1] * slopes[1:] < 0.0):
        rate = float(brentq(_slope, SEARCHED[place], SEARCHED[place + 1], args=(target,), xtol=1e-14))
        gain = 2.0 * rate * float(target.laplace(rate))
        if gain > 0.0:
            found.append(Plateau(gain, rate, target.energy - gain**2 / (4.0 * rate)))
    return found


def partner_rate(plateau: Plateau, target: Filter, sign: int, outlier: float = 0.0) -> float:
    """The rate at which a second outlier grows out of eigenvalue `outlier` while the first rests; below 0, it shrinks.

        rate = -sign e [ 1 + gain / (d - c)^2 ] ,      e = gain / (d + c) - F(d) ,    d = 1 - outlier

    sign: of the partner in the sense of `pair.py`. Where the first overshoots at d (`e > 0`) it is an antisymmetric
    one, for oscillations and terms of negative gain; else a symmetric one, a second time scale. From size eps the
    plateau lasts for `log(1 / eps) / rate`. Without recurrent weights at the start and with `|W_in| = |W_out|` there is
    no symmetric direction: give the network some.
    Raises NeurosimError unless the sign is -1 or 1 and the outlier is below 1.
    """
    if sign not in (-1, 1) or not outlier < 1.0:
        raise NeurosimError(f"a partner of sign {sign} out of eigenvalue {outlier}; give sign -1 or 1, and less than 1")
    d, c, gain = 1.0 - outlier, plateau.rate, plateau.gain
    if abs(d - c) < TOUCHING:
        return -sign * gain * float(gain / (d + c) ** 3 - 0.5 * target.laplace(d, order=2))
    residual = gain / (d + c) - float(target.laplace(d))
    return -sign * residual * (1.0 + gain / (d - c) ** 2)


def _slope(rate: float, target: Filter) -> float:
    return float(target.laplace(rate) + 2.0 * rate * target.laplace(rate, order=1))
