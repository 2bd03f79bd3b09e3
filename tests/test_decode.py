"""Decoding velocity from spikes: the simulated population, the filters beside it, and files of recorded monkeys."""

from __future__ import annotations

import builtins
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from neurosim import NeurosimError, catalog
from neurosim.kalman import Kalman
from neurosim.reading import reaching
from neurosim.task import Trials

needs_rat = pytest.mark.skipif(find_spec("ratinabox") is None, reason="needs the extra `data`")

# --- the simulated population ---------------------------------------------------------------------------------------


@needs_rat
def test_a_population_follows_the_rat_and_each_seed_has_its_own():
    task = catalog.task("decode")
    one, same, other = (task.trials(20, seed) for seed in (0, 0, 1))
    assert one.inputs.shape == (20, 100, 96) and one.targets.shape == (20, 100, 2)
    assert np.array_equal(one.inputs, same.inputs) and not np.array_equal(one.inputs, other.inputs)
    assert abs(one.inputs.mean()) < 0.05 and one.inputs.std() == pytest.approx(1.0, abs=0.05)
    tuned = np.abs(
        [np.corrcoef(one.targets[..., 0].ravel(), one.inputs[..., unit].ravel())[0, 1] for unit in range(96)]
    )
    assert tuned.max() > 0.15


@needs_rat
def test_parts_do_not_overlap_in_time():
    task = catalog.task("decode:seconds=1")
    train, test = (task.trials(400, 0, part).targets.reshape(-1, 2) for part in ("train", "test"))
    assert not {*map(tuple, train)} & {*map(tuple, test)} - {(0.0, 0.0)}


@needs_rat
def test_filters_with_memory_do_better_than_none():
    task = catalog.task("decode")
    scores = task.references(task.trials(30, 0, "test"), 0)
    assert 0.65 < scores["Kalman filter"] < 0.85
    assert scores["Kalman filter"] > scores["Wiener filter of 10 steps"] > scores["linear without memory"] > 0.5
    assert abs(scores["no motion"]) < 0.05


@needs_rat
def test_the_score_is_the_share_of_variance():
    task = catalog.task("decode")
    trials = task.trials(5, 0)
    assert task.higher_is_better and task.score(trials, trials.targets) == 1.0
    mean = np.broadcast_to(trials.targets.mean(axis=(0, 1)), trials.targets.shape)
    assert task.score(trials, mean) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("asked", ["rate=0", "rate=60", "seconds=0", "rate=20,seconds=0.05", "file=x.mat,rate=2000"])
def test_what_cannot_be_asked(asked):
    with pytest.raises(NeurosimError, match=r"rate=|seconds="):
        catalog.task(f"decode:{asked}")


# --- the Kalman filter ----------------------------------------------------------------------------------------------


def moving(trials: int, steps: int, noise: float) -> Trials:
    """A state that turns and fades, seen by three noisy sensors."""
    draw = np.random.default_rng(0)
    A, H = 0.95 * np.array([[0.9, -0.4], [0.4, 0.9]]), draw.normal(size=(3, 2))
    state = np.zeros((trials, steps, 2))
    for t in range(steps):
        state[:, t] = state[:, t - 1] @ A.T * (t > 0) + draw.normal(size=(trials, 2))
    return Trials(state @ H.T + noise * draw.normal(size=(trials, steps, 3)), state, np.ones(steps))


def test_it_is_the_best_estimate_of_every_step_and_everything_seen():
    """Conditioning the joint Gaussian of a whole trial on what was seen gives the last estimate."""
    trials = moving(200, 6, noise=0.5)
    model = Kalman.of(trials)
    steps, states = np.eye(6), np.zeros((12, 12))
    for t in range(6):
        states += sum(np.kron(np.outer(steps[a], steps[b]), _between(model, a, b)) for a in (t,) for b in range(6))
    seen = np.kron(steps, model.H)
    both = states @ seen.T @ np.linalg.inv(seen @ states @ seen.T + np.kron(steps, model.seeing))
    exact = trials.inputs.reshape(200, -1) @ both[-2:].T
    assert np.abs(model.filtered(trials.inputs)[:, -1] - exact).max() < 1e-10


def _between(model: Kalman, a: int, b: int) -> np.ndarray:
    """The covariance of the states at two steps of a trial that begins at zero."""
    power = np.linalg.matrix_power
    return sum(power(model.A, a - s) @ model.moving @ power(model.A, b - s).T for s in range(min(a, b) + 1))


def test_what_was_made_is_found_again():
    model = Kalman.of(moving(400, 50, noise=0.5))
    assert np.abs(model.A - 0.95 * np.array([[0.9, -0.4], [0.4, 0.9]])).max() < 0.02
    assert np.abs(model.moving - np.eye(2)).max() < 0.05 and np.abs(model.seeing - 0.25 * np.eye(3)).max() < 0.02


# --- files of recorded monkeys --------------------------------------------------------------------------------------

h5py = pytest.importorskip("h5py")
RATE = 250.0


