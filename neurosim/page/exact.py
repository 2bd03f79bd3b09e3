"""The tables of a page: all rows, and all runs, with every number to the last digit beneath what is shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from neurosim.page.costs import NANO, bits
from neurosim.page.downloads import Download, Value, download
from neurosim.page.record import Attempt, Record, Row
from neurosim.page.wording import range_of, short, signed


@dataclass(frozen=True)
class Entry:
    """What a cell shows, and the number under it; None for words."""

    shown: str
    value: float | None = None


@dataclass(frozen=True)
class Table:
    """A table. lines: of the row's rule and profile, by number, and its cells."""

    head: list[str]
    lines: list[tuple[int, int, list[Entry]]]
    download: Download


Column = tuple[str, Callable[[Row], Entry]]


def table(record: Record) -> Table:
    """A line for each rule and profile."""
    columns = list(_columns(record))
    lines = [(*_numbers(record, row), [entry(row) for _, entry in columns]) for row in record.rows]
    head = [name for name, _ in columns]
    file = download("table", head, ([_plain(entry) for entry in entries] for *_, entries in lines))
    return Table(head, lines, file)


def runs(record: Record) -> Table:
    """A line for each run."""
    head = ["rule", "profile", "seed", "outcome", "loss", "score" if record.score == "loss" else record.score, "run"]
    lines = [(*_numbers(record, row), _of_run(row, each)) for row in record.rows for each in row.attempts]
    return Table(head, lines, download("runs", head, ([_plain(entry) for entry in entries] for *_, entries in lines)))


def _of_run(row: Row, run: Attempt) -> list[Entry]:
    return [
        Entry(row.rule),
        Entry(row.profile),
        Entry(str(run.seed), run.seed),
        Entry(run.outcome),
        _number(math.inf if run.diverged else run.loss),
        _number(run.score),
        Entry(run.name),
    ]


def _numbers(record: Record, row: Row) -> tuple[int, int]:
    return record.rules.index(row.rule), record.profiles.index(row.profile)


def _plain(entry: Entry) -> Value:
    return entry.shown if entry.value is None else entry.value


def _number(value: float) -> Entry:
    return Entry(short(value, 4), value)


def _columns(record: Record) -> Iterator[Column]:
    yield "profile", lambda row: Entry(row.profile)
    yield "rule", lambda row: Entry(f"{row.rule} (host)" if row.host else row.rule)
    yield "rate", lambda row: Entry(f"{short(row.lr)}{'*' * row.at_edge}", row.lr) if row.lr else Entry("none")
    yield "loss", lambda row: _number(row.loss)
    yield "lowest to highest", lambda row: Entry(range_of(float(row.losses.min()), float(row.losses.max())))
    if any(math.isfinite(row.locality) for row in record.rows):
        yield "locality", lambda row: Entry(signed(row.locality), row.locality)
    if any(math.isfinite(row.precision) and row.precision for row in record.rows):
        yield "precision", lambda row: Entry(signed(row.precision), row.precision)
    if record.score not in ("loss", "score"):
        yield record.score, lambda row: _number(row.score)
    for weight in dict.fromkeys(name for row in record.rows for name in row.cosine):
        yield f"cos {weight}", _cosine(weight)
    if any(row.chip for row in record.rows):
        yield "on the chip", lambda row: Entry(row.chip.verdict if row.chip else "")
        yield "bits/synapse", lambda row: Entry(bits(row.chip), row.chip.bits) if row.chip else Entry("")
        yield "nJ/step", _energy
        yield "[low, high]", _spread
    yield "diverged", lambda row: Entry(f"{row.diverged} of {len(row.attempts)}")


def _cosine(weight: str) -> Callable[[Row], Entry]:
    return lambda row: Entry(short(row.cosine.get(weight, math.nan)), row.cosine.get(weight, math.nan))


def _energy(row: Row) -> Entry:
    if row.chip is None or not row.chip.joule:
        return Entry("unknown" if row.chip else "")
    return Entry(short(row.chip.joule[1] / NANO), row.chip.joule[1] / NANO)


def _spread(row: Row) -> Entry:
    if row.chip is None or not row.chip.joule:
        return Entry("")
    return Entry(range_of(row.chip.joule[0] / NANO, row.chip.joule[2] / NANO))
