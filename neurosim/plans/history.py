"""Exact online learning without N^3 numbers: back through the weights of each step, anew at each step.

Real-time recurrent learning adds to a weight, at step t, what all steps s before have done to the error of t:

    lambda[t] = W_out^T error[t],   lambda[s-1] = (1 - alpha) lambda[s] + alpha W_rec[s]^T lambda[s]
    W_rec     = W_rec + lr alpha sum(s, lambda[s] sent[s]^T)

where `W_rec[s]` is what acted at step s. Carried forward, the same takes a matrix of rates by weights and N^4
multiplications a step; back through the t weights kept, `2 t N^2`.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from neurosim.engine import LIMIT, Job, Outcome, received
from neurosim.memory import available
from neurosim.network import PLASTIC, Network
from neurosim.notation import Block
from neurosim.plans import estimate
from neurosim.plans.choice import Kernel, Record, Work
from neurosim.plans.native import native
from neurosim.program import Program, compile
from neurosim.rule import Rule

ERROR = 1e-12


class Forward(Rule):
    """The learning that the plan is for: how every weight moves every rate, carried forward in time."""

    equations = """
        influence[k, i, j] = (1 - alpha) * influence[k, i, j]
                           + alpha * sum(l, W_rec[k, l] * before(influence[l, i, j])) + alpha * (k == i) * pre[j]
        teach[k]           = sum(o, W_out[o, k] * error[o])
        weight[i, j]       = weight[i, j] + lr * sum(k, teach[k] * influence[k, i, j])
    """


def unfit(program: Program, record: Record) -> str | None:
    """It takes the equations of `Forward`, and records of rates and outputs."""
    if large := set(record) - {"r", "y", "error"}:
        return f"{min(large)} is to be recorded, and is not formed"
    if program.backward or program.end or not set(program.learned) & {"W_rec", "W_in"}:
        return "it does not learn online, by how weights move rates"
    plastic = tuple(name for name in PLASTIC if f"W_{name}" in program.learned)
    if program.step != _forward(plastic):
        return "it does not learn by real-time recurrent learning"
    return None


@cache
def _forward(plastic: tuple[str, ...]) -> tuple[Block, ...]:
    return compile(Network.random(1, 1, 1, 1.0, 1.0, 0), Forward(), plastic=plastic).step


def dear(work: Work) -> str | None:
    """It pays where trials are short beside the square of the neurons; the weights of all steps must fit in memory."""
    n, steps = work.program.sizes["neuron"], work.steps
    if (needed := 8.0 * steps * n * n) > available() / 4:
        return f"the weights of {steps} steps take {needed / 2**30:.3g} GiB, more than a quarter of what is left"
    back = steps * steps / 2 * n * n * (1.0 + estimate.PRODUCT)
    full = estimate.PRODUCT * estimate.trial(work.program, steps)
    return estimate.dear(back + 3 * steps * n * n, full)


def run(program: Program, job: Job, record: Record, kernel: Kernel) -> Outcome | None:
    """All trials in one call; none if it diverged, which is the full kernel's to say."""
    work, heard = Work.of(program, job), received(program, job.trials)
    weights = {name: np.array(value) for name, value in work.weights.items()}
    n, n_out = program.sizes["neuron"], program.sizes["output"]
    shape = work.trials, work.steps
    losses, rates, outputs, errors = np.zeros(work.trials), *(np.zeros((*shape, size)) for size in (n, n_out, n_out))
    given = heard.inputs, heard.targets, heard.mask, job.trials.targets, job.trials.mask
    rate = [work.constants.get(f"lr_{name}", 0.0) for name in PLASTIC]
    moved = [weights[f"W_{name}"] for name in PLASTIC]
    fine = native(learned)(*given, work.constants["alpha"], *rate, LIMIT, *moved, losses, rates, outputs, errors)
    found = {"r": rates, "y": outputs, "error": errors}
    return Outcome(weights, losses, None, {name: found[name] for name in record}) if fine else None


def learned(  # type: ignore[no-untyped-def]
    inputs, targets, mask, goals, shares, alpha, lr_rec, lr_in, lr_out, limit, W_rec, W_in, W_out, losses, r, y, error
):
    """Learn all trials, weights in place; whether all errors stayed below the limit.

    A learning rate of zero leaves its weights as they are. r, y, error: as they were at each step.
    """
    trials, steps, _ = inputs.shape
    n = len(W_rec)
    acted = np.zeros((steps, n, n))
    sent, back = np.zeros((steps, n)), np.zeros((steps, n))
    for trial in range(trials):
        for t in range(steps):
            acted[t] = W_rec
            if t > 0:
                sent[t] = r[trial, t - 1]
            drive = np.dot(W_rec, sent[t]) + np.dot(W_in, inputs[trial, t])
            r[trial, t] = (1.0 - alpha) * sent[t] + alpha * drive
            y[trial, t] = np.dot(W_out, r[trial, t])
            for o in range(len(W_out)):
                miss = goals[trial, t, o] - y[trial, t, o]
                losses[trial] += 0.5 * shares[t] * miss * miss
                error[trial, t, o] = mask[t] * (targets[trial, t, o] - y[trial, t, o])
                if not abs(miss) <= limit:
                    return False
            back[t] = np.dot(error[trial, t], W_out)
            for s in range(t, 0, -1):
                back[s - 1] = (1.0 - alpha) * back[s] + alpha * np.dot(back[s], acted[s])
            if lr_rec > 0.0:
                W_rec += (lr_rec * alpha) * np.dot(back[: t + 1].T, sent[: t + 1])
            if lr_in > 0.0:
                W_in += (lr_in * alpha) * np.dot(back[: t + 1].T, inputs[trial, : t + 1])
            if lr_out > 0.0:
                W_out += lr_out * np.outer(error[trial, t], r[trial, t])
    return True
