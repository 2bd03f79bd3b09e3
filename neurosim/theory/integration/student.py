"""The student of integration: a linear rate network in continuous time with one input and one output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float
from scipy.linalg import expm

from neurosim.errors import NeurosimError


@dataclass(frozen=True, eq=False)
class Integrator:
    """`dr/dt = -r + W_rec r + W_in x` and `y = W_out r`, driven by white noise `x` of unit intensity.

    Time is in units of a neuron's time constant. The network of neurosim with `alpha = dt` and input of variance
    `1 / dt` is this one up to errors in proportion to `dt`, with the same weights.
    Raises NeurosimError unless the shapes fit and all numbers are finite.
    """

    W_out: Float[np.ndarray, "1 n"]
    W_rec: Float[np.ndarray, "n n"]
    W_in: Float[np.ndarray, "n 1"]

    def __post_init__(self) -> None:
        n = len(self.W_rec)
        for name, shape in (("W_out", (1, n)), ("W_rec", (n, n)), ("W_in", (n, 1))):
            weights = np.asarray(getattr(self, name), dtype=float)
            if weights.shape != shape or not np.isfinite(weights).all():
                raise NeurosimError(
                    f"{name} has shape {weights.shape}; an integrator of {n} neurons needs finite numbers of shape "
                    f"{shape}, for it has one input and one output"
                )
            object.__setattr__(self, name, weights)

    @property
    def decay(self) -> Float[np.ndarray, "n n"]:
        """`M = I - W_rec`: left alone, rates follow `exp(-M s)`."""
        return np.eye(len(self.W_rec)) - self.W_rec

    @property
    def eigenvalues(self) -> Complex[np.ndarray, " n"]:
        """Those of `W_rec`, rightmost first: `1 - rate` for each exponential of the response."""
        values = np.linalg.eigvals(self.W_rec).astype(complex)
        return values[np.argsort(-values.real, kind="stable")]

    @property
    def margin(self) -> float:
        """The rate of the slowest exponential; rates die out where it is above 0."""
        return 1.0 - float(self.eigenvalues[0].real)

    def impulse_response(self, times: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        """The output at times after a unit impulse: `W_out exp(-M s) W_in`."""
        return np.array([(self.W_out @ expm(-self.decay * s) @ self.W_in).item() for s in times])

    def seen_in(self, basis: Float[np.ndarray, "n m"]) -> Integrator:
        """The part of the network in the space of some orthonormal columns, in their coordinates."""
        return Integrator(self.W_out @ basis, basis.T @ self.W_rec @ basis, basis.T @ self.W_in)
