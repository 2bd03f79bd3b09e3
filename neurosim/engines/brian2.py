"""Programs as networks of Brian2: groups of neurons, synapses that learn, equations that a user of Brian2 can read.

    fused        neurons and synapses hold the state, one kernel of Numba's does the whole step; the default of `run`
    numpy        code of each phase of the step as arrays of NumPy; needs no compiler; to look into
    cython       the same code compiled, which takes minutes the first time
    standalone   the same code as one C++ program, made once for all jobs, which run in parallel

Statements that single neurons and synapses can compute become their code. What none of them can, such as a sweep back
through a whole trial or a matrix for every synapse, is computed beside the simulator, from what it holds: `native`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from neurosim.brian import runtime, standalone
from neurosim.brian.forms import built
from neurosim.brian.means import check_compiler, check_memory
from neurosim.brian.phases import beside
from neurosim.brian.session import session
from neurosim.engine import Job, Outcome, Progress, Trials, check_record
from neurosim.errors import unknown
from neurosim.program import Program

TARGETS = ("numpy", "cython", "standalone", "fused")
VARIANTS = ("target", TARGETS)
"""What `run` takes to choose among its forms, and the forms."""


def run(
    program: Program,
    jobs: Sequence[Job],
    record: Iterable[str] = (),
    *,
    target: str = "fused",
    progress: Progress | None = None,
) -> list[Outcome]:
    """One job after another, each one network and one run of it. See `neurosim.engine.Engine`.

    target: what computes. Raises `NeurosimError` before anything starts if there is no such target, no compiler for
    it, too little memory, or a standalone program would need a host beside it.
    """
    if target not in TARGETS:
        raise unknown("target", target, TARGETS)
    record = check_record(program, record)
    check_compiler(target)
    check_memory(program, jobs, record)
    if target == "standalone":
        return standalone.run(program, jobs, record, progress)
    form, target = ("fused", "numpy") if target == "fused" else ("network", target)
    with session(program.dtype, target) as package:
        return [runtime.run(package, program, job, record, form, progress) for job in jobs]


def build(
    program: Program,
    trials: Trials,
    form: str = "network",
    *,
    weights: Mapping[str, np.ndarray] | None = None,
    constants: Mapping[str, float] | None = None,
    seed: int = 0,
    first_step: int = 0,
    dt: float = 1.0,
    prefix: str = "",
) -> Any:
    """The program on its trials as a `brian2.Network`, to be run for `dt` [ms] a step and step by step of all trials.

    form: `network`, whose code can be read and whose constants can be set; or `fused`, one operation for the whole
    step. prefix: of the names of all objects, for more than one program in a network. See `Job` for the others.
    """
    job = Job(trials, weights or {}, constants or {}, seed, first_step)
    with session(program.dtype) as package:
        return built(package, program, job, form, dt, prefix).model.network()


def native(program: Program) -> str | None:
    """Why a program is not computed by neurons and synapses alone, or none if it is."""
    return beside(program)
