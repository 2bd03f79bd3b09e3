"""The two forms in which a program is built: one to be read and changed, one to be fast."""

from __future__ import annotations

from typing import Any

from neurosim.brian.build import Model
from neurosim.brian.fused import fuse
from neurosim.brian.given import Given
from neurosim.brian.host import Host
from neurosim.brian.names import Names
from neurosim.brian.phases import Phases
from neurosim.engine import Job
from neurosim.errors import unknown
from neurosim.program import Program

FORMS = ("network", "fused")


def built(package: Any, program: Program, job: Job, form: str, dt: float, prefix: str = "") -> Host:
    """A program on the trials of a job, with what is computed beside it. dt: of a step [ms]. prefix: of all names."""
    if form not in FORMS:
        raise unknown("form", form, FORMS)
    names = Names(program, reserved(package), whole=form == "fused")
    model = Model(package, program, Given.of(program, job), names, dt, prefix)
    host = _fused(model) if form == "fused" else _network(model)
    host.add()
    return host


def _fused(model: Model) -> Host:
    fuse(model)
    return Host(model)


def _network(model: Model) -> Host:
    phases = Phases(model.program, model.names)
    phases.add(model)
    phases.fill(model)
    return Host(model, phases.hosted)


def reserved(package: Any) -> frozenset[str]:
    """Names of attributes, functions, constants and units, which no variable may have."""
    from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS, DEFAULT_UNITS

    attributes = {*dir(package.NeuronGroup), *dir(package.Synapses)}
    return frozenset({*attributes, *DEFAULT_FUNCTIONS, *DEFAULT_CONSTANTS, *DEFAULT_UNITS})
