"""The Kalman filter: the best estimate of what moves linearly, from what is seen of it with Gaussian noise.

    state[t] = A state[t-1] + w,    seen[t] = H state[t] + q

A, H and the covariances of w and q are fitted by least squares to training trials (Wu et al. 2006, Neural
Computation 18:80, eq. 2.5 to 2.13). In the steady state it is a linear network of as many units as there are states.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim.task import Trials


@dataclass(frozen=True, eq=False)
class Kalman:
    """A fitted model: how the state moves, what is seen of it, and the covariances of both kinds of noise."""

    A: Float[np.ndarray, "state state"]
    H: Float[np.ndarray, "seen state"]
    moving: Float[np.ndarray, "state state"]
    seeing: Float[np.ndarray, "seen seen"]

    @classmethod
    def of(cls, trials: Trials, ridge: float = 1e-6) -> Kalman:
        """Fitted to trials whose targets are the states and whose inputs are what is seen of them.

        ridge: what is added to the covariance of what is seen, as a share of its mean.
        """
        before, after = (trials.targets[:, part].reshape(-1, trials.targets.shape[2]) for part in _STEPS)
        state = trials.targets.reshape(-1, trials.targets.shape[2])
        seen = trials.inputs.reshape(-1, trials.inputs.shape[2])
        A, moving = _regression(before, after)
        H, seeing = _regression(state, seen)
        return cls(A, H, moving, seeing + ridge * np.trace(seeing) / len(seeing) * np.eye(len(seeing)))

    def filtered(self, inputs: Float[np.ndarray, "trial time seen"]) -> Float[np.ndarray, "trial time state"]:
        """The estimates of the states, each from what was seen up to its step; a trial begins at rest, known so."""
        covariance = np.zeros_like(self.moving)
        estimate = np.zeros((len(inputs), len(self.A)))
        found = np.empty((*inputs.shape[:2], len(self.A)))
        for t in range(inputs.shape[1]):
            covariance = self.A @ covariance @ self.A.T + self.moving
            gain = covariance @ self.H.T @ np.linalg.inv(self.H @ covariance @ self.H.T + self.seeing)
            expected = estimate @ self.A.T
            estimate = expected + (inputs[:, t] - expected @ self.H.T) @ gain.T
            covariance = (np.eye(len(self.A)) - gain @ self.H) @ covariance
            found[:, t] = estimate
        return found


_STEPS = slice(None, -1), slice(1, None)


def _regression(
    given: Float[np.ndarray, "sample n"], wanted: Float[np.ndarray, "sample m"]
) -> tuple[Float[np.ndarray, "m n"], Float[np.ndarray, "m m"]]:
    """The matrix that makes most of what is wanted from what is given, and the covariance of what is left."""
    matrix = np.linalg.lstsq(given, wanted, rcond=None)[0].T
    left = wanted - given @ matrix.T
    return matrix, left.T @ left / len(left)
