"""Runs on disk: what is saved is what is loaded, whole or not at all, and nothing is computed twice."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest

from neurosim import NeurosimError, __version__, answering, catalog, results
from neurosim.comparison import Budget, Comparison, compare
from neurosim.experiment import Experiment, Run, code_digest, content, run
from neurosim.results import ARRAYS, BY_WEIGHT, FORMAT, Results
from neurosim.spike_cost import Cost, Question, Spiking, ask
from neurosim.spikes import Coding

ASKED = Experiment(
    "rflo", "integrate:steps=4", engine="numpy", n=3, trials=2, test_trials=2, lr=0.01, seed=1, checkpoints=2
)
DIVERGING = replace(ASKED, lr=1e6)
BUDGET = Budget((0.003, 0.03), seeds=2)
RULES = ("rflo", "bptt")

HEBB = '''from neurosim import Rule

class Mine(Rule):
    """Hebb's."""

    equations = "weight[i, j] = weight[i, j] + lr * r[i] * pre[j]"
'''


@pytest.fixture(scope="module")
def finished() -> Run:
    return run([ASKED])[0]


@pytest.fixture(scope="module")
def diverged() -> Run:
    return run([DIVERGING])[0]


@pytest.fixture
def kept(tmp_path: Path) -> Results:
    return Results(tmp_path)


def folders(kept: Results) -> list[str]:
    return sorted(place.name for place in (kept.folder / "runs").iterdir())


def files(kept: Results) -> list[str]:
    return sorted(path.name for path in (kept.folder / "runs").rglob("*") if path.is_file())


def assert_same(one: Run, other: Run) -> None:
    """To the last bit, but for how long it took."""
    for field in {each.name for each in fields(Run)} - {*ARRAYS, *BY_WEIGHT, "seconds"}:
        assert getattr(one, field) == getattr(other, field), field
    for field in ARRAYS:
        assert np.array_equal(getattr(one, field), getattr(other, field), equal_nan=True), field
    for field in BY_WEIGHT:
        assert list(getattr(one, field)) == list(getattr(other, field))
        for name, values in getattr(one, field).items():
            assert np.array_equal(values, getattr(other, field)[name], equal_nan=True), (field, name)


# --- saving and loading ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["finished", "diverged"])
def test_what_is_saved_is_what_is_loaded(which, kept, request):
    answer = request.getfixturevalue(which)
    assert answer.diverged == (which == "diverged")
    kept.save(answer)
    found = kept.load(answer.experiment)
    assert_same(found, answer)
    assert found.seconds == answer.seconds
    assert files(kept) == ["curves.npz", "run.json"]


def test_a_diverged_run_is_a_record_like_any_other(diverged, kept):
    assert diverged.outcome == "diverged at trial 0, step 2"
    assert diverged.loss == diverged.score == np.inf and np.isinf(diverged.losses[-1])
    kept.save(diverged)
    (path,) = (kept.folder / "runs").glob("*/run.json")
    about = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert about["loss"] == "inf" and about["outcome"] == diverged.outcome


def test_a_run_says_how_it_was_made(finished, kept):
    kept.save(finished)
    about = json.loads((kept.folder / "runs" / ASKED.digest / "run.json").read_text(encoding="utf-8"))
    assert about["experiment"] == {**asdict(ASKED), "plastic": ["rec", "in", "out"], "observe": []}
    assert set(about["made"]) == {"command", "versions", "machine", "time", "code", "profile"}
    assert about["made"]["versions"]["numpy"] == np.__version__ and about["made"]["code"] == code_digest()
    assert about["made"]["profile"] == content(catalog.profile_folder() / "float64.toml")


def test_what_was_never_saved_is_not_there(finished, kept):
    assert kept.load(ASKED) is None
    kept.save(finished)
    assert kept.load(replace(ASKED, seed=2)) is None
    assert folders(kept) == [ASKED.digest]


def test_saving_again_replaces(finished, kept):
    kept.save(replace(finished, loss=7.0))
    kept.save(finished)
    assert kept.load(ASKED).loss == finished.loss
    assert folders(kept) == [ASKED.digest] and files(kept) == ["curves.npz", "run.json"]


# --- damage ---------------------------------------------------------------------------------------------------------


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    """Every tenth byte but those at either end."""
    damaged = bytearray(path.read_bytes())
    damaged[60:-60:10] = bytes(255 - byte for byte in damaged[60:-60:10])
    path.write_bytes(bytes(damaged))


def edit(**changed: object):
    def change(path: Path) -> None:
        about = json.loads(path.read_text())
        path.write_text(json.dumps({name: value for name, value in {**about, **changed}.items() if value is not None}))

    return change


DAMAGE = {
    "no curves": ("curves.npz", Path.unlink),
    "half the curves": ("curves.npz", truncate),
    "empty curves": ("curves.npz", empty),
    "flipped curves": ("curves.npz", flip),
    "text for curves": ("curves.npz", lambda path: path.write_text("not an archive")),
    "other curves": ("curves.npz", lambda path: np.savez(path, losses=np.zeros(3))),
    "pickled curves": (
        "curves.npz",
        lambda path: np.savez(path, **dict.fromkeys(ARRAYS, np.array([{}], dtype=object))),
    ),
    "half the text": ("run.json", truncate),
    "empty text": ("run.json", empty),
    "bytes for text": ("run.json", lambda path: path.write_bytes(b"\xff\xfe\x00")),
    "a list": ("run.json", lambda path: path.write_text("[]")),
    "no number": ("run.json", edit(loss="low")),
    "no loss": ("run.json", edit(loss=None)),
    "another question": ("run.json", edit(experiment={**asdict(ASKED), "seed": 2})),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_run_is_set_aside_and_made_again(damage, finished, kept):
    name, harm = DAMAGE[damage]
    for aside in (".damaged", ".damaged1"):
        kept.save(finished)
        harm(kept.folder / "runs" / ASKED.digest / name)
        assert kept.load(ASKED) is None
        assert f"{ASKED.digest}{aside}" in folders(kept) and ASKED.digest not in folders(kept)
        assert kept.load(ASKED) is None
    kept.save(finished)
    assert_same(kept.load(ASKED), finished)


def test_no_damage_is_more_than_can_be_borne(finished, kept):
    """Wherever bits flip or the file ends: a run that is read back is the run, and nothing else happens."""
    kept.save(finished)
    good = {name: (kept.folder / "runs" / ASKED.digest / name).read_bytes() for name in ("curves.npz", "run.json")}
    random = np.random.default_rng(0)
    for _ in range(150):
        kept.save(finished)
        damaged = bytearray(good["curves.npz"])
        if random.random() < 0.2:
            del damaged[random.integers(len(damaged)) :]
        for place in random.integers(len(damaged), size=3) if damaged else ():
            damaged[place] ^= 1 << random.integers(8)
        (kept.folder / "runs" / ASKED.digest / "curves.npz").write_bytes(bytes(damaged))
        found = kept.load(ASKED)
        assert found is None or np.array_equal(found.losses, finished.losses)


# --- whole or not at all --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("breaks", ["savez", "provenance", "fsync"])
@pytest.mark.parametrize("stopped", [OSError("disk full"), KeyboardInterrupt()], ids=repr)
def test_a_run_half_written_is_not_there(breaks, stopped, finished, kept, monkeypatch):
    def fail(*args: object, **named: object) -> None:
        if breaks == "savez":
            args[0].write(b"half")
        raise stopped

    where = {"savez": results.np, "provenance": results, "fsync": results.os}[breaks]
    with monkeypatch.context() as patch:
        patch.setattr(where, breaks, fail)
        with pytest.raises(type(stopped)):
            kept.save(finished)
    assert kept.load(ASKED) is None
    assert files(kept) == (["curves.npz"] if breaks == "provenance" else [])
    kept.save(finished)
    assert_same(kept.load(ASKED), finished)


def test_a_failure_to_replace_a_run_leaves_the_old_one(finished, kept, monkeypatch):
    kept.save(finished)
    with monkeypatch.context() as patch:
        patch.setattr(results.np, "savez", lambda file, **arrays: file.write(b"half") and 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kept.save(replace(finished, loss=7.0))
    assert_same(kept.load(ASKED), finished)
    assert files(kept) == ["curves.npz", "run.json"]


@pytest.mark.parametrize("inside", [(), ("deeper", "still")])
def test_a_folder_that_cannot_be_written_to(inside, tmp_path):
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path.joinpath("file", *inside)
    with pytest.raises(NeurosimError, match=rf"cannot write results to {folder} \(.+\); name a folder that can be"):
        Results(folder)
    assert (tmp_path / "file").read_text() == "in the way"


# --- several at once ------------------------------------------------------------------------------------------------


def write_and_read(folder: Path, answer: Run, damages: bool) -> int:
    """In a process of its own: save a run over and over, now and then damage it; how often it was read."""
    kept, found = Results(folder), 0
    for count in range(20):
        kept.save(answer)
        if damages and count % 3 == 0:
            with suppress(FileNotFoundError):
                (kept.folder / "runs" / answer.experiment.digest / "curves.npz").write_bytes(b"damaged")
        read = kept.load(answer.experiment)
        assert read is None or np.array_equal(read.losses, answer.losses)
        found += read is not None
    return found


@pytest.mark.parametrize("damages", [False, True])
def test_processes_that_write_the_same_run_do_not_harm_each_other(damages, finished, kept):
    context = multiprocessing.get_context("fork")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that pytest has threads: these processes use none
        with ProcessPoolExecutor(3, mp_context=context) as pool:
            found = list(pool.map(write_and_read, [kept.folder] * 3, [finished] * 3, [damages] * 3))
    assert min(found) > 0 and (damages or found == [20] * 3)
    kept.load(ASKED)
    kept.save(finished)
    assert_same(kept.load(ASKED), finished)
    assert {name.split(".")[0] for name in folders(kept)} == {ASKED.digest}
    assert len(folders(kept)) == 1 or damages


# --- the version of a folder ------------------------------------------------------------------------------------------


def test_a_folder_has_a_version(finished, kept):
    assert json.loads((kept.folder / "results.json").read_text()) == {"format": FORMAT, "neurosim": __version__}
    kept.save(finished)
    (kept.folder / "results.json").unlink()
    assert_same(Results(kept.folder).load(ASKED), finished)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": 2, "neurosim": "9.8"}', "has version 2 of the layout, written by neurosim 9.8; this neurosim"),
        ('{"format": 0, "neurosim": "0.0.1"}', "has version 0 of the layout, written by neurosim 0.0.1; this"),
        ('{"format"', "results.json does not say which version of the layout"),
        ("[]", "results.json does not say which version of the layout"),
    ],
)
def test_a_folder_of_another_version_is_refused(text, said, kept):
    (kept.folder / "results.json").write_text(text)
    with pytest.raises(NeurosimError, match=said):
        Results(kept.folder)


# --- the digest -----------------------------------------------------------------------------------------------------

OTHER = {
    "rule": "bptt",
    "task": "integrate:steps=5",
    "engine": "numba",
    "profile": "other",
    "n": 4,
    "alpha": 0.3,
    "gain": 0.7,
    "trials": 3,
    "test_trials": 3,
    "lr": 0.02,
    "seed": 2,
    "plastic": ("rec",),
    "part": "tune",
    "checkpoints": 1,
    "observe": ("spectrum",),
    "plan": "full",
}


def test_the_digest_changes_with_every_field():
    assert set(OTHER) == {field.name for field in fields(Experiment)}, "say what else the new field may be"
    asked = [ASKED, *(replace(ASKED, **{name: value}) for name, value in OTHER.items())]
    assert len({each.digest for each in asked}) == len(asked)
    assert replace(ASKED).digest == ASKED.digest


def test_the_digest_changes_with_the_code(monkeypatch):
    before = ASKED.digest
    monkeypatch.setattr("neurosim.experiment.code_digest", lambda: "changed")
    assert ASKED.digest != before


def rewrite(path: Path, text: str) -> None:
    """A moment later, even where the clock of the disk is coarse."""
    before = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(before, before + 1_000_000_000))


def user_rule(folder: Path) -> tuple[Experiment, Path]:
    (folder / "mine.py").write_text(HEBB)
    return replace(ASKED, rule=f"{folder / 'mine.py'}"), folder / "mine.py"


def user_task(folder: Path) -> tuple[Experiment, Path]:
    text = Path(catalog.__file__).with_name("tasks").joinpath("integrate.py").read_text()
    (folder / "mine.py").write_text(text)
    return replace(ASKED, task=f"{folder / 'mine.py'}:steps=5"), folder / "mine.py"


def user_profile(folder: Path) -> tuple[Experiment, Path]:
    (folder / "mine.toml").write_bytes((catalog.profile_folder() / "float64.toml").read_bytes())
    return replace(ASKED, profile=str(folder / "mine.toml")), folder / "mine.toml"


def user_engine(folder: Path) -> tuple[Experiment, Path]:
    (folder / "mine.py").write_text("from neurosim.engines.numpy import run")
    return replace(ASKED, engine=str(folder / "mine.py")), folder / "mine.py"


def user_data(folder: Path) -> tuple[Experiment, Path]:
    (folder / "mine.csv").write_text("x,y\n" + "".join(f"{step % 7},{step % 5}\n" for step in range(100)))
    return replace(ASKED, task=f"file:path={folder / 'mine.csv'},steps=5"), folder / "mine.csv"


@pytest.mark.parametrize("own", [user_rule, user_task, user_profile, user_engine, user_data])
def test_the_digest_changes_with_the_content_of_a_file_of_ones_own(own, tmp_path):
    asked, path = own(tmp_path)
    before = asked.digest
    assert asked.digest == before
    rewrite(path, path.read_text() + "\n")
    assert asked.digest != before


def test_the_digest_follows_a_module_of_ones_own(tmp_path, monkeypatch):
    (tmp_path / "a_package").mkdir()
    (tmp_path / "a_package" / "__init__.py").touch()
    (tmp_path / "a_package" / "mine.py").write_text(HEBB)
    monkeypatch.syspath_prepend(tmp_path)
    asked = replace(ASKED, rule="a_package.mine")
    before = asked.digest
    rewrite(tmp_path / "a_package" / "mine.py", HEBB + "\n# changed\n")
    assert asked.digest != before


# --- in spikes ------------------------------------------------------------------------------------------------------

IN_SPIKES = Spiking("brian2", Coding(neurons=4), trials=1)
COST = Cost(Question(ASKED, IN_SPIKES), 1.5, np.inf, np.nan, 20.0)


def test_what_a_run_is_in_spikes_is_loaded_as_it_was_saved(kept):
    assert kept.load_cost(COST.question) is None
    kept.save_cost(COST)
    found = kept.load_cost(COST.question)
    assert (found.question, found.rate_loss, found.loss, found.rate) == (COST.question, 1.5, np.inf, 20.0)
    assert np.isnan(found.learned_loss)
    (path,) = (kept.folder / "spikes").iterdir()
    about = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert set(about["made"]) == {"command", "versions", "machine", "time", "code"}


@pytest.mark.parametrize("harm", [truncate, empty, edit(loss="low"), edit(loss=None), edit(question={})])
def test_damage_to_it_is_as_if_it_had_not_been(harm, kept):
    kept.save_cost(COST)
    harm(kept.folder / "spikes" / f"{COST.question.digest}.json")
    assert kept.load_cost(COST.question) is None
    kept.save_cost(COST)
    assert kept.load_cost(COST.question).rate_loss == 1.5


def test_its_digest_changes_with_all_that_decides_it(tmp_path):
    (tmp_path / "mine.py").write_text("from neurosim.spiking.nengo import refusal, run")
    own = Question(ASKED, replace(IN_SPIKES, realisation=str(tmp_path / "mine.py")))
    asked = [COST.question, own, Question(replace(ASKED, seed=2), IN_SPIKES)]
    for changed in ({"realisation": "nengo"}, {"coding": Coding(neurons=6)}, {"trials": 2}, {"learns": True}):
        asked.append(Question(ASKED, replace(IN_SPIKES, **changed)))
    found = [each.digest for each in asked]
    assert len(set(found)) == len(asked)
    rewrite(tmp_path / "mine.py", "from neurosim.spiking.nengo import run, refusal")
    assert own.digest != found[1]


def test_a_diverged_run_is_not_put_into_spikes(diverged):
    told: list[int] = []
    for learns, learned_loss in ((False, np.nan), (True, np.inf)):
        question = Question(DIVERGING, replace(IN_SPIKES, learns=learns))
        found = ask(question, diverged, told.append)
        assert found.loss == found.rate_loss == np.inf
        assert np.array_equal(found.learned_loss, learned_loss, equal_nan=True)
    assert told == [1, 1 + 2 + 1]


def test_rates_beside_spikes_are_those_of_the_run(finished):
    """On the same trials, with the weights that it ended with."""
    found = ask(Question(ASKED, replace(IN_SPIKES, trials=50)), finished)
    assert found.rate_loss == pytest.approx(finished.loss, rel=1e-12)
    assert 0.0 < found.loss < np.inf and found.loss != found.rate_loss and found.rate > 0.0


# --- nothing twice --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Comparison]:
    """A comparison, and the folder that its runs were kept in."""
    folder = tmp_path_factory.mktemp("answered")
    return folder, asked_of(Results(folder))


@pytest.fixture
def once(answered: tuple[Path, Comparison], kept: Results) -> Comparison:
    """The same, with a copy of its runs where `kept` looks."""
    shutil.copytree(answered[0], kept.folder, dirs_exist_ok=True)
    return answered[1]


def asked_of(kept: Results) -> Comparison:
    return compare(RULES, replace(ASKED, rule="", lr=0.0), seeds=2, budget=BUDGET, results=kept)


def assert_same_rows(one: Comparison, other: Comparison) -> None:
    for a, b in zip(one.rows, other.rows, strict=True):
        assert (a.rule, a.lr, a.at_edge) == (b.rule, b.lr, b.at_edge)
        for c, d in zip(a.runs, b.runs, strict=True):
            assert_same(c, d)
    assert one.references == other.references


def test_a_comparison_that_is_repeated_computes_nothing(once, kept, monkeypatch):
    assert len(folders(kept)) == len(RULES) * (2 * 2 + 2)
    monkeypatch.setattr(answering, "run", lambda *asked: pytest.fail("computed again"))
    assert_same_rows(asked_of(kept), once)


def test_a_comparison_that_is_extended_computes_what_is_new(once, kept, monkeypatch):
    computed = []
    monkeypatch.setattr(answering, "run", lambda asked, progress: computed.extend(asked) or run(asked, progress))
    compare([*RULES, "fixed"], replace(ASKED, rule="", lr=0.0), seeds=3, budget=BUDGET, results=kept)
    assert [(each.rule, each.seed) for each in computed] == [
        ("rflo", 3),
        ("bptt", 3),
        ("fixed", 1),
        ("fixed", 2),
        ("fixed", 3),
    ]


def test_an_interrupted_comparison_keeps_what_is_finished_and_goes_on_from_there(answered, kept, monkeypatch):
    batches = []

    def interrupted(asked, progress):
        if len(batches) == 2:
            raise KeyboardInterrupt
        batches.append(list(asked))
        return run(asked, progress)

    with monkeypatch.context() as patch:
        patch.setattr(answering, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            asked_of(kept)
    finished = [each.digest for batch in batches for each in batch]
    assert folders(kept) == sorted(finished) and 0 < len(finished) < len(RULES) * 6

    again = []
    monkeypatch.setattr(answering, "run", lambda asked, progress: again.extend(asked) or run(asked, progress))
    assert_same_rows(asked_of(kept), answered[1])
    assert sorted(each.digest for each in again) == sorted(set(folders(Results(answered[0]))) - set(finished))


def test_a_damaged_run_is_all_that_a_repeat_computes(once, kept, monkeypatch):
    (kept.folder / "runs" / once.rows[1].runs[0].experiment.digest / "curves.npz").write_bytes(b"")
    computed = []
    monkeypatch.setattr(answering, "run", lambda asked, progress: computed.extend(asked) or run(asked, progress))
    assert_same_rows(asked_of(kept), once)
    assert computed == [once.rows[1].runs[0].experiment]


def test_progress_counts_every_trial_once(once, kept):
    """Those that were learned before and those that are learned now."""
    told: list[int] = []
    planned: list[int] = []

    def plan(trials: int) -> Callable[[int], None]:
        planned.append(trials)
        return lambda done: told.append(int(done))

    for place in sorted((kept.folder / "runs").iterdir())[:3]:
        shutil.rmtree(place)
    compare(RULES, replace(ASKED, rule="", lr=0.0), seeds=2, budget=BUDGET, results=kept, plan=plan)
    assert planned == [sum(told)] == [len(RULES) * 6 * 2]


def test_progress_counts_trials_in_spikes_too(once, kept):
    told: list[int] = []
    planned: list[int] = []

    def plan(trials: int) -> Callable[[int], None]:
        planned.append(trials)
        return lambda done: told.append(int(done))

    asked = replace(ASKED, rule="", lr=0.0)
    for again in (1, 2):
        compare(RULES, asked, seeds=2, budget=BUDGET, results=kept, plan=plan, spiking=IN_SPIKES)
        assert planned == again * [len(RULES) * (6 * 2 + 2 * 1)] and sum(planned) == sum(told)


@pytest.mark.parametrize("lr", [0.01, 1e6])
def test_progress_counts_every_trial_of_runs_that_diverge(lr):
    told: list[int] = []
    run([replace(ASKED, lr=lr), replace(ASKED, lr=0.01)], told.append)
    assert sum(told) == 2 * ASKED.trials
