"""The exact gradient, the direction in which a rule goes, and how far the one is from the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neurosim import catalog
from neurosim.engine import Engine, Job
from neurosim.program import Program
from neurosim.reversal import adjoint
from neurosim.task import Trials

Weights = Mapping[str, np.ndarray]


def gradient(program: Program, trials: Trials, weights: Weights | None = None, engine: Engine | None = None) -> Weights:
    """The exact gradient of the mean loss over the trials, by weight, at the program's weights or those given."""
    return gradients(program, [Job(trials, weights or {})], engine or catalog.engine("numba"))[0]


def direction(
    program: Program, trials: Trials, weights: Weights | None = None, engine: Engine | None = None
) -> Weights:
    """What the rule adds to each weight per trial and unit of learning rate, all weights held at their values.

    It is a descent direction: for an exact rule, minus the gradient.
    """
    return directions(program, [Job(trials, weights or {})], engine or catalog.engine("numba"))[0]


def gradients(program: Program, jobs: Sequence[Job], engine: Engine) -> list[Weights]:
    """`gradient` for many networks at once."""
    return [{name: -step for name, step in steps.items()} for steps in _held(adjoint(program), jobs, engine)]


def directions(program: Program, jobs: Sequence[Job], engine: Engine) -> list[Weights]:
    """`direction` for many networks at once."""
    unit = {name: 1.0 for name in program.constants if name.startswith("lr_")}
    return _held(program, [replace(job, constants={**job.constants, **unit}) for job in jobs], engine)


def _held(program: Program, jobs: Sequence[Job], engine: Engine) -> list[Weights]:
    """The mean over trials of what the program would add to each weight that it changes."""
    outcomes = engine.run(program.held(), jobs)
    return [
        {name: outcome.weights[f"update_{name}"] / len(job.trials) for name in program.learned}
        for job, outcome in zip(jobs, outcomes, strict=True)
    ]


@dataclass(frozen=True)
class Alignment:
    """An update beside the exact one: their cosine, the ratio of their sizes, the share of entries of equal sign.

    All are NaN where there is no update or no gradient to compare.
    """

    cosine: float
    size: float
    sign: float


def alignment(update: np.ndarray, slope: np.ndarray) -> Alignment:
    """How an update relates to the exact one, minus the gradient."""
    exact = -slope
    norms = float(np.linalg.norm(update)), float(np.linalg.norm(exact))
    if not 0.0 < norms[0] * norms[1] < np.inf:
        return Alignment(np.nan, np.nan, np.nan)
    return Alignment(
        cosine=float(np.vdot(update, exact) / (norms[0] * norms[1])),
        size=norms[0] / norms[1],
        sign=float(np.mean(np.sign(update) == np.sign(exact))),
    )
