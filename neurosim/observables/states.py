"""A sample of hidden states, which comparisons set against those that exact gradients end with."""

from __future__ import annotations

import numpy as np

from neurosim.observable import Observable, Observation


class States(Observable):
    """The rates of all neurons at some moments of the test trials, the same moments at every checkpoint.

    Runs of one seed share their test trials, so that a comparison that includes `bptt` can say how like the states of a
    rule are to those that it ends with: linear CKA and subspace angles.

    count: how many moments at most, evenly over all steps of all trials.
    """

    count: int = 200

    quantities = {"states": "rates of all neurons at a sample of moments, [moment, neuron]"}

    def observe(self, seen: Observation) -> dict[str, np.ndarray | float]:
        states = seen.rates.reshape(-1, seen.rates.shape[-1])
        chosen = np.linspace(0, len(states) - 1, min(self.count, len(states))).astype(int)
        return {"states": states[chosen]}
