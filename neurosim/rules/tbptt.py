"""Truncated back-propagation through time, online (Williams & Peng 1990, Neural Computation 2:490, BPTT(h; h'))."""

from __future__ import annotations

from neurosim.errors import NeurosimError
from neurosim.rule import Rule

EVERY_STEP = """
    past[s, j]   = before(past[s-1, j])
    past[0, j]   = pre[j]
    delta[0, j]  = sum(o, W_out[o, j] * error[o])
    delta[s, j]  = (1 - alpha) * delta[s-1, j] + alpha * sum(i, W_rec[i, j] * delta[s-1, i])
    weight[i, j] = weight[i, j] + lr * alpha * sum(s, delta[s, i] * past[s, j])
"""

EVERY_STRIDE = """
    past[s, j]   = before(past[s-1, j])
    past[0, j]   = pre[j]
    missed[s, o] = before(missed[s-1, o])
    missed[0, o] = error[o]
  every stride steps:
    delta[0, j]  = sum(o, W_out[o, j] * missed[0, o])
    delta[s, j]  = (1 - alpha) * delta[s-1, j] + alpha * sum(i, W_rec[i, j] * delta[s-1, i])
                 + sum(o, W_out[o, j] * missed[s, o])
    weight[i, j] = weight[i, j] + lr * alpha * sum(s, delta[s, i] * past[s, j])
    missed[s, o] = 0
"""


class TBPTT(Rule):
    """Truncated back-propagation through time: at every step, or every `stride` steps, the error goes k steps back.

    k: steps of the past that are remembered and gone through, h. stride: steps between updates, h'; the errors of all
    of them go back together, and those since the last full stride go back when the trial ends.
    """

    k: int = 1
    stride: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.stride <= self.k:
            raise NeurosimError(f"tbptt: k is {self.k} and stride is {self.stride}; they must satisfy 1 <= stride <= k")
        super().__post_init__()

    @property
    def memory(self) -> int:
        return self.k

    @property
    def equations(self) -> str:
        return EVERY_STEP if self.stride == 1 else EVERY_STRIDE
