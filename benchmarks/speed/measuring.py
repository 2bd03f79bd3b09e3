"""Times of contenders at equal work, side by side in one run on one core.

Each round lets every contender take its turn, so that a machine that is busy is busy for all; what counts is processor
time, which a process that waits does not spend. Ratios within a run are what to trust.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

ROUNDS = 5
TURN = 0.12
"""Least length of a turn [s]."""


@dataclass(frozen=True)
class Work:
    """Something that can be done `count` times in one go. steps: how many time steps there are in each."""

    do: Callable[[int], object]
    steps: int


def one_core() -> None:
    """Keep this process to one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def side_by_side(works: Mapping[str, Work], rounds: int = ROUNDS, turn: float = TURN) -> dict[str, float]:
    """Processor time per step of each [s]: the median over rounds."""
    counts = {name: _enough(work, turn) for name, work in works.items()}
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            spent[name].append(_spent(work, counts[name]) / (counts[name] * work.steps))
    return {name: float(np.median(each)) for name, each in spent.items()}


def _enough(work: Work, turn: float) -> int:
    """How often the work is done in a turn; what is done once only, such as compiling, is over by then."""
    work.do(1)
    count = 1
    while (spent := _spent(work, count)) < turn / 4 and count < 1 << 20:
        count *= 4
    return max(1, round(count * turn / max(spent, 1e-6))) if spent < turn else count


def _spent(work: Work, count: int) -> float:
    begin = time.process_time()
    work.do(count)
    return time.process_time() - begin
