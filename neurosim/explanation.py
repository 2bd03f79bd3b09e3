"""By which plan an experiment is computed, and why not by another: known before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from neurosim import catalog
from neurosim.engine import Job
from neurosim.experiment import PROBES, YARDSTICK, Experiment, learning, untrained
from neurosim.plans.choice import Choice, Plans, Record, Work
from neurosim.program import Program
from neurosim.reversal import adjoint
from neurosim.task import Trials

Explanation = dict[str, Choice]
"""The plan of what a run is made of: learning, tests, and the updates and gradients that are compared."""


def explained(experiment: Experiment) -> Explanation:
    """The plans of an experiment's jobs, chosen as the engine chooses them, with the network untrained.

    A plan that cannot vouch for its error once it has run gives way to the full kernel; that is not known before.
    """
    task = catalog.task(experiment.task)
    network = untrained(experiment, task)
    program = learning(experiment, network)
    trial = task.trials(1, experiment.seed)

    def choice(program: Program, trials: int, record: Record = ()) -> Choice:
        job = Job(Trials(trial.inputs, trial.targets, trial.mask))
        work = replace(Work.of(program, job), trials=trials)
        return Plans(program, record, experiment.plan).choice(work)

    found = {"tests": choice(learning(replace(experiment, plastic=()), network), experiment.test_trials, ("y",))}
    if program.learned:
        found["updates"] = choice(program.held(), PROBES)
        found["gradients"] = choice(adjoint(program).held(), PROBES)
    if experiment.engine.partition(":")[0] == YARDSTICK:
        trials = (experiment.trials or task.train_trials) // experiment.checkpoints
        return {"learning": choice(program, trials), **found}
    return found


def as_json(questions: Sequence[Experiment]) -> list[dict[str, Any]]:
    """The plans of each rule and profile as plain data."""
    return [
        {"rule": each.rule, "profile": each.profile}
        | {part: asdict(choice) for part, choice in explained(each).items()}
        for each in questions
    ]


def text(questions: Sequence[Experiment]) -> str:
    """The plans of each rule and profile, and for each that was passed over, why."""
    lines = ["Plans (see neurosim.plans), and why those before them were passed over:"]
    for each in questions:
        lines += ["", f"{each.rule} on {each.profile}"]
        for part, choice in explained(each).items():
            lines.append(f"  {part}: {choice.plan}")
            lines += [f"    not {name}: {reason}" for name, reason in choice.passed.items()]
    return "\n".join(lines)
