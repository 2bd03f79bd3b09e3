"""Every task keeps the contract of `neurosim.task`, and each one is what its source says it is.

The first half finds the tasks by looking into the folder: a new file there is tested with no line added here.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import io
import pkgutil
import zipfile

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.signal import lfilter

import neurosim.tasks
from neurosim import recording, wiener
from neurosim.errors import NeurosimError
from neurosim.filtering import filtered
from neurosim.reading import npz, read
from neurosim.task import PARTS, Task, Trials
from neurosim.tasks import mackey_glass
from neurosim.tasks.copy import Copy
from neurosim.tasks.file import File
from neurosim.tasks.mackey_glass import MackeyGlass
from neurosim.tasks.oscillate import Oscillate
from neurosim.tasks.path import Path
from neurosim.tasks.receptor import Receptor
from neurosim.tasks.sine import Sine
from neurosim.tasks.teacher import Teacher

NAMES = [module.name for module in pkgutil.iter_modules(neurosim.tasks.__path__)]
needs_rat = pytest.mark.skipif(importlib.util.find_spec("ratinabox") is None, reason="the extra `data` is missing")
needs_receptor = pytest.mark.skipif(importlib.util.find_spec("nitime") is None, reason="the extra `data` is missing")


def task_class(name: str) -> type[Task]:
    module = importlib.import_module(f"neurosim.tasks.{name}")
    return getattr(module, "".join(word.capitalize() for word in name.split("_")))


@pytest.fixture(params=NAMES)
def task(request, tmp_path) -> Task:
    """Each task with its defaults; one that reads a file of the user's own is given one."""
    cls = task_class(request.param)
    if "path" in {field.name for field in dataclasses.fields(cls)}:
        noise = np.random.default_rng(0).normal(size=(40, 30, 2))
        np.savez(tmp_path / "own.npz", inputs=noise, targets=np.cumsum(noise[:, :, :1], axis=1))
        return cls(path=str(tmp_path / "own.npz"))
    try:
        cls().trials(1, 0)
    except NeurosimError as missing:
        if "neurosim-onchip[data]" in str(missing):
            pytest.skip(str(missing))
        raise
    return cls()


# --- the contract ---------------------------------------------------------------------------------------------------


def test_a_file_holds_one_task_named_after_it():
    for name in NAMES:
        module = importlib.import_module(f"neurosim.tasks.{name}")
        classes = [cls for cls in vars(module).values() if inspect.isclass(cls) and issubclass(cls, Task)]
        assert [cls for cls in classes if cls is not Task] == [task_class(name)]


def test_a_task_says_in_one_line_what_it_is(task):
    first = (inspect.getdoc(type(task)) or "").splitlines()[0]
    assert 20 < len(first) <= 120 and first.endswith((".", ":", "`."))
    for field in dataclasses.fields(task):
        assert f"{field.name}" in inspect.getdoc(type(task)), f"{field.name} is not explained"


def test_shapes_are_as_declared(task):
    for part in PARTS:
        trials = task.trials(5, seed=1, part=part)
        steps = len(trials.mask)
        assert trials.inputs.shape == (5, steps, task.n_in)
        assert trials.targets.shape == (5, steps, task.n_out)
        assert (trials.mask >= 0).all() and trials.mask.any()
    assert 0 < task.alpha <= 1 and task.train_trials > 0


def test_inputs_and_targets_are_of_order_one(task):
    trials = task.trials(100, seed=1)
    counted = trials.targets[:, trials.mask > 0]
    assert 0.1 < trials.inputs.std() < 10 and 0.1 < counted.std() < 10


def test_the_same_arguments_give_the_same_trials(task):
    for part in PARTS:
        once, again = (task.trials(4, seed=3, part=part) for _ in range(2))
        assert np.array_equal(once.inputs, again.inputs) and np.array_equal(once.targets, again.targets)


def test_seeds_and_parts_give_other_trials(task):
    made = [task.trials(6, seed, part).inputs for seed in (0, 1) for part in PARTS]
    for index, one in enumerate(made):
        assert all(not np.array_equal(one, other) for other in made[index + 1 :])


