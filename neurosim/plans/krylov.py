"""What inputs reach in a trial: powers of W_rec, each passed on by fewer of the steps that there are.

A leaky network is a sum over paths, `r[t] = sum(k, W_rec^k W_in c_k[t])`. c_k is the input through k + 1 leaky
filters, and is at most the largest input times the chance that more than k of t steps are taken if each is with chance
alpha. So powers beyond a depth are without effect, however large the network.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

NEGLIGIBLE = 1e-18
"""Powers are left out, unless asked for, from the first whose part in the rates is below this."""

DEFLATED = 1e-14
"""A direction this much smaller than the block it is in is taken as none."""

TRIED = 6
"""Powers from which the growth of the others is guessed."""


def passing(alpha: float, steps: int) -> Float[np.ndarray, " power"]:
    """The chance that more than k of the steps are taken, for k from 0 to steps - 1."""
    if alpha == 1.0:
        return np.ones(steps)
    taken = np.arange(1, steps + 1)
    odds = np.log((steps + 1 - taken) / taken) + np.log(alpha) - np.log1p(-alpha)
    chances = np.exp(steps * np.log1p(-alpha) + np.cumsum(odds))
    return np.cumsum(chances[::-1])[::-1]


def times(W: Float[np.ndarray, "n k"], block: Float[np.ndarray, "k source"]) -> Float[np.ndarray, "n source"]:
    """`W block`; few columns are multiplied one by one, which is faster than as a product of matrices."""
    if block.shape[1] == 1:
        return (W @ block[:, 0])[:, None]
    return W @ block if block.shape[1] > 3 else np.stack([W @ column for column in block.T], axis=1)


def powers(
    W: Float[np.ndarray, "n n"], start: Float[np.ndarray, "n source"], most: int
) -> Iterator[Float[np.ndarray, "n source"]]:
    """`W^k start`, for k from 0."""
    block = start
    for power in range(most):
        yield block
        block = times(W, block) if power + 1 < most else block


def depth(
    W: Float[np.ndarray, "n n"], start: Float[np.ndarray, "n source"], chances: Float[np.ndarray, " power"]
) -> int:
    """How many powers have a part in the rates, guessed from how the first grow."""
    norms = [float(np.linalg.norm(block)) for block in powers(W, start, min(TRIED, len(chances)))]
    growth = (norms[-1] / norms[0]) ** (1.0 / max(len(norms) - 1, 1)) if norms[0] > 0.0 else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        part = chances * growth ** np.arange(len(chances))
    small = np.flatnonzero(part < NEGLIGIBLE)
    return int(small[0]) if small.size else len(chances)


def basis(
    W: Float[np.ndarray, "n n"],
    start: Float[np.ndarray, "n source"],
    chances: Float[np.ndarray, " power"],
    least: float,
) -> tuple[Float[np.ndarray, "n k"], int]:
    """Orthonormal columns that span the powers whose part in the rates is `least` or more, and how many came last.

    What a power adds to the span of those before is `R_k ... R_1 R_0`, of the factors R of the new directions (block
    Arnoldi). None came last if W maps the span into itself.
    """
    found, block = np.zeros((len(W), 0)), start
    added, last = np.eye(start.shape[1]), 0
    for chance in chances:
        columns, factor = _directions(block, found)
        added = factor @ added
        if not columns.size:
            return found, 0
        if chance * np.linalg.norm(added) < least * np.linalg.norm(start):
            break
        found, block, last = np.hstack([found, columns]), times(W, columns), columns.shape[1]
    return found, last


def _directions(
    block: Float[np.ndarray, "n source"], found: Float[np.ndarray, "n k"]
) -> tuple[Float[np.ndarray, "n new"], Float[np.ndarray, "new source"]]:
    """What is new in a block, as orthonormal columns, and what the block has of them.

    The columns are cleared of the found ones once more: of what rounding left.
    """
    columns, factor = np.linalg.qr(block - found @ (found.T @ block))
    new = np.abs(np.diag(factor)) > DEFLATED * np.linalg.norm(block)
    columns = columns[:, new]
    columns = np.linalg.qr(columns - found @ (found.T @ columns))[0]
    return np.asarray(columns), np.asarray(factor[new])
