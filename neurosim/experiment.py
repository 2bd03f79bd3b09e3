"""An experiment is one question, a run its answer: a rule learns a task on one seed and is watched as it does."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.counting import Counts
from neurosim.engine import Engine, Job, Progress, start
from neurosim.errors import NeurosimError, unknown
from neurosim.gradients import Alignment, alignment, directions, gradients
from neurosim.network import PLASTIC, WEIGHTS, Network
from neurosim.plans.choice import AUTO, FULL
from neurosim.program import Program, compile
from neurosim.task import PARTS, Task, Trials
from neurosim.watching import Watch

PROBES = 4
"""Trials on which updates are compared with the exact gradient."""

YARDSTICK = "numba"
"""The engine that tests networks and takes gradients, whichever engine they learn in."""


@dataclass(frozen=True)
class Experiment:
    """Everything that decides the numbers of one run.

    rule, task, engine, profile: names as the command line takes them; the engine is what learns, tests are those of
    `YARDSTICK`. n: neurons. alpha: leak per step, by default the
    task's. gain: spectral radius of the initial W_rec. trials: how many are learned from, by default as many as suit
    the task. lr: learning rate. plastic: what learns. part: the trials that score it, `test` or `tune`. checkpoints:
    how often it is tested while it learns. observe: the observables that are recorded there. plan: `auto`, or `full`
    for no shorter way to the same numbers than the whole program (`neurosim.plans`).
    """

    rule: str
    task: str
    engine: str = "numba"
    profile: str = "float64"
    n: int = 64
    alpha: float | None = None
    gain: float = 0.5
    trials: int | None = None
    test_trials: int = 50
    lr: float = 0.0
    seed: int = 0
    plastic: tuple[str, ...] = PLASTIC
    part: str = "test"
    checkpoints: int = 10
    observe: tuple[str, ...] = ()
    plan: str = AUTO

    def __post_init__(self) -> None:
        for name in ("n", "test_trials", "checkpoints"):
            if getattr(self, name) < 1:
                raise NeurosimError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.trials is not None and self.trials < self.checkpoints:
            raise NeurosimError(
                f"trials is {self.trials}; it must be at least the number of checkpoints, {self.checkpoints}"
            )
        if self.seed < 0 or not 0.0 <= self.lr < np.inf or not 0.0 <= self.gain < np.inf:
            raise NeurosimError(f"seed {self.seed}, lr {self.lr} and gain {self.gain} must be finite and not negative")
        if self.part not in PARTS[1:]:
            raise NeurosimError(f"part is {self.part!r}; there are: {', '.join(PARTS[1:])}")
        if self.plan not in (AUTO, FULL):
            raise unknown("plan", self.plan, (AUTO, FULL))

    @property
    def digest(self) -> str:
        """Identifies the question: changes with all that may change the numbers, a user's own files included."""
        names = (self.rule, self.task, self.engine, self.profile, *self.observe)
        own = [path for path in map(catalog.source, names) if path]
        files = [content(path) for path in (*own, *catalog.task(self.task).files)]
        words = [json.dumps(asdict(self), sort_keys=True), code_digest(), *files]
        return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]


def content(path: Path) -> str:
    """A digest of what is in a file."""
    return _content(path, path.stat())


@cache
def _content(path: Path, seen: os.stat_result) -> str:
    """Read again when the file has changed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def code_digest() -> str:
    """A digest of neurosim itself, so that no result outlives the code that made it."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


