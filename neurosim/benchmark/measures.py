"""What is measured of a row beside its score: an interval over seeds, the gap that is closed, what learning takes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float
from scipy.stats import bootstrap

from neurosim.audit.reads import accesses
from neurosim.cost.counts import learned
from neurosim.program import Program

NONLOCAL = ("reverse", "transposed", "contracted", "gathered", "remote")
"""The ways of reading, of `audit.reads.WAYS`, in which a value comes that no synapse leads to where it is needed."""

RESAMPLED = 2000


def interval(scores: Float[np.ndarray, " seed"]) -> tuple[float, float]:
    """Where the median over seeds lies, with 95 % confidence: a percentile bootstrap over the seeds.

    From the least to the greatest where seeds are too few, all the same or not all finite.
    """
    if len(scores) < 3 or not np.isfinite(scores).all() or np.ptp(scores) == 0.0:
        return float(scores.min()), float(scores.max())
    found = bootstrap(
        (scores,), np.median, n_resamples=RESAMPLED, method="percentile", random_state=np.random.default_rng(0)
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def gap_closed(
    losses: Float[np.ndarray, " seed"], untrained: Float[np.ndarray, " seed"], exact: Float[np.ndarray, " seed"]
) -> float:
    """(untrained - rule) / (untrained - exact), median over paired seeds; NaN where exact learning gained nothing."""
    gained = untrained - exact
    paired = np.isfinite(gained) & (gained > 0.0)
    return float(np.median((untrained - losses)[paired] / gained[paired])) if paired.any() else np.nan


def operations(program: Program, steps: int) -> float:
    """Multiplications and additions of learning, per synapse and step."""
    counts = learned(program, steps)
    synapses = sum(int(np.prod(program.shape(name))) for name in ("W_rec", "W_in", "W_out"))
    return (counts.multiplications + counts.additions) / synapses


def nonlocal_reads(program: Program) -> tuple[str, ...]:
    """What the rule reads that is not at hand at a synapse or its neurons, and how: `W_out transposed`."""
    return tuple(sorted(set(_nonlocal(program))))


def _nonlocal(program: Program) -> Iterator[str]:
    yield from (f"{access.name} {access.way}" for access in accesses(program) if access.way in NONLOCAL)
    if program.backward:
        yield "the whole trial"
