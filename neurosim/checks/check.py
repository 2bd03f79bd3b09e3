"""What a check is: a claim of the theory, where it is made, and a function that measures whether it holds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

Measure = Callable[[bool], Iterator["Finding"]]
"""Measures a claim, at full size or as quickly as it can be."""


@dataclass(frozen=True)
class Finding:
    """A measured number, and the range within which it confirms the claim; `low` and `high` are within.

    case: which of several that were measured alike, such as a rule.
    """

    quantity: str
    value: float
    high: float = np.inf
    low: float = -np.inf
    case: str = ""

    @property
    def holds(self) -> bool:
        """Whether the number lies within the range; what is not a number does not."""
        return bool(self.low <= self.value <= self.high)

    @property
    def range(self) -> str:
        """The range in words."""
        if self.low == self.high:
            return f"= {self.low:g}"
        if np.isinf(self.low):
            return f"<= {self.high:g}"
        return f">= {self.low:g}" if np.isinf(self.high) else f"{self.low:g} to {self.high:g}"

    @property
    def strain(self) -> float:
        """How near the number is to the end of its range: of two alike, the larger is the worse."""
        if np.isnan(self.value):
            return np.inf
        if np.isinf(self.low):
            return self.value
        return -self.value if np.isinf(self.high) else abs(self.value - 0.5 * (self.low + self.high))


@dataclass(frozen=True)
class Check:
    """A claim by its number, in words, with its source, and how it is measured."""

    number: int
    claim: str
    source: str
    measure: Measure


@dataclass(frozen=True)
class Result:
    """What came of a check: of each quantity, the worst of the cases measured."""

    check: Check
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether all that was measured confirms the claim; nothing measured confirms nothing."""
        return bool(self.findings) and all(each.holds for each in self.findings)


def check(number: int, source: str) -> Callable[[Measure], Check]:
    """Makes a function that measures into a check; its docstring's first paragraph is the claim."""

    def made(measure: Measure) -> Check:
        claim = (inspect.getdoc(measure) or "").split("\n\n")[0]
        return Check(number, " ".join(claim.split()).rstrip("."), source, measure)

    return made


def run(check: Check, full: bool = False) -> Result:
    """Measure a claim."""
    return Result(check, tuple(_worst(list(check.measure(full)))))


def _worst(findings: Sequence[Finding]) -> Iterator[Finding]:
    for quantity in dict.fromkeys(each.quantity for each in findings):
        alike = [each for each in findings if each.quantity == quantity]
        yield max(alike, key=lambda each: (not each.holds, each.strain))
