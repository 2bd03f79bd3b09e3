"""What theory warns of before a run: steps that are too large, feedback that misleads, targets out of reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from neurosim import theory
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment
from neurosim.prediction.credits import fixed_feedback, fixed_space
from neurosim.prediction.optimum import largest_rate, modes_of, rates
from neurosim.prediction.problem import Problem
from neurosim.theory import LinearSystem
from neurosim.theory.system import powers

AGAINST = -0.5
"""The cosine of readout and feedback below which they are against each other, rather than at right angles by chance."""

SMALL_BULK = 0.1
"""Up to this radius, recurrent weights at the start are too small to make up for the rank of what is learned."""


def warnings(asked: Experiment, seeds: Iterable[int] = ()) -> tuple[str, ...]:
    """What will go wrong, by theory, with the experiment on each of some seeds, by default its own.

    Nothing is said of the learning rate if it is 0, and nothing at all of what theory does not cover.
    """
    try:
        problems = {seed: Problem.of(replace(asked, seed=seed)) for seed in (list(seeds) or [asked.seed])}
    except NeurosimError:
        return ()
    first = next(iter(problems.values()))
    said = [*_steps(asked, first), *_unstable(asked, problems), *_out_of_reach(asked, first)]
    return tuple(f"warning: {asked.rule}: {each}" for each in said)


def trial_limit(problem: Problem) -> float:
    """The rate from which on one mean update a trial overshoots the optimum of some mode; infinite if none is known.

    Optima that are unstable at any rate have none.
    """
    limits = [largest_rate(mode.problem) for mode in modes_of(problem)]
    return min((each for each in limits if each > 0.0), default=np.inf)


def step_limit(problem: Problem) -> float:
    """The learning rate from which on the mean of a rule's updates overshoots the optimum.

    Online rules meet the error anew after each step, whose part in the mean update of a trial is `mask[t] / sum(mask)`
    or, with the past that late steps have, more. So theirs is `sum(mask) / max(mask)` times the limit of trials at
    most. Noise and the time that errors take to come lower it, by how much is not known here.
    """
    share = problem.mask.max() / problem.mask.sum() if problem.online else 1.0
    return float(trial_limit(problem) / share)


def _steps(asked: Experiment, problem: Problem) -> Iterator[str]:
    limit = step_limit(problem) if asked.lr else np.inf
    if asked.lr > limit:
        yield (
            f"learning rate {asked.lr:g} is above the step-size limit of theory, {limit:.2g} for updates "
            f"{'at every step' if problem.online else 'once a trial'}: their mean overshoots the optimum; choose a "
            "smaller rate"
        )


def _unstable(asked: Experiment, problems: dict[int, Problem]) -> Iterator[str]:
    """Fixed feedback that turns a mode's readout the wrong way: it must change its sign before it can be learned."""
    if not fixed_feedback(asked.rule) or "out" not in asked.plastic:
        return
    found = [str(seed) for seed, problem in problems.items() if _misled(problem)]
    if found:
        yield (
            f"on seed {', '.join(found)} the readout is against the feedback, where optima are unstable: learning "
            "takes the way round; let B have the sign of W_out, or begin with a smaller readout"
        )


def _misled(problem: Problem) -> bool:
    return any(
        mode.cosine < AGAINST and bool((rates(mode.at(mode.readout)).real > 0.0).any()) for mode in modes_of(problem)
    )


def _out_of_reach(asked: Experiment, problem: Problem) -> Iterator[str]:
    """The low-rank theorem: what fixed feedback learns has the rank of the feedback, and so many new time constants."""
    if not fixed_space(asked.rule) or asked.gain > SMALL_BULK:
        return
    credit = problem.credit(problem.student, problem.B)
    rank, needed = theory.credit_space(credit, len(problem.mask)).shape[1], order(problem.teacher)
    if needed > rank:
        yield (
            f"the target has {needed} time constants and this rule changes W_rec by rank {rank}, on hardly any initial "
            "weights: it cannot be reached; take rflo with a `spread`, a larger --gain, or a task of fewer modes"
        )


def order(system: LinearSystem) -> int:
    """How many neurons a network needs for the same responses: the rank of its Hankel matrix."""
    n = len(system.W_rec)
    reached = powers(system.transition, system.drive, n)
    seen = powers(system.transition.T, system.W_out.T, n)
    hankel = np.einsum("kia,lib->kalb", seen, reached).reshape(n * len(system.W_out), -1)
    return int(np.linalg.matrix_rank(hankel, tol=1e-9 * np.linalg.norm(hankel)))
