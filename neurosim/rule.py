"""A learning rule: its equations as text, and what they become for each plastic projection.

Vocabulary of a rule, beside the quantities and constants that it computes or has as fields:

    pre[j]                 what a synapse carries: r[t-1] for recurrent synapses, x[t] for those of the inputs
    weight[i, j]           the synapse itself
    r[i]  y[o]  error[o]   rates and outputs of this step; error = mask * (target - y)
    W_rec[i, j]  W_in[i, m]  W_out[o, i]  B[i, o]  x[m]  target[o]
    alpha  lr              leak per step; learning rate of the projection

One equation serves every projection: `trace[j] = ... pre[j]` is kept once for the recurrent and once for the input
synapses, `teach[i] = ... error[o]` once for both. Statements that need nothing of this step's state run before the
network's own equations, so that traces are those of *now*; the others run after the error is known.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import dataclass_transform

import numpy as np

from neurosim.errors import NeurosimError
from neurosim.expansion import expand

DELTA_RULE = "W_out[o, j] = W_out[o, j] + lr * error[o] * r[j]"


@dataclass_transform(frozen_default=True)
@dataclass(frozen=True)
class Rule:
    """A learning rule. Fields are its parameters; a subclass is made a frozen dataclass as it is defined.

    equations: what neurons and synapses compute. readout: how the readout learns. memory: how many values the index
    `s` takes. A subclass sets them as attributes, or as properties where they depend on a parameter.

    Raises `NeurosimError`, as the class is defined, if an equation is wrong.
    """

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True)(cls)
        if all(field.default is not MISSING or field.default_factory is not MISSING for field in fields(cls)):
            cls()

    def __post_init__(self) -> None:
        try:
            expand(self)
        except NeurosimError as error:
            raise NeurosimError(f"{type(self).__name__}: {error}") from None

    @property
    def equations(self) -> str:
        return ""

    @property
    def readout(self) -> str:
        return DELTA_RULE

    @property
    def memory(self) -> int:
        return 1

    @property
    def constants(self) -> dict[str, float]:
        """The numbers among the parameters, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, int | float)}

    def of_neurons(self, n: int, alpha: float) -> dict[str, np.ndarray]:
        """Numbers that each of n neurons has for good, by name, such as time constants of its own: `name[i]`."""
        return {}
