"""The standing benchmark as tables of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from neurosim.benchmark.against import KINDS, Change
from neurosim.benchmark.rows import Row
from neurosim.columns import aligned

COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("rule", lambda row: row.rule),
    ("profile", lambda row: row.profile),
    ("score", lambda row: _number(row.score)),
    ("[95 %]", lambda row: f"[{_number(row.low)}, {_number(row.high)}]"),
    ("target met", lambda row: "yes" if row.met else "no"),
    ("gap closed", lambda row: _share(row.gap_closed)),
    ("bits/synapse", lambda row: "unknown" if row.bits is None else f"{row.bits:.3g}" if row.bits else "analog"),
    ("operations", lambda row: f"{row.operations:.3g}"),
    ("non-local", lambda row: str(len(row.nonlocal_reads))),
    ("verdict", lambda row: row.verdict),
)
NOTES = (
    "score: median over seeds on unseen trials, with the 95 % interval of a bootstrap over seeds",
    "gap closed: (untrained - rule) / (untrained - exact), of losses on paired seeds; exact is bptt in float64",
    "bits/synapse: all that is kept per synapse; operations: of learning, per synapse and step",
    "non-local: reads of what is at hand neither at a synapse nor at its neurons; verdict: `neurosim audit`",
)


def table(rows: Sequence[Row]) -> str:
    """The rows, a table for each division and task, and what the columns are."""
    groups = dict.fromkeys((row.division, row.task) for row in rows)
    parts = ["\n".join(_group([row for row in rows if (row.division, row.task) == group])) for group in groups]
    return "\n\n".join([*parts, "\n".join(NOTES)])


def _group(rows: Sequence[Row]) -> Iterator[str]:
    yield heading(rows[0])
    yield from aligned([[head for head, _ in COLUMNS], *([text(row) for _, text in COLUMNS] for row in rows)])
    yield from (f"{row.rule} on {row.profile} is refused: {row.refused}" for row in rows if row.refused)


def heading(row: Row) -> str:
    """What a task asks, and in what setting."""
    sign = ">=" if row.higher_is_better else "<="
    setting = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in row.setting.items())
    return f"{row.task} ({row.division}): {row.metric}, target {sign} {row.target:g}; {setting}"


def changed(changes: Sequence[Change]) -> str:
    """What changed, the worst first, and how many rows are the same."""
    told = [f"{kind}: {_line(each)}" for kind in KINDS for each in changes if each.kind == kind and kind != "same"]
    same = sum(change.kind == "same" for change in changes)
    return "\n".join([*told, f"the same within the interval: {same} of {len(changes)} rows"])


def _line(change: Change) -> str:
    ends = [_number(row.score) for row in (change.then, change.now) if row]
    return f"{change.name}: {' -> '.join(ends)}"


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "diverged" if np.isinf(value) else "-"
    return f"{value:.3g}"


def _share(value: float) -> str:
    return f"{value:.0%}" if np.isfinite(value) else "-"
