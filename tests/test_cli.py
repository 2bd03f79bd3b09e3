"""The command line, as words go in and text comes out: in this process, and as a program of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from neurosim import NeurosimError, __version__, catalog
from neurosim.cli import neurosim

TASK = "integrate:steps=10"
SMALL = ("--task", TASK, "--n", "4", "--trials", "10", "--seeds", "2", "--tuning-seeds", "1")
RATES = ("--rates", "0.01,0.1")
WRITTEN = ("comparison.txt", "comparison.json", "learning_curves.png", "learning_curves.svg")
NAMES = [(kind, name) for kind in catalog.KINDS for name in catalog.names(kind)]


def invoke(*words: object) -> Result:
    return CliRunner().invoke(neurosim, [str(word) for word in words], catch_exceptions=False)


def program(*words: object, **named: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "neurosim", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **named)


def refused(*words: object) -> str:
    """What is said to a command that cannot be done: one line, exit code 2, nothing else."""
    said = invoke(*words)
    assert said.exit_code == 2 and not said.stdout
    assert said.stderr.startswith("neurosim: ") and said.stderr.count("\n") == 1 and "Traceback" not in said.stderr
    return said.stderr.removeprefix("neurosim: ").rstrip("\n")


# --- list and show --------------------------------------------------------------------------------------------------


def test_list_has_every_name_of_every_kind_and_what_it_is():
    lines = invoke("list").stdout.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [f"{kind}s" for kind in catalog.KINDS]
    told = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines if line.startswith(" ")}
    for kind, name in NAMES:
        assert len(told[name]) > 10, f"{kind} {name} says nothing"


@pytest.mark.parametrize("kind", catalog.KINDS)
def test_list_of_one_kind(kind):
    said = invoke("list", f"{kind}s").stdout.splitlines()
    assert [line.split()[0] for line in said] == [f"{kind}s", *catalog.names(kind)]


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_show_tells_all_there_is_about_a_name(kind, name):
    """For a task that still needs something, all that is known and then what it needs."""
    said, needs = invoke("show", kind, name), ""
    try:
        _ = kind == "task" and catalog.task(name).trials(1, 0)
    except NeurosimError as error:
        needs = f"neurosim: {error}\n"
    assert said.exit_code == (2 if needs else 0) and said.stderr == needs
    assert catalog.summary(kind, name).split(":")[0][:40] in " ".join(said.stdout.split())


def test_show_rule_tells_when_each_equation_runs_and_where_it_is_kept():
    lines = [line.split("  ") for line in invoke("show", "rule", "rflo:decay=0.5").stdout.splitlines() if line]
    shown = {line[2]: line[-1].strip() for line in lines if len(line) > 3}
    assert shown["trace_rec[j] = decay * trace_rec[j] + (alpha * sent[j])"] == "trace, neuron"
    assert shown["teach[i] = sum(o, B[i, o] * error[o])"] == "teaching signal, neuron"
    assert shown["W_in[i, m] = W_in[i, m] + (lr_in * teach[i] * trace_in[m])"] == "weight, synapse"
    said = invoke("show", "rule", "bptt").stdout
    assert "from the last to the first" in said and "kept of the whole trial: error, r, sent, x" in said
    assert "every stride steps" in invoke("show", "rule", "tbptt:k=4,stride=3").stdout


@pytest.mark.parametrize("words", [("--help",), ("compare", "-h"), ("run", "--help"), ("list", "-h"), ("show", "-h")])
def test_help(words):
    said = invoke(*words)
    assert said.exit_code == 0 and "Usage:" in said.stdout


def test_every_option_says_what_it_is():
    for command in neurosim.commands.values():
        assert command.help
        assert not [each.name for each in command.params if isinstance(each, click.Option) and not each.help]


# --- run and compare ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("compared") / "deeper" / "out"
    return folder, invoke("compare", "rflo", "bptt", *SMALL, *RATES, "--out", folder)


def test_compare_prints_a_table(compared):
    folder, said = compared
    assert said.exit_code == 0
    lines = said.stdout.splitlines()
    assert lines[0] == f"{TASK}: N = 4, alpha = 0.1, 10 trials, 2 seeds, float64 on numba"
    assert " ".join(lines[2].split()) == "rule rate loss [95 %] locality cos W_rec cos W_in diverged"
    assert lines[3].startswith("rflo ") and lines[4].startswith("bptt ")
    assert lines[4].split()[-6:] == ["+0", "1.00", "1.00", "0", "of", "2"]
    assert "2 learning rates from 0.01 to 0.1, each on 1 tuning seeds" in said.stdout
    assert lines[-1] == f"written: {', '.join(str(folder / name) for name in WRITTEN)}"


def test_no_progress_bar_is_drawn_where_nobody_watches(compared):
    assert not compared[1].stderr


def test_out_holds_the_table_the_numbers_the_figure_and_the_runs(compared):
    folder, said = compared
    assert sorted(path.name for path in folder.iterdir()) == sorted([*WRITTEN, "results.json", "runs"])
    assert said.stdout.startswith((folder / "comparison.txt").read_text())
    assert (folder / "learning_curves.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (folder / "learning_curves.svg").read_text()
    about = json.loads((folder / "comparison.json").read_text(), parse_constant=pytest.fail)
    assert [row["rule"] for row in about["rows"]] == ["rflo", "bptt"]
    assert about["rows"][1]["locality"] == 0.0 and about["rows"][0]["diverged"] == 0
    for row in about["rows"]:
        assert row["loss"] == pytest.approx(np.median([run["loss"] for run in row["runs"]]))
        for run in row["runs"]:
            assert {path.name for path in (folder / "runs" / run["id"]).iterdir()} == {"curves.npz", "run.json"}
    assert len(list((folder / "runs").iterdir())) == 2 * (2 + 2)


def test_json_is_what_out_holds_and_a_repeat_gives_the_same(compared):
    folder, _ = compared
    before = json.loads((folder / "comparison.json").read_text())
    said = invoke("compare", "rflo", "bptt", *SMALL, *RATES, "--out", folder, "--json")
    assert said.exit_code == 0 and not said.stderr
    after = json.loads(said.stdout, parse_constant=pytest.fail)
    assert {**after, "made": None} == {**before, "made": None}


def test_one_rule_at_one_rate_without_a_figure(tmp_path):
    said = invoke(
        "run", "rflo", *SMALL, "--lr", "0.05", "--freeze", "in", "--freeze", "out", "--json", "--out", tmp_path
    )
    about = json.loads(said.stdout)
    assert about["asked"]["plastic"] == ["rec"] and about["asked"]["n"] == 4
    (row,) = about["rows"]
    assert row["lr"] == 0.05 and row["locality"] is None and set(row["cosine"]) == {"W_rec"}
    assert len(list((tmp_path / "runs").iterdir())) == 2


def test_a_run_that_diverges_is_told_and_not_raised(tmp_path):
    said = invoke("run", "rflo", *SMALL, "--lr", "1e9", "--out", tmp_path)
    (warning,) = said.stderr.splitlines()
    assert said.exit_code == 0 and "learning rate 1e+09 is above the step-size limit of theory" in warning
    (line,) = [line for line in said.stdout.splitlines() if line.startswith("rflo")]
    assert "diverged" in line and line.endswith("2 of 2") and "nan" not in said.stdout
    about = json.loads((tmp_path / "comparison.json").read_text(), parse_constant=pytest.fail)
    assert about["rows"][0]["loss"] is None and about["rows"][0]["runs"][0]["outcome"].startswith("diverged at trial")


def test_a_network_that_diverges_before_it_learns_is_drawn_without_a_warning(tmp_path):
    said = invoke("run", "fixed", *SMALL, "--gain", "1e9", "--out", tmp_path)
    assert said.exit_code == 0 and not said.stderr and "2 of 2" in said.stdout


def test_data_of_ones_own(tmp_path):
    rows = np.random.default_rng(0).normal(size=(200, 2))
    np.savetxt(tmp_path / "mine.csv", rows, delimiter=",", header="x,y", comments="")
    said = invoke(
        "run", "fixed", *SMALL[2:], "--task", f"file:path={tmp_path / 'mine.csv'},steps=10", "--out", tmp_path
    )
    assert said.exit_code == 0 and said.stdout.startswith("file:path=")


# --- spikes, and hosts ------------------------------------------------------------------------------------------------

SPIKING = ("--lr", "0.05", "--spiking-neurons", "20", "--spiking-trials", "3", "--spiking", "nengo:integrate")


def test_what_spikes_cost_stands_beside_what_rates_do(tmp_path, monkeypatch):
    words = ("compare", "rflo", "bptt", *SMALL, *SPIKING, "--spiking-learn", "--out", tmp_path)
    said = invoke(*words)
    lines = said.stdout.splitlines()
    assert lines[2].endswith("diverged  with rates  in spikes  learned in spikes")
    assert [line.split()[-1] == "-" for line in lines[3:5]] == [False, True]
    assert "on 3 unseen trials by nengo:integrate" in said.stdout and "a unit is 20 spiking neurons, " in said.stdout
    about = json.loads((tmp_path / "comparison.json").read_text(), parse_constant=pytest.fail)
    assert about["spiking"]["realisation"] == "nengo:integrate" and about["spiking"]["coding"]["neurons"] == 20
    rflo, bptt = (row["in_spikes"] for row in about["rows"])
    assert all(rflo[name] > 0.0 for name in ("rate_loss", "loss", "learned_loss", "rate")) and bptt["loss"] > 0.0
    assert bptt["learned_loss"] is None
    assert len(list((tmp_path / "spikes").iterdir())) == 2 * 2
    monkeypatch.setattr("neurosim.answering.ask", lambda *asked: pytest.fail("computed again"))
    assert invoke(*words).stdout == said.stdout


def test_without_spiking_nothing_is_said_of_it(compared):
    folder, said = compared
    assert "spik" not in said.stdout and not (folder / "spikes").exists()
    about = json.loads((folder / "comparison.json").read_text())
    assert about["spiking"] is None and [row["in_spikes"] for row in about["rows"]] == [None, None]


@pytest.mark.parametrize("engine", ["nengo", pytest.param("nengo:network", marks=pytest.mark.slow)])
def test_a_rule_that_runs_beside_the_simulator_is_marked(engine, tmp_path):
    said = invoke("compare", "rflo", "bptt", *SMALL, "--lr", "0.05", "--engine", engine, "--out", tmp_path)
    assert [line.split("  ")[0] for line in said.stdout.splitlines()[3:5]] == ["rflo", "bptt (host)"]
    assert f"(host): {engine} runs the network" in said.stdout
    rflo, bptt = json.loads((tmp_path / "comparison.json").read_text())["rows"]
    assert rflo["host"] is None and "once a trial is over" in bptt["host"]


def test_no_rule_is_marked_where_all_run_inside(compared):
    folder, said = compared
    assert "host" not in said.stdout
    assert all(row["host"] is None for row in json.loads((folder / "comparison.json").read_text())["rows"])


# --- what cannot be done --------------------------------------------------------------------------------------------

BAD = [
    (("compare", "rfl", *SMALL), "no rule is called 'rfl' (did you mean 'rflo'?); there are: bptt, "),
    (("run", "tbptt:k=0", *SMALL), "tbptt: k is 0 and stride is 1; they must satisfy 1 <= stride <= k"),
    (("run", "rflo", *SMALL, "--task", "integrat"), "no task is called 'integrat' (did you mean 'integrate'?); there"),
    (("run", "rflo", *SMALL, "--task", "integrate:step=3"), "nothing is called 'step'; there are: memory (a number"),
    (("run", "rflo", *SMALL, "--engine", "nunba"), "no engine is called 'nunba' (did you mean 'numba'?); there are:"),
    (("run", "rflo", *SMALL, "--lr", "1", "--profile", "float46"), "no profile is called 'float46' (did you mean"),
    (("run", "fixed", *SMALL, "--profile", "float46"), "no profile is called 'float46' (did you mean 'float64'?)"),
    (("run", "rflo", *SMALL, "--lr", "-0.1"), "a learning rate is -0.1; it must be a finite number above 0"),
    (("run", "rflo", *SMALL, "--lr", "nan"), "a learning rate is nan; it must be a finite number above 0"),
    (("run", "rflo", *SMALL, "--rates", "0.1,fast"), "--rates is '0.1,fast'; it must be numbers with commas between"),
    (("run", "rflo", *SMALL, "--rates", ""), "--rates is ''; it must be numbers with commas between"),
    (("run", "rflo", *SMALL, "--rates", "0.1,-1"), "a learning rate is -1.0; it must be a finite number above 0"),
    (("run", "rflo", *SMALL, "--tuning-seeds", "0"), "11 learning rates on 0 seeds; tuning needs at least one of each"),
    (("run", "rflo", *SMALL, "--seeds", "0"), "1 rules on 0 seeds; a comparison needs at least one of each"),
    (("run", "rflo", *SMALL, "--seed", "-1"), "seed -1, lr 0.0 and gain 0.5 must be finite and not negative"),
    (("run", "rflo", *SMALL, "--gain", "inf"), "gain inf must be finite and not negative"),
    (("run", "rflo", *SMALL, "--alpha", "1.5"), "alpha is 1.5; the leak per step dt / tau lies in (0, 1]"),
    (("run", "rflo", *SMALL, "--n", "0"), "n is 0; it must be at least 1"),
    (("run", "rflo", *SMALL, "--trials", "3"), "trials is 3; it must be at least the number of checkpoints, 10"),
    (("run", "rflo", *SMALL, "--spiking", "nengi"), "no realisation is called 'nengi' (did you mean 'nengo'?); there"),
    (("run", "rflo", *SMALL, "--spiking", "nengo:x"), "no variant of the realisation nengo is called 'x'; there are:"),
    (("run", "rflo", *SMALL, "--spiking", "nengo", "--spiking-neurons", "3"), "neurons is 3; a unit needs an even"),
    (("run", "rflo", *SMALL, "--spiking", "nengo", "--spiking-trials", "0"), "0 trials in spikes; there must be at"),
    (("compare", "rflo", "bptt", "rflo", *SMALL), "'rflo' is named twice; name each rule once"),
    (("show", "rule", "rfl"), "no rule is called 'rfl' (did you mean 'rflo'?)"),
    (("show", "task", "integrat"), "no task is called 'integrat' (did you mean 'integrate'?)"),
    (("show", "engine", "nunba"), "no engine is called 'nunba' (did you mean 'numba'?)"),
    (("show", "profile", "float46"), "no profile is called 'float46' (did you mean 'float64'?)"),
    (("show", "profile", "none.toml"), "profile 'none.toml': there is no such file"),
]


@pytest.mark.parametrize(("words", "said"), BAD, ids=lambda each: each[:60] if isinstance(each, str) else None)
def test_bad_words_get_one_line_that_says_what_to_change(words, said, tmp_path):
    out = () if words[0] == "show" else ("--out", tmp_path / "out")
    assert said in refused(*words, *out)
    assert not list(tmp_path.glob("out/runs/*")), "something was computed first"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "rule"), "'rule' is not one of 'rules', 'tasks', 'engines', 'realisations', 'observables', "),
        (("show", "chip", "x"), "'chip' is not one of 'rule', 'task', 'engine', 'realisation', 'observable', "),
        (("compare", *SMALL), "Missing argument 'RULES...'"),
        (("run", "rflo"), "Missing option '--task'"),
        (("run", "rflo", *SMALL, "--n", "many"), "'many' is not a valid integer"),
        (("run", "rflo", *SMALL, "--freeze", "all"), "'all' is not one of 'rec', 'in', 'out'"),
    ],
)
def test_words_that_are_no_command(words, said):
    answered = invoke(*words)
    assert answered.exit_code == 2 and said in answered.stderr and "Usage:" in answered.stderr


def test_a_folder_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").touch()
    said = refused("run", "rflo", *SMALL, "--out", tmp_path / "file" / "out")
    assert said.startswith(f"cannot write results to {tmp_path / 'file' / 'out'} (")


def test_a_cache_that_cannot_be_written_to(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path / "file"))
    said = refused("run", "rflo", *SMALL)
    assert said.startswith(f"cannot keep files in {tmp_path / 'file' / 'results'} (")
    assert said.endswith("set NEUROSIM_CACHE to a folder")


def test_a_rule_file_with_an_error(tmp_path):
    (tmp_path / "mine.py").write_text("from neurosim import Rule\n\nclass Mine(Rule):\n    equations = 'q[i] = p[i]'\n")
    said = refused("run", tmp_path / "mine.py", *SMALL)
    assert said.startswith(f"{tmp_path / 'mine.py'}: Mine: in 'q[i] = p[i]': nothing is called 'p'; there are: ")


@pytest.mark.parametrize("bad", ["nan", "inf"])
def test_data_that_is_not_finite(bad, tmp_path):
    rows = np.random.default_rng(0).normal(size=(200, 2))
    rows[7, 1] = float(bad)
    np.savetxt(tmp_path / "mine.csv", rows, delimiter=",", header="x,y", comments="")
    said = refused("run", "fixed", *SMALL, "--task", f"file:path={tmp_path / 'mine.csv'},steps=10", "--out", tmp_path)
    assert str(tmp_path / "mine.csv") in said and "finite" in said


# --- as a program of its own ----------------------------------------------------------------------------------------


def test_the_program_says_its_version():
    ran = program("--version")
    assert ran.returncode == 0 and ran.stdout.strip().endswith(__version__) and not ran.stderr


def test_the_program_runs_and_draws_no_bar_in_a_pipe(tmp_path):
    """With the cache in a folder of its own, where runs go that are given no other."""
    words = ("run", "fixed", "--engine", "numpy", "--task", "integrate:steps=3", "--n", 2, "--trials", 10, "--seeds", 1)
    ran = program(*words, env={**os.environ, "NEUROSIM_CACHE": str(tmp_path)})
    assert ran.returncode == 0 and not ran.stderr and "\r" not in ran.stdout
    assert ran.stdout.startswith("integrate:steps=3: N = 2")
    assert len(list(tmp_path.rglob("run.json"))) == 1


def test_the_program_refuses_without_a_traceback(tmp_path):
    ran = program("compare", "rfl", *SMALL, "--out", tmp_path)
    assert ran.returncode == 2 and not ran.stdout
    assert ran.stderr.startswith("neurosim: no rule is called 'rfl'") and ran.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to send")
def test_control_c_keeps_what_is_finished(tmp_path):
    words = ("compare", "fixed", "rflo", "--engine", "numpy", "--task", "integrate:steps=3", "--n", "2", "--seeds", "1")
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # also where tests run unheard
    start = f"{heard}; from neurosim.cli import main; main()"
    command = [sys.executable, "-c", start, *words, "--lr", "0.01", "--trials", "2000", "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        end = time.monotonic() + 60
        while not list(tmp_path.glob("runs/*/run.json")) and running.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130 and not out
    assert err.strip() == "neurosim: stopped; finished runs are kept, and the same command goes on from them"
    (kept,) = tmp_path.glob("runs/*/run.json")
    assert json.loads(kept.read_text())["experiment"]["rule"] == "fixed"
    assert not (tmp_path / "comparison.txt").exists()
