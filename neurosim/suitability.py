"""Whether a chip could run what an experiment asks of it, and what a step would cost there."""

from __future__ import annotations

from dataclasses import dataclass

from neurosim import catalog
from neurosim.audit import Audit, audit
from neurosim.cost import Cost, cost
from neurosim.experiment import Experiment, untrained
from neurosim.program import compile


@dataclass(frozen=True)
class Suitability:
    """The audit of a program on a chip, and its costs."""

    audit: Audit
    cost: Cost


def suitability(asked: Experiment) -> Suitability | None:
    """That of an experiment's rule on its profile; None where the profile is no chip, but number formats only."""
    profile, task = catalog.profile(asked.profile), catalog.task(asked.task)
    if profile.spelt_out:
        return None
    program = compile(untrained(asked, task), catalog.rule(asked.rule), lr=asked.lr, plastic=asked.plastic)
    steps = task.trials(1, asked.seed).inputs.shape[1]
    return Suitability(audit(program, profile, steps=steps), cost(program, profile, steps=steps))
