"""The precision of a comparison's chips in parts: what each of their limits costs each rule (see `error_budget`).

All parts of a row learn at the chip's own rate and on its seeds, so that the limits are all that differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from neurosim import catalog
from neurosim.answering import Answering, Here, Runner, trials_of
from neurosim.comparison import EXACT_PROFILE, Comparison, Plan, Row
from neurosim.error_budget import Runs, budgets
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment, Run
from neurosim.limits import limits
from neurosim.results import Results


def decompose(
    comparison: Comparison,
    *,
    results: Results | None = None,
    runner: Runner | None = None,
    plan: Plan = lambda trials: lambda done: None,
) -> Comparison:
    """The comparison with the error budget of each rule on each chip.

    What the comparison or `results` hold is not run again. Raises `NeurosimError` if it has no rows in float64.
    """
    exact = {row.rule: row.runs for row in comparison.rows if row.profile == EXACT_PROFILE}
    chips = [row for row in comparison.rows if row.profile != EXACT_PROFILE]
    if lone := next((row.rule for row in chips if row.rule not in exact), None):
        raise NeurosimError(f"{lone} did not run in {EXACT_PROFILE}, from which budgets are counted; add it")
    found = {run.experiment: run for row in comparison.rows for run in row.runs}
    parts = {row: _parts(row.profile) for row in chips}
    names = {row: (EXACT_PROFILE, *parts[row][0].values(), *parts[row][1].values()) for row in chips}
    asked = dict.fromkeys(each for row in chips for name in names[row] for each in _asked(row, name))
    missing = [each for each in asked if each not in found]
    answering = Answering(results, runner or Here(), plan(sum(map(trials_of, missing))))
    found |= {run.experiment: run for run in answering.runs(missing)}
    split = {row: _split(row, exact[row.rule], *parts[row], found) for row in chips}
    return replace(comparison, rows=tuple(split.get(row, row) for row in comparison.rows))


def _parts(profile: str) -> tuple[dict[str, str], dict[str, str]]:
    """The profiles with each limit only, and without it: float64 or the chip itself where they compute alike."""
    there = limits(catalog.profile(profile).arithmetic)

    def alike(name: str) -> str:
        arithmetic = catalog.profile(name).arithmetic
        known = (each for each in (EXACT_PROFILE, profile) if catalog.profile(each).arithmetic == arithmetic)
        return next(known, name)

    only, without = ({limit: alike(f"{profile}:{word}={limit}") for limit in there} for word in ("only", "without"))
    return only, without


def _asked(row: Row, profile: str) -> list[Experiment]:
    return [replace(run.experiment, profile=profile) for run in row.runs]


def _split(
    row: Row, exact: Runs, only: Mapping[str, str], without: Mapping[str, str], found: Mapping[Experiment, Run]
) -> Row:
    def runs(profile: str) -> tuple[Run, ...]:
        return tuple(found[each] for each in _asked(row, profile))

    alone, spared = ({limit: runs(name) for limit, name in names.items()} for names in (only, without))
    return replace(row, error_budgets=budgets(exact, runs(EXACT_PROFILE), row.runs, alone, spared))
