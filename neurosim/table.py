"""A comparison as a table of text, with a line for each word of it that needs one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from neurosim import catalog
from neurosim.budget_table import sections
from neurosim.columns import aligned, number
from neurosim.comparison import EXACT_PROFILE, EXACT_RULE, Comparison, Row
from neurosim.cost.text import ranged
from neurosim.foretold import theory_notes
from neurosim.paired import median_interval, statements
from neurosim.rounding_loss import warnings
from neurosim.spike_cost import Spiking

Column = tuple[str, Callable[[Row], str]]
"""Its head, and what it says of a row."""


def table(comparison: Comparison) -> str:
    """The comparison as text."""
    columns = list(_columns(comparison))
    cells = [[head for head, _ in columns], *([text(row) for _, text in columns] for row in comparison.rows)]
    return "\n".join([_title(comparison), "", *aligned(cells), "", *notes(comparison), *sections(comparison)])


def _title(comparison: Comparison) -> str:
    asked, task = comparison.asked, catalog.task(comparison.asked.task)
    return (
        f"{asked.task}: N = {asked.n}, alpha = {_alpha(comparison):g}, {asked.trials or task.train_trials} trials, "
        f"{len(comparison.rows[0].runs)} seeds, {', '.join(comparison.profiles)} on {asked.engine}"
    )


def _alpha(comparison: Comparison) -> float:
    asked = comparison.asked
    return catalog.task(asked.task).alpha if asked.alpha is None else asked.alpha


def _columns(comparison: Comparison) -> Iterator[Column]:
    task = catalog.task(comparison.asked.task)
    if len(comparison.profiles) > 1:
        yield "profile", lambda row: row.profile
    yield "rule", lambda row: row.rule + " (host)" * bool(row.host)
    yield "rate", lambda row: f"{row.lr:g}" + "*" * row.at_edge if row.lr else "-"
    yield "loss", lambda row: number(row.loss)
    yield "[95 %]", _interval
    if _has_exact(comparison):
        yield "locality", lambda row: number(comparison.locality(row), sign=True)
    if _has_precision(comparison):
        yield "precision", lambda row: number(comparison.precision(row), sign=True)
    if task.score_name != "loss":
        yield task.score_name, lambda row: number(row.score)
    for name in _measured(comparison):
        yield f"cos {name}", partial(_cosine, name=name)
    if _has_chips(comparison):
        yield "on the chip", lambda row: row.chip.audit.verdict if row.chip else ""
        yield "bits/synapse", _bits
        yield "nJ/step", _energy
    yield "diverged", lambda row: f"{row.diverged} of {len(row.runs)}"
    for head, what in _of_spikes(comparison.spiking):
        yield head, partial(_in_spikes, what=what)


def _interval(row: Row) -> str:
    low, high = median_interval(row.losses)
    return f"[{number(low)}, {number(high)}]"


def _cosine(row: Row, name: str) -> str:
    return f"{row.cosine(name):.2f}" if np.isfinite(row.cosine(name)) else "-"


def _in_spikes(row: Row, what: str) -> str:
    return number(row.in_spikes(what))


def _bits(row: Row) -> str:
    memory = row.chip.cost.memory if row.chip else None
    if row.chip is None:
        return ""
    return "unknown" if memory is None else f"{memory.synapse:.3g}" if memory.synapse else "analog"


def _energy(row: Row) -> str:
    energy = row.chip.cost.energy if row.chip else None
    return ranged(energy.total, 1e-9) if energy else "" if row.chip is None else "unknown"


def _has_chips(comparison: Comparison) -> bool:
    return any(row.chip for row in comparison.rows)


def _has_exact(comparison: Comparison) -> bool:
    return any(row.rule == EXACT_RULE for row in comparison.rows)


def _has_precision(comparison: Comparison) -> bool:
    return EXACT_PROFILE in comparison.profiles and len(comparison.profiles) > 1


def _measured(comparison: Comparison) -> list[str]:
    runs = [run for row in comparison.rows for run in row.runs]
    return [name for name in ("W_rec", "W_in") if any(name in run.cosine for run in runs)]


def notes(comparison: Comparison) -> Iterator[str]:
    """What the words of the table mean, and what is to be known of its numbers."""
    yield "loss: 1/2 sum of squared errors of a trial, mean over unseen trials, median over seeds"
    yield "[95 %]: where that median lies, by a bootstrap over seeds; a diverged run counts as infinite"
    if _has_exact(comparison):
        yield f"locality: what a rule loses to the exact gradient, loss - loss({EXACT_RULE}), median over paired seeds"
    if _has_precision(comparison):
        yield f"precision: what a chip's numbers lose, loss - loss in {EXACT_PROFILE}, median over paired seeds"
    if _has_chips(comparison):
        yield "on the chip: whether it could run the rule by itself, and why not: `neurosim audit`"
        yield "nJ/step: forward, learning and, where known, static, typical [low, high]; in parts: `neurosim cost`"
    if any(row.host for row in comparison.rows):
        yield f"(host): {comparison.asked.engine} runs the network, a host beside it this rule; the JSON says why"
    if comparison.spiking:
        yield from _spiking_notes(comparison, comparison.spiking)
    if _measured(comparison):
        yield "cos: of a rule's updates with the exact ones while it learned, 1 is exact"
    yield f"rate: {comparison.budget}"
    if any(row.at_edge for row in comparison.rows):
        yield "*: the best rate is the first or last that was tried; a wider grid (--rates) may serve this rule better"
    yield from _constants(comparison)
    for row in comparison.rows:
        yield from warnings(row, comparison.arithmetic(row.profile))
    yield from theory_notes(comparison)
    yield from statements(comparison)
    references = [f"{name} {number(score)}" for name, score in comparison.references.items()]
    if references:
        yield f"for reference, {catalog.task(comparison.asked.task).score_name}: {', '.join(references)}"


def _constants(comparison: Comparison) -> Iterator[str]:
    """What chips multiply by in place of what was asked for."""
    for profile in comparison.profiles:
        arithmetic, alpha = comparison.arithmetic(profile), _alpha(comparison)
        if arithmetic.rate_bits is not None:
            rates = "powers of two" if arithmetic.rate_bits == 1 else f"the nearest of {arithmetic.rate_bits} bits"
            yield f"{profile}: alpha is {arithmetic.coefficient('alpha', alpha):.6g}, learning rates are {rates}"


def _of_spikes(spiking: Spiking | None) -> list[tuple[str, str]]:
    """Heads of the columns about spikes, and what of `Cost` each of them shows."""
    if spiking is None:
        return []
    found = [("with rates", "rate_loss"), ("in spikes", "loss")]
    return [*found, ("learned in spikes", "learned_loss")] if spiking.learns else found


def _spiking_notes(comparison: Comparison, spiking: Spiking) -> Iterator[str]:
    rates = [row.in_spikes("rate") for row in comparison.rows]
    fired = f", {np.nanmedian(rates):.3g} spikes/s each" if np.isfinite(rates).any() else ""
    tested = min(spiking.trials, comparison.asked.test_trials)
    yield f"in spikes: loss of the learned weights on {tested} unseen trials by {spiking.realisation}, beside rates"
    yield f"a unit is {spiking.coding.neurons} spiking neurons{fired}; weights as learned, all else in float64"
    if spiking.learns:
        yield f"learned in spikes: the rule learned there too; - where {spiking.realisation} cannot"