def test_the_target_itself_scores_best(task):
    trials = task.trials(20, seed=2, part="test")
    best = task.score(trials, trials.targets)
    references = task.references(trials, seed=2)
    others = [
        *references.values(),
        task.score(trials, trials.targets + np.random.default_rng(0).normal(size=trials.targets.shape)),
    ]
    assert best == pytest.approx(1.0 if task.higher_is_better else 0.0, abs=1e-12)
    assert references and np.isfinite(others).all()
    assert all(best >= other - 1e-12 if task.higher_is_better else best <= other + 1e-12 for other in others)


@pytest.mark.parametrize(
    "coefficients", [([0.3], [1.0, -0.9]), ([0.3, 0.2], [1.0, -1.5, 0.7]), ([0.1], [1.0, 0.0, -0.5])]
)
def test_inputs_are_filtered_as_scipy_does(coefficients):
    noise = np.random.default_rng(0).normal(size=(3, 50, 2))
    assert filtered(*coefficients, noise) == pytest.approx(lfilter(*coefficients, noise, axis=1), abs=1e-12)


# --- generated tasks ------------------------------------------------------------------------------------------------


def test_oscillate_has_the_impulse_response_it_declares():
    task = Oscillate(period=30.0, memory=12.0)
    impulse = np.zeros(200)
    impulse[0] = 1.0
    response = lfilter(*task.coefficients(), impulse)
    k = np.arange(200)
    shape = np.exp(-k / 12.0) * np.cos(2 * np.pi * k / 30.0)
    assert response == pytest.approx(shape / np.sqrt(np.sum(shape**2)), abs=1e-12)
    trials = task.trials(3, seed=0)
    expected = [np.convolve(x, response)[: task.steps] for x in trials.inputs[:, :, 0]]
    assert trials.targets[:, :, 0] == pytest.approx(np.array(expected), abs=1e-10)


def test_oscillate_is_stationary_with_unit_variance():
    late = Oscillate(period=20.0, memory=10.0, steps=120).trials(4000, seed=0).targets[:, 80:]
    # About 4000 * 4 independent values: the standard error of the variance is 0.011.
    assert late.var() == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("loss", ["last", "all"])
def test_teacher_equals_a_loop_written_by_hand(aligned, loss):
    task = Teacher(aligned=aligned, loss=loss, n_in=4, n_out=5, n_teacher=3, steps=9)
    net, trials = task.teacher(7), task.trials(4, seed=7, part="tune")
    for x, z in zip(trials.inputs, trials.targets, strict=True):
        h = np.zeros(3)
        for t in range(9):
            h = net.W_rec @ h + net.W_in @ x[t]
            assert net.W_out @ h == pytest.approx(z[t], abs=1e-12)
    assert np.array_equal(trials.mask, [0, 0, 0, 0, 0, 0, 0, 0, 1] if loss == "last" else np.full(9, 1 / 9))


@pytest.mark.parametrize(("loss", "weights"), [("last", np.ones(20)), ("all", 1 - np.arange(20) / 20)])
def test_teacher_loss_is_that_of_the_theory(loss, weights):
    """A silent student has L = 1/2 sum_k weight_k |W_out W_rec^k W_in|^2, weight 1 or (1 - k / T)."""
    task = Teacher(loss=loss, steps=20)
    net = task.teacher(0)
    lags = [net.W_out @ np.linalg.matrix_power(net.W_rec, k) @ net.W_in for k in range(20)]
    exact = 0.5 * sum(weight * np.sum(lag**2) for weight, lag in zip(weights, lags, strict=True))
    trials = task.trials(20000, seed=0)
    losses = trials.loss(np.zeros_like(trials.targets))
    assert losses.mean() == pytest.approx(exact, abs=4 * losses.std() / np.sqrt(20000))