@dataclass(frozen=True, eq=False)
class Run:
    """The record of one experiment.

    outcome: `finished`, or when it diverged. loss, score: on unseen trials, at the end; infinitely bad if it
    diverged. losses: of each training trial as it was met. seen: trials learned from at each checkpoint, and
    test_losses, cosine, size and sign what was measured there (see `Alignment`), the latter by weight. counts: what
    rounding did to each quantity while it learned, where the engine counts it. observed: the quantities of the
    observables that were asked for, [checkpoint, ...], as many checkpoints as in `seen`.
    """

    experiment: Experiment
    outcome: str
    loss: float
    score: float
    seconds: float
    losses: Float[np.ndarray, " trial"]
    seen: Float[np.ndarray, " checkpoint"]
    test_losses: Float[np.ndarray, " checkpoint"]
    cosine: dict[str, Float[np.ndarray, " checkpoint"]]
    size: dict[str, Float[np.ndarray, " checkpoint"]]
    sign: dict[str, Float[np.ndarray, " checkpoint"]]
    weights: dict[str, np.ndarray]
    counts: dict[str, Counts] = field(default_factory=dict)
    observed: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def diverged(self) -> bool:
        return self.outcome != "finished"


def untrained(experiment: Experiment, task: Task) -> Network:
    """The network that an experiment begins with."""
    alpha = task.alpha if experiment.alpha is None else experiment.alpha
    return Network.random(experiment.n, task.n_in, task.n_out, alpha, experiment.gain, experiment.seed)


def tested_after(experiment: Experiment, task: Task) -> list[int]:
    """How many trials have been learned from at each checkpoint."""
    trials = experiment.trials or task.train_trials
    found: list[int] = np.linspace(0, trials, experiment.checkpoints + 1).astype(int).tolist()
    return found


def learning(experiment: Experiment, network: Network) -> Program:
    """The program that a network learns by. Raises `NeurosimError` if the profile cannot compute it exactly."""
    program = compile(network, catalog.rule(experiment.rule), lr=experiment.lr, plastic=experiment.plastic)
    return adapt(program, catalog.profile(experiment.profile).arithmetic)


def host(experiment: Experiment) -> str | None:
    """Why the engine leaves the rule to a host beside its simulator; None if it does not, or simulates nothing."""
    native = getattr(catalog.engine(experiment.engine), "native", None)
    if native is None:
        return None
    network = untrained(replace(experiment, n=1), catalog.task(experiment.task))
    reason: str | None = native(learning(experiment, network))
    return reason


def run(experiments: Sequence[Experiment], progress: Progress = lambda trials: None) -> list[Run]:
    """Run experiments that differ in learning rate and seed only, side by side.

    Raises `NeurosimError` before anything is computed if one of them asks for what does not exist.
    """
    first = experiments[0]
    if any(replace(each, lr=first.lr, seed=first.seed) != first for each in experiments):
        raise NeurosimError("experiments that run side by side may differ in lr and seed only")
    task, yardstick = catalog.task(first.task), catalog.engine(f"{YARDSTICK}:{first.plan}")
    engine = yardstick if first.engine == YARDSTICK else catalog.engine(first.engine)
    learners = [_Learner.of(each, task) for each in experiments]
    began = time.perf_counter()
    _measure(learners, yardstick)
    for begin, end in pairwise(tested_after(first, task)):
        _learn(learners, engine, slice(begin, end), progress)
        _measure(learners, yardstick)
    seconds = (time.perf_counter() - began) / len(learners)
    return [learner.result(task, yardstick, seconds) for learner in learners]


