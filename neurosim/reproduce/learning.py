"""Networks that learn in an engine while they are watched, from rounds of trials that repeat.

White noise is replaced by what has the same mean: losses and updates are quadratic in the input, so that one impulse
at the first step of a trial, for each input in turn, with every step counted, does what noise does on average under a
loss at the last step. To first order in the learning rate that mean is what theory follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.engine import Job
from neurosim.network import PLASTIC, Network
from neurosim.program import Program, compile
from neurosim.reproduce.figure import Setting
from neurosim.task import Trials
from neurosim.theory import LinearSystem
from neurosim.theory.integration import Filter


@dataclass(frozen=True, eq=False)
class Course:
    """What became of some networks, side by side, at each of some learning times; NaN after a divergence.

    weights: by name, [network, time, ...]. losses: of the round that is met at that time, [network, time].
    """

    weights: dict[str, np.ndarray]
    losses: Float[np.ndarray, "network time"]


def learn(
    networks: Sequence[Network],
    rule: str,
    round: Trials,
    lr: float,
    times: Float[np.ndarray, " time"],
    setting: Setting,
    plastic: Sequence[str] = PLASTIC,
) -> Course:
    """The networks, all of one size, at learning times, `lr` times the number of rounds, the first of which is 0."""
    program = compiled(networks[0], rule, lr, setting, plastic)
    held: list[dict[str, np.ndarray]] = [dict(network.weights) for network in networks]
    lost = [False] * len(networks)
    names = ("W_out", "W_rec", "W_in")
    weights = {name: [[each[name]] for each in held] for name in names}
    losses: list[list[float]] = [[] for _ in networks]
    last, done = [np.nan] * len(networks), 0
    for rounds in np.diff(np.rint(times / lr).astype(int)).tolist():
        trials = repeated(round, rounds)
        jobs = [Job(trials, each, seed=setting.seed, first_step=done) for each in held]
        for place, outcome in enumerate(catalog.engine("numba").run(program, jobs)):
            of_rounds = outcome.losses.reshape(rounds, -1).sum(axis=1)
            losses[place].append(np.nan if lost[place] else float(of_rounds[0]))
            lost[place] = lost[place] or outcome.diverged is not None
            held[place], last[place] = outcome.weights, np.nan if lost[place] else float(of_rounds[-1])
            for name in names:
                weights[name][place].append(outcome.weights[name] * (np.nan if lost[place] else 1.0))
        done += trials.inputs.shape[0] * trials.inputs.shape[1]
    found = np.array([[*each, final] for each, final in zip(losses, last, strict=True)])
    return Course({name: np.array(weights[name]) for name in names}, found)


def compiled(network: Network, rule: str, lr: float, setting: Setting, plastic: Sequence[str] = PLASTIC) -> Program:
    """The program of a rule on a network, in the setting's arithmetic."""
    program = compile(network, catalog.rule(rule), lr=lr, plastic=plastic)
    return program if setting.profile is None else adapt(program, catalog.profile(setting.profile).arithmetic)


def network_of(student: LinearSystem, B: Float[np.ndarray, "n n_out"]) -> Network:
    """A student with its feedback weights, as engines run it."""
    return Network(student.W_rec, student.W_in, student.W_out, B, student.alpha)


def impulses(
    teacher: LinearSystem, V: Float[np.ndarray, "n_in direction"], steps: int, mask: np.ndarray | None = None
) -> Trials:
    """A round: a unit impulse along each column of V at the first step, and what the teacher answers."""
    inputs = np.zeros((V.shape[1], steps, V.shape[0]))
    inputs[:, 0] = V.T
    targets = np.moveaxis(teacher.impulse_response(steps) @ V, (0, 1, 2), (1, 2, 0))
    return Trials(inputs, targets, np.ones(steps) if mask is None else mask)


def struck(target: Filter, dt: float, duration: float) -> Trials:
    """A round in continuous time: one impulse, as strong as white noise in a step of `dt`, and the target's answer.

    The target's samples are those of the filter that steps of `dt` make of it: a network of such steps can learn it.
    """
    inputs = np.zeros((1, int(np.rint(duration / dt)), 1))
    inputs[0, 0] = 1.0 / np.sqrt(dt)
    steps = np.arange(inputs.shape[1])[:, None]
    targets = np.sqrt(dt) * np.real((1.0 - dt * target.rates) ** steps @ target.gains)
    return Trials(inputs, targets[None, :, None], np.ones(inputs.shape[1]))


def repeated(round: Trials, rounds: int) -> Trials:
    """So many rounds, one after the other."""
    return Trials(np.tile(round.inputs, (rounds, 1, 1)), np.tile(round.targets, (rounds, 1, 1)), round.mask)
