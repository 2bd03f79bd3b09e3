"""Random-feedback local online learning (Murray 2019, eLife 8:e43299, eq. 3 and 4, for linear units)."""

from __future__ import annotations

from neurosim.errors import NeurosimError
from neurosim.rule import Rule

FEEDBACK = {"random": "B[i, o]", "symmetric": "W_out[o, i]"}


class RFLO(Rule):
    """Random-feedback local online learning: one eligibility trace per input, the error through fixed synapses.

    decay: of the trace, per step; by default 1 - alpha, the neuron's own. feedback: `random` sends the error through
    `B`, `symmetric` through the transposed readout.
    """

    feedback: str = "random"
    decay: float | None = None

    def __post_init__(self) -> None:
        if self.feedback not in FEEDBACK:
            raise NeurosimError(f"rflo: feedback is {self.feedback!r}; there are: {', '.join(FEEDBACK)}")
        super().__post_init__()

    @property
    def equations(self) -> str:
        decay = "(1 - alpha)" if self.decay is None else "decay"
        return f"""
            trace[j]     = {decay} * trace[j] + alpha * pre[j]
            teach[i]     = sum(o, {FEEDBACK[self.feedback]} * error[o])
            weight[i, j] = weight[i, j] + lr * teach[i] * trace[j]
        """
