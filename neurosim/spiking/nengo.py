"""Spikes in Nengo: every unit a population of neurons, decoded as the Neural Engineering Framework does.

`lif` neurons leak and rest after a spike, so that they follow a fast drive less well than the steady one that they are
decoded for, however many they are. `integrate` neurons do not. Learning is Nengo's own PES, which of all rules is
`rflo`: what else learns is refused. Only units spike; inputs come, and are learned from, as numbers.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np

from neurosim.engine import Job, start
from neurosim.errors import NeurosimError, unknown
from neurosim.memory import check_left
from neurosim.network import EQUATIONS
from neurosim.notation import parse
from neurosim.program import Program
from neurosim.spikes import DEFAULT, Coding, Spiked, checked_span

VARIANTS = ("kind", ("lif", "integrate"))
"""What `run` takes to choose among its neurons, and the neurons."""

COPIES = 7
"""How often what every neuron has for every unit is in memory: encoders and decoders, and what they are made from."""

PES = """
    trace_rec[j] = (1 - alpha) * trace_rec[j] + alpha * sent[j]
    trace_in[m]  = (1 - alpha) * trace_in[m] + alpha * x[m]
    teach[i]     = sum(o, B[i, o] * error[o])
    W_rec[i, j]  = W_rec[i, j] + lr_rec * teach[i] * trace_rec[j]
    W_in[i, m]   = W_in[i, m] + lr_in * teach[i] * trace_in[m]
    W_out[o, j]  = W_out[o, j] + lr_out * error[o] * r[j]
"""
"""What Nengo's rule computes in these connections, in a program's words."""


def run(program: Program, job: Job, span: np.ndarray, coding: Coding = DEFAULT, *, kind: str = "lif") -> Spiked:
    """One network on its trials; see `neurosim.spikes.Realisation`."""
    if kind not in VARIANTS[1]:
        raise unknown("kind of neuron", kind, VARIANTS[1])
    if reason := refusal(program):
        raise NeurosimError(f"Nengo cannot learn by this rule in spikes: {reason}")
    span, (weights, constants) = checked_span(program, span), start(program, job)
    return _run(replace(job, weights=weights, constants=constants), program.learned, span, coding, kind)


def _run(job: Job, learns: tuple[str, ...], span: np.ndarray, coding: Coding, kind: str) -> Spiked:
    """The job has all weights and constants."""
    check_left(COPIES * 8.0 * coding.neurons * len(span) ** 2, f"{len(span)} units of {coding.neurons} neurons")
    from neurosim.nengo_parts import nengo
    from neurosim.nengo_parts.simulating import computing, simulator
    from neurosim.nengo_parts.spiking import learned, rest, spiking

    count, steps, n_out = job.trials.targets.shape
    outputs = np.full((count, steps, n_out), np.nan)
    with computing(np.dtype(float)):
        made = spiking(job, learns, span, coding, kind)
        with made:
            y, fired = nengo.Probe(made.y), nengo.Probe(made.fired)
        with simulator(made, coding.step * 1e-3, optimize=False) as simulation:
            with suppress(FloatingPointError, nengo.exceptions.SimulationError):  # a divergence: the rest stays unknown
                for _ in range(count):
                    rest(simulation)
                    simulation.run_steps(steps + 1)
            seen = simulation.data[y]
            whole = len(seen) // (steps + 1)
            outputs[:whole] = seen[: whole * (steps + 1)].reshape(whole, steps + 1, n_out)[:, 1:]
            weights = {**job.weights, **learned(simulation, made, learns)}
            return Spiked.of(job.trials, outputs, weights, float(simulation.data[fired].mean()))


def refusal(program: Program) -> str | None:
    """Why a program's rule is not the one that PES is; None if it is, or if nothing learns."""
    if not program.learned:
        return None
    known = [statement for block in parse(EQUATIONS + PES) for statement in block.statements]
    for block in program.blocks:
        for statement in block.statements:
            if block.when != "each step" or statement not in known:
                return f"'{statement}' is not what PES computes, which learns as rflo does and nothing else"
    return None
