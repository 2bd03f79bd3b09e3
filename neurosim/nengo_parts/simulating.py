"""A simulator that computes in a program's own precision, shows nothing and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import nengo
import numpy as np
from threadpoolctl import ThreadpoolController


@contextmanager
def computing(dtype: np.dtype) -> Iterator[None]:
    """Nengo computes in float64 or float32 whatever its settings, in one thread, also with numbers out of all bounds.

    The sums of one thread are always the same; several wait for each other more than they compute. Time in float32 is
    too coarse to count steps by: whoever needs their number counts them.
    """
    before = nengo.rc.get("precision", "bits")
    nengo.rc.set("precision", "bits", str(8 * dtype.itemsize))
    try:
        with ThreadpoolController().limit(limits=1, user_api="blas"), np.errstate(all="ignore"):
            yield
    finally:
        nengo.rc.set("precision", "bits", before)


@contextmanager
def simulator(network: nengo.Network, dt: float = 0.001, optimize: bool = True) -> Iterator[nengo.Simulator]:
    """A simulator that shows no progress and keeps nothing on disk. dt: of a step [s].

    optimize: whether Nengo may merge what it computes. It then adds in an order that can differ from run to run, by
    a last bit, and a last bit may decide over a spike.
    """
    model = nengo.builder.Model(dt)
    with nengo.Simulator(network, dt, model=model, optimize=optimize, progress_bar=False, seed=0) as made:
        yield made
