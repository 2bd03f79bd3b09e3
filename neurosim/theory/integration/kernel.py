"""Lazy learning: the kernel by which a large network with a bulk of random recurrent weights learns at first.

Let `W_rec` have entries of variance `radius^2 / n`, so that its eigenvalues fill a disc of that radius, and `W_in` be
random of norm 1. As n grows, the readouts of two moments after an impulse come to overlap as

    K(s, s') = W_in^T exp(-M^T s) exp(-M s') W_in  ->  exp(-(s + s')) I0(2 radius sqrt(s s')) ,    M = I - W_rec

and while weights move little, `f - f*` follows a linear equation with kernels made of K.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError

Numbers = float | Float[np.ndarray, "*#values"]
"""One number, or an array of them; two arrays are paired by broadcasting."""


def bulk_kernel(s: Numbers, t: Numbers, radius: float) -> Numbers:
    """`exp(-(s + t)) I0(2 radius sqrt(s t))` at times s and t. Raises NeurosimError unless the radius is in (0, 1)."""
    from scipy.special import ive

    check_radius(radius)
    x = 2.0 * radius * np.sqrt(s * t)
    return ive(0, x) * np.exp(x - s - t)


def bulk_modes(
    count: int, times: Float[np.ndarray, " time"], radius: float
) -> tuple[Float[np.ndarray, " count"], Float[np.ndarray, "count time"]]:
    """The kernel's eigenvalues, largest first, and its eigenfunctions at the given times.

        K(s, s') = sum_n k_n psi_n(s) psi_n(s')    k_n = (1 + t) t^n / 2    psi_n(s) = sqrt(2 w) exp(-w s) L_n(2 w s)

    with the Laguerre polynomials L, `w = sqrt(1 - radius^2)` and `sqrt(t) = (1 - w) / radius`, by the formula of Hille
    and Hardy. Raises NeurosimError unless the radius is in (0, 1).
    """
    from scipy.special import eval_laguerre

    width, ratio = laguerre_scale(radius)
    orders = np.arange(count)
    shapes = eval_laguerre(orders[:, None], 2.0 * width * times)
    return 0.5 * (1.0 + ratio) * ratio**orders, np.sqrt(2.0 * width) * np.exp(-width * times) * shapes


def bulk_kernel_laplace(z: Numbers, y: Numbers, radius: float) -> Numbers:
    """The kernel's Laplace transform in both times, `1 / ((1 + z)(1 + y) - radius^2)`.

    Raises NeurosimError unless the radius is in (0, 1).
    """
    check_radius(radius)
    return 1.0 / ((1.0 + z) * (1.0 + y) - radius**2)


def tangent_kernel_laplace(
    z: Numbers, y: Numbers, radius: float, input_norm: float = 1.0, readout_norm: float = 1.0
) -> Numbers:
    """The kernel of learning by all weights, in Laplace variables: `(|u|^2 + |v|^2) K + |u|^2 |v|^2 K^2`.

    Readout and input weights learn by the first term, recurrent ones by the second, which is a convolution in time.
    u and v, input weights and readout, are random and so at right angles. At the start of learning the response's
    transform changes by `sum_k g_k kernel(z, z_k)` for an output of 0.
    Raises NeurosimError unless the radius is in (0, 1).
    """
    K, u, v = bulk_kernel_laplace(z, y, radius), input_norm**2, readout_norm**2
    return (u + v) * K + u * v * K**2


def laguerre_scale(radius: float) -> tuple[float, float]:
    """`w = sqrt(1 - radius^2)` and `t = ((1 - w) / radius)^2`. Raises NeurosimError unless the radius is in (0, 1)."""
    check_radius(radius)
    width = float(np.sqrt(1.0 - radius**2))
    return width, ((1.0 - width) / radius) ** 2


def check_radius(radius: float) -> None:
    """Raises NeurosimError unless the bulk fills a disc within the unit circle."""
    if not 0.0 < radius < 1.0:
        raise NeurosimError(f"the bulk of recurrent weights has radius {radius}; it must lie between 0 and 1")
