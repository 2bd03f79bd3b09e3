"""The answer in words: which rule learns best where, how surely, and what locality and precision cost it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neurosim.audit.verdict import WANTING
from neurosim.comparison import EXACT_PROFILE, EXACT_RULE
from neurosim.page.record import Record, Row
from neurosim.page.wording import counted, listed, range_of, short, signed
from neurosim.paired import Pair

LEVEL = 0.05
"""Of significance: above it, two rules are not said to differ."""


@dataclass(frozen=True)
class Answer:
    """What is to be said of one profile. rule: the best, empty if all diverged; said: sentences."""

    profile: int
    name: str
    rule: str
    said: tuple[str, ...]


def headline(record: Record) -> str:
    """Who is best, on how many profiles."""
    best = [row.rule for profile in record.profiles if (row := _best(record, profile))]
    if not best:
        return "Every run diverged."
    if len(record.rules) == 1:
        return f"{record.rules[0]} alone was run; there is nothing to set it beside."
    places = len(record.profiles)
    if places == 1:
        return f"{best[0]} has the lowest loss."
    parts = [f"{rule} on {count}" for rule, count in Counter(best).most_common()]
    return f"Lowest loss: {listed(parts)} of {places} number systems."


def answers(record: Record) -> list[Answer]:
    """What is to be said of each profile."""
    return [_answer(record, number, profile) for number, profile in enumerate(record.profiles)]


def _answer(record: Record, number: int, profile: str) -> Answer:
    best = _best(record, profile)
    if best is None:
        return Answer(number, profile, "", ("every rule diverged",))
    said = [*_how_good(best), *_beside_next(record, best), *_costs(record, best), *_on_the_chip(record, best)]
    return Answer(number, profile, best.rule, tuple(said))


def _ranked(record: Record, profile: str) -> list[Row]:
    rows = [row for row in record.rows if row.profile == profile and math.isfinite(row.loss)]
    return sorted(rows, key=lambda row: row.loss)


def _best(record: Record, profile: str) -> Row | None:
    return next(iter(_ranked(record, profile)), None)


def _how_good(row: Row) -> Iterator[str]:
    if len(row.attempts) == 1:
        yield f"loss {short(row.loss)} on its one seed"
    else:
        spread = range_of(float(row.losses.min()), float(row.losses.max()))
        yield f"median loss {short(row.loss)} {spread} over {len(row.attempts)} seeds"
    if row.diverged:
        yield f"it diverged on {row.diverged} of them"


def _beside_next(record: Record, best: Row) -> Iterator[str]:
    """How surely it is better than the next."""
    others = _ranked(record, best.profile)[1:]
    if not others:
        return
    second = others[0]
    pair = next((each for each in record.pairs if _is_of(each, best, second)), None)
    if pair is not None:
        yield _tested(pair, best.rule)
        return
    paired = [(a, b) for a, b in _paired(best, second) if a != b]
    if paired:
        fewer = sum(a < b for a, b in paired)
        chance = _chance(fewer, len(paired))
        yield (
            f"next is {second.rule}, {short(second.loss)}, worse on {fewer} of {counted(len(paired), 'paired seed')} "
            f"(sign test, p = {short(chance, 2)}{': that does not tell them apart' if chance > LEVEL else ''})"
        )


def _is_of(pair: Pair, one: Row, other: Row) -> bool:
    return pair.profile == one.profile and {pair.rule, pair.than} == {one.rule, other.rule}


def _tested(pair: Pair, best: str) -> str:
    other = pair.than if pair.rule == best else pair.rule
    how = f"{pair.rule} is worse than {pair.than} on {pair.worse} of {counted(pair.of, 'paired seed')}"
    ratio = f"median ratio {short(pair.ratio)} {range_of(pair.low, pair.high)}" if math.isfinite(pair.ratio) else ""
    return f"next is {other}: " + ", ".join(each for each in (how, ratio, f"p = {short(pair.p, 2)}") if each)


def _chance(fewer: int, of: int) -> float:
    """How often seeds would lie at least so unevenly if neither rule were better: the two-sided sign test."""
    from scipy.stats import binomtest

    return float(binomtest(fewer, of).pvalue)


def _paired(one: Row, other: Row) -> list[tuple[float, float]]:
    """Losses on the seeds that both ran."""
    losses = {each.seed: loss for each, loss in zip(other.attempts, other.losses, strict=True)}
    mine = zip(one.attempts, map(float, one.losses), strict=True)
    return [(loss, float(losses[each.seed])) for each, loss in mine if each.seed in losses]


def _costs(record: Record, row: Row) -> Iterator[str]:
    if math.isfinite(row.locality) and row.rule != EXACT_RULE:
        yield _balance("locality", row.locality, EXACT_RULE)
    if math.isfinite(row.precision) and row.profile != EXACT_PROFILE:
        others = [each.precision for each in record.rows if each.profile == row.profile]
        middle = float(np.median([each for each in others if math.isfinite(each)]))
        yield f"{_balance('precision', row.precision, EXACT_PROFILE)} (median of all rules {signed(middle)})"
        yield from _dearest(row)


def _balance(what: str, value: float, than: str) -> str:
    """A cost as words; one below nothing is no cost."""
    if value > 0:
        return f"{what} costs it {short(value)} against {than}"
    return f"{what} costs it nothing, {short(-value)} less than {than}"


def _dearest(row: Row) -> Iterator[str]:
    parts = [part for part in row.budget.limits if math.isfinite(part.alone)] if row.budget else []
    if parts and max(part.alone for part in parts) > 0:
        worst = max(parts, key=lambda part: part.alone)
        yield f"of its limits, {worst.limit} alone would cost most, {signed(worst.alone)}"


def _on_the_chip(record: Record, best: Row) -> Iterator[str]:
    """Whether the chip could run it, and what is the best that it could."""
    if best.chip is None:
        return
    yield f"audit: {best.chip.verdict}"
    if _fits(best):
        return
    fitting = next((row for row in _ranked(record, best.profile) if _fits(row)), None)
    if fitting is None:
        yield "no rule here is one that the chip runs as it is and by itself"
    else:
        verdict = fitting.chip.verdict if fitting.chip else ""
        yield f"of those that the chip runs as they are, {fitting.rule} is best, {short(fitting.loss)} ({verdict})"


def _fits(row: Row) -> bool:
    tags = row.chip.verdict.rstrip("?").split("+") if row.chip else []
    return bool(tags and tags[0]) and not set(tags) & set(WANTING)
