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
inside, lock = [0.0], Lock()


def watched(compiled):
    """`compiled`, whose kernels note the processor time of the thread that they run on."""

    def of(source):
        kernel = compiled(source)

        def run(*given):
            begin = time.thread_time()
            found = kernel(*given)
            with lock:
                inside[0] += time.thread_time() - begin
            return found

        return run

    return of


def main(folder: str) -> None:
    budget = Budget(tuple(float(f"{rate:.3g}") for rate in np.logspace(-5, -1, 9)))
    small = Experiment(rule="", task="integrate", n=128, trials=10)
    compare(RULES, small, seeds=1, budget=budget, results=Results(Path(folder) / "small"))  # compiles the kernels
    numba.compiled = watched(numba.compiled)
    begin = time.process_time(), time.perf_counter()
    compare(
        RULES,
        Experiment(rule="", task="integrate", n=128),
        seeds=20,
        budget=budget,
        results=Results(Path(folder) / "whole"),
    )
    spent, wall = time.process_time() - begin[0], time.perf_counter() - begin[1]
    print(json.dumps({"wall s": wall, "processor s": spent, "share in kernels": inside[0] / spent}))


if __name__ == "__main__":
    main(sys.argv[1])
