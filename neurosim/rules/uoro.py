"""Unbiased online recurrent optimization (Tallec & Ollivier 2018, ICLR, arXiv 1702.05043, algorithm 1)."""

from __future__ import annotations

import numpy as np

from neurosim.errors import NeurosimError
from neurosim.rule import Rule


class UORO(Rule):
    """Unbiased online recurrent optimization: RTRL's influence as one product of two vectors, right in the mean.

    How a weight moves a rate, `influence[k, i, j]` of `rtrl`, is estimated by `effect[k] * cause[i, j]`, with one
    `effect` for the weights of all projections. Signs that are tossed anew at each step make the products of what
    does not belong together cancel in the mean, so that this is the exact gradient, whatever positive numbers `keep`
    and `add` are; these keep both factors of one size, which makes the noise least.

    floor: the least that `keep` and `add` are, so that nothing is divided by zero.
    """

    floor: float = 1e-7

    def __post_init__(self) -> None:
        if not 0.0 < self.floor < np.inf:
            raise NeurosimError(f"uoro: floor is {self.floor}; it must be a finite number above 0")
        super().__post_init__()

    equations = """
        toss[i]      = coin()
        moved[i]     = (1 - alpha) * effect[i] + alpha * sum(j, W_rec[i, j] * effect[j])
        extent[0]    = sqrt(sum(projection, sum(i, sum(j, cause[i, j] * cause[i, j]))))
        reach[0]     = sqrt(sum(i, moved[i] * moved[i]))
        keep[0]      = sqrt(extent[0] / (reach[0] + floor)) + floor
        activity[0]  = sqrt(sum(projection, sum(j, pre[j] * pre[j])))
        add[0]       = sqrt(alpha * activity[0]) + floor
        effect[i]    = keep[0] * moved[i] + add[0] * (2 * toss[i] - 1)
        cause[i, j]  = cause[i, j] / keep[0] + alpha * (2 * toss[i] - 1) * pre[j] / add[0]
        teach[0]     = sum(o, error[o] * sum(k, W_out[o, k] * effect[k]))
        weight[i, j] = weight[i, j] + lr * teach[0] * cause[i, j]
    """
