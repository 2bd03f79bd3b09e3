"""Linear filters of the inputs of trials; SciPy's come with a package that takes longer to import than a run to do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def filtered(
    ahead: Sequence[float] | Float[np.ndarray, " ahead"],
    back: Sequence[float] | Float[np.ndarray, " back"],
    inputs: Float[np.ndarray, "trial time channel"],
) -> Float[np.ndarray, "trial time channel"]:
    """Each channel of each trial, from silence: `y[t] = sum_k ahead[k] x[t-k] - sum_(k>0) back[k] y[t-k]`.

    `back[0]`, the factor of `y[t]` itself, is 1. The transposed direct form, as in `scipy.signal.lfilter`: `known[k]`
    is what has been added up of `y[t+k]`.
    """
    order = max(len(ahead), len(back))
    b, a = (np.pad(np.asarray(each, dtype=float), (0, order - len(each))) for each in (ahead, back))
    b, a = b[:, None, None], a[:, None, None]
    known = np.zeros((order, len(inputs), inputs.shape[2]))
    outputs = np.empty_like(inputs)
    for t in range(inputs.shape[1]):
        x = inputs[:, t]
        y = outputs[:, t] = known[0] + b[0] * x
        known[:-1] = known[1:] + b[1:] * x - a[1:] * y
    return outputs
