"""What a page is about: the rows of a comparison, or of any folder of runs, as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from neurosim.comparison import EXACT_PROFILE
from neurosim.paired import Pair


@dataclass(frozen=True, eq=False)
class Watched:
    """What was measured of a run while it learned, first axis: checkpoint.

    seen: trials learned from. losses: on unseen trials. measured: `cosine`, `size` and `sign`, each by weight.
    observed: what else was recorded, by name.
    """

    seen: np.ndarray
    losses: np.ndarray
    measured: Mapping[str, Mapping[str, np.ndarray]]
    observed: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Attempt:
    """One run. watched: None if its curves are not there."""

    name: str
    seed: int
    outcome: str
    loss: float
    score: float
    watched: Watched | None

    @property
    def diverged(self) -> bool:
        return self.outcome != "finished"


@dataclass(frozen=True)
class OnChip:
    """What the audit and the cost model say of a rule on a chip. joule: of a step, (low, typical, high)."""

    verdict: str
    reasons: tuple[str, ...]
    bits: float
    joule: tuple[float, ...]


@dataclass(frozen=True)
class Part:
    """What one limit of a chip costs, alone, and what would be saved without it."""

    limit: str
    alone: float
    without: float


@dataclass(frozen=True)
class ErrorBudget:
    """What a chip's precision costs, in parts that add up: rate, each limit alone, and what is left as interaction."""

    measure: str
    precision: float
    rate: float
    limits: tuple[Part, ...]
    interaction: float


@dataclass(frozen=True, eq=False)
class Row:
    """One rule on one profile. In a folder of runs, `profile` also says what else was varied."""

    rule: str
    profile: str
    lr: float
    attempts: tuple[Attempt, ...]
    loss: float
    score: float
    locality: float = math.nan
    precision: float = math.nan
    cosine: Mapping[str, float] = field(default_factory=dict)
    at_edge: bool = False
    host: str = ""
    chip: OnChip | None = None
    budget: ErrorBudget | None = None

    @property
    def losses(self) -> np.ndarray:
        """By seed; infinite where it diverged."""
        return np.array([np.inf if each.diverged else each.loss for each in self.attempts])

    @property
    def diverged(self) -> int:
        return sum(each.diverged for each in self.attempts)


@dataclass(frozen=True, eq=False)
class Record:
    """All that a page says. settings: what was asked; made: by what; commands: that gave the numbers."""

    task: str
    rows: tuple[Row, ...]
    score: str
    references: Mapping[str, float]
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    made: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]

    @property
    def rules(self) -> list[str]:
        return list(dict.fromkeys(row.rule for row in self.rows))

    @property
    def profiles(self) -> list[str]:
        """Float64 first, for it is what the others are compared with."""
        found = dict.fromkeys(row.profile for row in self.rows)
        return sorted(found, key=lambda name: name != EXACT_PROFILE)

    def row(self, rule: str, profile: str) -> Row | None:
        return self._by_place.get((rule, profile))

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], Row]:
        return {(row.rule, row.profile): row for row in self.rows}
