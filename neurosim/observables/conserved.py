"""What exact gradients leave as it is, and other rules do not (see `neurosim.theory.conserved`)."""

from __future__ import annotations

import numpy as np

from neurosim.network import PLASTIC, Network
from neurosim.observable import Observable, Observation
from neurosim.theory import LinearSystem, bptt_invariant


class Conserved(Observable):
    """How far `W_in W_in^T - W_out^T W_out + W_rec W_rec^T - W_rec^T W_rec` has moved from where it was.

    Exact gradients conserve it entry by entry, up to the size of their steps, where all weights learn; NaN where some
    are frozen.
    """

    quantities = {
        "invariant_drift": "distance of the invariant from its first value, relative to that",
        "invariant_trace": "trace of the invariant, |W_in|^2 - |W_out|^2",
    }

    def observe(self, seen: Observation) -> dict[str, np.ndarray | float]:
        first, now = (bptt_invariant(_system(each)) for each in (seen.initial, seen.network))
        size, all_learn = float(np.linalg.norm(first)), set(PLASTIC) == set(seen.plastic)
        return {
            "invariant_drift": float(np.linalg.norm(now - first)) / size if size and all_learn else np.nan,
            "invariant_trace": float(np.trace(now)) if all_learn else np.nan,
        }


def _system(network: Network) -> LinearSystem:
    return LinearSystem(network.W_out, network.W_rec, network.W_in, network.alpha)
