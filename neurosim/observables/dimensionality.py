"""How many dimensions hidden states fill (participation ratio: Gao et al. 2017, bioRxiv 214262)."""

from __future__ import annotations

import numpy as np

from neurosim.observable import Observable, Observation


class Dimensionality(Observable):
    """The participation ratio of the rates' covariance over steps and test trials, `tr(C)^2 / tr(C^2)`.

    It is the number of principal components if all have the same variance, and 1 if one has it all.
    """

    quantities = {"dimensionality": "participation ratio of the rates' covariance on the test trials, 1 to n"}

    def observe(self, seen: Observation) -> dict[str, np.ndarray | float]:
        covariance = np.atleast_2d(np.cov(seen.rates.reshape(-1, seen.rates.shape[-1]), rowvar=False))
        squares = float(np.sum(covariance**2))
        return {"dimensionality": float(np.trace(covariance)) ** 2 / squares if squares else np.nan}
