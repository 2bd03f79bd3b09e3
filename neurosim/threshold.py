"""How much of something each rule needs: the first value from which on a chip's loss is near that in float64.

The loss at a value is near if the median over paired seeds of `loss / loss(float64) - 1` is at most `within`; both have
the learning rate that suits them. Values are taken in the order in which they are given, from the scarcest to the most
generous. The ends are tried, then the boundary is bisected as if nearness were monotone, then its neighbours on both
sides are tried. Where any two values tried contradict that, all others are tried as well, and the answer is the value
from which on all are near. A gap that no value tried falls into is not noticed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from neurosim.answering import Answering, Here, Runner
from neurosim.comparison import EXACT_PROFILE, Plan, check
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment
from neurosim.filling import Value
from neurosim.results import Results
from neurosim.sweep import Line, Point, Sweep, answered, planned


@dataclass(frozen=True, eq=False)
class Threshold:
    """What a line needs. tried: the points by value, in the order of the values. exact: the same rule in float64."""

    line: Line
    within: float
    exact: Point
    tried: Mapping[Value, Point]

    def excess(self, value: Value) -> float:
        """By which fraction the loss at a value exceeds that in float64; NaN if that diverged on every seed."""
        return excess(self.tried[value], self.exact)

    @property
    def near(self) -> dict[int, bool]:
        """Whether each value tried is near enough, in their order."""
        return {place: self.excess(value) <= self.within for place, value in enumerate(self.tried)}

    @property
    def needs(self) -> Value | None:
        """The value from which on all that were tried are near; None if the most generous is not."""
        values, far = list(self.tried), [place for place, near in self.near.items() if not near]
        first = max(far, default=-1) + 1
        return values[first] if first < len(values) else None

    @property
    def monotone(self) -> bool:
        """Whether all that were tried agree with one boundary."""
        return is_monotone(self.near)


def excess(point: Point, exact: Point) -> float:
    """Median over paired seeds of `loss / loss(float64) - 1`."""
    paired = [(a, b) for a, b in zip(point.losses, exact.losses, strict=True) if np.isfinite(b)]
    ratios = [a / b - 1.0 if b > 0.0 else (0.0 if a == b else np.inf) for a, b in paired]
    return float(np.median(ratios)) if ratios else math.nan


def is_monotone(near: Mapping[int, bool]) -> bool:
    """Whether none that is far stands after one that is near."""
    first = min((place for place, each in near.items() if each), default=math.inf)
    return all(each for place, each in near.items() if place > first)


def wanted(count: int, near: Mapping[int, bool]) -> set[int]:
    """Which of `count` values to try next, from what is known of some; none if the answer is known."""
    if ends := {0, count - 1} - near.keys():
        return ends
    if not is_monotone(near):
        return set(range(count)) - near.keys()
    far = max((place for place, each in near.items() if not each), default=-1)
    first = min((place for place, each in near.items() if each), default=count)
    if first - far > 1:
        return {(far + first) // 2}
    return {place for place in (far - 1, first + 1) if 0 <= place < count} - near.keys()


@dataclass(frozen=True, eq=False)
class Thresholds:
    """What each line of a sweep needs."""

    asked: Sweep
    found: tuple[Threshold, ...]


def thresholds(
    asked: Sweep,
    *,
    results: Results | None = None,
    plan: Plan = lambda trials: lambda done: None,
    runner: Runner | None = None,
) -> Thresholds:
    """Search all lines of a sweep side by side. See `neurosim.sweep.sweep` for the rest."""
    if asked.within is None:
        raise NeurosimError("a threshold needs to know how near is near enough; say within which fraction of float64")
    search = _Search.of(asked)
    check([*search.exact.values(), *(each for line in search.questions.values() for each in line)])
    answering = Answering(results, runner or Here(), plan(search.foreseen))
    exact = answered(asked, dict.fromkeys(search.exact.values()), answering)
    known: dict[Experiment, Point] = {}
    while asks := search.next(exact, known):
        known |= answered(asked, dict.fromkeys(asks), answering)
    return Thresholds(asked, tuple(search.found(line, exact, known) for line in asked.lines))


@dataclass(frozen=True)
class _Search:
    """What may be asked in a search: of each line, the question in float64 and those at all values."""

    asked: Sweep
    values: tuple[Value, ...]
    exact: Mapping[Line, Experiment]
    questions: Mapping[Line, tuple[Experiment, ...]]

    @classmethod
    def of(cls, asked: Sweep) -> _Search:
        ((name, values),) = asked.over.items()
        questions = {line: tuple(asked.question(line, {name: value}) for value in values) for line in asked.lines}
        exact = {line: replace(each[0], profile=EXACT_PROFILE) for line, each in questions.items()}
        return cls(asked, values, exact, questions)

    @property
    def foreseen(self) -> int:
        """How many trials it takes if all is monotone: float64, both ends, the bisection, two neighbours."""
        count = 1 + 2 + math.ceil(math.log2(len(self.values))) + 2
        return sum(count * planned(self.asked, each) for each in self.exact.values())

    def found(self, line: Line, exact: Mapping[Experiment, Point], known: Mapping[Experiment, Point]) -> Threshold:
        """What is known of a line."""
        pairs = zip(self.values, self.questions[line], strict=True)
        tried = {value: known[each] for value, each in pairs if each in known}
        return Threshold(line, self.asked.within or 0.0, exact[self.exact[line]], tried)

    def next(self, exact: Mapping[Experiment, Point], known: Mapping[Experiment, Point]) -> list[Experiment]:
        """What to ask next; nothing once every line is answered."""
        asks = []
        for line, questions in self.questions.items():
            tried = self.found(line, exact, known)
            near = {place: tried.excess(value) <= tried.within for place, value in self._places(tried)}
            asks += [questions[place] for place in sorted(wanted(len(self.values), near))]
        return asks

    def _places(self, tried: Threshold) -> list[tuple[int, Value]]:
        return [(place, value) for place, value in enumerate(self.values) if value in tried.tried]
