"""Eligibility propagation with a neuron's own weight (Bellec et al. 2020, Nat. Commun. 11:3625; arXiv 2606.00243)."""

from __future__ import annotations

from neurosim.rule import Rule


class EProp(Rule):
    """Eligibility propagation: the trace of a synapse decays as its neuron does by itself, self-weight included.

    The self-weight is what arXiv 2606.00243 adds for rate networks. Bellec et al. leave out all that passes through a
    neuron's output, also to itself; for leaky rate units that is `rflo`.
    """

    equations = """
        trace[i, j]  = (1 - alpha + alpha * W_rec[i, i]) * trace[i, j] + alpha * pre[j]
        teach[i]     = sum(o, B[i, o] * error[o])
        weight[i, j] = weight[i, j] + lr * teach[i] * trace[i, j]
    """
