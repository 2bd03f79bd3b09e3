"""A sweep: rules on a task while anything that a run takes varies, each at each point with the rate that suits it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from neurosim.answering import Answering, Here, Runner, trials_of
from neurosim.comparison import EXACT_PROFILE, Plan, check, seeded
from neurosim.errors import NeurosimError, unknown
from neurosim.experiment import Experiment
from neurosim.filling import Value, filled, places
from neurosim.results import Results
from neurosim.tuning import Budget, Rate, rates

KINDS: dict[str, Callable[[Value], Value]] = {
    **dict.fromkeys(("n", "trials", "test_trials", "seed", "checkpoints"), int),
    **dict.fromkeys(("alpha", "gain", "lr"), float),
    "engine": str,
}
"""The fields of an experiment that may be given or swept by name, and what they are."""

MOST = 100_000
"""Points of one sweep."""


@dataclass(frozen=True)
class Line:
    """A rule on a profile, both perhaps with places for what is swept: one line of the figure."""

    rule: str
    profile: str


@dataclass(frozen=True)
class Sweep:
    """What is swept.

    rules, profiles, task: names, with places for swept values if wanted: see `neurosim.filling`. over: what is swept,
    by name of a place or of a field of the experiment, and its values. fixed: other fields. within: if given, it is not
    the whole grid that is asked for but the first value from which on the loss is within this fraction of float64.
    Raises `NeurosimError` if a name is unknown, a place is not filled, or there are no values.
    """

    rules: tuple[str, ...]
    task: str
    over: Mapping[str, tuple[Value, ...]]
    profiles: tuple[str, ...] = (EXACT_PROFILE,)
    fixed: Mapping[str, Value] = field(default_factory=dict)
    seeds: int = 5
    budget: Budget = field(default_factory=Budget)
    within: float | None = None

    def __post_init__(self) -> None:
        if not self.rules or not self.profiles or not self.over or self.seeds < 1:
            raise NeurosimError(
                f"{len(self.rules)} rules on {len(self.profiles)} profiles and {self.seeds} seeds over "
                f"{len(self.over)} names; a sweep needs at least one of each"
            )
        self._check_names()
        for name, values in self.over.items():
            if not values:
                raise NeurosimError(
                    f"{name} has no values to sweep over; give some, such as {name}=1,2,4 or {name}=3..8"
                )
            if twice := [value for value in values if values.count(value) > 1]:
                raise NeurosimError(f"{name} has the value {twice[0]!r} twice")
        if np.prod([len(values) for values in self.over.values()], dtype=float) > MOST:
            raise NeurosimError(f"more than {MOST} points; sweep over fewer values")
        if self.within is not None:
            self._check_threshold(self.within)

    def _check_names(self) -> None:
        named = {name for text in (*self.rules, *self.profiles, self.task) for name in places(text)}
        if loose := sorted(named - set(self.over)):
            raise NeurosimError(f"{{{loose[0]}}} has no values; sweep over it: --over {loose[0]}=1,2,4")
        for name in self.over:
            if name not in named and name not in KINDS:
                raise unknown("place or field to sweep over", name, {*named, *KINDS})
        for name in self.fixed:
            if name not in KINDS:
                raise unknown("field of an experiment", name, KINDS)
            if name in self.over:
                raise NeurosimError(f"{name} is given and swept over; give one of the two")

    def _check_threshold(self, within: float) -> None:
        if not 0.0 <= within < np.inf:
            raise NeurosimError(f"within is {within}; it must be a fraction of the loss in float64, such as 0.05 or 5%")
        if len(self.over) != 1:
            raise NeurosimError(f"a threshold is searched along one name; this sweep is over {', '.join(self.over)}")
        (name,) = self.over
        if not all(name in places(profile) for profile in self.profiles):
            raise NeurosimError(f"a threshold compares with float64, so that {{{name}}} must stand in every profile")
        if any(name in places(text) for text in (*self.rules, self.task)):
            raise NeurosimError(f"a threshold compares a rule with itself; {{{name}}} may stand in the profile only")

    @property
    def lines(self) -> list[Line]:
        """Every rule on every profile."""
        return [Line(rule, profile) for profile in self.profiles for rule in self.rules]

    @property
    def grid(self) -> list[dict[str, Value]]:
        """Every combination of the values."""
        return [dict(zip(self.over, values, strict=True)) for values in itertools.product(*self.over.values())]

    def question(self, line: Line, values: Mapping[str, Value]) -> Experiment:
        """What is asked at one point of a line. Raises `NeurosimError` if a value is not of its field's kind."""
        given = {name: value for name, value in {**self.fixed, **values}.items() if name in KINDS}
        names = {"rule": filled(line.rule, values), "profile": filled(line.profile, values)}
        asked: dict[str, Value] = {"checkpoints": 1, **{name: _of_kind(name, value) for name, value in given.items()}}
        return Experiment(**names, task=filled(self.task, values), **asked)  # type: ignore[arg-type]


