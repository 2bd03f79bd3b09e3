"""What observables found, in a comparison: its curves, its JSON, its figure; and likeness of hidden states."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import ortho_group

from neurosim import Experiment, compare
from neurosim.cli import neurosim
from neurosim.curves import figure
from neurosim.likeness import leading_angle, linear_cka
from neurosim.observed import curves, meanings
from neurosim.tuning import Budget
from neurosim.writing import as_json

STATES = np.random.default_rng(0).normal(size=(50, 4)) * [3.0, 2.0, 0.1, 0.1]


def test_cka_is_blind_to_rotation_scale_and_mean():
    turned = 2.0 * STATES @ ortho_group.rvs(4, random_state=0) + 1.0
    assert linear_cka(turned, STATES) == pytest.approx(1.0)
    assert np.isnan(linear_cka(np.ones((50, 4)), STATES))


def test_cka_of_what_has_nothing_in_common_is_0():
    one, other = np.zeros((4, 2)), np.zeros((4, 2))
    one[:, 0], other[:, 0] = [1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0]
    assert linear_cka(one, other) == pytest.approx(0.0, abs=1e-12)
    assert linear_cka(one + other[:, ::-1], other) == pytest.approx(1.0 / np.sqrt(2.0))


def test_the_angle_of_leading_subspaces():
    """Two directions have nearly all of the variance; one of them turned by 30 degrees out of their plane."""
    angle = np.radians(30.0)
    turn = np.eye(4)
    turn[np.ix_([1, 2], [1, 2])] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    flat = STATES - STATES.mean(axis=0)
    flat = np.linalg.svd(flat, full_matrices=False)[0] * [3.0, 3.0, 0.0, 0.0]
    assert leading_angle(flat @ turn, flat) == pytest.approx(30.0)
    assert leading_angle(flat, flat) == pytest.approx(0.0, abs=1e-5)
    assert np.isnan(leading_angle(np.zeros((50, 4)), flat))


ASKED = Experiment(
    "", "integrate:memory=10,steps=20", n=6, trials=20, test_trials=5, checkpoints=4, observe=("states", "change")
)


@pytest.fixture(scope="module")
def comparison():
    return compare(["rflo", "bptt"], ASKED, seeds=2, budget=Budget((0.001,)))


def test_curves_are_single_numbers_and_likeness_to_the_exact(comparison):
    rflo, bptt = (curves(comparison, row) for row in comparison.rows)
    assert set(rflo) == {"change_rank", "change_size", "cka", "subspace_angle"} == set(meanings(comparison))
    assert [len(values) for _, values in rflo["cka"]] == [5, 5]
    assert bptt["cka"][0][1][-1] == pytest.approx(1.0) and rflo["cka"][0][1][-1] < 1.0
    assert rflo["subspace_angle"][1][1][-1] > bptt["subspace_angle"][1][1][-1]


def test_without_the_exact_rule_there_is_no_likeness():
    alone = compare(["rflo"], ASKED, seeds=1, budget=Budget((0.001,)))
    assert set(curves(alone, alone.rows[0])) == {"change_rank", "change_size"}


def test_medians_are_in_the_json(comparison):
    about = json.loads(json.dumps(as_json(comparison), allow_nan=False))
    rank = about["rows"][0]["observed"]["change_rank"]
    runs = [run.observed["change_rank"] for run in comparison.rows[0].runs]
    assert rank["seen"] == [0.0, 5.0, 10.0, 15.0, 20.0] and rank["median"][0] is None
    assert rank["median"][1:] == pytest.approx(np.median(runs, axis=0)[1:])
    assert about["observables"]["cka"].startswith("linear CKA")
    assert about["rows"][0]["theory"]["seed"] == 0 and len(about["rows"][0]["theory"]["loss"]) == 5


def test_each_quantity_has_a_panel_and_each_forecast_a_line(comparison, tmp_path):
    figure(comparison, tmp_path / "curves.svg")
    text = (tmp_path / "curves.svg").read_text()
    assert all(f"<!-- {name} -->" in text for name in meanings(comparison))
    assert text.count("stroke-dasharray") >= 2


def test_observe_on_the_command_line(tmp_path):
    words = "run rflo --task integrate:steps=10 --n 4 --trials 10 --seeds 1 --lr 0.0001 --observe change spectrum"
    found = CliRunner().invoke(neurosim, [*words.split(), "--out", str(tmp_path)], catch_exceptions=False)
    assert found.exit_code == 0
    (path,) = tmp_path.glob("runs/*/curves.npz")
    with np.load(path) as arrays:
        assert arrays["observed/change_rank"].shape == (11,) and arrays["observed/eigenvalues"].shape == (11, 4)
    wrong = CliRunner().invoke(neurosim, [*words.replace("change", "chance").split(), "--out", str(tmp_path)])
    assert wrong.exit_code and "no observable is called 'chance' (did you mean 'change'?)" in wrong.output
