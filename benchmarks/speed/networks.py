"""The networks and trials that are timed: two inputs, two outputs, trials of 100 steps unless said otherwise."""

from __future__ import annotations

import numpy as np
from measuring import Work

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.engine import Job
from neurosim.network import PLASTIC, Network
from neurosim.program import Program, compile
from neurosim.task import Trials

STEPS = 100


def network(n: int) -> Network:
    """A random network of n neurons."""
    return Network.random(n, 2, 2, alpha=0.1, gain=0.5, seed=0)


def trials(count: int, steps: int = STEPS) -> Trials:
    """Noise to learn from noise."""
    random = np.random.default_rng(0)
    return Trials(random.normal(size=(count, steps, 2)), random.normal(size=(count, steps, 2)), np.ones(steps))


def rate(n: int) -> float:
    """A learning rate at which nothing diverges."""
    return 1e-4 / n


def program(rule: str, n: int, plastic: tuple[str, ...] = PLASTIC) -> Program:
    """A rule on a network of n neurons."""
    return compile(network(n), catalog.rule(rule), lr=rate(n), plastic=plastic)


def on(program: Program, profile: str) -> Program:
    """A program in the numbers of a profile."""
    return adapt(program, catalog.profile(profile).arithmetic)


def learning(program: Program, jobs: int = 1, engine: str = "numba:full") -> Work:
    """An engine that learns by a program, in so many networks side by side; by itself numba would look for plans."""
    some = trials(64)

    def do(count: int) -> object:
        many = Trials(np.resize(some.inputs, (count, *some.inputs.shape[1:])), *_targets(some, count))
        return catalog.engine(engine).run(program, [Job(many, seed=seed) for seed in range(jobs)])

    return Work(do, STEPS * jobs)


def in_blocks(program: Program, count: int, engine: str, steps: int = STEPS) -> Work:
    """The same with jobs of `count` trials each: what a plan does once for a job, it does for so many trials."""
    job = Job(trials(count, steps))
    return Work(lambda times: [catalog.engine(engine).run(program, [job]) for _ in range(times)], steps * count)


def _targets(some: Trials, count: int) -> tuple[np.ndarray, np.ndarray]:
    return np.resize(some.targets, (count, *some.targets.shape[1:])), some.mask