def _of_kind(name: str, value: Value) -> Value:
    kind = KINDS[name]
    try:
        made = kind(value)
    except (TypeError, ValueError):
        made = None
    if made is None or (kind is int and made != value):
        words: dict[object, str] = {int: "a whole number", float: "a number", str: "a word"}
        raise NeurosimError(f"{name} is {value!r}; it must be {words[kind]}")
    return made


@dataclass(frozen=True, eq=False)
class Point:
    """One question's answer: its rate, and the loss on unseen trials by seed, infinite where it diverged."""

    question: Experiment
    rate: Rate
    losses: np.ndarray
    runs: tuple[str, ...]

    @property
    def loss(self) -> float:
        """The median over seeds."""
        return float(np.median(self.losses))

    @property
    def diverged(self) -> int:
        """How many seeds did."""
        return int(np.isinf(self.losses).sum())


@dataclass(frozen=True, eq=False)
class Swept:
    """All points of a sweep, by line and in the order of the grid."""

    asked: Sweep
    points: Mapping[Line, Sequence[Point]]


def sweep(
    asked: Sweep,
    *,
    results: Results | None = None,
    plan: Plan = lambda trials: lambda done: None,
    runner: Runner | None = None,
) -> Swept:
    """Every point of the grid; all rates are tuned first, then all else is run.

    What `results` holds already is not run again; what is run is kept there as it ends. Raises `NeurosimError`, before
    anything is computed, if a name does not exist or a number is out of range.
    """
    questions = {line: [asked.question(line, values) for values in asked.grid] for line in asked.lines}
    every = list(dict.fromkeys(each for line in asked.lines for each in questions[line]))
    check(every)
    answering = Answering(results, runner or Here(), plan(sum(planned(asked, each) for each in every)))
    found = answered(asked, every, answering)
    return Swept(asked, {line: [found[each] for each in questions[line]] for line in asked.lines})


def planned(asked: Sweep, question: Experiment) -> int:
    """How many trials it takes to answer a question."""
    tried = [] if _has_rate(asked) else asked.budget.tried(question)
    return trials_of(question) * (len(tried) + asked.seeds)


def answered(asked: Sweep, questions: Iterable[Experiment], answering: Answering) -> dict[Experiment, Point]:
    """The points of some questions, all asked at once: first all that tunes, then the runs."""
    questions = list(questions)
    if _has_rate(asked):
        found = {each: Rate(each.lr) for each in questions}
    else:
        found = rates(questions, asked.budget, answering)
    wanted = {each: seeded(each, found[each].lr, asked.seeds) for each in questions}
    losses = {run.experiment: run.loss for run in answering.runs(itertools.chain(*wanted.values()))}
    return {
        each: Point(each, found[each], np.array([losses[run] for run in runs]), tuple(run.digest for run in runs))
        for each, runs in wanted.items()
    }


def _has_rate(asked: Sweep) -> bool:
    """Whether learning rates are given or swept, and not tuned."""
    return "lr" in asked.over or "lr" in asked.fixed


assert {*KINDS} < {each.name for each in fields(Experiment)}
