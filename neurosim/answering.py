"""Questions and their answers: what the results hold is not computed again, the rest is, and is kept as it arrives.

Where it is computed is for a runner to say. It is given pieces of work, each of which can be answered by itself and
gives the same numbers wherever that is and whatever else is answered beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from threadpoolctl import threadpool_limits

from neurosim import catalog
from neurosim.cores import cores
from neurosim.engine import Progress
from neurosim.experiment import Experiment, Run, run
from neurosim.results import Results
from neurosim.spike_cost import Cost, Question, Spiking, ask

Answer = TypeVar("Answer", Run, Cost, covariant=True)


class Work(Protocol[Answer]):
    """What can be answered by itself, here or elsewhere."""

    @property
    def trials(self) -> int:
        """How many trials it takes."""

    @property
    def digest(self) -> str:
        """Identifies the question, with the content of all files and code that it is answered from."""

    def answers(self, progress: Progress) -> Sequence[Answer]:
        """The answers; progress hears of every trial."""


@dataclass(frozen=True)
class Batch:
    """Experiments that differ in learning rate and seed only, to be run side by side."""

    experiments: tuple[Experiment, ...]

    @property
    def trials(self) -> int:
        """How many trials its runs learn from."""
        return sum(map(trials_of, self.experiments))

    @property
    def digest(self) -> str:
        """Identifies its questions."""
        return hashlib.sha256("".join(each.digest for each in self.experiments).encode()).hexdigest()

    def answers(self, progress: Progress) -> list[Run]:
        """Its runs, in order."""
        with one_thread():
            return run(self.experiments, progress)


@dataclass(frozen=True, eq=False)
class InSpikes:
    """What one run is in spikes."""

    question: Question
    run: Run

    @property
    def trials(self) -> int:
        """How many trials it takes."""
        return self.question.trials

    @property
    def digest(self) -> str:
        """Identifies the question."""
        return self.question.digest

    def answers(self, progress: Progress) -> list[Cost]:
        """The one answer."""
        with one_thread():
            return [ask(self.question, self.run, progress)]


class Runner(Protocol):
    """Answers pieces of work, in any order."""

    @property
    def width(self) -> int:
        """How many experiments one batch should have."""

    def run(self, work: Sequence[Work[Answer]], progress: Progress) -> Iterator[Sequence[Answer]]:
        """The answers to each piece as soon as there are any."""


@dataclass(frozen=True)
class Here:
    """The runner that needs nothing: this process, on all cores."""

    width: int = field(default_factory=lambda: 2 * cores())

    def run(self, work: Sequence[Work[Answer]], progress: Progress) -> Iterator[Sequence[Answer]]:
        """One piece after the other, whose jobs share the cores."""
        for each in work:
            yield each.answers(progress)


@dataclass(frozen=True)
class Answering:
    """Answers questions from the results that there are, and lets the runner answer the others.

    An answer is in the results, if there are any, before it is handed on.
    """

    results: Results | None
    runner: Runner
    progress: Progress

    def runs(self, experiments: Iterable[Experiment]) -> Iterator[Run]:
        """The run of each experiment, each once: first what is kept, then the others as they end."""
        missing = []
        for each in dict.fromkeys(experiments):
            if kept := self.results and self.results.load(each):
                self.progress(trials_of(each))
                yield kept
            else:
                missing.append(each)
        for answers in self.runner.run(batches(missing, self.runner.width), self.progress):
            for answer in answers:
                if self.results:
                    self.results.save(answer)
                yield answer

    def costs(self, runs: Iterable[Run], spiking: Spiking) -> Iterator[Cost]:
        """What runs are in spikes: first what is kept, then the others as they end."""
        missing = []
        for each in runs:
            question = Question(each.experiment, spiking)
            if kept := self.results and self.results.load_cost(question):
                self.progress(question.trials)
                yield kept
            else:
                missing.append(InSpikes(question, each))
        for answers in self.runner.run(missing, self.progress):
            for answer in answers:
                if self.results:
                    self.results.save_cost(answer)
                yield answer


def batches(experiments: Iterable[Experiment], width: int) -> list[Batch]:
    """Experiments that can run side by side together, in batches of at most `width`."""
    alike: dict[Experiment, list[Experiment]] = {}
    for each in experiments:
        alike.setdefault(replace(each, lr=0.0, seed=0), []).append(each)
    return [
        Batch(tuple(group[begin : begin + width])) for group in alike.values() for begin in range(0, len(group), width)
    ]


def trials_of(experiment: Experiment) -> int:
    """How many trials its run learns from."""
    return experiment.trials or catalog.task(experiment.task).train_trials


def one_thread() -> AbstractContextManager[object]:
    """Linear algebra in one thread: in how many it is done could tip a last bit, and differs between machines."""
    return threadpool_limits(limits=1, user_api="blas")
