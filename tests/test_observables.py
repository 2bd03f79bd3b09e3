"""What is recorded as a network learns: each observable where its answer is known, and all of them in a real run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurosim import NeurosimError, catalog, theory
from neurosim.experiment import Experiment, Run, run
from neurosim.network import PLASTIC, Network
from neurosim.observable import Observation
from neurosim.results import Results
from neurosim.solution import Solution
from neurosim.watching import quantities

ALL = tuple(catalog.names("observable"))
BLANK = Network(np.zeros((3, 3)), np.zeros((3, 1)), np.zeros((1, 3)), np.zeros((3, 1)), alpha=0.5)
RATES = np.random.default_rng(0).normal(size=(2, 4, 3))


def unit(index: int) -> np.ndarray:
    return np.eye(3)[:, [index]]


def seen(name: str, initial: Network, now: Network | None = None, **other: object) -> dict[str, np.ndarray | float]:
    """What an observable finds of a network."""
    facts = {"rates": RATES, "plastic": PLASTIC, "solution": None, "before": {}}
    found = Observation(initial=initial, network=now or initial, **{**facts, **other})
    observable = catalog.observable(name)
    answer = observable.observe(found)
    assert set(answer) == set(observable.quantities)
    return answer


# --- each where its answer is known ---------------------------------------------------------------------------------


def test_spectrum_tells_outliers_from_the_bulk():
    initial = replace(BLANK, W_rec=np.diag([0.5, -0.3, 0.1]))
    found = seen("spectrum", initial, replace(BLANK, W_rec=np.diag([0.54, 0.9, -0.7])))
    assert found["outlier_count"] == 2.0 and found["outlier"] == 0.9
    assert np.array_equal(found["eigenvalues"], [0.9, 0.54, -0.7])
    assert np.array_equal(found["outliers"], [0.9, np.nan, -0.7], equal_nan=True)
    assert np.isnan(seen("spectrum", initial)["outlier"])
    assert seen("spectrum", BLANK)["outlier_count"] == 0.0


def test_spectrum_follows_eigenvalues_that_cross():
    """Two on the real axis that pass each other keep their columns; sorted, they would change places."""
    before, columns = {}, []
    for at in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5):
        W_rec = np.array([[0.5 - at, 0.0, 0.0], [0.0, 0.01 + at, 0.3], [0.0, -0.3, 0.01 + at]])
        before = seen("spectrum", BLANK, replace(BLANK, W_rec=W_rec), before=before)
        columns.append(before["eigenvalues"])
    assert np.allclose(np.array(columns)[:, 0], [0.5, 0.4, 0.3, 0.2, 0.1, 0.0])
    assert np.allclose(np.array(columns)[:, 1].real, [0.01, 0.11, 0.21, 0.31, 0.41, 0.51])


def test_change_has_the_rank_of_what_was_added():
    initial = replace(BLANK, W_rec=np.eye(3))
    found = seen("change", initial, replace(initial, W_rec=np.eye(3) + 2.0 * unit(0) @ unit(1).T + unit(1) @ unit(2).T))
    assert np.allclose(found["change_singular_values"], [2.0, 1.0, 0.0])
    assert found["change_rank"] == pytest.approx(9.0 / 5.0)
    assert found["change_size"] == pytest.approx(np.sqrt(5.0 / 3.0))
    assert np.isnan(seen("change", initial)["change_rank"])


def test_feedback_space_is_that_of_the_columns_of_B():
    initial = replace(BLANK, B=2.0 * unit(0))
    now = replace(initial, W_rec=3.0 * unit(0) @ unit(2).T + 4.0 * unit(1) @ unit(2).T, W_in=unit(0))
    found = seen("feedback_space", initial, now)
    assert found["outside_feedback_rec"] == pytest.approx(0.8)
    assert found["outside_feedback_in"] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(seen("feedback_space", initial)["outside_feedback_rec"])


def test_overlaps_of_what_was_written_by_feedback_and_is_kept():
    """A change `e0 e1^T` on a network that keeps e0: written along B, read from W_in."""
    initial = replace(BLANK, B=unit(0), W_in=unit(1), W_out=(unit(0) + unit(2)).T)
    found = seen("overlaps", initial, replace(initial, W_rec=0.5 * unit(0) @ (unit(0) + unit(1)).T))
    root = np.sqrt(0.5)
    expected = {
        **{"readout_on_outlier": root, "input_on_outlier": 0.0, "feedback_on_outlier": 1.0},
        **{"readout_on_outlier_left": 0.5, "input_on_outlier_left": root, "feedback_on_outlier_left": root},
        **{"readout_on_left": root, "input_on_left": 0.0, "feedback_on_left": 1.0},
        **{"readout_on_right": 0.5, "input_on_right": root, "feedback_on_right": root},
    }
    assert found == pytest.approx(expected, abs=1e-12)
    assert np.isnan(seen("overlaps", initial)["readout_on_left"])


def test_conserved_is_what_a_change_of_basis_leaves_and_a_change_of_weights_does_not():
    initial = replace(BLANK, W_in=2.0 * unit(0), W_out=unit(0).T)
    found = seen("conserved", initial, replace(initial, W_in=np.sqrt(5.0) * unit(0), W_out=np.sqrt(2.0) * unit(0).T))
    assert found["invariant_drift"] == pytest.approx(0.0, abs=1e-12) and found["invariant_trace"] == pytest.approx(3.0)
    moved = seen("conserved", initial, replace(initial, W_in=np.sqrt(7.0) * unit(0)))
    assert moved["invariant_drift"] == pytest.approx(1.0)
    assert np.isnan(seen("conserved", initial, plastic=("rec",))["invariant_drift"])


def test_dimensionality_counts_directions_of_equal_variance():
    signs = np.array([[1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [-1.0, -1.0, 0.0]])
    assert seen("dimensionality", BLANK, rates=signs[None])["dimensionality"] == pytest.approx(2.0)
    assert seen("dimensionality", BLANK, rates=(signs * [1.0, 0.0, 0.0])[None])["dimensionality"] == pytest.approx(1.0)
    assert np.isnan(seen("dimensionality", BLANK, rates=np.ones((1, 4, 3)))["dimensionality"])


def test_states_are_moments_of_the_trials():
    assert np.array_equal(seen("states:count=3", BLANK)["states"], RATES.reshape(8, 3)[[0, 3, 7]])
    assert seen("states", BLANK)["states"].shape == (8, 3)


ONE_MODE = Solution(W_rec=np.array([[0.6]]), W_in=np.array([[0.5]]), W_out=np.array([[2.0]]))


def test_modes_of_a_network_that_has_one():
    """Readout 2 and input weight 1 along e1, feedback against it; the leak counts in `b` and `w`."""
    now = replace(BLANK, W_out=2.0 * unit(1).T, W_in=unit(1), W_rec=0.4 * unit(1) @ unit(1).T, B=-unit(1))
    found = seen("modes", replace(now, W_out=unit(0).T), now, solution=ONE_MODE)
    assert (*found["mode_a"], *found["mode_b"], *found["mode_w"]) == pytest.approx((2.0, 0.5, 0.7))
    assert found["readout_on_input"] == pytest.approx(1.0) and found["readout_on_feedback"] == pytest.approx(-1.0)
    assert found["modes_diagonal"] == pytest.approx(1.0)
    assert found["readout_kept"] == 0.0 and found["input_kept"] == pytest.approx(1.0)
    assert np.isnan(seen("modes", BLANK)["mode_a"]).all()


def test_optimum_is_a_line_of_weights():
    """`alpha a b = 1` and `1 - alpha + alpha w = 0.6`: w = 0.2, and a b = 2 at alpha = 1/2."""
    solved = replace(BLANK, W_out=unit(0).T, W_in=2.0 * unit(0), W_rec=0.2 * unit(0) @ unit(0).T)
    assert seen("optimum", solved, solution=ONE_MODE)["optimum_distance"] == pytest.approx(0.0, abs=1e-6)
    off = replace(solved, W_rec=0.5 * unit(0) @ unit(0).T)
    assert seen("optimum", off, solution=ONE_MODE)["optimum_distance"] == pytest.approx(0.3)
    assert np.isnan(seen("optimum", solved)["optimum_distance"])


def test_the_nearest_optimum_is_the_nearest():
    random = np.random.default_rng(1)
    grid = np.concatenate([-np.geomspace(1e-3, 50.0, 40001), np.geomspace(1e-3, 50.0, 40001)])
    for a, b, w, gain in random.normal(size=(20, 4)):
        nearest = np.sqrt(((a - grid) ** 2 + (b - gain / grid) ** 2).min() + (w - 0.3) ** 2)
        assert theory.distance_to_optimum(np.array([a, b, w]), gain, 0.3) == pytest.approx(nearest, rel=1e-5)


def test_a_teacher_that_is_no_sum_of_modes_has_none():
    task = catalog.task("teacher:n_in=2,n_out=2,n_teacher=2,aligned=false")
    found = seen("modes", Network.random(3, 2, 2, 1.0, 0.5, seed=0), solution=task.solution(0))
    assert np.isnan(found["mode_a"]).all() and np.isfinite(found["readout_kept"])


# --- in a real run --------------------------------------------------------------------------------------------------

ASKED = Experiment(
    "rflo", "teacher:steps=6,loss=all", n=6, trials=40, test_trials=4, lr=0.01, checkpoints=4, observe=ALL, seed=3
)


@pytest.fixture(scope="module")
def watched() -> Run:
    (found,) = run([ASKED])
    return found


def test_all_that_is_promised_is_recorded_at_every_checkpoint(watched: Run):
    assert set(watched.observed) == set(quantities(ALL)) and watched.outcome == "finished"
    assert {len(values) for values in watched.observed.values()} == {len(watched.seen)} == {5}
    assert watched.observed["eigenvalues"].shape == (5, 6) and watched.observed["mode_a"].shape == (5, 4)


def test_what_is_recorded_is_of_the_network_that_learns(watched: Run):
    first = Network.random(6, 4, 4, 1.0, 0.5, seed=3)
    change = np.linalg.svd(watched.weights["W_rec"] - first.W_rec, compute_uv=False)
    assert np.allclose(watched.observed["change_singular_values"][-1], change, atol=1e-14)
    assert np.allclose(
        np.sort_complex(watched.observed["eigenvalues"][0]), np.sort_complex(np.linalg.eigvals(first.W_rec))
    )
    assert watched.observed["outside_feedback_rec"][1:].max() < 1e-10
    assert np.isnan(watched.observed["change_rank"][0]) and np.isfinite(watched.observed["change_rank"][1:]).all()


def test_watching_changes_nothing(watched: Run):
    (plain,) = run([replace(ASKED, observe=())])
    assert np.array_equal(plain.losses, watched.losses) and np.array_equal(plain.test_losses, watched.test_losses)
    assert plain.observed == {}


def test_what_was_recorded_is_kept_with_the_run(watched: Run, tmp_path: Path):
    Results(tmp_path).save(watched)
    found = Results(tmp_path).load(ASKED)
    assert found and list(found.observed) == list(watched.observed)
    for name, values in watched.observed.items():
        assert np.array_equal(found.observed[name], values, equal_nan=True), name


@pytest.mark.slow
def test_a_chip_changes_weights_outside_the_feedback():
    """Of stochastic rounding, and counted from the weights that the chip is loaded with."""
    asked = replace(
        ASKED,
        profile="fixed:weight=s4.6,rounding=stochastic",
        lr=0.1,
        engine="numpy",
        observe=("feedback_space", "change"),
    )
    (found,) = run([asked])
    assert found.observed["change_size"][0] == 0.0 and found.observed["outside_feedback_rec"][-1] > 0.1


def test_a_run_that_diverges_is_watched_until_then():
    (found,) = run([replace(ASKED, lr=300.0, trials=400)])
    assert found.diverged and {len(values) for values in found.observed.values()} == {len(found.seen)}


def test_what_cannot_be_observed_is_said_before_anything_runs():
    with pytest.raises(NeurosimError, match=r"no observable is called 'spectra'.*did you mean 'spectrum'"):
        run([replace(ASKED, observe=("spectra",))])
    with pytest.raises(NeurosimError, match=r"'states' is recorded by two of the observables states, states:count=3"):
        quantities(("states", "states:count=3"))


def test_quantities_have_names_of_their_own():
    assert len(quantities(ALL)) == sum(len(catalog.observable(name).quantities) for name in ALL)


MINE = '''import numpy as np
from neurosim.observable import Observable

class Largest(Observable):
    """The largest weight."""

    quantities = {"largest": "largest |W_rec|"}

    def observe(self, seen):
        return {"largest": np.abs(seen.network.W_rec).max()}
'''


def test_an_observable_of_ones_own(tmp_path: Path):
    path = tmp_path / "largest.py"
    path.write_text(MINE)
    asked = replace(ASKED, observe=(str(path),))
    (found,) = run([asked])
    assert found.observed["largest"][-1] == np.abs(found.weights["W_rec"]).max()
    before = asked.digest
    path.write_text(MINE + "\n")
    assert asked.digest != before
