"""Which plan a job takes: the first whose equations and sizes allow it, and why those before it do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Protocol

import numpy as np

from neurosim.engine import Job, Outcome, start
from neurosim.plans import estimate
from neurosim.program import Program

FULL = "full"
"""The kernel of the whole program: always possible."""

AUTO = "auto"
"""The plan is chosen for each job."""

NAMES = ("cascade", "reachable", "history", "factorised")
"""The plans in the order in which they are asked; each is the module of that name."""

Record = tuple[str, ...]
Kernel = Callable[[Program, Job, Record], Outcome]
"""What runs a program as it stands."""


@dataclass(frozen=True)
class Work:
    """What a job asks: the weights and constants that it starts from, and how many trials of how many steps."""

    program: Program
    weights: Mapping[str, np.ndarray]
    constants: Mapping[str, float]
    trials: int
    steps: int

    @classmethod
    def of(cls, program: Program, job: Job) -> Work:
        """That of a job. Raises `NeurosimError` if it does not fit the program."""
        return cls(program, *start(program, job), len(job.trials), job.trials.inputs.shape[1])


class Plan(Protocol):
    """A module of `neurosim.plans`.

    ERROR: of weights, losses and records, relative to the largest of their kind, beside the full kernel.
    """

    ERROR: float

    def unfit(self, program: Program, record: Record) -> str | None:
        """Why the equations, or what is to be recorded, do not allow the plan; None if they do."""

    def dear(self, work: Work) -> str | None:
        """Why the plan would not pay; None if it does."""

    def run(self, program: Program, job: Job, record: Record, kernel: Kernel) -> Outcome | None:
        """The outcome of a job; None if it turns out on the way that the error might be larger than `ERROR`."""


@dataclass(frozen=True)
class Choice:
    """The plan of a job, and of those that were passed over, why."""

    plan: str
    passed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plans:
    """The plans of a program. asked: `auto`, or `full` for none of them; after: those that come after a plan only."""

    program: Program
    record: Record = ()
    asked: str = AUTO
    after: str | None = None

    @cached_property
    def unfit(self) -> Mapping[str, str | None]:
        """Each plan, and why the program does not allow it."""
        names = NAMES[NAMES.index(self.after) + 1 :] if self.after else NAMES
        if self.asked == FULL:
            return dict.fromkeys(names, "the full kernel was asked for")
        if any(not quantity.format.exact for quantity in self.program.quantities.values()):
            return dict.fromkeys(names, "what is kept is rounded, and so must be computed as it is written")
        if self.program.dtype != np.float64:
            return dict.fromkeys(names, "its error is known in float64 only")
        return {name: _unfit(name, self.program, self.record) for name in names}

    @property
    def possible(self) -> bool:
        """Whether the program allows any."""
        return None in self.unfit.values()

    def choice(self, work: Work) -> Choice:
        """That of a job. Nothing is looked for where the job is over before it would be found."""
        passed: dict[str, str] = {}
        full = estimate.trial(work.program, work.steps) * work.trials if self.possible else 0.0
        short = f"the full kernel takes {full:.2g} multiplications, fewer than are worth a choice"
        for name, reason in self.unfit.items():
            reason = reason or (short if full < estimate.SHORT else plan(name).dear(work))
            if reason is None:
                return Choice(name, passed)
            passed[name] = reason
        return Choice(FULL, passed)

    def run(self, job: Job, kernel: Kernel) -> Outcome:
        """The outcome of a job by its plan or, where that cannot vouch for its error, by the kernel."""
        with np.errstate(over="ignore", invalid="ignore"):  # of weights that diverge, which no plan vouches for
            name = self.choice(Work.of(self.program, job)).plan if self.possible else FULL
            outcome = plan(name).run(self.program, job, self.record, kernel) if name != FULL else None
        return outcome or kernel(self.program, job, self.record)


@lru_cache(maxsize=256)
def _unfit(name: str, program: Program, record: Record) -> str | None:
    """Once for a program, which runs again and again between checkpoints."""
    return plan(name).unfit(program, record)


def plan(name: str) -> Plan:
    """The plan of a name."""
    found: Plan = import_module(f"neurosim.plans.{name}")
    return found
