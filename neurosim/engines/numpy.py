"""The reference: the program's own meaning, step after step. It defines the result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np

from neurosim.counting import by_name, nothing
from neurosim.draws import stream_key
from neurosim.engine import LIMIT, Job, Outcome, Progress, check_record, received, reported, start
from neurosim.evaluation import Draws, after_trial, due, execute
from neurosim.program import Program


def run(
    program: Program, jobs: Sequence[Job], record: Iterable[str] = (), *, progress: Progress | None = None
) -> list[Outcome]:
    """One job after another, one step after another. See `neurosim.engine.Engine`."""
    record = check_record(program, record)
    with np.errstate(all="ignore"):
        return reported(jobs, (_run(program, job, record) for job in jobs), progress)


def _run(program: Program, job: Job, record: tuple[str, ...]) -> Outcome:
    weights, scalars = start(program, job)
    trials = received(program, job.trials)
    count, steps, _ = trials.inputs.shape
    keys = {name: stream_key(job.seed, name) for name in program.quantities}
    losses, counts = np.full(count, np.inf), nothing(program)
    records = {name: np.full((count, steps, *program.shape(name)), np.nan) for name in record}
    for trial in range(count):
        values = {name: program.zeros(name) for name in program.quantities} | weights
        past = {name: program.zeros(name, steps + 1) for name in program.history}
        draws = partial(Draws.at, keys, job.first_step + trial * steps)
        loss = 0.0
        for t in range(steps):
            values["x"][...], values["target"][...] = trials.inputs[trial, t], trials.targets[trial, t]
            scalars["mask"] = trials.mask[t]
            for block in program.step:
                if due(block, scalars, t, steps):
                    execute(block, program, values, scalars, values, draws(t), counts)
            miss = job.trials.targets[trial, t] - values["y"]
            loss += 0.5 * job.trials.mask[t] * float(miss @ miss)
            for name in record:
                records[name][trial, t] = values[name]
            if not (np.abs(miss) <= LIMIT).all():
                return Outcome(weights, losses, (trial, t), records, by_name(program, counts))
            for name in program.history:
                past[name][t + 1] = values[name]
        heard = {"x": trials.inputs[trial], "target": trials.targets[trial], "mask": trials.mask}
        after_trial(program, values, scalars, past, heard, draws, counts)
        losses[trial] = loss
    return Outcome(weights, losses, None, records, by_name(program, counts))
