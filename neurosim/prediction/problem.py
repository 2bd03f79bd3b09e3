"""An experiment as theory sees it: a linear student that learns from a linear teacher's answers to white noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim import catalog
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment, learning, untrained
from neurosim.prediction.credits import CreditOf, credit_of
from neurosim.theory import LinearSystem, TeacherModes

LEARN = ("out", "rec", "in")
FIXED = "fixed"
"""The rule that changes nothing, not even the readout."""

EXACT = "float64"
"""The profile in which numbers are as theory has them."""


@dataclass(frozen=True, eq=False)
class Problem:
    """The student as learning begins, its feedback, what it is to imitate, the weight of each step, and its rule.

    learns: 1 for weights that learn, 0 for those that are frozen, by weight. online: whether the rule moves weights at
    every step, and not once a trial is over.
    """

    student: LinearSystem
    B: Float[np.ndarray, "n n_out"]
    teacher: LinearSystem
    mask: Float[np.ndarray, " steps"]
    credit: CreditOf
    learns: dict[str, float]
    online: bool = False

    @classmethod
    def of(cls, asked: Experiment) -> Problem:
        """That of an experiment. Raises `NeurosimError` if theory does not cover it, with the reason."""
        task = catalog.task(asked.task)
        made = task.solution(asked.seed)
        if made is None:
            raise NeurosimError(
                f"theory does not cover the task {asked.task}, because its targets are not known to be a linear "
                "network's answers to white noise"
            )
        if asked.profile != EXACT:
            raise NeurosimError(
                f"theory does not cover {asked.profile}, because it knows nothing of rounding; see the row in {EXACT}"
            )
        network = untrained(asked, task)
        return cls(
            student=LinearSystem(network.W_out, network.W_rec, network.W_in, network.alpha),
            B=network.B,
            teacher=LinearSystem(made.W_out, made.W_rec, made.W_in),
            mask=task.trials(1, asked.seed).mask,
            credit=credit_of(asked.rule),
            learns={f"W_{name}": float(name in asked.plastic and asked.rule != FIXED) for name in LEARN},
            online=learning(asked, network).online,
        )

    @property
    def modes(self) -> TeacherModes | None:
        """The modes of the teacher, if it falls apart into some."""
        return TeacherModes.of(self.teacher)
