"""What storing in fixed point does to a run, counted: changes that are lost to rounding, values beyond the ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from neurosim.precision import Format
from neurosim.program import Program

COUNTED = ("stored", "changed", "lost", "beyond")
"""Numbers stored; those that were to change; of these, those that stayed; those beyond the format's ends."""


@dataclass(frozen=True)
class Counts:
    """What became of the numbers stored in a quantity."""

    stored: int
    changed: int
    lost: int
    beyond: int

    def __add__(self, other: Counts) -> Counts:
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Counts(*(a + b for a, b in pairs))

    @property
    def share_lost(self) -> float:
        """Of the changes that were asked for, those that rounding left nothing of."""
        return self.lost / self.changed if self.changed else 0.0

    @property
    def share_beyond(self) -> float:
        """Of the numbers stored, those that saturated or wrapped."""
        return self.beyond / self.stored if self.stored else 0.0


def counted(program: Program) -> list[str]:
    """The quantities that storing may change."""
    written = {statement.target.name for block in program.blocks for statement in block.statements}
    return sorted(name for name in written if not program.quantities[name].format.exact)


def nothing(program: Program) -> Int[np.ndarray, "quantity 4"]:
    """Counts of a run that has not begun, a row for each quantity of `counted`."""
    return np.zeros((len(counted(program)), len(COUNTED)), dtype=np.int64)


def tally(
    format: Format,
    value: Float[np.ndarray, "..."],
    was: Float[np.ndarray, "..."],
    kept: Float[np.ndarray, "..."],
) -> Int[np.ndarray, " 4"]:
    """What to add to the counts when values are stored where others were."""
    low, high = (end * format.lsb for end in format.ends)
    value = np.broadcast_to(value, kept.shape)
    changed: Bool[np.ndarray, "..."] = value != was
    return np.array([kept.size, changed.sum(), (changed & (kept == was)).sum(), ((value < low) | (value > high)).sum()])


def by_name(program: Program, counts: Int[np.ndarray, "quantity 4"]) -> Mapping[str, Counts]:
    """The counts of a run by quantity."""
    return {name: Counts(*map(int, row)) for name, row in zip(counted(program), counts, strict=True)}
