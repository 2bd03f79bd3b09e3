"""Random-feedback local online learning (Murray 2019, eLife 8:e43299, eq. 3 and 4, for linear units)."""

from __future__ import annotations

import numpy as np

from neurosim.errors import NeurosimError
from neurosim.rule import Rule
from neurosim.seeding import stream

FEEDBACK = {"random": "B[i, o]", "symmetric": "W_out[o, i]"}


class RFLO(Rule):
    """Random-feedback local online learning: one eligibility trace per input, the error through fixed synapses.

    decay: of the trace, per step; by default 1 - alpha, the neuron's own. feedback: `random` sends the error through
    `B`, `symmetric` through the transposed readout. spread: of the neurons' trace time constants, as the standard
    deviation of their logarithms, about that of the decay; above 0 each synapse has a trace with its neuron's decay.
    """

    feedback: str = "random"
    decay: float | None = None
    spread: float = 0.0

    def __post_init__(self) -> None:
        if self.feedback not in FEEDBACK:
            raise NeurosimError(f"rflo: feedback is {self.feedback!r}; there are: {', '.join(FEEDBACK)}")
        if not 0.0 <= self.spread < np.inf:
            raise NeurosimError(f"rflo: spread is {self.spread}; it must be a finite number, 0 or above")
        if self.spread and not 0.0 <= (self.decay or 0.0) < 1.0:
            raise NeurosimError(f"rflo: decay is {self.decay}; with a spread it must have a time constant, in [0, 1)")
        super().__post_init__()

    @property
    def equations(self) -> str:
        decay = "(1 - alpha)" if self.decay is None else "decay"
        trace, kept = ("trace[i, j]", "own_decay[i]") if self.spread else ("trace[j]", decay)
        return f"""
            {trace:<12} = {kept} * {trace} + alpha * pre[j]
            teach[i]     = sum(o, {FEEDBACK[self.feedback]} * error[o])
            weight[i, j] = weight[i, j] + lr * teach[i] * {trace}
        """

    def of_neurons(self, n: int, alpha: float) -> dict[str, np.ndarray]:
        """The decay of each neuron's traces: `decay**(1 / q)` for a time constant q times that of `decay`."""
        if not self.spread:
            return {}
        longer = np.exp(self.spread * stream(0, "time constants").normal(size=n))
        return {"own_decay": (1.0 - alpha if self.decay is None else self.decay) ** (1.0 / longer)}
