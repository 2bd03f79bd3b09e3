"""Real-time recurrent learning, exact and online (Williams & Zipser 1989, Neural Computation 1:270)."""

from __future__ import annotations

from neurosim.rule import Rule


class RTRL(Rule):
    """Real-time recurrent learning: carries how every weight moves every rate, N^3 numbers, forward in time."""

    equations = """
        influence[k, i, j] = (1 - alpha) * influence[k, i, j]
                           + alpha * sum(l, W_rec[k, l] * before(influence[l, i, j])) + alpha * (k == i) * pre[j]
        teach[k]           = sum(o, W_out[o, k] * error[o])
        weight[i, j]       = weight[i, j] + lr * sum(k, teach[k] * influence[k, i, j])
    """
