"""W_rec as it was, and the factor that learning adds to it (`neurosim.factorisation`).

A step reads N^2 numbers and writes none of them, where the program as it stands writes all.
"""

from __future__ import annotations

from dataclasses import replace

from neurosim import factorisation
from neurosim.engine import Job, Outcome
from neurosim.factorisation import factorised, multiplied_out
from neurosim.plans import estimate
from neurosim.plans.choice import Kernel, Record, Work
from neurosim.program import Program

ERROR = 1e-12


def unfit(program: Program, record: Record) -> str | None:
    """It takes fixed feedback as the only way from errors to W_rec, and W_rec read by the network alone."""
    if formed := {"W_rec", "teach"} & set(record):
        return f"{min(formed)} is to be recorded, and is not formed"
    return factorisation.unfit(program)


def dear(work: Work) -> str | None:
    """It pays where a matrix of neurons by neurons is most of the work."""
    factored = estimate.trial(factorised(work.program), work.steps)
    return estimate.dear(factored, estimate.trial(work.program, work.steps))


def run(program: Program, job: Job, record: Record, kernel: Kernel) -> Outcome | None:
    """The outcome with the factor multiplied out; none if it diverged, which is the full kernel's to say."""
    found = kernel(factorised(program), job, record)
    return None if found.diverged else replace(found, weights=multiplied_out(dict(found.weights)))