def test_aligned_teacher_is_diagonal_in_its_modes():
    task = Teacher(n_teacher=3, n_in=5, n_out=4, radius=0.9)
    modes, net = task.modes(2), task.teacher(2)
    for basis in (modes.U, modes.V, modes.P):
        assert basis.T @ basis == pytest.approx(np.eye(3), abs=1e-12)
    lag = modes.U.T @ net.W_out @ net.W_rec @ net.W_rec @ net.W_in @ modes.V
    assert lag == pytest.approx(np.diag(modes.a * modes.w**2 * modes.b), abs=1e-12)


@pytest.mark.parametrize("aligned", [True, False])
def test_teacher_has_its_radius_and_depends_on_the_seed(aligned):
    task = Teacher(aligned=aligned, radius=0.7)
    assert np.abs(np.linalg.eigvals(task.teacher(0).W_rec)).max() == pytest.approx(0.7)
    assert not np.array_equal(task.teacher(0).W_rec, task.teacher(1).W_rec)


def test_teacher_refuses_what_it_cannot_be():
    with pytest.raises(NeurosimError, match="no loss of the teacher task is called 'lats'"):
        Teacher(loss="lats")
    with pytest.raises(NeurosimError, match="n_teacher=5 is more than"):
        Teacher(n_teacher=5)


def test_sine_is_solved_by_a_linear_network_of_six_poles():
    task = Sine(noise=0.0)
    trials = task.trials(1, seed=0)
    z = trials.targets[0, :, 0]
    # The pattern obeys the recursion whose roots are exp(+-i u), exp(+-2 i u), exp(+-4 i u).
    roots = [np.exp(sign * 1j * harmonic * 2 * np.pi / 100) for harmonic in (1, 2, 4) for sign in (1, -1)]
    assert np.abs(lfilter(np.poly(roots).real, [1.0], z)[6:]).max() < 1e-12
    assert task.references(trials, 0)["three oscillators"] == pytest.approx(0.0, abs=1e-20)
    assert z[:3] == pytest.approx(
        [np.sin(u) + np.sin(2 * u) / 2 + np.sin(4 * u) / 4 for u in 2 * np.pi / 100 * np.arange(1, 4)]
    )


def test_sine_noise_costs_what_the_filter_lets_through():
    trials = Sine().trials(2000, seed=0)
    expected = 0.5 * sum(np.sum((0.1 * 0.02 * Sine().pattern()[: t + 1]) ** 2) for t in range(100))
    assert Sine().references(trials, 0)["three oscillators"] == pytest.approx(expected, rel=0.1)


def test_copy_repeats_after_the_delay_on_the_cue():
    task = Copy(symbols=4, delay=3, channels=2)
    trials = task.trials(50, seed=0)
    assert np.array_equal(trials.targets[:, 7:], trials.inputs[:, :4, :2])
    assert set(np.unique(trials.inputs[:, :4, :2])) == {-1.0, 1.0}
    assert not trials.inputs[:, 4:, :2].any() and not trials.targets[:, :7].any()
    assert np.array_equal(trials.inputs[0, :, 2], [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0])
    assert np.array_equal(trials.mask, [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])


def test_copy_counts_wrong_signs_in_percent():
    trials = Copy(symbols=2, delay=1).trials(10, seed=0)
    answers = trials.targets.copy()
    answers[:, 3] *= -0.01
    answers[:, :3] = 9.0
    assert Copy().score(trials, answers) == 50.0
    assert Copy().score(trials, -trials.targets) == 100.0
    assert Copy().score(trials, np.zeros_like(answers)) == 50.0


# --- Mackey-Glass ---------------------------------------------------------------------------------------------------


def mackey_glass_by_scipy(times: np.ndarray) -> np.ndarray:
    """The method of steps with an adaptive solver of order 8: one dense solution per delay."""
    past, s, found = (lambda _: 0.7206597), 0.7206597, []
    for begin in np.arange(0.0, times[-1], 17.0):

        def slope(t, s, past=past):
            return 0.2 * past(t - 17.0) / (1.0 + past(t - 17.0) ** 10) - 0.1 * s

        solution = solve_ivp(slope, (begin, begin + 17.0), [s], "DOP853", dense_output=True, rtol=1e-12, atol=1e-13).sol
        past, s = (lambda t, solution=solution: solution(t)[0]), solution(begin + 17.0)[0]
        found += [past(t) for t in times[(times >= begin) & (times < begin + 17.0)]]
    return np.array(found)


