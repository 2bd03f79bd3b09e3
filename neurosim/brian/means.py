"""What a run takes of the machine, and whether it is there: said before anything starts."""

from __future__ import annotations

import os
import shlex
import shutil
import sysconfig
from collections.abc import Sequence
from math import prod
from pathlib import Path

from neurosim.engine import Job
from neurosim.errors import NeurosimError
from neurosim.program import Program

COPIES = 3
"""How often a network is in memory: as variables, as the indices of its synapses, as intermediate results."""


def compiler() -> str:
    """The command that compiles C++."""
    return shlex.split(os.environ.get("CXX") or sysconfig.get_config_var("CXX") or "g++")[0]


def check_compiler(target: str) -> None:
    """Raises `NeurosimError` if a target needs a compiler that is not there."""
    wanted = {"cython": [compiler()], "standalone": [compiler(), "make"]}.get(target, [])
    for command in wanted:
        if shutil.which(command) is None:
            raise NeurosimError(
                f"brian2:{target} needs {command!r}, which is not here; install it (CXX names another compiler), or "
                "use the engine brian2, brian2:fused or numba"
            )


def check_memory(program: Program, jobs: Sequence[Job], record: Sequence[str]) -> None:
    """Raises `NeurosimError` if the largest job would not fit into the memory that is left."""
    network = COPIES * sum(prod(program.shape(name)) for name in program.quantities)
    step = sum(prod(program.shape(name)) for name in (*record, "x", "target", "y", *program.history))
    needed = max((8 * (network + step * job.trials.targets[..., 0].size) for job in jobs), default=0)
    if needed > (there := available()):
        raise NeurosimError(
            f"{needed / 2**30:.3g} GiB are needed for {program.sizes['neuron']} neurons in Brian2 and what is recorded "
            f"of them, and {there / 2**30:.3g} GiB are left; record less, or take fewer trials or neurons"
        )


def available() -> float:
    """The memory that is left [bytes], as far as the system tells."""
    told = Path("/proc/meminfo")
    if told.is_file():
        lines = dict(line.split(":", 1) for line in told.read_text(encoding="ascii").splitlines())
        return 1024.0 * int(lines["MemAvailable"].split()[0])
    return float("inf")
