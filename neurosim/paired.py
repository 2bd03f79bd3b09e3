"""Rules beside one another on the same seeds: how often one is worse, by how much, and whether chance could do that.

A run that diverged is worse than any that did not, and never left out. The ratio of losses is the median over seeds,
with a bootstrap interval of 95 % (percentiles; `scipy.stats.bootstrap`). p is that of the exact two-sided sign test,
which takes nothing of losses but which is larger (`scipy.stats.binomtest`), and cannot fall below 2 / 2^seeds. It is
corrected for the number of pairs (Holm 1979, Scand. J. Statist. 6:65).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from neurosim.comparison import EXACT_RULE, Comparison, Row

RESAMPLES, SEED = 9999, 0
"""Of the bootstrap."""

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Pair:
    """One rule beside another on a chip, on paired seeds. worse: on how many of them its loss is the larger one.

    ratio: of the losses, median, and its interval from low to high. p: that both are worse equally often, corrected.
    """

    profile: str
    rule: str
    than: str
    worse: int
    of: int
    ratio: float
    low: float
    high: float
    p: float


def pairs(comparison: Comparison) -> tuple[Pair, ...]:
    """On each chip every rule beside the exact one, and beside the next better one in the order of median losses."""
    found = [_pair(worse, better) for profile in comparison.profiles for worse, better in _chosen(comparison, profile)]
    return tuple(replace(pair, p=p) for pair, p in zip(found, holm([pair.p for pair in found]), strict=True))


def median_interval(values: Float[np.ndarray, " seed"]) -> tuple[float, float]:
    """Where the median lies with 95 % confidence; with few values this is from the lowest to the highest."""
    if len(values) < 2:
        return float(values[0]), float(values[0])
    from scipy.stats import bootstrap

    ranks = np.argsort(np.argsort(values, kind="stable"))  # infinite losses have no mean, their ranks do
    found = bootstrap(
        (ranks.astype(float),), _median, method="percentile", n_resamples=RESAMPLES, random_state=SEED
    ).confidence_interval
    ordered = np.sort(values)
    return float(ordered[int(found.low)]), float(ordered[int(np.ceil(found.high))])


def _median(values: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(np.median(values, axis=axis))


def holm(found: Sequence[float]) -> list[float]:
    """p-values corrected for their number: the smallest times all, the next times all but one, and so on."""
    order = np.argsort(found)
    scaled = np.array(found)[order] * np.arange(len(found), 0, -1)
    corrected = np.empty(len(found))
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return [float(p) for p in corrected]


def statements(comparison: Comparison) -> Iterator[str]:
    """What can be said of each rule beside others, and what cannot with so few seeds."""
    found = pairs(comparison)
    for profile, rule in dict.fromkeys((pair.profile, pair.rule) for pair in found):
        where = f" on {profile}" if len(comparison.profiles) > 1 else ""
        beside = (_beside(pair) for pair in found if (pair.profile, pair.rule) == (profile, rule))
        yield f"{rule}{where} is worse {'; '.join(beside)}"
    if found:
        yield "p: exact sign test, two-sided, Holm's correction for all pairs; a diverged run is worse than any other"
        yield from _bounds(found[0].of, len(found))


def _beside(pair: Pair) -> str:
    return (
        f"than {pair.than} on {pair.worse} of {pair.of} paired seeds, median ratio {_ratio(pair.ratio)} "
        f"[{_ratio(pair.low)}, {_ratio(pair.high)}], p = {pair.p:.2g}"
    )


def _bounds(seeds: int, pairs: int) -> Iterator[str]:
    """What so few seeds cannot show."""
    least = min(pairs * _smallest(seeds), 1.0)
    if least > SIGNIFICANT:
        needed = next(count for count in range(1, 1000) if pairs * _smallest(count) <= SIGNIFICANT)
        yield (
            f"p of {pairs} pairs on {seeds} seeds cannot fall below {least:.2g}, whatever the rules do; with {needed} "
            f"seeds it could fall below {SIGNIFICANT:g}"
        )


def _smallest(seeds: int) -> float:
    """The smallest p that a sign test of so many pairs can give."""
    return float(min(2.0 ** (1 - seeds), 1.0))


def _chosen(comparison: Comparison, profile: str) -> Iterator[tuple[Row, Row]]:
    """The worse and the better of each pair, by median loss."""
    ranked = sorted((row for row in comparison.rows if row.profile == profile), key=lambda row: row.loss)
    exact = next((row for row in ranked if row.rule == EXACT_RULE), None)
    yield from ((row, exact) for row in ranked if exact and row is not exact)
    neighbours = pairwise(ranked)
    yield from ((worse, better) for better, worse in neighbours if exact is None or exact not in (worse, better))


def _pair(row: Row, other: Row) -> Pair:
    from scipy.stats import binomtest

    worse, better = int((row.losses > other.losses).sum()), int((row.losses < other.losses).sum())
    ratios = _ratios(row.losses, other.losses)
    p = float(binomtest(worse, worse + better).pvalue) if worse + better else 1.0
    low, high = median_interval(ratios)
    return Pair(row.profile, row.rule, other.rule, worse, len(ratios), float(np.median(ratios)), low, high, p)


def _ratios(losses: Float[np.ndarray, " seed"], others: Float[np.ndarray, " seed"]) -> Float[np.ndarray, " seed"]:
    """Of losses; 1 where both are the same, as when both diverged."""
    same = losses == others
    with np.errstate(divide="ignore"):
        return np.where(same, 1.0, np.where(same, 1.0, losses) / np.where(same, 1.0, others))


def _ratio(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "infinite"
