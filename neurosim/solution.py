"""What makes a task's targets, where that is a linear network itself: what theory needs to know of the task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class Solution:
    """A linear network without leak whose answers to white noise of variance one are the targets.

        h[t] = W_rec h[t-1] + W_in x[t]        target[t] = W_out h[t]

    Its impulse response k steps on is `W_out W_rec^k W_in`.
    """

    W_rec: Float[np.ndarray, "n n"]
    W_in: Float[np.ndarray, "n n_in"]
    W_out: Float[np.ndarray, "n_out n"]
