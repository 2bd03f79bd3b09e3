"""Low-rank networks seen through overlaps: what their vectors have in common is all that their learning depends on.

A network with `W_rec = M N^T`, readout `V` and inputs `U` is its vectors side by side, `Z = [V^T, M, N, U]`, and their
overlaps are `S = Z^T Z`. Four blocks of it are visible from outside, the others are not:

    A = V M    C = N^T M    B = N^T U    D = V U
    f[0] = alpha D,   f[k+1] = (1 - alpha) f[k] + alpha^2 A q[k],   q[k] = ((1 - alpha) I + alpha C)^k B

is the network's answer `f[k]` to an impulse k steps ago, and with it every loss. Gradient descent on `Z` moves it by
`Z <- Z (1 - lr G)` with a symmetric `G` of the visible overlaps only, so that

    S <- (1 - lr G) S (1 - lr G),    and in the limit of small rates    dS/dt = -(G S + S G):

overlaps learn by themselves, whatever the number of neurons. Those that cannot be seen decide how fast the others
change. `G` joins `V, N` with `M, U` and nothing else, which is why `V^T V + N N^T - M M^T - U U^T` stays as it is.

That visible and invisible overlaps are to be told apart is Ger and Barak's (arXiv 2605.04115), of which only excerpts
were at hand; the above is derived here for linear networks, in discrete time. Descent is on the factors, which is not
that of rules that change each weight of `W_rec`: those do not keep the rank as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError

Response = Float[np.ndarray, "lag n_out n_in"]
"""What a network answers to an impulse, by the number of steps since."""


@dataclass(frozen=True, eq=False)
class Overlaps:
    """The overlaps of readouts, left and right vectors of W_rec, and inputs, in this order along both axes of `S`."""

    S: Float[np.ndarray, "all all"]
    n_out: int
    rank: int
    n_in: int

    def __post_init__(self) -> None:
        size = self.n_out + 2 * self.rank + self.n_in
        if self.S.shape != (size, size):
            raise NeurosimError(
                f"overlaps have shape {self.S.shape}; {self.n_out} outputs, rank {self.rank} and {self.n_in} inputs "
                f"need {(size, size)}"
            )

    @classmethod
    def of(
        cls,
        V: Float[np.ndarray, "n_out n"],
        M: Float[np.ndarray, "n rank"],
        N: Float[np.ndarray, "n rank"],
        U: Float[np.ndarray, "n n_in"],
    ) -> Overlaps:
        """Those of a network with `W_rec = M N^T`, readout V and inputs U."""
        Z = np.hstack([V.T, M, N, U])
        return cls(Z.T @ Z, len(V), M.shape[1], U.shape[1])

    @cached_property
    def places(self) -> tuple[slice, slice, slice, slice]:
        """Where readouts, left and right vectors and inputs stand."""
        ends = np.cumsum([0, self.n_out, self.rank, self.rank, self.n_in]).tolist()
        v, m, n, u = (slice(*pair) for pair in pairwise(ends))
        return v, m, n, u

    @property
    def visible(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """`A = V M`, `C = N^T M`, `B = N^T U` and `D = V U`."""
        v, m, n, u = self.places
        return self.S[v, m], self.S[n, m], self.S[n, u], self.S[v, u]


def response(overlaps: Overlaps, alpha: float, steps: int) -> Response:
    """The network's answer to an impulse, from the visible overlaps. alpha: leak per step."""
    A, _, _, D = overlaps.visible
    found = [alpha * D]
    for q in _inside(overlaps, alpha, steps)[:-1]:
        found.append((1.0 - alpha) * found[-1] + alpha**2 * A @ q)
    return np.array(found)


def overlap_loss(overlaps: Overlaps, target: Response, alpha: float) -> float:
    """`1/2 sum(k, |f[k] - target[k]|^2)`: the mean loss of a step under white noise, for responses that long."""
    return float(0.5 * ((response(overlaps, alpha, len(target)) - target) ** 2).sum())


def overlap_slope(overlaps: Overlaps, target: Response, alpha: float) -> Float[np.ndarray, "all all"]:
    """The matrix G of the module's text: the slope of the loss along each visible overlap, at its place and across."""
    A, C, _, _ = overlaps.visible
    inside = _inside(overlaps, alpha, len(target))
    kept = (1.0 - alpha) * np.eye(overlaps.rank) + alpha * C
    by_A, by_C = np.zeros_like(A), np.zeros_like(C)
    late, within = np.zeros_like(target[0]), np.zeros_like(inside[0])  # slopes along f[k + 1] and q[k + 1]
    misses = response(overlaps, alpha, len(target)) - target
    for q, miss in zip(inside[::-1], misses[::-1], strict=True):
        by_A += alpha**2 * late @ q.T
        by_C += alpha * within @ q.T
        within = alpha**2 * A.T @ late + kept.T @ within
        late = miss + (1.0 - alpha) * late
    v, m, n, u = overlaps.places
    G = np.zeros_like(overlaps.S)
    for row, column, slope in ((v, m, by_A), (n, m, by_C), (n, u, within), (v, u, alpha * late)):
        G[row, column], G[column, row] = slope, slope.T
    return G


def overlap_step(overlaps: Overlaps, target: Response, alpha: float, lr: float) -> Overlaps:
    """The overlaps after one step of gradient descent on the vectors; exact at any learning rate."""
    kept = np.eye(len(overlaps.S)) - lr * overlap_slope(overlaps, target, alpha)
    return replace(overlaps, S=kept @ overlaps.S @ kept)


def overlap_learning(
    overlaps: Overlaps, target: Response, alpha: float, times: Float[np.ndarray, " time"]
) -> list[Overlaps]:
    """The overlaps at learning times, steps times learning rate, in the limit of small steps."""
    from scipy.integrate import solve_ivp

    def flow(_: float, state: np.ndarray) -> np.ndarray:
        now = replace(overlaps, S=state.reshape(overlaps.S.shape))
        G = overlap_slope(now, target, alpha)
        return -(G @ now.S + now.S @ G).ravel()

    path = solve_ivp(flow, (times[0], times[-1]), overlaps.S.ravel(), t_eval=times, rtol=1e-9, atol=1e-12)
    return [replace(overlaps, S=state.reshape(overlaps.S.shape)) for state in path.y.T]


def _inside(overlaps: Overlaps, alpha: float, steps: int) -> list[np.ndarray]:
    """`q[k]`: what of an impulse k steps ago lies along the right vectors."""
    _, C, B, _ = overlaps.visible
    found = [B]
    for _ in range(steps - 1):
        found.append((1.0 - alpha) * found[-1] + alpha * C @ found[-1])
    return found
