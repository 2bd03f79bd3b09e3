"""Where runs are computed changes nothing about them: here, on workers, on workers that die."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import pytest

from neurosim import NeurosimError, cluster
from neurosim.answering import Answering, Batch, Here, batches
from neurosim.cluster import Cluster, opened
from neurosim.comparison import Budget, compare
from neurosim.experiment import Experiment, Run
from neurosim.results import Results
from neurosim.spike_cost import Spiking
from neurosim.spikes import Coding

ASKED = Experiment("rflo", "integrate:steps=4", engine="numpy", n=3, trials=4, test_trials=2, lr=0.01, checkpoints=2)
MANY = [replace(ASKED, seed=seed, lr=lr) for lr in (0.01, 0.1) for seed in range(5)]
HEBB = '''from neurosim import Rule

class Mine(Rule):
    """Hebb's."""

    equations = "weight[i, j] = weight[i, j] + lr * r[i] * pre[j]"
'''


def deaf(trials: int) -> None:
    """Progress that nobody follows."""


def same(one: Run, other: Run) -> bool:
    """To the last bit, but for how long it took."""
    pairs = [(getattr(one, each.name), getattr(other, each.name)) for each in fields(Run) if each.name != "seconds"]
    return all(np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray) else equal(a, b) for a, b in pairs)


def equal(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(np.array_equal(one[key], other[key]) for key in one)
    return one == other


@pytest.fixture(scope="module")
def two() -> Iterator[Cluster]:
    """Two workers on this machine."""
    with opened(workers=2) as found:
        assert isinstance(found, Cluster)
        yield found


@pytest.fixture(scope="module")
def expected() -> dict[Experiment, Run]:
    return {run.experiment: run for run in Answering(None, Here(), deaf).runs(MANY)}


# --- batches --------------------------------------------------------------------------------------------------------


def test_batches_hold_what_differs_in_rate_and_seed_only():
    mixed = [each for pair in zip(MANY, (replace(each, n=4) for each in MANY), strict=True) for each in pair]
    found = batches(mixed, 4)
    assert [len(each.experiments) for each in found] == [4, 4, 2] * 2
    assert [each for batch in found for each in batch.experiments] == [*mixed[::2], *mixed[1::2]]


def test_what_is_asked_twice_is_answered_once():
    assert [run.experiment for run in Answering(None, Here(), deaf).runs([MANY[0], MANY[1], MANY[0]])] == MANY[:2]


@pytest.mark.parametrize("width", [1, 3])
def test_a_run_does_not_depend_on_its_batch(width, expected):
    found = list(Answering(None, Here(width), deaf).runs(reversed(MANY)))
    assert len(found) == len(MANY) and all(same(run, expected[run.experiment]) for run in found)


# --- on workers -----------------------------------------------------------------------------------------------------


def test_workers_give_the_same_to_the_last_bit(two, expected, tmp_path):
    told: list[int] = []
    found = list(Answering(Results(tmp_path), two, told.append).runs(MANY))
    assert {run.experiment for run in found} == set(MANY) and sum(told) == sum(each.trials or 0 for each in MANY)
    assert all(same(run, expected[run.experiment]) for run in found)
    again = list(Answering(Results(tmp_path), Unasked(), deaf).runs(MANY))
    assert all(same(run, expected[run.experiment]) for run in again)


class Unasked:
    """A runner that is to be left alone."""

    width = 1

    def run(self, work, progress):
        assert not work
        return iter(())


def test_a_comparison_on_workers_is_the_one_that_is_made_here(two):
    asked, spikes = replace(ASKED, rule=""), Spiking("nengo:integrate", Coding(neurons=4), trials=1)
    here, there = (
        compare(["rflo", "bptt"], asked, seeds=2, budget=Budget((0.01, 0.1), 1), spiking=spikes, runner=runner)
        for runner in (Here(), two)
    )
    for one, other in zip(here.rows, there.rows, strict=True):
        assert (one.rule, one.lr) == (other.rule, other.lr)
        assert all(same(a, b) for a, b in zip(one.runs, other.runs, strict=True))
        assert [cost.loss for cost in one.costs] == [cost.loss for cost in other.costs] and one.costs


def test_work_whose_worker_is_killed_goes_to_another(two, expected, tmp_path):
    """All of it is answered, and those answers that had arrived are kept."""
    longer = [replace(each, trials=40) for each in MANY]
    found = []
    for run in Answering(Results(tmp_path), two, deaf).runs(longer):
        if not found:
            os.kill(next(iter(two.client.run(os.getpid).values())), signal.SIGKILL)
            assert len(list(tmp_path.glob("runs/*/run.json"))) == 1
        found.append(run)
    assert {run.experiment for run in found} == set(longer)
    wanted = {run.experiment: run for run in Answering(None, Here(), deaf).runs(longer)}
    assert all(same(run, wanted[run.experiment]) for run in found)


def test_what_is_wrong_with_a_run_is_said_as_it_is_here(two):
    with pytest.raises(NeurosimError, match="no rule is called 'rfl'"):
        list(Answering(None, two, deaf).runs([replace(ASKED, rule="rfl")]))


def test_a_worker_that_finds_another_file_is_refused(two, tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(HEBB)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NeurosimError, match=r"a worker does not find 'mine\.py'; let all see the same files"):
        list(Answering(None, two, deaf).runs([replace(ASKED, rule="mine.py")]))


def test_a_worker_to_which_a_question_means_something_else_is_refused():
    batch = Batch((ASKED,))
    assert cluster._answers(batch, batch.digest)
    with pytest.raises(NeurosimError, match="a worker finds other code of neurosim, or other content in a file"):
        cluster._answers(batch, "another")


def test_a_cluster_that_computes_with_something_else_is_refused():
    with pytest.raises(NeurosimError, match=r"worker at tcp://there:1 has numpy 0\.1, here it is \d"):
        cluster._check(Elsewhere())


class Elsewhere:
    """A client whose one worker has an old library."""

    def run(self, function):
        return {"tcp://there:1": {**function(), "numpy": "0.1"}}


def test_the_cluster_of_an_address(two, expected):
    address = two.client.scheduler.address
    with opened(scheduler=address) as found:
        (run,) = Answering(None, found, deaf).runs(MANY[:1])
    assert same(run, expected[MANY[0]])


# --- before anything runs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"workers": 0}, "0 workers; there must be at least 1"),
        ({"workers": 1, "scheduler": "tcp://127.0.0.1:1"}, "--workers starts processes here and --scheduler uses"),
        ({"scheduler": "tcp://127.0.0.1:1"}, "no scheduler answers at 'tcp://127.0.0.1:1'"),
        ({"scheduler": "somewhere"}, "no scheduler answers at 'somewhere'"),
    ],
)
def test_what_cannot_be_opened(asked, said, monkeypatch):
    monkeypatch.setattr(cluster, "TIMEOUT", "200ms")
    with pytest.raises(NeurosimError, match=said), opened(**asked):
        pytest.fail("opened")


@pytest.mark.parametrize("asked", [{"workers": 1}, {"scheduler": "tcp://127.0.0.1:1"}])
def test_without_dask(asked, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NeurosimError, match=r"need: pip install 'neurosim-onchip\[cluster\]'"), opened(**asked):
        pytest.fail("opened")


def test_without_either_it_is_computed_here():
    with opened() as found:
        assert found == Here()
