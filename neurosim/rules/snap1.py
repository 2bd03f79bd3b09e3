"""Sparse n-step approximation of RTRL with n = 1 (Menick et al. 2021, ICLR, arXiv 2006.07232)."""

from __future__ import annotations

from neurosim.rule import Rule


class SnAp1(Rule):
    """Sparse one-step approximation of RTRL: of how weights move rates, only what a synapse does to its own neuron.

    What is kept of the influence goes on by the diagonal of the Jacobian, `1 - alpha + alpha * W_rec[i, i]`; `rtrl`
    keeps the influence on all other neurons too.
    """

    equations = """
        trace[i, j]  = (1 - alpha + alpha * W_rec[i, i]) * trace[i, j] + alpha * pre[j]
        teach[i]     = sum(o, W_out[o, i] * error[o])
        weight[i, j] = weight[i, j] + lr * teach[i] * trace[i, j]
    """
