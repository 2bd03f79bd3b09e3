"""From numbers to places along an axis, and where the axis is labelled."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from neurosim.page.wording import MINUS, exponent_of

MOST_DECADES = 6
"""Labelled decades; of more, every other."""


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high` drawn from `start` to `end` [px], linear or logarithmic."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    @classmethod
    def of(cls, values: Iterable[float], start: float, end: float, *, log: bool = False, zero: bool = False) -> Scale:
        """One that holds all finite values (above 0 if logarithmic), and 0 if that is wanted."""
        shown = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
        low, high = (
            min([*shown, 0.0] if zero else shown, default=1.0),
            max([*shown, 0.0] if zero else shown, default=1.0),
        )
        if low == high:
            low, high = (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
        if log:
            room = (high / low) ** 0.04
            return cls(low / room, high * room, start, end, log)
        room = 0.04 * (high - low)
        return cls(low - room * (low != 0), high + room * (high != 0), start, end)

    def __call__(self, value: float) -> float:
        """The place of a number [px]."""
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def shows(self, value: float) -> bool:
        """Whether a number has a place."""
        return math.isfinite(value) and (value > 0 or not self.log)

    def ticks(self) -> list[tuple[float, str]]:
        """Places and labels of round numbers."""
        values = self._decades() if self.log else self._steps()
        return [(self(value), tick(value)) for value in values]

    def _decades(self) -> list[float]:
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        every = math.ceil(max(last - first + 1, 1) / MOST_DECADES)
        found = [10.0**power for power in range(first, last + 1) if (power - first) % every == 0]
        if len(found) > 1:
            return found
        fine = [m * 10.0**power for power in range(first - 1, last + 1) for m in (1, 2, 5)]
        return [value for value in fine if self.low <= value <= self.high]

    def _steps(self) -> list[float]:
        rough = (self.high - self.low) / 4
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(m * unit for m in (1, 2, 5, 10) if m * unit >= rough)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [float(np.round(count * step, 12)) for count in range(first, last + 1)]


def tick(value: float) -> str:
    """A round number as an axis has it."""
    power = math.log10(abs(value)) if value else 0.0
    if value and (power < -3 or power >= 5) and power == round(power):
        return f"10{exponent_of(round(power))}"
    return f"{value:g}".replace("-", MINUS)
