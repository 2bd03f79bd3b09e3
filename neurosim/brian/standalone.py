"""Programs as C++ programs of their own, by Brian2's standalone device: made once, run for many jobs.

What differs from job to job is no part of the text but an argument: weights, constants, inputs, and where draws begin.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import numpy as np

from neurosim.brian import binary
from neurosim.brian.build import CONSTANTS, Model, Place, object_name
from neurosim.brian.forms import reserved
from neurosim.brian.given import Given
from neurosim.brian.host import RECORD
from neurosim.brian.names import Names
from neurosim.brian.phases import Phases, beside
from neurosim.brian.runtime import PERIOD, STEP, Told
from neurosim.brian.session import brian2, session
from neurosim.brian.written import Written, flat
from neurosim.cores import cores
from neurosim.engine import LIMIT, Job, Outcome, Progress, start
from neurosim.errors import NeurosimError
from neurosim.program import Program

GOALS = "goals"
"""What the targets as they are go by among the functions of time."""

WATCHED = f"""
static inline double watched(double goal, double y) {{
    if (!(fabs(goal - y) <= {LIMIT!r})) Network::_globally_stopped = true;
    return y;
}}
"""
"""The value itself; the network stops after a step in which it has diverged."""


def run(program: Program, jobs: Sequence[Job], record: tuple[str, ...], progress: Progress | None) -> list[Outcome]:
    """All jobs, one process per core, by one C++ program for those that are equally long.

    Raises `NeurosimError` if the program needs a host beside it.
    """
    if reason := beside(program):
        raise NeurosimError(f"this rule needs a host beside the simulator: {reason}; use the engine brian2 or numba")
    for job in jobs:
        start(program, job)  # says what does not fit before anything is made
    found: dict[int, Outcome] = {}
    for shape in dict.fromkeys(job.trials.inputs.shape for job in jobs):
        alike = {number: job for number, job in enumerate(jobs) if job.trials.inputs.shape == shape}
        found |= _run(program, alike, record, _in_turn(progress) if progress else _untold)
    return [found[number] for number in range(len(jobs))]


def _run(program: Program, jobs: dict[int, Job], record: tuple[str, ...], progress: Progress) -> dict[int, Outcome]:
    """Jobs that are equally long, by number."""
    with TemporaryDirectory(prefix="neurosim_brian2_") as folder:
        made = Standalone(program, next(iter(jobs.values())), record, Path(folder))
        with ThreadPoolExecutor(cores()) as threads:
            outcomes = threads.map(lambda number: made.run(number, jobs[number], progress), jobs)
            return dict(zip(jobs, outcomes, strict=True))


def _untold(trials: int) -> None:
    """Progress that nobody asks for."""


def _in_turn(progress: Progress) -> Progress:
    """Progress that may be told from several threads."""
    lock = Lock()

    def told(trials: int) -> None:
        with lock:
            progress(trials)

    return told


@dataclass(eq=False)
class Standalone:
    """A program as a C++ program in a folder, for jobs with as many trials and steps as one of them.

    device: what wrote it. model, phases: its objects and code. recorded: what keeps the values of each step, by place.
    """

    program: Program
    job: Job
    record: tuple[str, ...]
    folder: Path
    device: Any = field(init=False)
    model: Model = field(init=False)
    phases: Phases = field(init=False)
    recorded: dict[Place, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        brian2()
        from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

        self.device = CPPStandaloneDevice()
        gc.collect()  # what is left of an earlier program would take the names that this one had when it was compiled
        with session(self.program.dtype, device=self.device) as package:
            names = Names(self.program, reserved(package))
            self.model = Model(package, self.program, Given.of(self.program, self.job), names, STEP, "")
            self.phases = Phases(self.program, names)
            self.phases.add(self.model)
            self._watch()
            self._record()
            time = self.job.trials.mask.size * len(self.job.trials) * STEP * package.ms
            report = f'std::cout << "{binary.COMPLETED}" << completed << std::endl;'
            self.model.network().run(time, report, PERIOD * package.second, namespace={})
            self.device.build(directory=str(self.folder), compile=False, run=False, with_output=False)
        binary.made(self.folder)

    def run(self, number: int, job: Job, progress: Progress) -> Outcome:
        """What becomes of a job, which has a folder of its own while it runs."""
        own = self.folder / f"job_{number}"
        (own / "results").mkdir(parents=True)
        told = Told(len(job.trials), progress)
        arguments = self._arguments(Given.of(self.program, job), job, own)
        binary.run(self.folder, arguments, told.completed)
        outcome = Written(self.model, self.recorded, self.device, own / "results").outcome(job, self.record)
        rmtree(own)
        told.all()
        return outcome

    # --- the network --------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Stop the network when it has diverged from the targets as they are, whatever the chip hears of them."""
        package, names = self.model.package, self.phases.names
        watched = package.Function(
            lambda goal, y: y, arg_units=[1, 1], return_unit=1, arg_types=["float"] * 2, return_type="float"
        )
        watched.implementations.add_implementation("cpp", WATCHED, name="watched")
        goals = package.TimedArray(flat(self.job.trials.targets), dt=STEP * package.ms, name=names.fresh("goal_at"))
        self.phases.timed[GOALS] = goals
        outputs, y = self.model.objects["output",], names.variables["y", None]
        outputs.namespace |= {"watched": watched, goals.name: goals}
        self.model.run_regularly(("output",), f"{y} = watched({goals.name}(t, i), {y})", "watch", when="end", order=0)

    def _record(self) -> None:
        """Keep outputs, and what is asked for, as each step leaves them."""
        wanted: dict[Place, list[str]] = {}
        for name in dict.fromkeys(("y", *self.record)):
            variables = [self.phases.names.variables[name, slot] for slot in self.phases.names.slots(name)]
            wanted.setdefault(self.model.place(name), []).extend(variables)
        for place, variables in wanted.items():
            self.recorded[place] = self.model.package.StateMonitor(
                self.model.objects[place],
                variables,
                record=np.arange(np.prod([self.program.sizes[domain] for domain in place])),
                clock=self.model.clock,
                when="end",
                order=RECORD,
                name=f"record_{object_name(place)}",
            )
            self.model.operations.append(self.recorded[place])

    # --- a job --------------------------------------------------------------------------------------------------------

    def _arguments(self, given: Given, job: Job, own: Path) -> list[str]:
        """What the C++ program is told of a job. Arrays are files in the job's own folder."""
        constants, timed = self.model.objects[CONSTANTS].name, self.phases.timed
        arrays = {f"{timed[name].name}.values": values for name, values in given.series(self.phases.writer).items()}
        arrays[f"{timed[GOALS].name}.values"] = flat(job.trials.targets)
        for name, value in given.weights.items():
            variable = self.phases.names.variables[name, None]
            arrays[f"{self.model.objects[self.model.place(name)].name}.{variable}"] = value
        for name, value in arrays.items():
            np.ascontiguousarray(value).tofile(own / name)
        scalars = [f"{constants}.{name}={value!r}" for name, value in self.phases.numbers(given).items()]
        return [
            *("--results_dir", f"{own.name}/results/"),
            *(f"{name}={own.name}/{name}" for name in arrays),
            *scalars,
        ]
