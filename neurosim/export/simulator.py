"""A NIR graph in Nengo, which has no reader of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.export.checked import step_length, to_network


def to_nengo(graph: Any) -> Any:
    """A `nengo.Network` that computes what the graph of a network does, in steps of its `dt`.

    Connect to `input` with synapse=None and read from `output`; both are nodes, as is `rates`. Nengo's low-pass filter
    keeps `exp(-dt / tau)` of its value in each step, which is `1 - alpha` for the time constant it is given here. The
    recurrent connection has Nengo's delay of one step.
    """
    from neurosim.nengo_parts import nengo

    network, dt = to_network(graph), step_length(graph)
    n, n_in, n_out = network.size
    tau = -dt / np.log1p(-network.alpha) if network.alpha < 1.0 else 0.0
    with nengo.Network(label="from NIR") as made:
        made.input = nengo.Node(size_in=n_in, label="input")
        made.rates = nengo.Node(nengo.Lowpass(tau), size_in=n, size_out=n, label="rates")
        made.output = nengo.Node(size_in=n_out, label="output")
        nengo.Connection(made.input, made.rates, transform=network.W_in, synapse=None)
        nengo.Connection(made.rates, made.rates, transform=network.W_rec, synapse=0)
        nengo.Connection(made.rates, made.output, transform=network.W_out, synapse=None)
    made.dt = dt
    return made
