"""Programs as networks of Brian2: groups of neurons, synapses that learn, equations that a user of Brian2 can read.

Statements that single neurons and synapses can compute become their code. What none of them can, such as a sweep back
through a whole trial or a matrix for every synapse, is computed beside the simulator, from what it holds: `native`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from neurosim.brian.build import Model
from neurosim.brian.host import RECORD, Host
from neurosim.brian.names import Names
from neurosim.brian.session import session
from neurosim.brian.statements import Hosted, Writer
from neurosim.engine import LIMIT, Job, Outcome, Trials, check_record
from neurosim.program import Program

VARIANTS = ("target", ("numpy", "cython"))
"""What `run` takes to choose among its forms, and the forms."""


def run(program: Program, jobs: Sequence[Job], record: Iterable[str] = (), *, target: str = "numpy") -> list[Outcome]:
    """One job after another, each one network and one run of it. See `neurosim.engine.Engine`.

    target: what Brian2 generates code for, `numpy`, or `cython`, which takes a compiler and minutes once.
    """
    record = check_record(program, record)
    with session(target) as package:
        return [_run(package, program, job, record) for job in jobs]


def build(
    program: Program,
    trials: Trials,
    *,
    weights: Mapping[str, np.ndarray] | None = None,
    constants: Mapping[str, float] | None = None,
    seed: int = 0,
    first_step: int = 0,
    dt: float = 1.0,
    prefix: str = "",
) -> Any:
    """The program on its trials as a `brian2.Network`, to be run for `dt` [ms] a step and step by step of all trials.

    prefix: of the names of all objects, for more than one program in a network. See `Job` for the others.
    """
    job = Job(trials, weights or {}, constants or {}, seed, first_step)
    with session() as package:
        return _host(package, program, job, dt, prefix).model.network()


def native(program: Program) -> str | None:
    """Why a program is not computed by neurons and synapses alone, or none if it is."""
    writer = Writer(program, Names(program))
    reasons = [f"{each.statement.target.name}: {each.reason}" for each in writer.step() if isinstance(each, Hosted)]
    if program.backward or program.end:
        reasons.append("it waits for the end of a trial")
    return "; ".join(reasons) or None


def _host(package: Any, program: Program, job: Job, dt: float, prefix: str) -> Host:
    host = Host(Model(package, program, job, dt, prefix))
    host.add()
    return host


def _run(package: Any, program: Program, job: Job, record: tuple[str, ...]) -> Outcome:
    host = _host(package, program, job, 1.0, "")
    count, steps, _ = job.trials.inputs.shape
    outputs = np.full(job.trials.targets.shape, np.nan)
    records = {name: np.full((count, steps, *program.shape(name)), np.nan) for name in record}
    diverged: list[tuple[int, int]] = []

    def watch() -> None:
        trial, t = divmod(host.model.step, steps)
        outputs[trial, t] = host.read("y")
        for name, kept in records.items():
            kept[trial, t] = host.read(name)
        if not (np.abs(job.trials.targets[trial, t] - outputs[trial, t]) <= LIMIT).all():
            diverged.append((trial, t))
            host.stopped = True
            network.stop()

    host.model.call(watch, "watch", "end", RECORD)
    network = host.model.network()
    network.run(count * steps * package.ms, namespace={})
    weights = {name: host.read(name) for name in program.weights}
    losses = np.full(count, np.inf)
    for trial in range(diverged[0][0] if diverged else count):
        (losses[trial],) = job.trials[trial : trial + 1].loss(outputs[trial : trial + 1])
    return Outcome(weights, losses, diverged[0] if diverged else None, records)
