"""A rate network in spikes, as the Neural Engineering Framework builds it (Eliasmith & Anderson 2003).

    object      what it is
    x           inputs, step by step; `inputs` passes them on
    spiking     one population per unit, all in one ensemble: neuron k of unit i hears its drive with the sign of k
    rates       what a synapse makes of decoded spikes: r[t - 1], one step late as all that spikes say
    y, error    readout and error, of the step before too
    W_rec, W_in, W_out   connections; those that learn do so by PES

Encoders stand on the axes and every population has the same tuning, so that one population's decoders serve all. The
synapse is the program's own leak, by Euler's method. PES with the error `-B error` and the rates through one such
synapse more is random-feedback local online learning, `W_rec += lr * teach * trace`. Unlike a connection's synapse,
that of PES passes on at once what comes in; its trace is a step later to meet the error that it belongs to.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import nengo
import numpy as np
from jaxtyping import Float
from nengo.solvers import LstsqL2, NoSolver

from neurosim.engine import Job
from neurosim.nengo_parts.neurons import Linear, population
from neurosim.nengo_parts.processes import Sequence
from neurosim.seeding import stream
from neurosim.spikes import Coding
from neurosim.task import Trials

NEURONS = {
    "lif": lambda coding: nengo.LIF(tau_rc=coding.membrane * 1e-3, tau_ref=coding.refractory * 1e-3),
    "integrate": lambda coding: nengo.SpikingRectifiedLinear(),
}
GRID = np.linspace(-1.0, 1.0, 401)
"""Drives, in units of the range, at which decoders are solved for."""


class Tuning:
    """The neurons of one unit, and the decoders that give its drive back; both in units of the range."""

    def __init__(self, coding: Coding, kind: str, seed: int) -> None:
        random = stream(seed, "spiking", "tuning")
        self.neuron = NEURONS[kind](coding)
        self.signs = np.tile([1.0, -1.0], coding.neurons // 2)
        highest = coding.rate * random.uniform(0.5, 1.0, coding.neurons)
        self.gain, self.bias = self.neuron.gain_bias(highest, random.uniform(-1.0, 0.9, coding.neurons))
        rates = self.neuron.rates(GRID[:, None] * self.signs, self.gain, self.bias)
        self.decoders = LstsqL2(reg=0.05)(rates, GRID[:, None])[0][:, 0]


def spiking(job: Job, learns: Iterable[str], span: Float[np.ndarray, " n"], coding: Coding, kind: str) -> nengo.Network:
    """The network on the trials of a job, each with one silent step after it, in which the last is heard.

    job: with all weights and constants. learns: the weights that do. span: of the drives. kind: of neuron.
    """
    trials, weights, alpha = job.trials, job.weights, job.constants["alpha"]
    dt = coding.step * 1e-3
    n, (n_out, _) = len(span), weights["W_out"].shape
    leak = nengo.LinearFilter([1.0], [dt / alpha, 1.0], method="euler")
    late = nengo.LinearFilter([alpha], [1.0, alpha - 1.0, 0.0], analog=False)
    with nengo.Network(label="spiking", seed=job.seed % 2**31, add_to_container=False) as made:
        made.x, made.heard = (nengo.Node(Sequence(table)) for table in _tables(trials))
        made.inputs, made.rates = population(weights["W_in"].shape[1], Linear(), "inputs"), population(n, Linear(), "r")
        made.spiking = _populations(Tuning(coding, kind, job.seed), span, made.rates, leak)
        made.y = nengo.Node(size_in=n_out, label="y")
        made.fired = nengo.Node(size_in=1, label="mean rate of all neurons [spikes/s]")
        made.error = nengo.Node(_error, size_in=2 * n_out + 1, size_out=n_out, label="error")
        mean = np.full((1, made.spiking.n_neurons), 1.0 / made.spiking.n_neurons)
        nengo.Connection(made.spiking.neurons, made.fired, transform=mean, synapse=None)
        nengo.Connection(made.x, made.inputs.neurons, synapse=None)
        nengo.Connection(made.heard, made.error[: n_out + 1], synapse=None)
        nengo.Connection(made.y, made.error[n_out + 1 :], synapse=None)
        ends = {
            "W_rec": (made.rates, made.spiking, late, weights["B"]),
            "W_in": (made.inputs, made.spiking, late, weights["B"]),
            "W_out": (made.rates, made.y, None, np.eye(n_out)),
        }
        for name, (source, target, trace, feedback) in ends.items():
            rule = _pes(job.constants[f"lr_{name[2:]}"] * source.n_neurons / dt, trace) if name in learns else None
            connection = nengo.Connection(
                source.neurons, target, transform=weights[name], synapse=None, learning_rule_type=rule, label=name
            )
            setattr(made, name, connection)
            if rule:
                nengo.Connection(made.error, connection.learning_rule, transform=-feedback, synapse=None)
    return made


def _pes(rate: float, trace: nengo.LinearFilter | None) -> nengo.PES:
    """PES without its warning of rates above one: the rate is per neuron and second, and these neurons are few."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return nengo.PES(rate, trace)


def _populations(tuning: Tuning, span: np.ndarray, rates: nengo.Ensemble, leak: nengo.LinearFilter) -> nengo.Ensemble:
    """The populations of all units as one ensemble, decoded to the rates."""
    n, each = len(span), len(tuning.signs)
    made = nengo.Ensemble(
        n * each,
        n,
        radius=1.0,
        encoders=np.kron(np.diag(1.0 / span), tuning.signs[:, None]),
        gain=np.tile(tuning.gain, n),
        bias=np.tile(tuning.bias, n),
        neuron_type=tuning.neuron,
        eval_points=np.zeros((1, n)),
        normalize_encoders=False,
        label="spiking",
    )
    decoders = np.kron(np.diag(span), tuning.decoders[:, None])
    nengo.Connection(made, rates.neurons, solver=NoSolver(decoders), synapse=leak, label="decoded")
    return made


def _tables(trials: Trials) -> tuple[np.ndarray, np.ndarray]:
    """Inputs with a silent step after each trial; targets and mask with one before it. One row for each step."""
    count = len(trials)
    heard = np.concatenate([trials.targets, np.tile(trials.mask[None, :, None], (count, 1, 1))], axis=2)
    inputs = np.pad(trials.inputs, ((0, 0), (0, 1), (0, 0)))
    heard = np.pad(heard, ((0, 0), (1, 0), (0, 0)))
    return inputs.reshape(-1, inputs.shape[2]), heard.reshape(-1, heard.shape[2])


def _error(time: float, heard: np.ndarray) -> np.ndarray:
    """`mask * (target - y)` of target, mask and y."""
    n_out = len(heard) // 2
    return np.asarray(heard[n_out] * (heard[:n_out] - heard[n_out + 1 :]))


def rest(simulator: nengo.Simulator) -> None:
    """Let all synapses forget, as at the beginning of a trial. Membranes go on from where they are."""
    for operator in simulator.model.operators:
        if isinstance(operator, nengo.builder.processes.SimProcess) and isinstance(
            operator.process, nengo.LinearFilter
        ):
            for signal in (*operator.state.values(), operator.output):
                simulator.signals[signal][...] = 0.0


def learned(simulator: nengo.Simulator, made: nengo.Network, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Weights that learn, with the change that the next step would begin with."""
    found = {}
    for name in names:
        connection = getattr(made, name)
        weights = simulator.signals[simulator.model.sig[connection]["weights"]]
        found[name] = weights + simulator.signals[simulator.model.sig[connection.learning_rule]["delta"]]
    return found
