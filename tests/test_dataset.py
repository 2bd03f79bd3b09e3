"""Folders of runs as one labelled array, and two folders as one."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import neurosim
from neurosim import NeurosimError
from neurosim.answering import Answering, Here
from neurosim.cli import neurosim as commands
from neurosim.experiment import Experiment, Run
from neurosim.merging import merge
from neurosim.results import Results

ASKED = Experiment(
    "rflo", "integrate:steps=4", engine="numpy", n=3, trials=4, test_trials=2, lr=0.01, seed=1, checkpoints=2
)
RULES = ("rflo", "bptt")
MANY = [
    replace(ASKED, rule=rule, lr=lr, n=n, seed=seed)
    for rule, lr in zip(RULES, (0.01, 0.02), strict=True)
    for n in (3, 4)
    for seed in (1, 2)
]


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return list(Answering(None, Here(), lambda trials: None).runs([*MANY, replace(ASKED, lr=1e6, n=5)]))


def kept(folder: Path, runs: list[Run]) -> Path:
    results = Results(folder)
    for run in runs:
        results.save(run)
    return folder


# --- load -----------------------------------------------------------------------------------------------------------


def test_every_run_is_found_at_its_labels(runs, tmp_path):
    found = neurosim.load(kept(tmp_path, runs[:-1]))
    assert dict(found.loss.sizes) == {"rule": 2, "profile": 1, "n": 2, "seed": 2}
    for run in runs[:-1]:
        asked = run.experiment
        here = found.sel(rule=asked.rule, profile="float64", n=asked.n, seed=asked.seed)
        assert (float(here.loss), float(here.score), str(here.outcome.values)) == (run.loss, run.score, "finished")
        assert float(here.lr) == asked.lr
        for name in ("losses", "seen", "test_losses"):
            assert np.array_equal(here[name], getattr(run, name))
        for name in run.cosine:
            assert np.array_equal(here.cosine.sel(weight=name), run.cosine[name], equal_nan=True)
    assert found.attrs["task"] == "integrate:steps=4" and found.attrs["damaged"] == found.attrs["superseded"] == 0


def test_what_is_missing_or_ends_early_is_not_a_number(runs, tmp_path):
    found = neurosim.load(kept(tmp_path, runs))
    assert np.isnan(found.loss.sel(rule="bptt", n=5)).all() and (found.outcome.sel(rule="bptt", n=5) == "").all()
    diverged = found.sel(rule="rflo", n=5, seed=1)
    assert np.isinf(diverged.loss) and "diverged" in str(diverged.outcome.values)
    assert len(runs[-1].seen) == 1 and np.isnan(diverged.test_losses[1:]).all()


def test_the_rate_is_a_dimension_where_it_was_swept(runs, tmp_path):
    swept = [replace(ASKED, lr=lr) for lr in (0.1, 0.2)]
    found = neurosim.load(kept(tmp_path, list(Answering(None, Here(), lambda trials: None).runs(swept))))
    assert found.lr.values.tolist() == [0.1, 0.2] and found.loss.sizes["lr"] == 2


def test_it_can_be_written_and_read_back(runs, tmp_path):
    xarray = pytest.importorskip("xarray")
    found = neurosim.load(kept(tmp_path / "runs_of", runs))
    found.to_netcdf(tmp_path / "all.nc", engine="h5netcdf")
    with xarray.open_dataset(tmp_path / "all.nc", engine="h5netcdf") as back:
        assert back.identical(found)


def test_other_code_damage_and_tuning(runs, tmp_path):
    """The latest of two runs of one experiment counts, what is damaged does not, and tuning is asked for by name."""
    kept(tmp_path, runs[:4])
    place = tmp_path / "runs" / runs[0].experiment.digest
    shutil.copytree(place, tmp_path / "runs" / "older")
    about = json.loads((place / "run.json").read_text())
    older = {**about, "loss": 77.0, "made": {**about["made"], "time": "2001-01-01T00:00:00+00:00"}}
    (tmp_path / "runs" / "older" / "run.json").write_text(json.dumps(older))
    (tmp_path / "runs" / runs[1].experiment.digest / "curves.npz").write_bytes(b"")
    found = neurosim.load(tmp_path)
    assert found.attrs["superseded"] == 1 and found.attrs["damaged"] == 1
    assert float(found.loss.sel(n=3, seed=1).squeeze()) == runs[0].loss and np.isnan(found.loss.sel(n=3, seed=2)).all()
    with pytest.raises(NeurosimError, match="has no run scored on the part 'tune'"):
        neurosim.load(tmp_path, part="tune")


def test_without_xarray(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(NeurosimError, match=r"neurosim\.load needs: pip install 'neurosim-onchip\[analysis\]'"):
        neurosim.load(tmp_path)


def test_a_folder_of_another_version(tmp_path):
    (tmp_path / "results.json").write_text('{"format": 7, "neurosim": "9"}')
    with pytest.raises(NeurosimError, match="has version 7 of the layout"):
        neurosim.load(tmp_path)


# --- merge ----------------------------------------------------------------------------------------------------------


def test_two_folders_become_one(runs, tmp_path):
    one, other = kept(tmp_path / "a", runs[:5]), kept(tmp_path / "b", runs[3:])
    made = merge([one, other], tmp_path / "c")
    assert (made.copied, made.same, made.conflicts, made.damaged) == (len(runs), 2, (), ())
    results = Results(tmp_path / "c")
    assert all(np.array_equal(results.load(run.experiment).losses, run.losses) for run in runs)
    assert not list((tmp_path / "c" / "runs").glob(".*"))


def test_conflicts_and_damage_are_said(runs, tmp_path):
    one, other = kept(tmp_path / "a", runs[:2]), kept(tmp_path / "b", [replace(runs[0], loss=7.0), runs[1], runs[2]])
    (other / "runs" / runs[2].experiment.digest / "curves.npz").write_bytes(b"half")
    said = CliRunner().invoke(commands, ["merge", str(one), str(other), "--out", str(tmp_path / "c")])
    assert said.exit_code == 1
    assert said.stdout == f"2 copied to {tmp_path / 'c'}, 1 there already, 1 damaged and left out\n"
    damaged, conflict = said.stderr.splitlines()
    assert damaged == f"damaged: {other / 'runs' / runs[2].experiment.digest}"
    assert conflict.startswith(f"conflict: {other / 'runs' / runs[0].experiment.digest} has other numbers")
    assert Results(tmp_path / "c").load(runs[0].experiment).loss == runs[0].loss


def test_a_folder_without_runs(tmp_path):
    said = CliRunner().invoke(commands, ["merge", str(tmp_path), "--out", str(tmp_path / "c")])
    assert said.exit_code == 2 and "has no runs; give the --out folder of a command" in said.stderr
