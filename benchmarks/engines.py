"""Time per step of every engine beside `numba`, in one run: python benchmarks/engines.py [RULE ...]

Each cell is the least of three long runs less the least of three short ones, so that what an engine does once
(compile, build) is left out. Ratios are what to trust; microseconds are those of the machine, as busy as it was.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from neurosim import catalog
from neurosim.engine import Job
from neurosim.network import Network
from neurosim.program import Program, compile
from neurosim.task import Trials

SIZES = (16, 64, 256, 1024)
LONG = {
    "numba": 60,
    "numpy": 5,
    "brian2:fused": 20,
    "brian2:standalone": 40,
    "brian2:numpy": 8,
    "nengo:fused": 20,
    "nengo:network": 8,
}
"""Engines, and trials of the long run: enough to be measured, few enough to wait for; half of them at N = 1024."""

STEPS = 100


def trials(count: int) -> Trials:
    random = np.random.default_rng(0)
    return Trials(random.normal(size=(count, STEPS, 2)), random.normal(size=(count, STEPS, 2)), np.ones(STEPS))


def microseconds(engine: str, program: Program) -> float:
    """Per step."""
    long = max(LONG[engine] // (2 if program.sizes["neuron"] > 256 else 1), 2)

    def once(count: int) -> float:
        job = Job(trials(count))
        begin = time.perf_counter()
        catalog.engine(engine).run(program, [job])
        return time.perf_counter() - begin

    once(1)
    least = min(once(long) for _ in range(3)) - min(once(1) for _ in range(3))
    return 1e6 * least / ((long - 1) * STEPS)


def main(rules: list[str]) -> None:
    for rule in rules:
        print(
            f"\n{rule}: microseconds per step (times numba)\n\n| engine | " + " | ".join(f"N={n}" for n in SIZES) + " |"
        )
        print("|---|" + "---|" * len(SIZES))
        base: dict[int, float] = {}
        for engine in LONG:
            cells = []
            for n in SIZES:
                network = Network.random(n, 2, 2, alpha=0.1, gain=0.5, seed=0)
                spent = microseconds(engine, compile(network, catalog.rule(rule), lr=1e-4))
                base.setdefault(n, spent)
                cells.append(f"{spent:.3g} ({spent / base[n]:.3g})")
            print(f"| {engine} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["rflo", "tbptt:k=4"])
