"""What a run takes of the machine's memory, and whether that is there: said before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path

from neurosim.engine import Job
from neurosim.errors import NeurosimError
from neurosim.program import Program

NUMBER = 8
"""Of what is recorded, in float64 [bytes]."""


def check_memory(program: Program, jobs: Sequence[Job], record: Sequence[str], copies: int) -> None:
    """Raises `NeurosimError` if the largest job would not fit. copies: how often a simulator keeps each quantity."""
    held = copies * sum(prod(program.shape(name)) for name in program.quantities)
    step = sum(prod(program.shape(name)) for name in (*record, "x", "target", "y", *program.history))
    largest = max((len(job.trials) * job.trials.inputs.shape[1] for job in jobs), default=0)
    needed = program.dtype.itemsize * held + NUMBER * step * largest
    check_left(needed, f"{program.sizes['neuron']} neurons and what is recorded of them")


def check_left(needed: float, what: str) -> None:
    """Raises `NeurosimError` if so much memory is not left. needed: [bytes]."""
    if needed > (left := available()):
        raise NeurosimError(
            f"{needed / 2**30:.3g} GiB are needed for {what}, and {left / 2**30:.3g} GiB are left; take fewer neurons, "
            "record less, or run fewer trials at once"
        )


def available() -> float:
    """The memory that is left [bytes], as far as the system tells; else without bounds."""
    told = Path("/proc/meminfo")
    if not told.is_file():
        return float("inf")
    lines = dict(line.split(":", 1) for line in told.read_text(encoding="ascii").splitlines())
    return 1024.0 * int(lines["MemAvailable"].split()[0])
