"""Rules beside one another: the sign test, its correction and the intervals, on numbers that can be counted."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.comparison import Budget, Comparison, Row
from neurosim.experiment import Experiment
from neurosim.paired import holm, median_interval, pairs, statements

ASKED = Experiment(task="integrate", rule="")


class Lost(Row):
    """A row of which nothing is known but losses."""

    @property
    def losses(self) -> np.ndarray:
        return np.array(self.costs)


def comparison(**losses: list[float]) -> Comparison:
    rows = tuple(Lost(rule, "float64", 0.1, False, (), costs=tuple(found)) for rule, found in losses.items())
    return Comparison(ASKED, Budget(), rows, {})


def test_losses_of_paired_seeds_are_counted_and_tested() -> None:
    exact = list(np.linspace(1.0, 2.0, 10))
    (pair,) = pairs(comparison(bptt=exact, rflo=[2.0 * loss for loss in exact]))
    assert (pair.rule, pair.than, pair.worse, pair.of) == ("rflo", "bptt", 10, 10)
    assert (pair.ratio, pair.low, pair.high) == (2.0, 2.0, 2.0)
    assert pair.p == pytest.approx(2.0 / 2**10, rel=1e-12)


def test_a_run_that_diverged_is_worse_and_equal_runs_say_nothing() -> None:
    (pair,) = pairs(comparison(bptt=[1.0, 1.0, 1.0, 1.0], rflo=[np.inf, np.inf, np.inf, 1.0]))
    assert (pair.worse, pair.of, pair.ratio) == (3, 4, np.inf)
    assert pair.p == pytest.approx(0.25, rel=1e-12)
    (equal,) = pairs(comparison(bptt=[1.0, np.inf], rflo=[1.0, np.inf]))
    assert (equal.worse, equal.ratio, equal.low, equal.high, equal.p) == (0, 1.0, 1.0, 1.0, 1.0)


def test_each_rule_is_beside_the_exact_one_and_its_better_neighbour() -> None:
    found = pairs(comparison(c=[3.0, 3.1], bptt=[1.0, 1.1], b=[2.0, 2.1]))
    assert [(pair.rule, pair.than) for pair in found] == [("b", "bptt"), ("c", "bptt"), ("c", "b")]
    assert [(pair.rule, pair.than) for pair in pairs(comparison(c=[3.0], b=[2.0]))] == [("c", "b")]


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06], rel=1e-12)
    assert holm([0.9, 0.4]) == pytest.approx([0.8 + 0.1, 0.8], rel=1e-12)
    assert holm([]) == []


def test_where_a_median_lies() -> None:
    assert median_interval(np.array([3.0])) == (3.0, 3.0)
    assert median_interval(np.array([2.0, 1.0, 3.0])) == (1.0, 3.0)
    low, high = median_interval(np.arange(100.0)[::-1])
    assert 38.0 <= low <= 42.0 and 57.0 <= high <= 61.0  # the order statistics 40 and 61 have 95 %
    assert median_interval(np.array([1.0] * 8 + [np.inf])) == (1.0, 1.0)
    assert median_interval(np.array([1.0, np.inf])) == (1.0, np.inf)


def test_what_so_few_seeds_cannot_show_is_said() -> None:
    few = list(statements(comparison(bptt=[1.0] * 3, rflo=[2.0] * 3)))
    assert few[0] == "rflo is worse than bptt on 3 of 3 paired seeds, median ratio 2 [2, 2], p = 0.25"
    assert few[-1].startswith("p of 1 pairs on 3 seeds cannot fall below 0.25") and "with 6 seeds" in few[-1]
    many = list(statements(comparison(bptt=[1.0] * 6, rflo=[2.0] * 6)))
    assert not any("cannot fall below" in line for line in many)
    assert list(statements(comparison(bptt=[1.0]))) == []
