"""One outlier: an eigenvalue that leaves the bulk of recurrent weights, and what a rule does to it.

Where input weights and readout both lie along one direction p, and `W_rec = outlier p p^T`, the network is one
neuron with readout `a`, input weight `b`, and the response `a b exp(-c s)` with `c = 1 - outlier`. Rich learning from
small weights (arXiv 2503.18754) is this, a system of two equations where `a = b`, up to errors that vanish with the
size of the weights and with the variance of the recurrent ones. Local rules differ in their credit of old errors.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.integration.filters import Filter
from neurosim.theory.integration.outlier_credit import BPTT, OutlierCredit


def outlier_loss(state: Float[np.ndarray, "3"], target: Filter) -> float:
    """`(a b)^2 / (4 c) - a b F(c) + 1/2 int f*^2 ds`, with F the target's Laplace transform and `c = 1 - outlier`.

    state: `a, b, outlier`. Raises NeurosimError unless the outlier is below 1.
    """
    gain, rate = state[0] * state[1], forgetting(float(state[2]))
    return float(gain**2 / (4.0 * rate) - gain * target.laplace(rate) + target.energy)


def outlier_update(
    state: Float[np.ndarray, "3"], target: Filter, credit: OutlierCredit = BPTT
) -> Float[np.ndarray, "3"]:
    """How `a, b, outlier` change in learning time: one formula for all rules, with `c = 1 - outlier`.

        da/dt       = -b [ a b / (2 c)             -  Re sum_k g_k / (c + z_k) ]
        db/dt       = -f [ a b S(p + c)            -  Re sum_k g_k S(p + z_k) ]
        doutlier/dt = -f b [ a b S(p + c) / (2 c)  -  Re sum_k g_k S(p + z_k) / (c + z_k) ]

    where credit is `f exp(-p s)` and `S(z) = int exp(-z s) ds` over its window. By exact gradients `a^2 - b^2` stays.
    Raises NeurosimError unless the outlier is below 1 and the credit of old errors dies out.
    """
    rate = forgetting(float(state[2]))
    slowest = credit.lost(rate) + min(rate, float(target.rates.real.min()))
    if credit.window is None and not slowest > 0.0:
        raise NeurosimError(
            f"an error's share in the update grows at a rate of {-slowest:.4g} with its age; choose a larger decay"
        )
    return flow(state, target, credit)


def flow(state: Float[np.ndarray, "3"], target: Filter, credit: OutlierCredit) -> Float[np.ndarray, "3"]:
    """`outlier_update` wherever the formula has a value, for solvers that may step out of its domain and back."""
    a, b, outlier = state
    c, gain, f = 1.0 - outlier, a * b, credit.sent(a)
    p = credit.lost(c)
    own, wanted = gain * credit.total(p + c), target.gains * credit.total(p + target.rates)
    return np.array(
        [
            -b * (gain / (2.0 * c) - target.laplace(c)),
            -f * (own - np.real(wanted.sum())),
            -f * b * (own / (2.0 * c) - np.real((wanted / (c + target.rates)).sum())),
        ]
    )


def forgetting(outlier: float) -> float:
    """The rate `1 - outlier` at which the outlier's exponential dies out. Raises NeurosimError unless it is above 0."""
    if not outlier < 1.0:
        raise NeurosimError(f"the outlier is {outlier:.4g}; below 1, what it remembers dies out")
    return 1.0 - outlier
