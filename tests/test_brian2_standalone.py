"""Brian2's C++ programs: made once, run for many jobs, and nothing is left of them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim import catalog
from neurosim.brian import binary
from neurosim.brian.session import brian2
from neurosim.conformance import example
from neurosim.engine import Job
from neurosim.engines import numpy as reference
from neurosim.errors import NeurosimError
from neurosim.network import Network
from neurosim.program import Program
from neurosim.task import Trials

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Brian2's, as users see them
ENGINE: Any = catalog.engine("brian2:standalone")
N, N_IN, N_OUT, STEPS = 6, 2, 3, 7  # N, N_IN and N_OUT are those of `example`


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def trials(seed: int, count: int = 3) -> Trials:
    random = np.random.default_rng(seed)
    shape = count, STEPS
    return Trials(random.normal(size=(*shape, N_IN)), random.normal(size=(*shape, N_OUT)), random.uniform(size=STEPS))


def jobs() -> list[Job]:
    """Jobs that differ in all in which jobs may differ."""
    weights = [dict(Network.random(N, N_IN, N_OUT, 0.3, 0.9, seed).weights) for seed in range(3)]
    return [
        Job(trials(1)),
        Job(trials(2), weights[1]),
        Job(trials(3), weights[2], {"lr_rec": 0.25, "alpha": 0.5}),
        Job(trials(1), seed=2**61 + 3),
        Job(trials(1), seed=2**61 + 3, first_step=2**31 + 5),
        Job(trials(4), constants={"lr_rec": 1e6}),
    ]


def same(found: Any, wanted: Any, tolerance: float) -> bool:
    """Whether two outcomes are the same as far as they say."""
    near = [np.allclose(found.weights[n], wanted.weights[n], rtol=tolerance, atol=tolerance) for n in wanted.weights]
    near += [
        np.allclose(found.records[n], wanted.records[n], rtol=tolerance, atol=tolerance, equal_nan=True)
        for n in wanted.records
    ]
    near.append(np.allclose(found.losses, wanted.losses, rtol=max(tolerance, 1e-14)))
    return all(near) and found.diverged == wanted.diverged


@pytest.mark.slow
def test_many_jobs_are_run_by_one_program_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    """In fixed point, to the last bit: weights, constants, inputs, seeds and steps before are arguments."""
    made = []
    monkeypatch.setattr(binary, "made", lambda folder, make=binary.made: made.append(make(folder)))
    asked = example("rflo", "stochastic")
    wanted = reference.run(asked, jobs(), ["r", "W_rec"])
    told: list[int] = []
    found = ENGINE.run(asked, jobs(), ["r", "W_rec"], progress=told.append)
    assert [same(one, other, 0.0) for one, other in zip(found, wanted, strict=True)] == [True] * len(wanted)
    assert len({each.weights["W_rec"].tobytes() for each in wanted}) == len(wanted)
    assert len(made) == 1
    assert sum(told) == 3 * len(wanted)
    assert not list(temporary.glob("neurosim_*"))


@pytest.mark.slow
def test_a_divergence_stops_it_at_its_trial_and_step() -> None:
    asked = example("rflo", "float64")
    asked_jobs = [Job(trials(1, 30), constants={"lr_rec": rate, "lr_in": rate}) for rate in (0.01, 20.0, 300.0)]
    wanted, found = (each.run(asked, asked_jobs, ["r", "W_rec"]) for each in (reference, ENGINE))
    assert [each.diverged is None for each in wanted] == [True, False, False]
    assert [each.diverged for each in found] == [each.diverged for each in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert same(one, other, 1e-9)


@pytest.mark.slow
def test_jobs_may_be_of_different_length() -> None:
    asked = example("fixed", "float64")
    asked_jobs = [Job(trials(1, 2)), Job(trials(2, 1)), Job(trials(3, 2))]
    wanted, found = (each.run(asked, asked_jobs, ["y"]) for each in (reference, ENGINE))
    assert [same(one, other, 1e-12) for one, other in zip(found, wanted, strict=True)] == [True] * 3


def state() -> tuple[Any, ...]:
    """All that is global and might be changed."""
    package = brian2()
    logger = logging.getLogger("brian2")
    return (
        dict(package.prefs),
        float(package.defaultclock.dt),
        package.get_device(),
        (logger.level, tuple(logger.handlers)),
        sys.excepthook,
        Path.cwd(),
        dict(os.environ),
        np.random.get_state()[1].tolist(),
        len(sys.modules["brian2.devices.device"].previous_devices),
    )


def test_nothing_global_changes_and_nothing_is_left_after_an_error(
    monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    asked = example("fixed", "float64")
    before = state()
    monkeypatch.setattr(binary, "STRICT", ["--no-such-flag"])
    monkeypatch.setenv("NEUROSIM_CACHE", str(temporary / "cache"))
    at_work = state()
    with pytest.raises(NeurosimError, match=r"does not compile the standalone program: .*no-such-flag"):
        ENGINE.run(asked, [Job(trials(1, 2))], ["y"])
    assert state() == at_work
    monkeypatch.undo()
    assert state() == before
    assert not list(temporary.glob("neurosim_*"))
    ENGINE.run(asked, [Job(trials(1, 2))], ["y"])
    assert state() == before


def test_a_program_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    main = tmp_path / "main"
    main.write_text("#!/bin/sh\necho completed 0.5\necho no more room\nexit 3\n")
    main.chmod(0o755)
    told: list[float] = []
    with pytest.raises(NeurosimError, match="has not run to its end: no more room"):
        binary.run(tmp_path, [], told.append)
    assert told == [0.5]


def test_a_standalone_device_of_the_users_is_left_alone(tmp_path: Path) -> None:
    package = brian2()
    package.set_device("cpp_standalone", directory=str(tmp_path / "mine"), build_on_run=False)
    mine = package.get_device()
    try:
        group = package.NeuronGroup(3, "v : 1", name="mine")
        group.v = [1.0, 2.0, 3.0]
        before = len(mine.main_queue), dict(mine.static_arrays), mine.project_dir
        (found,) = ENGINE.run(example("fixed", "float64"), [Job(trials(1, 2))], ["y"])
        assert package.get_device() is mine
        assert (len(mine.main_queue), dict(mine.static_arrays), mine.project_dir) == before
        assert np.isfinite(found.losses).all()
    finally:
        package.devices.reset_device()
        mine.reinit()


@pytest.mark.slow
def test_threads_and_processes_do_not_disturb_each_other() -> None:
    asked = example("fixed", "float64")
    script = (
        "from neurosim.conformance import examine; import sys;"
        "sys.exit(not examine('fixed', 'brian2:standalone', 'float64').passed)"
    )
    others = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(2)]
    engines = [reference, ENGINE, catalog.engine("brian2"), ENGINE]
    with ThreadPoolExecutor(len(engines)) as threads:
        wanted, *found = threads.map(lambda engine: engine.run(asked, [Job(trials(1, 2))], ["y"])[0], engines)
    assert all(same(each, wanted, 1e-12) for each in found)
    assert [other.wait() for other in others] == [0, 0]


@pytest.mark.parametrize(
    ("rule", "why"), [("bptt", "waits for the end of a trial"), ("rtrl", "influence_rec is kept neither by a neuron")]
)
def test_what_needs_a_host_is_refused(rule: str, why: str, temporary: Path) -> None:
    asked: Program = example(rule, "float64")
    with pytest.raises(NeurosimError, match=rf"needs a host .*{why}.*; use the engine brian2 or numba"):
        ENGINE.run(asked, [Job(trials(1))])
    assert not list(temporary.glob("neurosim_*"))
