"""The Wiener filter: the best finite linear filter from inputs to targets, by least squares on training trials.

y[t] = sum_k kernel[k] x[t - k], k = 0 .. taps - 1, with x = 0 before the trial. No linear network that forgets
within `taps` steps does better on the trials it was fitted to, so it is the yardstick of recorded data.
N. Wiener, Extrapolation, Interpolation and Smoothing of Stationary Time Series (1949).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.task import Trials


def kernel(trials: Trials, taps: int, ridge: float = 1e-9) -> Float[np.ndarray, "tap n_in n_out"]:
    """The least-squares filter over the masked steps; `ridge` is a share of the mean power of a regressor."""
    _, time, n_in = trials.inputs.shape
    weight = trials.mask[:, None]
    power = np.zeros((taps * n_in, taps * n_in))
    product = np.zeros((taps * n_in, trials.targets.shape[2]))
    for x, target in zip(trials.inputs, trials.targets, strict=True):
        padded = np.concatenate([np.zeros((taps - 1, n_in)), x])
        past = np.stack([padded[taps - 1 - k : taps - 1 - k + time] for k in range(taps)], axis=1).reshape(time, -1)
        power += past.T @ (weight * past)
        product += past.T @ (weight * target)
    floor = max(ridge * float(np.trace(power)) / len(power), np.finfo(float).tiny)
    return np.linalg.solve(power + floor * np.eye(len(power)), product).reshape(taps, n_in, -1)


def filtered(
    inputs: Float[np.ndarray, "trial time n_in"], kernel: Float[np.ndarray, "tap n_in n_out"]
) -> Float[np.ndarray, "trial time n_out"]:
    """What the filter answers to the inputs."""
    trials, time, _ = inputs.shape
    outputs = np.zeros((trials, time, kernel.shape[2]))
    for lag, tap in enumerate(kernel[:time]):
        outputs[:, lag:] += inputs[:, : time - lag] @ tap
    return outputs
