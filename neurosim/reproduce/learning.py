"""Networks that learn in an engine while they are watched, and the rounds of trials that stand for white noise.

White noise is replaced by what has the same mean: losses and updates are quadratic in the input, so that one impulse
at the first step of a trial, for each input in turn, with every step counted, does what noise does on average under a
loss at the last step. To first order in the learning rate that mean is what theory follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.engine import Job, Outcome
from neurosim.network import PLASTIC, Network
from neurosim.program import Program, compile
from neurosim.reproduce.figure import Setting
from neurosim.task import Trials
from neurosim.theory import LinearSystem
from neurosim.theory.integration import Filter

LEARNED = ("W_out", "W_rec", "W_in")


@dataclass(frozen=True, eq=False)
class Course:
    """What became of some networks, side by side, at the start and after each stretch of trials; NaN once diverged.

    weights: by name, [network, time, ...]. losses: of the trial that is met next, at the end of the last one.
    """

    weights: dict[str, np.ndarray]
    losses: Float[np.ndarray, "network time"]


def learn(
    networks: Sequence[Network],
    rule: str,
    lr: float,
    stretches: Iterable[Trials],
    setting: Setting,
    plastic: Sequence[str] = PLASTIC,
) -> Course:
    """Let networks of one size learn by a rule, and look at them after each stretch of trials."""
    program = compiled(networks[0], rule, lr, setting, plastic)
    learners = [_Learner(dict(network.weights), [network.weights]) for network in networks]
    done = 0
    for trials in stretches:
        jobs = [Job(trials, each.held, seed=setting.seed, first_step=done) for each in learners]
        for learner, outcome in zip(learners, catalog.engine("numba").run(program, jobs), strict=True):
            learner.note(outcome)
        done += trials.targets.shape[0] * trials.targets.shape[1]
    weights = {name: np.array([[at[name] for at in each.seen] for each in learners]) for name in LEARNED}
    return Course(weights, np.array([[*each.losses, each.last] for each in learners]))


@dataclass(eq=False)
class _Learner:
    """A network on its way: the weights it goes on with, those it was seen with, and losses."""

    held: dict[str, np.ndarray]
    seen: list[dict[str, np.ndarray]]
    losses: list[float] = field(default_factory=list)
    last: float = np.nan
    lost: bool = False

    def note(self, outcome: Outcome) -> None:
        """What became of it in a stretch of trials."""
        self.losses.append(np.nan if self.lost else float(outcome.losses[0]))
        self.lost = self.lost or outcome.diverged is not None
        self.last = np.nan if self.lost else float(outcome.losses[-1])
        self.seen.append({name: outcome.weights[name] * (np.nan if self.lost else 1.0) for name in LEARNED})
        if not self.lost:
            self.held = outcome.weights


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


def repeated(round: Trials, lr: float, times: Float[np.ndarray, " time"]) -> Iterator[Trials]:
    """Stretches of rounds from each learning time to the next, `lr` times the number of rounds; the first is 0."""
    for count in np.diff(np.rint(times / lr).astype(int)).tolist():
        yield Trials(np.tile(round.inputs, (count, 1, 1)), np.tile(round.targets, (count, 1, 1)), round.mask)
