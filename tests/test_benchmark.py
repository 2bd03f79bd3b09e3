"""The standing benchmark: what a suite may ask, what a row says, what is written, what changed since."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from neurosim import Network, NeurosimError, catalog, compile
from neurosim.benchmark import files, text
from neurosim.benchmark.against import changes
from neurosim.benchmark.measures import gap_closed, interval, nonlocal_reads, operations
from neurosim.benchmark.rows import Row
from neurosim.benchmark.suite import read
from neurosim.cli import neurosim

ROOT = Path(__file__).parents[1]
SUITE = """
schema = "neurosim-suite/1"
[closed]
n = 4
gain = 0.5
seeds = 2
tuning_seeds = 1
rates = [0.003]
rules = ["fixed", "rflo", "bptt"]
profiles = ["float64"]
[[closed.task]]
name = "integrate"
trials = 10
target = 100.0
[[open]]
task = "integrate"
rule = "uoro"
profile = "fixed:weight=s12.8"
n = 4
gain = 0.9
alpha = 0.2
trials = 12
seeds = 1
tuning_seeds = 1
rates = [0.001]
target = 0
"""

ROW = Row(
    division="closed",
    task="integrate",
    rule="rflo",
    profile="float64",
    setting={"n": 4.0},
    metric="loss",
    higher_is_better=False,
    target=0.5,
    score=0.4,
    low=0.3,
    high=0.5,
    gap_closed=0.9,
    lr=0.01,
    bits=16.0,
    operations=3.4,
    nonlocal_reads=(),
    verdict="SW",
    refused="",
)

# --- suites ---------------------------------------------------------------------------------------------------------


def written(folder: Path, old: str = "", new: str = "") -> Path:
    assert old in SUITE
    path = folder / "suite.toml"
    path.write_text(SUITE.replace(old, new) if old else SUITE, encoding="utf-8")
    return path


def test_a_suite_asks_each_task_in_its_setting(tmp_path):
    closed, other = read(written(tmp_path))
    assert (closed.division, other.division) == ("closed", "open")
    assert closed.rules == ("fixed", "rflo", "bptt") and other.rules == ("uoro",)
    assert (closed.asked.n, closed.asked.gain, closed.asked.alpha, closed.asked.trials) == (4, 0.5, None, 10)
    assert (other.asked.gain, other.asked.alpha, other.asked.trials, other.budget.rates) == (0.9, 0.2, 12, (0.001,))


def test_what_is_committed_is_of_that_suite():
    """Each row of benchmarks/results is one that the suite asks for, and none is missing."""
    asked = {
        (entry.division, entry.asked.task, rule, profile)
        for entry in read(ROOT / "benchmarks" / "suite.toml")
        for rule in entry.rules
        for profile in entry.profiles
    }
    assert {row.key for row in files.read(ROOT / "benchmarks" / "results")} == asked


def test_the_suite_that_comes_with_neurosim_is_sound():
    entries = read(ROOT / "benchmarks" / "suite.toml")
    assert {entry.division for entry in entries} == {"closed", "open"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('schema = "neurosim-suite/1"', 'schema = "other/1"', "schema is 'other/1'; there is: 'neurosim-suite/1'"),
        ("gain = 0.5", "gian = 0.5", r"\[closed\] has no key 'gian'; there are: n, gain,"),
        ("n = 4\ngain = 0.5", "gain = 0.5", r"\[closed\] lacks 'n', a whole number, at least 1"),
        ("seeds = 2", "seeds = true", "seeds is True; it must be a whole number, at least 1"),
        ("gain = 0.5", "gain = nan", "gain is nan; it must be a finite number"),
        ("gain = 0.5", "gain = -1", "must be finite and not negative"),
        ("[0.003]", "[]", r"rates is \[\]; it must be learning rates, one or more, each once"),
        ("[0.003]", "[-0.1]", "a learning rate is -0.1"),
        ('"rflo"', '"rlfo"', r"no rule is called 'rlfo' .*; there are: "),
        ('"rflo"', '"./mine.py"', "no rule is called './mine.py'"),
        ('"rflo"', '"os.path"', "no rule is called 'os.path'"),
        ('"rflo"', '"rflo:decay=x"', "decay is 'x'; it must be a number"),
        ('"rflo"', '"rflo", "rflo"', "it must be names of rules, one or more, each once"),
        ('["fixed", "rflo", "bptt"]', "[]", "it must be names of rules, one or more"),
        ('"fixed", ', "", r"\[closed\] rules lacks 'fixed', which the others are measured by"),
        ('["float64"]', '["loihi2-lava"]', r"\[closed\] profiles lacks 'float64'"),
        ("fixed:weight=s12.8", "./chip.toml", "no profile is called './chip.toml'"),
        ('name = "integrate"', 'name = "integral"', "no task is called 'integral'"),
        ("target = 100.0", 'target = "low"', r"\[\[closed.task\]\] target is 'low'; it must be a finite number"),
        ("alpha = 0.2", "alpha = 2.0", r"alpha is 2.0; the leak per step lies in \(0, 1\]"),
        ("[[open]]", "[[opened]]", "the suite has no key 'opened'; there are: schema, closed, open"),
        ("[[closed.task]]", "[closed.task]", "task is {.*}; it must be a list of tables"),
        ("[closed]", "[closed", "not TOML"),
        (
            "trials = 10",
            "trials = 10\ntarget = 1.0\n[[closed.task]]\nname = 'integrate'\ntrials = 30",
            "of the same rule and profile twice",
        ),
    ],
)
def test_what_a_suite_cannot_ask(tmp_path, old, new, said):
    with pytest.raises(NeurosimError, match=said) as told:
        read(written(tmp_path, old, new))
    assert str(told.value).startswith(f"{tmp_path / 'suite.toml'}: ") and "\n" not in str(told.value)


def test_what_is_no_file(tmp_path):
    with pytest.raises(NeurosimError, match="cannot be read"):
        read(tmp_path / "none.toml")


def test_a_suite_without_tasks_asks_nothing(tmp_path):
    path = tmp_path / "suite.toml"
    path.write_text(SUITE.split("[[closed.task]]")[0], encoding="utf-8")
    with pytest.raises(NeurosimError, match=r"there is no \[\[closed.task\]\]"):
        read(path)


# --- what is measured -----------------------------------------------------------------------------------------------


def test_the_interval_is_that_of_the_median():
    scores = np.array([1.0, 2.0, 3.0, 4.0, 100.0])
    low, high = interval(scores)
    assert 1.0 <= low < 3.0 < high <= 100.0 and interval(scores) == (low, high)
    wide = interval(np.random.default_rng(0).normal(size=400))
    assert wide[0] < 0.0 < wide[1] and wide[1] - wide[0] < 0.35


@pytest.mark.parametrize("scores", [[1.0], [1.0, 3.0], [2.0, 2.0, 2.0], [1.0, 2.0, np.inf]])
def test_too_few_scores_have_their_ends(scores):
    assert interval(np.array(scores)) == (min(scores), max(scores))


def test_the_gap_is_closed_between_untrained_and_exact():
    floor, exact = np.array([10.0, 20.0, 30.0]), np.array([0.0, 10.0, 30.0])
    assert gap_closed(floor, floor, exact) == 0.0 and gap_closed(exact, floor, exact) == 1.0
    assert gap_closed(np.array([5.0, 15.0, 0.0]), floor, exact) == 0.5
    assert gap_closed(np.full(3, np.inf), floor, exact) == -np.inf
    assert np.isnan(gap_closed(floor, floor, floor))


@pytest.mark.parametrize(
    ("rule", "reads"),
    [
        ("rflo", ()),
        ("rflo:feedback=symmetric", ("W_out transposed",)),
        ("tbptt:k=4", ("W_out transposed", "W_rec transposed")),
        ("bptt", ("W_out transposed", "W_rec transposed", "the whole trial")),
    ],
)
def test_what_is_read_from_afar(rule, reads):
    assert nonlocal_reads(compile(Network.random(4, 2, 2, 0.1, 0.5, 0), catalog.rule(rule))) == reads


def test_operations_are_counted_per_synapse():
    """A product of two numbers, times a rate, added to each synapse, and little else: three operations and some."""
    large = compile(Network.random(64, 2, 2, 0.1, 0.5, 0), catalog.rule("rflo"))
    assert operations(large, 10) == pytest.approx(3.0, abs=0.2)
    assert operations(compile(Network.random(4, 2, 2, 0.1, 0.5, 0), catalog.rule("fixed")), 10) == 0.0


# --- files and changes ----------------------------------------------------------------------------------------------


def test_rows_are_read_as_they_were_written(tmp_path):
    rows = [ROW, replace(ROW, rule="bptt", score=np.inf, high=np.inf, bits=None, nonlocal_reads=("a b",))]
    rows.append(replace(ROW, task="decode:rate=10"))
    assert [path.name for path in files.write(rows, tmp_path)] == ["integrate.json", "decode_rate=10.json"]
    assert sorted(files.read(tmp_path), key=str) == sorted(rows, key=str)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("neurosim-benchmark/1", "other"),
        ('"score": 0.4', '"score": "much"'),
        ('"rule": "rflo"', '"rule": 3'),
        ('"lr"', '"rate"'),
        ("{", "["),
    ],
)
def test_what_are_no_results(tmp_path, old, new):
    (path,) = files.write([ROW], tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(NeurosimError, match=r"integrate\.json: holds no results of a benchmark"):
        files.read(tmp_path)


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        ({"score": 0.45}, "same"),
        ({"score": 0.6, "low": 0.55, "high": 0.7}, "worse"),
        ({"score": 0.6, "low": 0.35, "high": 0.7}, "same"),
        ({"score": 0.2, "low": 0.1, "high": 0.25}, "better"),
        ({"score": 0.6, "low": 0.55, "high": 0.7, "higher_is_better": True}, "other setting"),
        ({"setting": {"n": 5.0}, "score": 9.0, "low": 9.0, "high": 9.0}, "other setting"),
        ({"score": np.inf, "low": np.inf, "high": np.inf}, "worse"),
        ({"score": np.nan, "low": np.nan, "high": np.nan, "refused": "no"}, "worse"),
        ({"rule": "bptt"}, "new"),
    ],
)
def test_what_changed(now, kind):
    found = list(changes([ROW], [replace(ROW, **now)]))
    assert found[0].kind == kind
    assert [each.kind for each in found[1:]] == (["gone"] if kind == "new" else [])
    assert found[0].name in text.changed(found) or kind == "same"


def test_higher_may_be_better():
    then, now = (replace(ROW, higher_is_better=True, score=s, low=s, high=s) for s in (0.4, 0.6))
    assert [each.kind for each in changes([then], [now])] == ["better"]
    assert then.met is False and now.met is True


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_from_end_to_end(tmp_path):
    """It runs, writes, goes on from what it has, and says what changed, with an exit code."""
    out, words = tmp_path / "out", ["benchmark", str(written(tmp_path))]
    first = CliRunner().invoke(neurosim, [*words, "--out", str(out)], catch_exceptions=False)
    assert first.exit_code == 0
    rows = {row.key: row for row in files.read(out / "benchmark")}
    assert len(rows) == 4
    assert rows["closed", "integrate", "fixed", "float64"].gap_closed == 0.0
    assert rows["closed", "integrate", "bptt", "float64"].gap_closed == 1.0
    refused = rows["open", "integrate", "uoro", "fixed:weight=s12.8"]
    assert "square root" in refused.refused and not refused.met and "is refused: " in first.output
    assert refused.setting["gain"] == 0.9
    made = {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("run.json")}
    again = CliRunner().invoke(
        neurosim, [*words, "--out", str(out), "--against", str(out / "benchmark")], catch_exceptions=False
    )
    assert again.exit_code == 0 and "the same within the interval: 4 of 4 rows" in again.output
    assert made == {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("run.json")}
    _spoil(out / "benchmark" / "integrate.json")
    worse = CliRunner().invoke(
        neurosim, [*words, "--out", str(out), "--against", str(out / "benchmark")], catch_exceptions=False
    )
    assert worse.exit_code == 1 and "worse: closed integrate rflo float64: 1e-09 -> " in worse.output


def _spoil(path: Path) -> None:
    """As if rflo had been far better once."""
    about = json.loads(path.read_text(encoding="utf-8"))
    row = next(each for each in about["rows"] if each["rule"] == "rflo")
    row |= {"score": 1e-9, "low": 0.0, "high": 2e-9}
    path.write_text(json.dumps(about), encoding="utf-8")
