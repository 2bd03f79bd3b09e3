"""Exact back-propagation through time, once a trial is over (Werbos 1990, Proc. IEEE 78:1550)."""

from __future__ import annotations

from neurosim.rule import Rule


class BPTT(Rule):
    """Exact back-propagation through time: remembers the whole trial, goes back through it, then updates once."""

    equations = """
      backward:
        delta[j]     = (1 - alpha) * before(delta[j]) + alpha * sum(i, W_rec[i, j] * before(delta[i]))
                     + sum(o, W_out[o, j] * error[o])
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
