"""The rank of what a rule learns: local rules with fixed feedback change weights in few directions only.

Every update of recurrent and of input weights is a sum of credit operators times something (see `expected.py`), so its
columns lie in the space that the operators span. Where that space is always the same, so do the columns of any sum of
updates: the low-rank theorem of Williams, Payeur & Lajoie (arXiv 2606.00243, Prop. 3.1). It asks for no alignment, and
holds for sampled and for mean updates, for every learning rate, schedule and momentum.

The space of RFLO is fixed: that of `B`, of at most as many dimensions as there are outputs; with unit-specific decays,
of at most `sum_g min(n_out, n_g)` for groups of `n_g` neurons of equal decay. With weight decay the statement is about
the weights less what is left of the initial ones. It is lost where credit moves with the weights (BPTT, truncated or
not, FA, e-prop, symmetric feedback), in networks that are not linear, and in optimisers that scale each weight by
itself (Adam).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.theory.credit import Credit


def credit_space(credit: Credit, steps: int) -> Float[np.ndarray, "n rank"]:
    """Orthonormal columns that span all that credit for errors less than `steps` old can change: the theorem's bound.

    For rules whose credit moves, the bound on a single update only.
    """
    operators = np.concatenate(list(credit(steps)), axis=1)
    sizes = np.linalg.norm(operators, axis=0)
    basis, singular, _ = np.linalg.svd(operators[:, sizes > 0.0] / sizes[sizes > 0.0], full_matrices=False)
    return basis[:, singular > 1e-10 * singular.max(initial=1e-300)]


def outside(change: Float[np.ndarray, "n columns"], space: Float[np.ndarray, "n rank"]) -> float:
    """The share of a change of weights that lies outside a space, by Frobenius norms; 0 for no change."""
    rest = change - space @ (space.T @ change)
    whole = float(np.linalg.norm(change))
    return float(np.linalg.norm(rest)) / whole if whole else 0.0


def effective_rank(change: Float[np.ndarray, "n columns"]) -> float:
    """`(sum of singular values)^2 / sum of their squares`: how many directions a change has, weighed by size."""
    singular = np.linalg.svd(change, compute_uv=False)
    squares = float(np.sum(singular**2))
    return float(np.sum(singular)) ** 2 / squares if squares else 0.0
