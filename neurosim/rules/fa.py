"""Feedback alignment through time (Lillicrap et al. 2016, Nat. Commun. 7:13276, its errors sent on as BPTT does)."""

from __future__ import annotations

from neurosim.rule import Rule


class FA(Rule):
    """Feedback alignment through time: BPTT whose errors enter through fixed synapses `B`, not the readout.

    Random in space and exact in time: from neuron to neuron the errors still go back through the recurrent weights.
    """

    equations = """
      backward:
        delta[j]     = (1 - alpha) * before(delta[j]) + alpha * sum(i, W_rec[i, j] * before(delta[i]))
                     + sum(o, B[j, o] * error[o])
        slope[i, j]  = slope[i, j] + alpha * delta[i] * pre[j]
      end of trial:
        weight[i, j] = weight[i, j] + lr * slope[i, j]
    """
    readout = """
      backward:
        slope_out[o, j] = slope_out[o, j] + error[o] * r[j]
      end of trial:
        W_out[o, j]     = W_out[o, j] + lr * slope_out[o, j]
    """
