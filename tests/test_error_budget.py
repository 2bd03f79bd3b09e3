"""Error budgets: they add up, each part is the run that it says, and one limit alone explains everything."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from neurosim import NeurosimError, writing
from neurosim.budget_table import sections
from neurosim.comparison import Budget, Comparison, compare
from neurosim.decomposition import decompose
from neurosim.error_budget import MEASURES, ErrorBudget, Share
from neurosim.experiment import Experiment, run

ASKED = Experiment(task="integrate:steps=10", rule="", n=4, trials=10, engine="numpy")
ONE = "fixed:weight=s6.3,rounding=nearest_even:only=weights"
SEVERAL = "fixed:weight=s6.3,rounding=floor:only=weights"
"""Weights in six bits and nothing else; and the same with a rounding that is a limit of its own."""

SEEDS = 2


@pytest.fixture(scope="module")
def compared() -> Comparison:
    profiles = ("float64", ONE, SEVERAL)
    return compare(["rflo"], ASKED, profiles=profiles, seeds=SEEDS, budget=Budget((0.1,), 1))


@pytest.fixture(scope="module")
def split(compared: Comparison) -> Comparison:
    return decompose(compared)


def budget(comparison: Comparison, profile: str) -> ErrorBudget:
    (row,) = (row for row in comparison.rows if row.profile == profile)
    return row.error_budgets[0]


def mean_loss(comparison: Comparison, profile: str, lr: float) -> float:
    asked = replace(ASKED, rule="rflo", profile=profile, lr=lr)
    return float(np.mean([found.loss for found in run([replace(asked, seed=seed) for seed in range(SEEDS)])]))


def test_what_limits_do_together_is_what_is_left() -> None:
    shares = (Share("weights", alone=1.0, without=3.0), Share("traces", alone=-0.5, without=2.0))
    found = ErrorBudget("loss", None, float64=2.0, float64_at_rate=2.25, chip=5.0, limits=shares)
    assert (found.precision, found.rate, found.interaction) == (3.0, 0.25, 2.25)
    assert found.rate + 1.0 - 0.5 + found.interaction == found.precision


@pytest.mark.parametrize("profile", [ONE, SEVERAL])
def test_parts_and_interaction_are_the_precision(split: Comparison, profile: str) -> None:
    (row,) = (row for row in split.rows if row.profile == profile)
    assert tuple(each.measure for each in row.error_budgets) == MEASURES
    for each in row.error_budgets:
        parts = (each.rate, *(share.alone for share in each.limits), each.interaction)
        # each difference is rounded once, so that the sum is the precision up to last bits of what is subtracted
        assert float(sum(map(Fraction, parts))) == pytest.approx(each.precision, rel=0, abs=1e-14)
    exact = next(row.losses for row in split.rows if row.profile == "float64")
    assert row.error_budgets[0].precision == pytest.approx(row.losses.mean() - exact.mean(), rel=0, abs=1e-15)


def test_each_part_is_the_run_with_that_profile_at_the_rate_of_the_chip(split: Comparison) -> None:
    (row,) = (row for row in split.rows if row.profile == SEVERAL)
    found = row.error_budgets[0]
    assert [share.limit for share in found.limits] == ["weights", "rounding"]
    assert found.float64_at_rate == mean_loss(split, "float64", row.lr)
    for share in found.limits:
        only = mean_loss(split, f"{SEVERAL}:only={share.limit}", row.lr)
        without = mean_loss(split, f"{SEVERAL}:without={share.limit}", row.lr)
        assert (share.alone, share.without) == (only - found.float64_at_rate, found.chip - without)
    assert any(share.alone for share in found.limits) and any(share.without for share in found.limits)


def test_the_only_limit_of_a_chip_explains_everything(split: Comparison) -> None:
    found = budget(split, ONE)
    (share,) = found.limits
    assert share.limit == "weights"
    assert share.alone == share.without == found.chip - found.float64_at_rate != 0.0
    assert found.interaction == 0.0


def test_float64_has_no_budget_and_is_needed_for_one(split: Comparison, compared: Comparison) -> None:
    assert not next(row.error_budgets for row in split.rows if row.profile == "float64")
    with pytest.raises(NeurosimError, match="rflo did not run in float64"):
        decompose(replace(compared, rows=compared.rows[1:]))


def test_what_the_budgets_are_in_the_json_and_in_the_figure(split: Comparison, tmp_path: Path) -> None:
    written = {path.name: path for path in writing.write(split, tmp_path)}
    plain, one, several = json.loads(written["comparison.json"].read_text(), parse_constant=pytest.fail)["rows"]
    assert plain["error_budget"] is None
    assert set(one["error_budget"]) == {
        *("measure", "weight", "float64", "float64_at_rate", "chip", "precision", "rate", "limits", "interaction"),
        *("cosine", "size", "sign"),
    }
    assert one["error_budget"]["interaction"] == 0.0 and one["error_budget"]["cosine"]["weight"] == "W_rec"
    names = {"limit", "alone", "without", "diverged_alone", "diverged_without"}
    assert all(set(limit) == names for limit in several["error_budget"]["limits"])
    drawn = written["error_budget.svg"].read_text()
    assert "<svg" in drawn
    assert "error budget of rflo on " + ONE in written["comparison.txt"].read_text()


def test_what_diverged_is_said_and_not_split(split: Comparison, tmp_path: Path) -> None:
    (row,) = (row for row in split.rows if row.profile == ONE)
    shares = (Share("weights", np.inf, np.nan, diverged_alone=1, diverged_without=0),)
    lost = replace(row.error_budgets[0], chip=np.inf, limits=shares)
    comparison = replace(split, rows=(replace(row, error_budgets=(lost,)),))
    assert np.isnan(lost.interaction)
    said = list(sections(comparison))
    assert "diverged, of 2 runs each: 1 with weights alone; a mean with one of them is infinite" in said
    assert any(line.startswith("so the loss does not split") for line in said)
    about = writing.as_json(comparison)["rows"][0]["error_budget"]
    assert about["interaction"] is None and about["limits"][0]["alone"] is None
    assert writing.write(comparison, tmp_path)
