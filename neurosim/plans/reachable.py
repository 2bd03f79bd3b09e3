"""Learn in the subspace that inputs and feedback reach within a trial.

From rates at zero, what a network does in a trial stays in the span of the powers of W_rec on the columns through
which anything flows into it, W_in and the feedback; and a rule whose equations single out no neuron learns nothing
outside either (`symmetry`). Few powers have a part in T steps (`krylov`), so the same program, projected on that
subspace, has a few dozen neurons whatever N is. What it has learned is turned back: `W + Q (change) Q^T`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from neurosim.engine import Job, Outcome
from neurosim.plans import estimate, krylov, symmetry
from neurosim.plans.choice import Kernel, Plans, Record, Work
from neurosim.program import Program

ERROR = 1e-12
LEAK = 3e-14
"""The largest share of the rates that may leave the subspace in a step, before learning or after."""

ARNOLDI = 20
"""Calls, nearly, that one more power takes."""

DEPTHS = (krylov.NEGLIGIBLE, 1e-28)
"""How small a part of the rates is left out; the second is tried where learning has made deeper powers matter."""


def unfit(program: Program, record: Record) -> str | None:
    """It takes a program that singles out no neuron, and records by output or by neuron."""
    if not program.blocks or "alpha" not in program.constants:
        return "there is no network"
    if large := [name for name in record if name in program.weights or _neurons(program, name) > 1]:
        return f"{large[0]} is to be recorded, and is not formed"
    return symmetry.broken(program)


def dear(work: Work) -> str | None:
    """It pays where the subspace is small and there are enough trials for what it takes to find it."""
    n = work.program.sizes["neuron"]
    full = estimate.trial(work.program, work.steps) * work.trials
    if reason := estimate.dear(_cost(work, 1), full):
        return reason
    columns = _columns(work.program, work.weights)
    depth = krylov.depth(work.weights["W_rec"], columns, _chances(work))
    if depth * columns.shape[1] > n / 2:
        return f"inputs and feedback reach {depth} powers of W_rec on {columns.shape[1]} columns, too many for N = {n}"
    return estimate.dear(_cost(work, depth), full)


def run(program: Program, job: Job, record: Record, kernel: Kernel) -> Outcome | None:
    """The projected program's outcome, turned back; none if it diverged or too much left the subspace."""
    work = Work.of(program, job)
    for least in DEPTHS:
        Q, last = krylov.basis(work.weights["W_rec"], _columns(program, work.weights), _chances(work), least)
        small = {name: _turned(value, program, name, Q.T) for name, value in work.weights.items()}
        inside = replace(program, sizes={**program.sizes, "neuron": Q.shape[1]}, weights=small, ideal=None)
        found = Plans(inside, record, after="reachable").run(replace(job, weights={}), kernel)
        if found.diverged:
            return None
        if _leak(work, Q, last, [small, found.weights]) <= LEAK:
            return _turned_back(work, small, found, Q)
    return None


def _turned_back(work: Work, small: Mapping[str, np.ndarray], found: Outcome, Q: Float[np.ndarray, "n k"]) -> Outcome:
    weights = {
        name: value + _turned(found.weights[name] - small[name], work.program, name, Q)
        for name, value in work.weights.items()
    }
    records = {name: _turned(values, work.program, name, Q) for name, values in found.records.items()}
    return replace(found, weights=weights, records=records)


def _chances(work: Work) -> Float[np.ndarray, " power"]:
    return krylov.passing(work.constants["alpha"], work.steps)


def _neurons(program: Program, name: str) -> int:
    return program.quantities[name].domains.count("neuron")


def _columns(program: Program, weights: Mapping[str, np.ndarray]) -> Float[np.ndarray, "n source"]:
    """Of the weights that something flows into the neurons by."""
    names = symmetry.sources(program)
    return np.hstack([weights[name].T if name == "W_out" else weights[name] for name in names])


def _cost(work: Work, depth: int) -> float:
    """Of finding the subspace, learning in it, and turning back."""
    n = work.program.sizes["neuron"]
    k = depth * (work.program.sizes["input"] + work.program.sizes["output"])
    inside = replace(work.program, sizes={**work.program.sizes, "neuron": k})
    found = estimate.PRODUCT * (n * n * 4 * k + 4 * n * k * k)
    found += ARNOLDI * estimate.CALL * depth
    return found + work.trials * estimate.trial(inside, work.steps)


def _turned(values: np.ndarray, program: Program, name: str, Q: Float[np.ndarray, "to of"]) -> np.ndarray:
    """Values with each axis of neurons in other coordinates; trials and steps may stand before the quantity's own."""
    domains = program.quantities[name].domains
    for axis, domain in enumerate(domains, start=-len(domains)):
        if domain == "neuron":
            values = np.moveaxis(np.moveaxis(values, axis, -1) @ Q.T, -1, axis)
    return np.ascontiguousarray(values)


def _leak(work: Work, Q: Float[np.ndarray, "n k"], last: int, insides: list[Mapping[str, np.ndarray]]) -> float:
    """The largest share of the rates that a step takes out of the subspace.

    W_rec maps all of it into itself but the last columns. How much of the rates is there is bounded by the powers of
    the projected W_rec, with the weights as they were and as they have become.
    """
    if not last:
        return 0.0
    beyond = work.weights["W_rec"] @ Q[:, -last:]
    gap = float(np.linalg.norm(beyond - Q @ (Q.T @ beyond)))
    return max(gap * _share(inside, _chances(work), last) for inside in insides)


def _share(inside: Mapping[str, np.ndarray], chances: Float[np.ndarray, " power"], last: int) -> float:
    """Of the rates, at most, what is in the last columns."""
    W, source = inside["W_rec"], inside["W_in"]
    whole = end = 0.0
    for chance, block in zip(chances, krylov.powers(W, source, len(chances)), strict=True):
        norms = chance * np.linalg.norm(block), chance * np.linalg.norm(block[-last:])
        whole, end = whole + norms[0], end + norms[1]
        if not krylov.NEGLIGIBLE * whole < norms[0] < np.inf:
            break
    return float(end / whole) if 0.0 < whole < np.inf else 0.0
