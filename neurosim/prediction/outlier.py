"""Whether a task of one time constant asks recurrent weights for an outlier (arXiv 2503.18754)."""

from __future__ import annotations

import numpy as np

from neurosim import catalog
from neurosim.experiment import Experiment, untrained
from neurosim.theory import LinearSystem, TeacherModes
from neurosim.theory.integration import Filter, asks_for_outlier


def outlier_wanted(asked: Experiment) -> str:
    """The eigenvalue of W_rec that the task asks for, and whether it lies outside the bulk, in a line; else nothing.

    In continuous time, with a neuron's time constant as unit, a step is `dt = alpha`, and what a target keeps of a
    step, `memory`, is a decay at the rate `c* = -ln(memory) / alpha`: the eigenvalue `1 - c*`. Of tasks of several
    time constants, of networks without leak, and without a bulk within the unit circle, nothing is said.
    """
    task = catalog.task(asked.task)
    made, alpha = task.solution(asked.seed), untrained(asked, task).alpha
    modes = TeacherModes.of(LinearSystem(made.W_out, made.W_rec, made.W_in)) if made else None
    if modes is None or modes.count != 1 or alpha == 1.0 or not 0.0 < asked.gain < 1.0:
        return ""
    (memory,) = np.atleast_1d(modes.target.memory)
    if memory <= 0.0:
        return ""
    target = Filter.exponential(-float(np.log(memory)) / alpha)
    _, rate = target.as_exponential()
    how = "has to grow an outlier" if asks_for_outlier(target, asked.gain) else "need not grow an outlier"
    bulk = f"a bulk of radius {asked.gain:g}"
    return f"theory: the task asks for the eigenvalue 1 - c* = {1.0 - rate:.3g} beside {bulk}: W_rec {how}"
