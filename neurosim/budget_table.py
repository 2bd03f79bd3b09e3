"""The error budgets of a comparison as text: what each limit of a chip costs a rule."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from neurosim.columns import aligned, number
from neurosim.comparison import EXACT_PROFILE, Comparison, Row

NOTES = (
    "alone: what one limit changes in float64; without: what the chip would be spared without it; at the rate given",
    "rate: float64 at that rate beside float64 at its own; rate, limits alone and interaction add up to all",
    "rounding: beside rounding to nearest; it has nothing to act on alone, and is part of each limit that rounds",
)


def sections(comparison: Comparison) -> Iterator[str]:
    """The lines of all budgets, if there are any."""
    there = [row for row in comparison.rows if row.error_budgets]
    for row in there:
        yield from ("", _title(row), "", *aligned(list(_cells(row))))
        yield from _divergences(row)
    yield from ("", *NOTES) if there else ()


def _title(row: Row) -> str:
    weight = next((budget.weight for budget in row.error_budgets if budget.weight), None)
    about = f"; cosine, size and sign of updates of {weight}, mean over checkpoints" if weight else ""
    return f"error budget of {row.rule} on {row.profile}, rate {row.lr:g}: means over {len(row.runs)} seeds{about}"


def _cells(row: Row) -> Iterator[list[str]]:
    budgets, signed = row.error_budgets, partial(number, sign=True)

    def line(head: str, alone: list[str], without: list[str] | None = None) -> list[str]:
        return [head, *(cell for pair in zip(alone, without or [""] * len(alone), strict=True) for cell in pair)]

    yield line("", [budget.measure for budget in budgets], ["without"] * len(budgets))
    yield line(EXACT_PROFILE, [number(budget.float64) for budget in budgets])
    yield line("rate", [signed(budget.rate) for budget in budgets])
    for at, share in enumerate(budgets[0].limits):
        shares = [budget.limits[at] for budget in budgets]
        yield line(share.limit, [signed(each.alone) for each in shares], [signed(each.without) for each in shares])
    yield line("interaction", [signed(budget.interaction) for budget in budgets])
    yield line("all", [signed(budget.precision) for budget in budgets])
    yield line(row.profile, [number(budget.chip) for budget in budgets])


def _divergences(row: Row) -> Iterator[str]:
    """What diverged, and that there is then no budget of the loss."""
    loss, seeds = row.error_budgets[0], len(row.runs)
    told = [f"{row.diverged} of {seeds} on the chip"] if row.diverged else []
    for share in loss.limits:
        told += [f"{share.diverged_alone} with {share.limit} alone"] if share.diverged_alone else []
        told += [f"{share.diverged_without} without {share.limit}"] if share.diverged_without else []
    if told:
        yield f"diverged, of {seeds} runs each: {', '.join(told)}; a mean with one of them is infinite"
    if not np.isfinite(loss.interaction):
        yield "so the loss does not split into parts; alignments are means over what came before a divergence"