def test_mackey_glass_solves_its_equation():
    """To 1e-9 for one Lyapunov time, to 1e-7 for five: an error grows e-fold in each."""
    exact = mackey_glass_by_scipy(17.0 + mackey_glass.STEP * np.arange(5 * 75))
    error = np.abs(mackey_glass.series(5 * 75) - exact)
    assert error[:75].max() < 1e-9 and error.max() < 1e-7


def test_mackey_glass_is_of_fourth_order():
    fine, mid, coarse = (mackey_glass.series(75, substeps) for substeps in (40, 10, 5))
    assert np.log2(np.abs(coarse - fine).max() / np.abs(mid - fine).max()) == pytest.approx(4.0, abs=0.3)


def test_mackey_glass_has_the_sampling_of_neurobench():
    assert np.linspace(0, 20 * 197 + 197 / 75, 1501)[1] == pytest.approx(mackey_glass.STEP)


def test_mackey_glass_forecasts_the_horizon():
    trials = MackeyGlass(horizon=4).trials(10, seed=0)
    assert np.array_equal(trials.inputs[:, 4:], trials.targets[:, :-4])
    assert not trials.mask[:30].any() and trials.mask[30:].all()


def test_mackey_glass_is_scored_in_its_own_units():
    task = MackeyGlass()
    trials = task.trials(10, seed=0, part="test")
    train = mackey_glass.series(mackey_glass.SAMPLES)[: int(0.6 * mackey_glass.SAMPLES)]
    z, y = (train.mean() + train.std() * values[:, 30:] for values in (trials.targets, trials.inputs))
    assert task.score(trials, trials.inputs) == pytest.approx(200 * np.mean(np.abs(y - z) / (y + z)))
    references = task.references(task.trials(300, seed=0, part="test"), seed=0)
    assert references["AR(30)"] < 2 < 7 < references["persistence"] < 10 < 20 < references["mean"] < 24


# --- recordings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [3, 4, 5, 7, 10, 1000])
def test_parts_are_disjoint_in_order_and_never_empty(length):
    parts = [recording.span(length, part) for part in PARTS]
    assert [sample for part in parts for sample in part] == list(range(length))
    assert all(len(part) > 0 for part in parts)
    if length == 1000:
        assert [len(part) for part in parts] == [600, 150, 250]


def test_windows_stay_in_their_part():
    random = np.random.default_rng(0)
    for part in PARTS:
        begin = recording.starts(100, 15, 500, part, random)
        found = recording.windows(np.arange(100.0)[:, None], begin, 15)
        assert {found.min(), found.max()} == {min(recording.span(100, part)), max(recording.span(100, part))}
        assert (np.diff(found[:, :, 0], axis=1) == 1).all()


def test_what_a_recording_cannot_give_is_refused():
    random = np.random.default_rng(0)
    with pytest.raises(
        NeurosimError, match="the tune part of this recording has 15 samples, so a trial cannot have 16"
    ):
        recording.starts(100, 16, 1, "tune", random)
    with pytest.raises(NeurosimError, match="no part is called 'tset'"):
        recording.span(100, "tset")
    with pytest.raises(NeurosimError, match="cannot be divided"):
        recording.span(2, "train")