def write(
    path: Path, seconds: float = 40.0, channels: int = 4
) -> tuple[np.ndarray, np.ndarray, list[list[np.ndarray]]]:
    """A file of NeuroBench's layout, two units a channel, the second of the last without a spike."""
    draw = np.random.default_rng(0)
    times = 100.0 + np.arange(round(seconds * RATE)) / RATE
    position = np.stack([np.sin(times), np.cos(1.3 * times)]) * 50.0
    units = [[np.sort(draw.uniform(times[0], times[-1], 300)) for _ in range(2)] for _ in range(channels)]
    units[-1][1] = np.empty(0)
    with h5py.File(path, "w") as file:
        file["t"], file["cursor_pos"] = times[None], position
        cells = file.create_dataset("spikes", (2, channels), dtype=h5py.ref_dtype)
        for channel, both in enumerate(units):
            for unit, fired in enumerate(both):
                name = f"#refs#/c{channel}u{unit}"
                file[name] = fired[None] if len(fired) else np.array([0, 0], dtype=np.uint64)
                if not len(fired):
                    file[name].attrs["MATLAB_empty"] = 1
                cells[unit, channel] = file[name].ref
    return times, position, units


def test_a_file_is_read_as_it_was_written(tmp_path):
    times, position, units = write(tmp_path / "indy.mat")
    found = reaching.read(tmp_path / "indy.mat")
    assert np.array_equal(found.times, times) and np.array_equal(found.position, position.T)
    assert [len(each) for each in found.spikes] == [600, 600, 600, 300]
    counts = found.counts(20.0)
    assert counts.shape[1] == 4 and counts.sum() == pytest.approx(2100, abs=10)
    assert counts[7, 0] == sum(((each >= 100.35) & (each < 100.4)).sum() for each in units[0])


def test_a_file_makes_trials_of_the_same_kind(tmp_path):
    write(tmp_path / "indy.mat")
    task = catalog.task(f"decode:file={tmp_path / 'indy.mat'},seconds=1")
    trials = task.trials(3, 0)
    assert task.n_in == 4 and task.files == (tmp_path / "indy.mat",)
    assert trials.inputs.shape == (3, 20, 4) and trials.targets.shape == (3, 20, 2)
    assert "Kalman filter" in task.references(task.trials(5, 0, "test"), 0)


def linked(file):
    del file["t"]
    file["t"] = h5py.ExternalLink("/etc/hostname", "t")


def outside(file):
    del file["t"]
    file.create_dataset("t", (1, 4), dtype="f8", external=[("/etc/hostname", 0, 32)])


def enormous(file):
    del file["t"]
    file.create_dataset("t", (1, 2**40), dtype="f8", chunks=(1, 1024))


def backwards(file):
    file["t"][0, 5] = 0.0


def endless(file):
    file["t"][0, -1] = 1e12


def infinite(file):
    file["cursor_pos"][0, 5] = np.inf


def short(file):
    held = file["t"][:, :-3]
    del file["t"]
    file["t"] = held


def unreferenced(file):
    del file["spikes"]
    file["spikes"] = np.ones((2, 4))


def null(file):
    file["spikes"][0, 0] = h5py.Reference()


def wordy(file):
    del file["#refs#/c0u0"]
    file["#refs#/c0u0"] = "spikes"
    file["spikes"][0, 0] = file["#refs#/c0u0"].ref


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (linked, "has no 't'"),
        (outside, "t lies in another file, which is not read"),
        (enormous, "over the limit"),
        (backwards, "t does not increase"),
        (endless, "spans more than"),
        (infinite, "cursor_pos holds something that is not a finite number"),
        (short, "t has 9997 samples and cursor_pos 10000"),
        (unreferenced, r"spikes has shape \(2, 4\); it should be references"),
        (null, "spikes holds something other than references"),
        (wordy, "a unit of spikes is no array of numbers"),
        (lambda file: file.pop("cursor_pos"), "has no 'cursor_pos', only: "),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, spoil, said):
    write(tmp_path / "indy.mat")
    with h5py.File(tmp_path / "indy.mat", "r+") as file:
        spoil(file)
    with pytest.raises(NeurosimError, match=said):
        reaching.read(tmp_path / "indy.mat")


def test_what_is_no_such_file(tmp_path, monkeypatch):
    with pytest.raises(NeurosimError, match="there is no such file; indy_"):
        catalog.task(f"decode:file={tmp_path / 'none.mat'}").trials(1, 0)
    (tmp_path / "text.mat").write_text("MATLAB 5.0 MAT-file")
    with pytest.raises(NeurosimError, match=r"is not a sound MATLAB 7\.3 file"):
        reaching.read(tmp_path / "text.mat")
    there = builtins.__import__

    def without(name, *rest, **named):
        if name == "h5py":
            raise ModuleNotFoundError(name)
        return there(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NeurosimError, match="take the package h5py: pip install h5py"):
        reaching.read(tmp_path / "text.mat")
