"""The Nengo engine: a program as a network of Nengo's own objects, and as one process for speed.

A rule whose equations need at most two places per number and no sweep back in time runs inside the simulator. Of any
other the simulator runs the network, and a host beside it computes the learning from what it recorded, as with a chip.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from neurosim.engine import LIMIT, Job, Outcome, Progress, Trials, check_record, received, start
from neurosim.errors import NeurosimError, unknown
from neurosim.memory import check_memory
from neurosim.program import Program

if TYPE_CHECKING:
    import nengo

    from neurosim.body import Clock
    from neurosim.nengo_parts.host import Host
    from neurosim.nengo_parts.state import State

FORMS = ("network", "fused")
VARIANTS = ("form", FORMS)
"""What `run` takes to choose among its forms, and the forms."""

COPIES = {"network": 9, "fused": 4}
"""How often a form keeps each quantity in memory: as signals, as what they began with, as changes still to be made."""


def native(program: Program) -> str | None:
    """Why the rule of a program runs on a host beside the simulator; None if it runs inside."""
    from neurosim.nengo_parts.wiring import Wiring

    return Wiring(program).unnatural


def build(
    program: Program,
    trials: Trials,
    form: str = "network",
    *,
    probes: Iterable[str] = (),
    weights: Mapping[str, np.ndarray] | None = None,
    constants: Mapping[str, float] | None = None,
    seed: int = 0,
    first_step: int = 0,
) -> nengo.Network:
    """A program as a Nengo network that plays the trials one after the other, and then again.

    form: `network` has populations `rates`, `sent` and `inputs`, nodes `x`, `target`, `y` and `error`, connections
    `W_rec`, `W_in` and `W_out` with learning rules; `fused` runs all of it in the process of a node `y`. `places` says
    where each quantity is. probes: quantities to probe, as `record`, by name. See `Job` for the others.

    Signals of a program in float32 are so if `nengo.rc` has a `precision` of 32 bits as it is simulated; `run` sees to
    that. A probe of weights shows those that a step used, not those that it leaves; `recorded` puts that right. Of a
    rule that is not native the weights are a host's to change. Raises `NeurosimError` if there is no such form or
    quantity, the trials do not fit, or a fused program needs a host.
    """
    from neurosim.body import Clock

    started, numbers = start(program, Job(trials, weights or {}, constants or {}))
    begun = replace(program, weights=started, constants=numbers)
    return _built(begun, trials, form, tuple(probes), Clock(trials.inputs.shape[1], seed, first_step))


def _built(
    program: Program, trials: Trials, form: str, probes: tuple[str, ...], clock: Clock, contained: bool | None = None
) -> nengo.Network:
    """contained: whether the network becomes part of one that is open; by default, if one is."""
    if form not in FORMS:
        raise unknown("form", form, FORMS)
    if form == "fused" and (why := native(program)):
        raise NeurosimError(f"this program cannot be fused, for it needs a host: {why}; build the form 'network'")
    from neurosim.nengo_parts import nengo, network
    from neurosim.nengo_parts.wiring import Wiring

    if form == "network" and (other := Wiring(program).departure):
        raise NeurosimError(
            f"this chip's network has {other}, which is no connection of Nengo's; use the engine nengo:fused for rules "
            "that learn inside the simulator, or numba"
        )
    built = nengo.Network(label="neurosim", seed=0, add_to_container=contained)
    make = network.fused if form == "fused" else network.idiomatic
    make(built, program, received(program, trials), clock)
    network.probed(built, probes)
    return built


def recorded(program: Program, simulator: nengo.Simulator, network: nengo.Network) -> dict[str, np.ndarray]:
    """What the probes of a network that was built have seen, [trial, time, ...], as it was at the end of each step.

    The simulation has run whole trials.
    """
    from neurosim.nengo_parts.state import State

    state = State(program, simulator, network)
    found = {}
    for name, probe in network.record.items():
        seen = np.array(simulator.data[probe])
        if network.places[name].key == "weights":
            seen = np.concatenate([seen[1:], state.of(name)[None]])
        found[name] = seen.reshape(-1, network.steps, *program.shape(name))
    return found


def run(
    program: Program,
    jobs: Sequence[Job],
    record: Iterable[str] = (),
    *,
    form: str = "fused",
    progress: Progress | None = None,
) -> list[Outcome]:
    """One job after another; what is not native runs as a network with a host. See `neurosim.engine.Engine`.

    Raises `NeurosimError` before anything starts if there is too little memory.
    """
    from neurosim.nengo_parts.simulating import computing

    if form not in FORMS:
        raise unknown("form", form, FORMS)
    record = check_record(program, record)
    started = [start(program, job) for job in jobs]
    check_memory(program, jobs, record, COPIES["network" if native(program) else form])
    with computing(program.dtype):
        return [
            _run(replace(program, weights=weights, constants=constants), job, record, form, progress or _untold)
            for job, (weights, constants) in zip(jobs, started, strict=True)
        ]


def _untold(trials: int) -> None:
    """Progress that nobody asked for."""


def _run(program: Program, job: Job, record: tuple[str, ...], form: str, progress: Progress) -> Outcome:
    from neurosim.body import Clock
    from neurosim.nengo_parts.host import Host
    from neurosim.nengo_parts.simulating import simulator
    from neurosim.nengo_parts.state import State

    outside = native(program) is not None
    heard = received(program, job.trials)
    count, steps, _ = heard.inputs.shape
    losses = np.full(count, np.inf)
    records = {name: np.full((count, steps, *program.shape(name)), np.nan) for name in record}
    clock = Clock(steps, job.seed, job.first_step)
    network = _built(program, heard, "network" if outside else form, (), clock, contained=False)
    with simulator(network) as simulation:
        state = State(program, simulation, network)
        values = Host(program, heard, state, clock) if outside else state
        diverged = None
        for trial in range(count):
            losses[trial], step = _trial(simulation, values, job.trials, trial, records)
            if step is not None:
                diverged = trial, step
                progress(count - trial)
                break
            values.after_trial(trial)
            progress(1)
        return Outcome(values.weights(), losses, diverged, records)


def _trial(
    simulation: nengo.Simulator, values: State | Host, trials: Trials, trial: int, records: dict[str, np.ndarray]
) -> tuple[float, int | None]:
    """Run a trial; its loss, and the step at which it diverged, if it did."""
    loss = 0.0
    for t, weight in enumerate(trials.mask):
        try:
            simulation.step()
        except FloatingPointError:
            return np.inf, t
        values.after_step(trial, t)
        miss = trials.targets[trial, t] - values.of("y")
        loss += 0.5 * weight * float(miss @ miss)
        for name, kept in records.items():
            kept[trial, t] = values.of(name)
        if not (np.abs(miss) <= LIMIT).all():
            return np.inf, t
    return loss, None