@dataclass(eq=False)
class _Learner:
    """One network on its way through the training trials."""

    experiment: Experiment
    program: Program
    tested: Program
    train: Trials
    test: Trials
    weights: dict[str, np.ndarray]
    watch: Watch
    outcome: str = "finished"
    losses: list[np.ndarray] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    test_losses: list[float] = field(default_factory=list)
    alignments: list[dict[str, Alignment]] = field(default_factory=list)
    counts: dict[str, Counts] = field(default_factory=dict)

    @classmethod
    def of(cls, experiment: Experiment, task: Task) -> _Learner:
        network = untrained(experiment, task)
        program = learning(experiment, network)
        train = task.trials(experiment.trials or task.train_trials, experiment.seed)
        observables = tuple(map(catalog.observable, experiment.observe))
        return cls(
            experiment,
            program,
            tested=learning(replace(experiment, plastic=()), network),
            train=train,
            test=task.trials(experiment.test_trials, experiment.seed, experiment.part),
            weights=dict(network.weights),
            watch=Watch(
                observables,
                _held(program, Job(train[:1]), network.alpha),
                experiment.plastic,
                task.solution(experiment.seed),
            ),
        )

    def job(self, trials: slice) -> Job:
        """Some of the training trials, from the weights that there are, with draws that follow the last ones."""
        first_step = trials.start * self.train.inputs.shape[1]
        return Job(self.train[trials], self.weights, self.program.constants, self.experiment.seed, first_step)

    @property
    def alive(self) -> bool:
        return self.outcome == "finished"

    def look(self, rates: np.ndarray) -> None:
        """Let the observables see the network as it is."""
        self.watch.look(_held(self.program, self.job(slice(0, 1)), self.watch.initial.alpha), rates)

    def result(self, task: Task, engine: Engine, seconds: float) -> Run:
        (tested,) = engine.run(self.tested, [Job(self.test, self.weights)], record=["y"])
        loss = float(tested.losses.mean()) if self.alive else np.inf
        if self.alive and not loss < np.inf:
            self.outcome = "diverged when tested"
        worst = -np.inf if task.higher_is_better else np.inf
        return Run(
            experiment=self.experiment,
            outcome=self.outcome,
            loss=loss,
            score=task.score(self.test, tested.records["y"]) if self.alive else worst,
            seconds=seconds,
            losses=np.concatenate(self.losses),
            seen=np.array(self.seen, dtype=float),
            test_losses=np.array(self.test_losses),
            cosine=self._measured("cosine"),
            size=self._measured("size"),
            sign=self._measured("sign"),
            weights=self.weights,
            counts=self.counts,
            observed=self.watch.curves,
        )

    def _measured(self, what: str) -> dict[str, np.ndarray]:
        names = self.alignments[0] if self.alignments else {}
        return {name: np.array([getattr(each[name], what) for each in self.alignments]) for name in names}


def _held(program: Program, job: Job, alpha: float) -> Network:
    """The network of a job, its weights as the program's formats hold them."""
    weights, _ = start(program, job)
    return Network(**{name: weights[name] for name in WEIGHTS}, alpha=alpha)


def _learn(learners: Sequence[_Learner], engine: Engine, trials: slice, progress: Progress) -> None:
    """Some trials for all that have not diverged; those of the others are over too."""
    alive = [learner for learner in learners if learner.alive]
    jobs = [each.job(trials) for each in alive]
    progress((trials.stop - trials.start) * (len(learners) - len(jobs)))
    if not jobs:
        return
    for learner, outcome in zip(alive, engine.run(alive[0].program, jobs, progress=progress), strict=True):
        learner.losses.append(outcome.losses)
        learner.weights = outcome.weights
        for name, counts in outcome.counts.items():
            learner.counts[name] = learner.counts.get(name, Counts(0, 0, 0, 0)) + counts
        if outcome.diverged:
            trial, step = outcome.diverged
            learner.outcome = f"diverged at trial {trials.start + trial}, step {step}"


def _measure(learners: Iterable[_Learner], engine: Engine) -> None:
    """Test the networks that have not diverged and, unless they are run for tuning, compare update and gradient."""
    alive = [learner for learner in learners if learner.alive]
    if not alive:
        return
    jobs = [Job(each.test, each.weights) for each in alive]
    record = ["r"] if alive[0].experiment.observe else []
    for learner, outcome in zip(alive, engine.run(alive[0].tested, jobs, record), strict=True):
        learner.seen.append(sum(map(len, learner.losses)))
        learner.test_losses.append(float(outcome.losses.mean()))
        if record:
            learner.look(outcome.records["r"])
    if alive[0].experiment.part == "tune" or not alive[0].program.learned:
        return
    jobs = [Job(each.train[:PROBES], each.weights) for each in alive]
    slopes = gradients(alive[0].program, jobs, engine)
    steps = directions(alive[0].program, jobs, engine)
    for learner, slope, step in zip(alive, slopes, steps, strict=True):
        learner.alignments.append({name: alignment(step[name], slope[name]) for name in step})
