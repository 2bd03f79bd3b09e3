"""What an integrator is to do with its input: a filter whose response to an impulse is a sum of exponentials."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
from jaxtyping import Complex, Float

from neurosim.errors import NeurosimError

Numbers = float | Float[np.ndarray, "*values"]
"""One number, or an array of them."""


@dataclass(frozen=True, eq=False)
class Filter:
    """`response(s) = Re sum_k gains[k] exp(-rates[k] s)`, at a time `s` after a unit impulse.

    Time is in units of a neuron's time constant. A complex rate is a damped oscillation.
    Raises NeurosimError unless there are as many gains as rates, finite, and every exponential dies out.
    """

    gains: Complex[np.ndarray, " term"]
    rates: Complex[np.ndarray, " term"]

    def __post_init__(self) -> None:
        for name in ("gains", "rates"):
            object.__setattr__(self, name, np.atleast_1d(np.array(getattr(self, name), dtype=complex)))
        if self.gains.shape != self.rates.shape or self.gains.ndim != 1 or not np.isfinite(self.gains).all():
            raise NeurosimError(
                f"a filter has gains {self.gains} and rates {self.rates}; give one finite gain per rate"
            )
        if not np.isfinite(self.rates).all() or not (self.rates.real > 0.0).all():
            raise NeurosimError(f"a filter has rates {self.rates}; their real parts must lie above 0 for it to die out")

    @classmethod
    def exponential(cls, rate: float, gain: float = 1.0) -> Filter:
        """`gain exp(-rate s)`, leaky integration; with `gain = sqrt(2 rate)` the output has unit variance."""
        return cls(np.array([gain + 0j]), np.array([rate + 0j]))

    @classmethod
    def oscillation(cls, rate: float, frequency: float, gain: float = 1.0, phase: float = 0.0) -> Filter:
        """`gain exp(-rate s) cos(frequency s + phase)`, angles in radians."""
        return cls(np.array([gain * np.exp(1j * phase)]), np.array([rate - 1j * frequency]))

    @classmethod
    def timescales(cls, rates: Float[np.ndarray, " term"], gains: Float[np.ndarray, " term"]) -> Filter:
        """`sum_k gains[k] exp(-rates[k] s)`: several real time scales at once."""
        return cls(gains + 0j, rates + 0j)

    def response(self, times: Numbers) -> Numbers:
        """The output at times after a unit impulse."""
        return np.real(np.exp(-np.multiply.outer(times, self.rates)) @ self.gains)

    def laplace(self, z: Numbers, order: int = 0) -> Numbers:
        """The Laplace transform of the response, `Re sum_k gains[k] / (z + rates[k])`, or a derivative of it in z."""
        terms = self.gains / np.add.outer(z, self.rates) ** (order + 1)
        return (-1.0) ** order * factorial(order) * np.real(terms.sum(axis=-1))

    @property
    def energy(self) -> float:
        """`1/2 int response(s)^2 ds`: the loss of no output at all."""
        same = np.outer(self.gains, self.gains) / np.add.outer(self.rates, self.rates)
        crossed = np.outer(self.gains, self.gains.conj()) / np.add.outer(self.rates, self.rates.conj())
        return 0.25 * float(np.real(same + crossed).sum())

    def as_exponential(self) -> tuple[float, float]:
        """Gain and rate of a filter that is one real exponential. Raises NeurosimError for any other."""
        if len(self.rates) != 1 or self.gains.imag.any() or self.rates.imag.any():
            raise NeurosimError(
                f"this is known for a single real exponential; the filter has gains {self.gains} and rates {self.rates}"
            )
        return float(self.gains.real[0]), float(self.rates.real[0])
