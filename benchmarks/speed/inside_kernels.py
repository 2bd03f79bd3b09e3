"""How much of a comparison's processor time is spent inside compiled kernels: python inside_kernels.py FOLDER"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from threading import Lock

import numpy as np

from neurosim.comparison import Budget, compare
from neurosim.engines import numba
from neurosim.experiment import Experiment
from neurosim.results import Results

RULES = ("rflo", "tbptt:k=1", "tbptt:k=8", "bptt")
spent, lock = {"kernels": 0.0, "kernels and plans": 0.0}, Lock()


def watched(run, where):
    """A function that notes the processor time of the thread that it runs on."""

    def noting(*given):
        begin = time.thread_time()
        found = run(*given)
        with lock:
            spent[where] += time.thread_time() - begin
        return found

    return noting


def main(folder: str) -> None:
    budget = Budget(tuple(float(f"{rate:.3g}") for rate in np.logspace(-5, -1, 9)))
    small = Experiment(rule="", task="integrate", n=128, trials=10)
    compare(RULES, small, seeds=1, budget=budget, results=Results(Path(folder) / "small"))  # compiles the kernels
    compiled = numba.compiled
    numba.compiled = lambda source: watched(compiled(source), "kernels")
    numba.Plans.run = watched(numba.Plans.run, "kernels and plans")
    begin = time.process_time(), time.perf_counter()
    compare(
        RULES,
        Experiment(rule="", task="integrate", n=128),
        seeds=20,
        budget=budget,
        results=Results(Path(folder) / "whole"),
    )
    whole, wall = time.process_time() - begin[0], time.perf_counter() - begin[1]
    shares = {f"share in {where}": seconds / whole for where, seconds in spent.items()}
    print(json.dumps({"wall s": wall, "processor s": whole, **shares}))


if __name__ == "__main__":
    main(sys.argv[1])
