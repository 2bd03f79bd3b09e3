"""What spikes cost: the weights that a run ended with, in a network that spikes, beside the same rates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float

from neurosim import catalog
from neurosim.engine import Engine, Job, Outcome, Progress
from neurosim.errors import NeurosimError
from neurosim.experiment import YARDSTICK, Experiment, Run, content, untrained
from neurosim.program import Program, compile
from neurosim.spikes import DEFAULT, Coding, Realisation
from neurosim.task import Task

HEADROOM = 1.5
"""By how much the drive of a network that learns in spikes may exceed that of the one that learned in rates."""


@dataclass(frozen=True)
class Spiking:
    """How runs are put into spikes.

    realisation: its name. trials: of the test trials that it is tried on, at most. learns: whether the rule also
    learns in spikes, from the network that the run began with and on the trials that it learned from.
    """

    realisation: str
    coding: Coding = DEFAULT
    trials: int = 10
    learns: bool = False

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise NeurosimError(f"{self.trials} trials in spikes; there must be at least 1")


@dataclass(frozen=True)
class Question:
    """What the run of an experiment is in spikes."""

    experiment: Experiment
    spiking: Spiking

    @property
    def digest(self) -> str:
        """Identifies the question, as that of an experiment does."""
        own = catalog.source(self.spiking.realisation)
        words = [self.experiment.digest, json.dumps(asdict(self.spiking), sort_keys=True), content(own) if own else ""]
        return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]

    @property
    def trials(self) -> int:
        """How many trials an answer takes."""
        task, asked = catalog.task(self.experiment.task), self.experiment
        tested = min(self.spiking.trials, asked.test_trials)
        return tested + (self.spiking.learns * ((asked.trials or task.train_trials) + tested))


@dataclass(frozen=True, eq=False)
class Cost:
    """The answer: mean losses on the same test trials, all of them in float64 but for the weights.

    rate_loss, loss: of the run's weights with rates and in spikes, infinite if the run diverged. learned_loss: in
    spikes, of what was learned in spikes; NaN if that was not asked for or the realisation cannot. rate: mean of all
    neurons [spikes/s].
    """

    question: Question
    rate_loss: float
    loss: float
    learned_loss: float
    rate: float


def ask(question: Question, run: Run, progress: Progress = lambda trials: None) -> Cost:
    """The cost of a run. Raises `NeurosimError` if there is no such realisation."""
    trial = _Trial.of(question)
    learns = question.spiking.learns and trial.refusal is None
    if run.diverged:
        found = Cost(question, np.inf, np.inf, np.inf if learns else np.nan, np.nan)
    else:
        rate_loss, loss, rate = trial.tested(run.weights)
        learned_loss = trial.tested(trial.learned(run.weights))[1] if learns else np.nan
        found = Cost(question, rate_loss, loss, learned_loss, rate)
    progress(question.trials)
    return found


@dataclass(frozen=True, eq=False)
class _Trial:
    """A network on its test trials, with rates and in spikes."""

    task: Task
    realisation: Realisation
    engine: Engine
    question: Question

    @classmethod
    def of(cls, question: Question) -> _Trial:
        task, realisation = catalog.task(question.experiment.task), catalog.realisation(question.spiking.realisation)
        return cls(task, realisation, catalog.engine(YARDSTICK), question)

    def tested(self, weights: Mapping[str, np.ndarray]) -> tuple[float, float, float]:
        """The loss with rates, that in spikes, and the rate of the neurons."""
        rates, coding = self._with_rates(weights), self.question.spiking.coding
        spiked = self.realisation.run(self._program(()), self._job(weights), _span(rates), coding)
        return float(rates.losses.mean()), float(spiked.losses.mean()), spiked.rate

    @property
    def refusal(self) -> str | None:
        """Why the rule cannot learn in spikes; None if it can."""
        return self.realisation.refusal(self._program(self.question.experiment.plastic))

    def learned(self, weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What the rule learns in spikes. weights: what it learned with rates, by which drives are foreseen."""
        asked = self.question.experiment
        program = self._program(asked.plastic)
        train = self.task.trials(asked.trials or self.task.train_trials, asked.seed)
        span = HEADROOM * np.maximum(*(_span(self._with_rates(each)) for each in (program.weights, weights)))
        return self.realisation.run(program, Job(train, seed=asked.seed), span, self.question.spiking.coding).weights

    def _with_rates(self, weights: Mapping[str, np.ndarray]) -> Outcome:
        (found,) = self.engine.run(self._program(()), [self._job(weights)], record=["drive"])
        return found

    def _job(self, weights: Mapping[str, np.ndarray]) -> Job:
        asked, count = self.question.experiment, self.question.spiking.trials
        return Job(self.task.trials(asked.test_trials, asked.seed, asked.part)[:count], weights, seed=asked.seed)

    def _program(self, plastic: tuple[str, ...]) -> Program:
        asked = self.question.experiment
        network = untrained(asked, self.task)
        return compile(network, catalog.rule(asked.rule), lr=asked.lr, plastic=plastic)


def _span(rates: Outcome) -> Float[np.ndarray, " n"]:
    """The largest drive of each unit."""
    return np.nan_to_num(np.abs(rates.records["drive"])).max(axis=(0, 1))