@pytest.mark.parametrize(("cls", "package"), [(Path, "ratinabox"), (Receptor, "nitime")])
def test_a_missing_package_is_named_with_its_cure(cls, package, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    odd = cls(rate=7.0) if cls is Path else cls(bin=4.0)  # not in the cache of this process
    with pytest.raises(NeurosimError, match=rf"{package}, which is not installed.*neurosim-onchip\[data\]"):
        odd.trials(1, seed=0)


@needs_rat
def test_path_integrates_velocity():
    task = Path(seconds=4.0, rate=20.0)
    trials = task.trials(5, seed=0)
    assert len(trials.mask) == 80
    assert 0.25 * trials.targets == pytest.approx(np.cumsum(0.1 * trials.inputs / 20.0, axis=1), abs=1e-12)
    speed = 0.1 * np.linalg.norm(task.trials(500, seed=0).inputs, axis=2)
    assert 0.05 < np.median(speed) < 0.3 and speed.max() < 2  # a rat, in m/s


@needs_rat
@pytest.mark.parametrize("rate", [10.0, 50.0])
def test_path_references_are_the_known_figures(rate):
    """Over the whole recording: ideal at most 0.14 cm, leaks of 10, 3 and 1 s 14.6, 27.2 and 33.3, no motion 35.3."""
    task = Path(rate=rate)
    shares = {"train": 0.60, "tune": 0.15, "test": 0.25}
    scores = {part: task.references(task.trials(2000, seed=0, part=part), seed=0) for part in PARTS}
    whole = {name: np.sqrt(sum(shares[part] * scores[part][name] ** 2 for part in PARTS)) for name in scores["train"]}
    assert whole.pop("ideal integrator") < 0.14
    assert list(whole.values()) == pytest.approx([14.6, 27.2, 33.3, 35.3], rel=0.05)


@needs_rat
def test_path_refuses_more_than_was_recorded():
    with pytest.raises(NeurosimError, match="rate=100 Hz"):
        Path(rate=100.0)
    with pytest.raises(NeurosimError, match="has 900 samples"):
        Path(seconds=200.0).trials(1, seed=0, part="tune")


@needs_receptor
@pytest.mark.parametrize(("number", "known"), [(1, 0.505), (2, 0.307)])
def test_receptor_wiener_filter_reaches_the_known_correlation(number, known):
    task = Receptor(recording=number, bin=1.0)
    reached = task.references(task.trials(400, seed=0, part="test"), seed=0)["Wiener filter"]
    assert reached == pytest.approx(known, abs=0.03)


@needs_receptor
def test_receptor_hears_twenty_milliseconds_late():
    """Spikes follow the sound, so with the delay undone a filter of the spikes' past knows nothing of the sound."""
    task = Receptor()
    spikes, sound = neurosim.tasks.receptor._binned(1, 2.0)
    trials = task.trials(3, seed=0)
    steps = len(trials.mask)
    for x, z in zip(trials.inputs, trials.targets, strict=True):
        begin = next(s for s in range(len(spikes) - steps) if np.array_equal(spikes[s : s + steps], x))
        assert np.array_equal(z[20:], sound[begin + 10 : begin + steps - 10])
    train, test = task.trials(400, 0), task.trials(400, 0, "test")
    prompt = [Trials(t.inputs[:, :-10], t.targets[:, 10:], t.mask[:-10]) for t in (train, test)]
    guessed = wiener.filtered(prompt[1].inputs, wiener.kernel(prompt[0], taps=15))
    assert task.score(prompt[1], guessed) < 0.2 < task.references(test, 0)["Wiener filter"]


@needs_receptor
def test_receptor_counts_every_spike():
    spikes, sound = neurosim.tasks.receptor._binned(1, 10.0)
    counts = np.round((spikes - spikes.min()) / np.min(np.diff(np.unique(spikes))))
    assert (counts.sum(), len(spikes), len(sound)) == (929, 1000, 1000)


@pytest.mark.parametrize("wrong", [{"recording": 3}, {"bin": 0.07}, {"bin": 30.0}, {"seconds": 0.03}])
def test_receptor_refuses_what_it_does_not_have(wrong):
    with pytest.raises(NeurosimError, match=next(iter(wrong))):
        Receptor(**wrong)


# --- the Wiener filter ----------------------------------------------------------------------------------------------


def test_wiener_filter_finds_a_filter_that_is_there():
    random = np.random.default_rng(0)
    truth = random.normal(size=(4, 2, 3))
    x = random.normal(size=(30, 20, 2))
    trials = Trials(x, wiener.filtered(x, truth), np.ones(20))
    assert wiener.kernel(trials, taps=6)[:4] == pytest.approx(truth, abs=1e-6)
    by_hand = [sum(x[3, t - k] @ truth[k] for k in range(min(4, t + 1))) for t in range(20)]
    assert trials.targets[3] == pytest.approx(np.array(by_hand))


def test_wiener_filter_leaves_out_what_does_not_count():
    random = np.random.default_rng(0)
    x = random.normal(size=(30, 20, 1))
    z = 2.0 * x
    z[:, :5] = random.normal(size=(30, 5, 1))
    assert wiener.kernel(Trials(x, z, (np.arange(20) >= 5).astype(float)), taps=1) == pytest.approx(2.0)


# --- files ----------------------------------------------------------------------------------------------------------


def test_trials_of_a_file_are_divided_in_order(tmp_path):
    inputs = np.arange(20.0)[:, None, None] * np.ones((20, 5, 1))
    np.savez(tmp_path / "a.npz", inputs=inputs, targets=-inputs, mask=[0, 0, 0, 0, 1])
    task = File(path=str(tmp_path / "a.npz"))
    held = {part: set(np.unique(task.trials(30, 0, part).inputs)) for part in PARTS}
    assert held == {"train": set(range(12)), "tune": {12, 13, 14}, "test": {15, 16, 17, 18, 19}}
    trials = task.trials(30, 0)
    assert np.array_equal(trials.targets, -trials.inputs) and np.array_equal(trials.mask, [0, 0, 0, 0, 1])


@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_a_long_recording_is_cut_into_windows(tmp_path, kind):
    time = np.arange(100.0)
    path = tmp_path / f"long.{kind}"
    if kind == "npz":
        np.savez_compressed(
            path, inputs=np.stack([time, time + 0.5], axis=1), targets=-time[:, None].astype(np.float32)
        )
    else:
        rows = "".join(f"{t},{t},{-t},{t + 0.5}\n" for t in time)
        path.write_text("﻿time,x_left,y,X2\n" + rows, encoding="utf-8")
    task = File(path=str(path), steps=10)
    assert (task.n_in, task.n_out) == (2, 1)
    trials = task.trials(200, 0, "test")
    assert trials.inputs[:, :, 0].min() == 75 and trials.inputs[:, :, 0].max() == 99
    assert np.array_equal(trials.targets[:, :, 0], -trials.inputs[:, :, 0])
    assert np.array_equal(trials.inputs[:, :, 1], trials.inputs[:, :, 0] + 0.5)


def test_windows_of_the_trials_of_a_file(tmp_path):
    inputs = 100.0 * np.arange(10)[:, None, None] + np.arange(30)[None, :, None]
    np.savez(tmp_path / "a.npz", inputs=inputs, targets=inputs)
    found = File(path=str(tmp_path / "a.npz"), steps=7).trials(50, 0).inputs[:, :, 0]
    assert (np.diff(found, axis=1) == 1).all() and found.max() < 600 and len(np.unique(found[:, 0] % 100)) > 10


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "a.npz"
    for channels in (1, 2):
        np.savez(path, inputs=np.ones((5, 4, channels)), targets=np.ones((5, 4, 1)))
        assert File(path=str(path)).n_in == channels


def test_references_of_a_file_know_a_filter(tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 50, 1))
    np.savez(tmp_path / "a.npz", inputs=x, targets=lfilter([1.0], [1.0, -0.5], x, axis=1))
    task = File(path=str(tmp_path / "a.npz"))
    references = task.references(task.trials(15, 0, "test"), 0)
    assert (
        references["best with 20 steps of memory"]
        < 1e-6
        < references["best without memory"]
        < references["silent network"]
    )


