"""What a bulk of random recurrent weights can learn without changing: one exponential, by its readout alone.

The bulk serves as a basis of `kernel.py`'s eigenfunctions. Where the eigenvalue `1 - c*` that the target asks for lies
within the disc that the bulk fills, a readout of finite norm has the target's response; outside, recurrent weights have
to grow an outlier: the threshold `|1 - c*| = radius` between lazy and rich learning (arXiv 2503.18754).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.integration.filters import Filter
from neurosim.theory.integration.kernel import check_radius, laguerre_scale


def asks_for_outlier(target: Filter, radius: float) -> bool:
    """Whether `|1 - c*| > radius`.

    Raises NeurosimError unless the target is one real exponential and the radius is in (0, 1).
    """
    check_radius(radius)
    _, rate = target.as_exponential()
    return abs(1.0 - rate) > radius


def lazy_loss(times: Float[np.ndarray, " time"], target: Filter, radius: float) -> Float[np.ndarray, " time"]:
    """The loss while the readout alone learns, from 0, in a large network with input weights of norm 1.

        g^2 w / (c* + w)^2 sum_n q^(2 n) exp(-(1 + t) t^n time) ,      q = (c* - w) / (c* + w)

    with w and t of the kernel's eigenfunctions. A network of n neurons leaves it where the loss is small: it has only n
    eigenvalues. Raises NeurosimError unless the target is one real exponential and the radius is in (0, 1).
    """
    gain, rate = target.as_exponential()
    width, ratio = laguerre_scale(radius)
    overlap = ((rate - width) / (rate + width)) ** 2
    learned = np.log(max(1.0, float(np.max(times)))) / -np.log(ratio)  # orders below this have died out in the end
    orders = np.arange(2 + int(learned + np.log(1e-18) / np.log(max(overlap, 1e-18))))
    decays = np.exp(-np.multiply.outer(times, (1.0 + ratio) * ratio**orders))
    return gain**2 * width / (rate + width) ** 2 * decays @ overlap**orders


def lazy_exponent(target: Filter, radius: float) -> float:
    """The theta of `loss ~ time^-theta` for long times of `lazy_loss`: `log(q^2) / log(t)`.

    Above 1 exactly where the target lies within the bulk, `|1 - c*| < radius`; infinite where `c* = w`, when a single
    eigenfunction is the target. Raises NeurosimError as `lazy_loss` does.
    """
    _, rate = target.as_exponential()
    width, ratio = laguerre_scale(radius)
    overlap = ((rate - width) / (rate + width)) ** 2
    return float(np.log(overlap) / np.log(ratio)) if overlap else np.inf


def lazy_readout_norm(target: Filter, radius: float) -> float:
    """The norm of the readout that has the target's response: `|g| / sqrt(1 - ((1 - c*) / radius)^2)`.

    Raises NeurosimError where none is finite, `|1 - c*| >= radius`, or as `lazy_loss` does.
    """
    check_radius(radius)
    gain, rate = target.as_exponential()
    if not abs(1.0 - rate) < radius:
        raise NeurosimError(
            f"the target asks for eigenvalue {1.0 - rate:.4g}, outside the bulk of radius {radius}: no readout of "
            "finite norm has its response; a rate within the radius of 1 has one"
        )
    return float(abs(gain) / np.sqrt(1.0 - ((1.0 - rate) / radius) ** 2))
