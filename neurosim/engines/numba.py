"""The fast engine: each program becomes one kernel of loop nests, compiled once and kept on disk.

A kernel runs all trials of one network without returning to Python. Jobs run on threads, each by the same machine
code, so that a job's numbers do not depend on the batch it is in. Statements share passes over a matrix where they can
(`neurosim.fusion`), and a pass goes through several rows and lanes at once (`neurosim.panels`). The text of a kernel
depends on the equations and on what is recorded, not on sizes: one compilation serves every N, k and learning rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from neurosim.compiled import compiled
from neurosim.cores import cores
from neurosim.counting import by_name, nothing
from neurosim.draws import stream_key
from neurosim.engine import Job, Outcome, Progress, check_record, received, reported, start
from neurosim.errors import unknown
from neurosim.kernel import arguments, drawing, holdable, kernel_source
from neurosim.placing import as_named, placed, turned
from neurosim.plans.choice import AUTO, FULL, Plans
from neurosim.program import Program

VARIANTS = ("plan", (AUTO, FULL))
"""What `run` takes to choose among its ways, and the ways."""


def run(
    program: Program,
    jobs: Sequence[Job],
    record: Iterable[str] = (),
    *,
    plan: str = AUTO,
    progress: Progress | None = None,
) -> list[Outcome]:
    """All jobs at once, one thread per core. See `neurosim.engine.Engine`.

    plan: `auto` takes the shortest way that a job allows, to the error that it states (`neurosim.plans`), `full` the
    kernel of the whole program.
    """
    if plan not in VARIANTS[1]:
        raise unknown("plan", plan, VARIANTS[1])
    record = check_record(program, record)
    plans = Plans(program, record, plan)

    def kernel(asked: Program, job: Job, record: tuple[str, ...]) -> Outcome:
        return _run(compiled(kernel_source(asked, record, _held(asked, job, record))), asked, job, record)

    sources = {kernel_source(program, record, _held(program, job, record)) for job in jobs}
    alone = plans.possible or any("np.dot(" in source for source in sources)
    for source in sources:
        compiled(source)  # made once, before there are threads
    with _one_thread_each() if alone else nullcontext(), ThreadPoolExecutor(cores()) as threads:
        return reported(jobs, threads.map(lambda job: plans.run(job, kernel), jobs), progress)


def _held(program: Program, job: Job, record: tuple[str, ...]) -> tuple[str, ...]:
    """The matrices that are held as codes at a job's learning rates."""
    found = holdable(program, record)
    constants = {**program.constants, **job.constants} if found else {}
    given = {name: program.arithmetic.coefficient(name, value) for name, value in constants.items()}
    return tuple(each.name for each in found if each.fits(given))


def _one_thread_each() -> AbstractContextManager[object]:
    """BLAS with one thread per job: the jobs share the cores already, and its own threads would only wait."""
    return _libraries().limit(limits=1)


@cache
def _libraries() -> ThreadpoolController:
    """All libraries of linear algebra there are; SciPy's, which Numba multiplies by, must have been loaded for that."""
    from scipy.linalg import cython_blas  # noqa: F401

    return ThreadpoolController()


def _run(kernel: Callable[..., tuple[int, int]], program: Program, job: Job, record: tuple[str, ...]) -> Outcome:
    weights, constants = start(program, job)
    names = turned(program)
    inside = placed(weights, names)
    heard = received(program, job.trials)
    count, steps, _ = heard.inputs.shape
    losses, counts = np.full(count, np.inf), nothing(program)
    shapes = {name: program.shape(name)[:: -1 if name in names else 1] for name in record}
    records = {name: np.full((count, steps, *shape), np.nan) for name, shape in shapes.items()}
    arrived = {"inputs": heard.inputs, "targets": heard.targets, "masks": heard.mask}
    given: dict[str, Any] = {name: value.astype(program.dtype, copy=False) for name, value in arrived.items()}
    given |= {"goals": job.trials.targets, "shares": job.trials.mask, "losses": losses, "first_step": job.first_step}
    given["counts"] = counts
    given |= {f"n_{domain}": size for domain, size in program.sizes.items()}
    given |= {f"c_{name}": program.dtype.type(value) for name, value in constants.items()}
    given |= {f"q_{name}": value for name, value in inside.items()}
    given |= {f"key_{name}": np.uint64(stream_key(job.seed, name)) for name in drawing(program)}
    given |= {f"record_{name}": value for name, value in records.items()}
    trial, step = kernel(*(given[name] for name in arguments(program, record)))
    weights, records = as_named(inside, names), as_named(records, names)
    return Outcome(weights, losses, (trial, step) if trial >= 0 else None, records, by_name(program, counts))
