"""What changed between two runs of a benchmark, row by row, as far as the intervals over seeds tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from neurosim.benchmark.rows import Row

KINDS = ("worse", "better", "same", "new", "gone", "other setting")


@dataclass(frozen=True)
class Change:
    """One row then and now. kind: of `KINDS`."""

    kind: str
    then: Row | None
    now: Row | None

    @property
    def name(self) -> str:
        """What names the row."""
        row = self.now or self.then
        assert row
        return " ".join(row.key)


def changes(then: Sequence[Row], now: Sequence[Row]) -> Iterator[Change]:
    """Each row of either, in the order of `now`; what is gone comes last."""
    before, after = ({row.key: row for row in rows} for rows in (then, now))
    for row in now:
        yield Change(_kind(before[row.key], row) if row.key in before else "new", before.get(row.key), row)
    yield from (Change("gone", row, None) for row in then if row.key not in after)


def _kind(then: Row, now: Row) -> str:
    if (then.setting, then.metric, then.higher_is_better) != (now.setting, now.metric, now.higher_is_better):
        return "other setting"
    if bool(then.refused) != bool(now.refused):
        return "worse" if now.refused else "better"
    if now.refused or then.low <= now.score <= then.high or now.low <= then.score <= now.high:
        return "same"
    return "better" if (now.score > then.score) == now.higher_is_better else "worse"