def zip_of(path, **members: bytes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)


def npy(header: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    length = len(header).to_bytes(2 if version == b"\x01\x00" else 4, "little")
    return b"\x93NUMPY" + version + length + header.encode() + body


def npy_of(shape: tuple[int, ...], kind: str = "<f8", body: bytes = b"") -> bytes:
    return npy(f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n", body)


def refusal(path, **parameters) -> str:
    """The one line a user is shown."""
    with pytest.raises(NeurosimError) as caught:
        File(path=str(path), **parameters).trials(3, seed=0)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 600
    assert not path or str(path) in message
    return message


def test_no_file(tmp_path):
    assert "path=recording.npz" in refusal("")
    assert "no such file" in refusal(tmp_path / "none.npz")
    assert ".mat is not a format; there are: .csv, .npz" in refusal(tmp_path / "a.mat")
    (tmp_path / "folder.csv").mkdir()
    assert "no such file" in refusal(tmp_path / "folder.csv")
    assert "cannot be read" in refusal(tmp_path / ("long" * 100 + ".csv"))


good = np.ones((5, 4, 2))
with_nan = good.copy()
with_nan[2, 1, 0] = np.nan
with_inf = good.copy()
with_inf[4, 3, 1] = -np.inf
BAD_ARRAYS = {
    "has no array 'targets', only: inputs, outputs": {"inputs": good, "outputs": good},
    "inputs[2, 1, 0] is nan": {"inputs": with_nan, "targets": good},
    "targets[4, 3, 1] is -inf": {"inputs": good, "targets": with_inf},
    "mask[1] is nan": {"inputs": good, "targets": good, "mask": [1, np.nan, 1, 1]},
    "inputs has shape (5, 4, 2) and targets (5, 3, 2)": {"inputs": good, "targets": good[:, :3]},
    "inputs has shape (5, 4, 2) and targets (4, 2)": {"inputs": good, "targets": good[0]},
    "targets has shape (5,); it should be [time, channel] or [trial, time, channel]": {
        "inputs": good,
        "targets": good[:, 0, 0],
    },
    "inputs is empty, of shape (0, 4, 2)": {"inputs": good[:0], "targets": good[:0]},
    "mask has shape (2, 2); it should be [time]": {"inputs": good, "targets": good, "mask": np.ones((2, 2))},
    "mask has 3 steps; a trial has 4": {"inputs": good, "targets": good, "mask": np.ones(3)},
    "inputs holds pickled objects": {"inputs": np.array([{}, None], dtype=object), "targets": good},
    "targets is of type <U3": {"inputs": good, "targets": np.array([["abc"]])},
    "inputs is of type complex128": {"inputs": good * 1j, "targets": good},
    "one long recording; say how to cut it": {"inputs": good[0], "targets": good[0]},
    "2 cannot be divided": {"inputs": good[:2], "targets": good[:2]},
}


@pytest.mark.parametrize("complaint", BAD_ARRAYS)
def test_bad_arrays(tmp_path, complaint):
    np.savez(tmp_path / "bad.npz", **BAD_ARRAYS[complaint])
    path = tmp_path / "bad.npz"
    if "divided" in complaint:
        with pytest.raises(NeurosimError, match=complaint):
            File(path=str(path)).trials(1, 0)
    else:
        assert complaint in refusal(path)


def test_windows_longer_than_the_trials(tmp_path):
    np.savez(tmp_path / "a.npz", inputs=good, targets=good)
    assert "steps=9 is not from 0 to 4" in refusal(tmp_path / "a.npz", steps=9)


BAD_ZIPS = {
    # A few hundred bytes that claim 8 terabytes; a claim the archive contradicts; shapes and headers that mislead.
    "declares the shape (1000000, 1000000) but holds": {"inputs": npy_of((10**6, 10**6)), "targets": npy_of((1, 1))},
    "declares the shape (-4, 5) but holds": {"inputs": npy_of((-4, 5)), "targets": npy_of((1, 1), body=bytes(8))},
    "over the limit": {
        "inputs": npy_of((10000, 8000), "|b1", bytes(80_000_000)),
        "targets": npy_of((1, 1), body=bytes(8)),
    },
    "magic string": {"inputs": b"nonsense, not an array", "targets": b""},
    "EOF: reading array header": {"inputs": npy(" " * 2**22, version=b"\x02\x00"), "targets": b""},
    "is not a sound .npz file": {"inputs": npy("(" * 9000), "targets": b""},
    "inputs holds pickled objects": {"inputs": npy_of((1,), "|O", b"cos\nsystem\n(S'false'\ntR."), "targets": b""},
}


@pytest.mark.parametrize("complaint", BAD_ZIPS)
def test_hostile_archives(tmp_path, complaint):
    zip_of(tmp_path / "bad.npz", **BAD_ZIPS[complaint])
    assert complaint in refusal(tmp_path / "bad.npz")


def test_no_memory_is_spent_on_a_bomb(tmp_path):
    """600 kB that unpack to 640 MB: refused before unpacking, with a peak of some megabytes."""
    import tracemalloc

    path = tmp_path / "bomb.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("inputs.npy", "w", force_zip64=True) as out,
    ):
        out.write(npy_of((80_000_000, 1)))
        for _ in range(640):
            out.write(bytes(10**6))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("targets.npy", npy_of((80_000_000, 1)))
    assert path.stat().st_size < 10**6
    tracemalloc.start()
    refusal(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 10**6


def test_damaged_archives(tmp_path):
    path = tmp_path / "bad.npz"
    path.write_bytes(b"not a zip at all")
    assert "is not a sound .npz file" in refusal(path)
    path.write_bytes(b"")
    assert "is not a sound .npz file" in refusal(path)
    whole = io.BytesIO()
    np.savez(whole, inputs=np.random.default_rng(0).normal(size=(50, 4, 2)), targets=np.ones((50, 4, 1)))
    damaged = bytearray(whole.getvalue())
    damaged[500:520] = bytes(20)
    path.write_bytes(damaged)
    assert "is not a sound .npz file (Bad CRC-32" in refusal(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("inputs.npy", npy_of((1, 1), body=bytes(8)))
        archive.writestr("targets.npy", npy_of((1, 1), body=bytes(8)))
    assert "compressed as NumPy never does" in refusal(path)


@pytest.mark.parametrize("suffix", [".npz", ".csv"])
def test_a_file_larger_than_the_limit_is_not_opened(tmp_path, suffix):
    path = tmp_path / f"large{suffix}"
    with path.open("wb") as sparse:
        sparse.truncate(2**30)
    assert "is larger than the" in refusal(path)


BAD_TABLES = {
    "row 3, column 'y': 'oops' is not a finite number": "x,y\n1,2\n1,oops\n",
    "row 2, column 'x': 'nan' is not a finite number": "x,y\nnan,2\n",
    "row 2, column 'y2': '' is not a finite number": "x,y1,y2\n1,2,\n",
    "row 4 has 1 cells; the first row names 2 columns": "x,y\n1,2\n\n1\n",
    "column 'speed' is of no kind": "speed,y\n1,2\n",
    "column 'index' is of no kind": "index,x,y\n1,2,3\n",
    "column '0.1' is of no kind": "0.1,0.2\n1,2\n",
    "column 'x;y' is of no kind": "x;y\n1;2\n",
    "has no target column": "x,x2\n1,2\n",
    "has no input column": "y\n1\n",
    "inputs is empty, of shape (0, 1)": "x,y\n",
    "one long recording; say how to cut it into trials": "x,y\n1,2\n1,2\n1,2\n1,2\n",
    "near row 3: field larger than field limit": "x,y\n1,2\n" + "1" * 200000 + ",2\n",
}


@pytest.mark.parametrize("complaint", BAD_TABLES)
def test_bad_tables(tmp_path, complaint):
    (tmp_path / "bad.csv").write_text(BAD_TABLES[complaint])
    assert complaint in refusal(tmp_path / "bad.csv")


def test_a_table_that_is_no_text(tmp_path):
    (tmp_path / "bad.csv").write_bytes(b"x,y\n\xff\xfe,1\n")
    assert "save it as UTF-8 with commas" in refusal(tmp_path / "bad.csv")
    (tmp_path / "bad.csv").write_bytes(b"")
    assert "has no input column" in refusal(tmp_path / "bad.csv")


def test_a_limit_of_numbers_is_the_memory_of_half_a_gigabyte():
    assert npz.MAX_NUMBERS * 8 == npz.MAX_BYTES == 2**29


def test_reading_keeps_the_numbers_exactly(tmp_path):
    values = np.random.default_rng(0).normal(size=(10, 2))
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in values.tolist()))
    held = read(tmp_path / "a.csv")
    assert np.array_equal(np.hstack([held.inputs, held.targets]), values)
