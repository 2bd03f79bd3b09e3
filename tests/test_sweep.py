"""Sweeps: what is asked at each point, what a search tries and concludes, and what is refused before anything runs."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner, Result

from neurosim import NeurosimError
from neurosim.cli import neurosim as commands
from neurosim.comparison import Budget, compare
from neurosim.experiment import Experiment
from neurosim.filling import filled, listed, places
from neurosim.sweep import Line, Point, Sweep, sweep
from neurosim.sweep_reading import of_table, read
from neurosim.threshold import Threshold, excess, is_monotone, wanted
from neurosim.tuning import Rate

TASK = "integrate:steps=4"
SMALL = {"engine": "numpy", "n": 3, "trials": 4, "test_trials": 2}
BUDGET = Budget((0.01, 0.1), 1)


def invoke(*words: object) -> Result:
    return CliRunner().invoke(commands, [str(word) for word in words], catch_exceptions=False)


# --- places and values ----------------------------------------------------------------------------------------------


def test_places_are_filled():
    text = "fixed:weight=s{bits}.{bits-2},trace=s{wide}.{bits+1}"
    assert places(text) == ["bits", "bits", "wide", "bits"]
    assert filled(text, {"bits": 8, "wide": 12}) == "fixed:weight=s8.6,trace=s12.9"
    assert filled("{word}", {"word": "symmetric"}) == "symmetric"


@pytest.mark.parametrize("text", ["{", "k}", "{k*2}", "{__import__('os')}", "{k!r}", "{k.real}"])
def test_what_is_no_place(text):
    with pytest.raises(NeurosimError, match="a place for a value is"):
        places(text)


def test_words_have_nothing_added():
    with pytest.raises(NeurosimError, match="k is 'many'; only whole numbers can have something added"):
        filled("{k+1}", {"k": "many"})


def test_values_are_listed():
    assert listed("1,2.5,x") == (1, 2.5, "x") and listed("3..6") == (3, 4, 5, 6) and listed("2..0,7") == (2, 1, 0, 7)
    assert listed("") == ()
    with pytest.raises(NeurosimError, match="more than 10000 values"):
        listed("0..99999999999")


# --- grids ----------------------------------------------------------------------------------------------------------


def test_each_point_is_what_a_comparison_finds():
    asked = Sweep(("rflo", "tbptt:k={k}"), TASK, {"k": (1, 2), "n": (2, 3)}, seeds=2, budget=BUDGET, fixed=SMALL_BUT_N)
    found = sweep(asked)
    assert [line.rule for line in found.points] == ["rflo", "tbptt:k={k}"]
    for values, here, point in zip(asked.grid, *found.points.values(), strict=True):
        experiment = Experiment("", TASK, checkpoints=1, **{**SMALL, "n": values["n"]})
        rows = compare(["rflo", f"tbptt:k={values['k']}"], experiment, seeds=2, budget=BUDGET).rows
        for row, each in zip(rows, (here, point), strict=True):
            assert each.rate == Rate(row.lr, row.at_edge) and np.array_equal(each.losses, row.losses)


SMALL_BUT_N = {name: value for name, value in SMALL.items() if name != "n"}


def test_a_rate_that_is_swept_is_not_tuned():
    found = sweep(Sweep(("rflo",), TASK, {"lr": (0.01, 0.02)}, seeds=1, fixed=SMALL))
    ((one, other),) = found.points.values()
    assert (one.rate, other.rate) == (Rate(0.01), Rate(0.02)) and one.loss != other.loss


def test_progress_is_planned():
    told: list[int] = []
    planned: list[int] = []
    asked = Sweep(("rflo", "fixed"), TASK, {"n": (2, 3)}, seeds=2, budget=BUDGET, fixed=SMALL_BUT_N)
    sweep(asked, plan=lambda trials: planned.append(trials) or told.append)
    assert planned == [sum(told)] == [4 * 2 * ((2 + 2) + 2)]


# --- thresholds -----------------------------------------------------------------------------------------------------


def searched(truth: list[bool]) -> dict[int, bool]:
    """What a search tries of it, and finds."""
    near: dict[int, bool] = {}
    while asks := wanted(len(truth), near):
        assert not asks & near.keys()
        near |= {place: truth[place] for place in asks}
    return near


@pytest.mark.parametrize("count", [1, 2, 3, 5, 14])
def test_a_boundary_is_found_with_few_tries(count):
    for first in range(count + 1):
        near = searched([place >= first for place in range(count)])
        assert is_monotone(near) and len(near) <= 2 + math.ceil(math.log2(count)) + 2
        for place in {first - 2, first - 1, first, first + 1} & set(range(count)):
            assert place in near, "both sides of the boundary, and their neighbours"


def test_whatever_contradicts_one_boundary_has_all_tried():
    for truth in ([True, False, False, False], [False, True, False, True, True], [False, True, True, False]):
        assert set(searched(truth)) == set(range(len(truth)))


def point(*losses: float) -> Point:
    return Point(Experiment("rflo", TASK), Rate(0.1), np.array(losses), ())


def test_excess_is_of_paired_seeds():
    assert excess(point(1.1, 4.0, 9.0), point(1.0, 2.0, 3.0)) == pytest.approx(1.0)
    assert excess(point(1.1, np.inf, np.inf), point(1.0, 2.0, np.inf)) == np.inf
    assert np.isnan(excess(point(1.0), point(np.inf)))
    assert excess(point(0.0, 0.0), point(0.0, 0.0)) == 0.0


@pytest.mark.parametrize(
    ("losses", "needs", "monotone"),
    [((9, 9, 1, 1), 5, True), ((1, 9, 1, 1), 5, False), ((9, 9, 9, 9), None, True), ((1, 1, 1, 1), 3, True)],
)
def test_what_is_needed_is_what_all_is_near_from(losses, needs, monotone):
    tried = {bits: point(loss) for bits, loss in zip((3, 4, 5, 6), losses, strict=True)}
    found = Threshold(Line("rflo", "p"), 0.05, point(1.0), tried)
    assert (found.needs, found.monotone) == (needs, monotone)


def test_bits_by_one_command(tmp_path):
    words = ("sweep", "rflo", "fixed", "--task", TASK, "--n", 3, "--trials", 4, "--engine", "numpy", "--seeds", 2)
    words += ("--lr", 0.1, "--profile", "fixed:weight=s{bits}.{bits-2}", "--over", "bits=3,16", "--within", "5%")
    said = invoke(*words, "--out", tmp_path)
    assert said.exit_code == 0 and "bits for a loss within 0.05 of float64, 2 seeds" in said.stdout
    about = json.loads((tmp_path / "sweep.json").read_text(), parse_constant=pytest.fail)
    rflo, fixed = about["thresholds"]
    assert about["format"] == 1 and rflo["rule"] == "rflo" and fixed["float64"]["loss"] > 0.0
    for each in about["thresholds"]:
        for tried in each["tried"]:
            pairs = zip(tried["losses"], each["float64"]["losses"], strict=True)
            assert tried["excess"] == pytest.approx(np.median([a / b - 1.0 for a, b in pairs]))
    assert all((tmp_path / name).stat().st_size > 500 for name in ("sweep.png", "sweep.svg"))
    assert invoke(*words, "--out", tmp_path).stdout == said.stdout


# --- files and words ------------------------------------------------------------------------------------------------

TABLE = {"rules": ["rflo", "tbptt:k={k}"], "task": TASK, "over": {"k": [1, 2], "n": "2..3"}, "seeds": 1, "rates": [0.1]}


def test_a_file_says_what_the_options_do(tmp_path):
    (tmp_path / "mine.toml").write_text(
        f'rules = ["rflo", "tbptt:k={{k}}"]\ntask = "{TASK}"\nseeds = 1\nrates = [0.1]\ntrials = 4\nengine = "numpy"\n'
        '[over]\nk = [1, 2]\nn = "2..3"\n'
    )
    assert read(tmp_path / "mine.toml") == of_table({**TABLE, "trials": 4, "engine": "numpy"})
    by_file = invoke("sweep", tmp_path / "mine.toml", "--out", tmp_path / "a")
    words = ("--rule", "tbptt:k={k}", "--task", TASK, "--over", "k=1,2", "n=2..3", "--seeds", 1, "--rates", 0.1)
    by_words = invoke("sweep", "rflo", *words, "--trials", 4, "--engine", "numpy", "--out", tmp_path / "a", "--json")
    assert by_file.exit_code == by_words.exit_code == 0
    kept, said = json.loads((tmp_path / "a" / "sweep.json").read_text()), json.loads(by_words.stdout)
    assert kept["points"] == said["points"] and len(said["points"]) == 8
    assert (tmp_path / "a" / "sweep.txt").read_text() in by_file.stdout


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seedz": 1}, r"no key of a sweep is called 'seedz' \(did you mean 'seed'\?\); there are: alpha"),
        ({"over": {"k": [], "n": [1]}}, r"k has no values to sweep over; give some, such as k=1,2,4"),
        ({"over": {"k": [1, 1]}}, "k has the value 1 twice"),
        ({"over": {"n": [1]}}, r"\{k\} has no values; sweep over it: --over k=1,2,4"),
        ({"over": {"k": [1], "kk": [1]}}, r"no place or field to sweep over is called 'kk' \(did you mean 'k'\?\)"),
        ({"over": {"k": [1], "n": [2.5]}}, r"n is 2\.5; it must be a whole number"),
        ({"over": {"k": [1], "n": ["x"]}}, r"n is 'x'; it must be a whole number"),
        ({"over": {"k": [0]}}, r"tbptt: k is 0 and stride is 1; they must satisfy"),
        ({"over": {"k": [True]}}, r"k has the value True; values are numbers and words"),
        ({"over": 3}, r"task is a name, and over a table"),
        ({"over": {"k": "0..9999", "n": "1..9999"}}, r"more than 100000 points"),
        ({"n": 3}, r"n is given and swept over; give one of the two"),
        ({"within": "5%"}, r"a threshold is searched along one name; this sweep is over k, n"),
        ({"within": "5%", "over": {"k": [1, 2]}}, r"\{k\} must stand in every profile"),
        ({"within": "near", "over": {"k": [1]}}, r"within is 'near'; it must be a fraction"),
        ({"within": -1, "over": {"k": [1]}}, r"within is -1\.0; it must be a fraction of the loss"),
        ({"rules": []}, r"0 rules on 1 profiles"),
        ({"rules": ["rflo", "rflo"]}, r"rules has 'rflo' twice"),
        ({"rules": 3}, r"rules is 3; it must be a list of names"),
        ({"seeds": 0}, r"and 0 seeds"),
        ({"seeds": "2"}, r"seeds is '2'; it must be a whole number"),
        ({"rates": ["fast"]}, r"rates is \['fast'\]; it must be numbers"),
        ({"lr": 0.1}, r"lr is one learning rate and rates are several"),
        ({"rules": ["tbptt:k={k}", "rfl"]}, r"no rule is called 'rfl'"),
        ({"profiles": ["float46"]}, r"no profile is called 'float46'"),
    ],
)
def test_what_cannot_be_swept_is_said_before_anything_runs(changed, said, monkeypatch):
    monkeypatch.setattr("neurosim.answering.run", lambda *asked: pytest.fail("something was computed"))
    with pytest.raises(NeurosimError, match=said):
        sweep(of_table({**TABLE, **changed}))


@pytest.mark.parametrize(
    ("text", "said"),
    [("rules = [", "not TOML"), ('task = "integrate"', "a sweep needs 'rules'"), ("a" * 70_000, "larger")],
)
def test_a_file_that_is_no_sweep(text, said, tmp_path):
    (tmp_path / "mine.toml").write_text(text)
    answered = invoke("sweep", tmp_path / "mine.toml")
    assert answered.exit_code == 2 and answered.stderr.startswith(f"neurosim: {tmp_path / 'mine.toml'}: ")
    assert said in answered.stderr and answered.stderr.count("\n") == 1


def test_a_file_and_options(tmp_path):
    said = invoke("sweep", tmp_path / "mine.toml", "--n", 3)
    assert said.exit_code == 2 and "says what is swept; put what --n says into it" in said.stderr
    assert "mine.toml: cannot be read" in invoke("sweep", tmp_path / "mine.toml").stderr
    assert "must be NAME=VALUES" in invoke("sweep", "rflo", "--task", TASK, "--over", "k").stderr
    assert "a sweep needs 'task'" in invoke("sweep", "rflo", "--over", "n=1").stderr
