"""What Brian2's engine takes of the machine is there before it starts, and how far it has come is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim import catalog
from neurosim.brian import means, runtime, session
from neurosim.conformance import example
from neurosim.engine import Job
from neurosim.errors import NeurosimError
from neurosim.task import Trials

ENGINE: Any = catalog.engine("brian2")


def trials(count: int = 4, steps: int = 5) -> Trials:
    random = np.random.default_rng(0)
    return Trials(random.normal(size=(count, steps, 2)), random.normal(size=(count, steps, 3)), np.ones(steps))


# --- the compiler ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["cython", "standalone"])
def test_without_a_compiler_it_says_so_before_it_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, target: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(session, "session", None)
    with pytest.raises(NeurosimError, match=rf"brian2:{target} needs '.+', which is not here; .*brian2:fused or numba"):
        ENGINE.run(example("fixed", "float64"), [Job(trials())], target=target)


def test_without_a_compiler_what_needs_none_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for target in ("numpy", "fused"):
        (found,) = ENGINE.run(example("fixed", "float64"), [Job(trials())], target=target)
        assert np.isfinite(found.losses).all()


def test_another_compiler_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "my-c++ -pthread")
    with pytest.raises(NeurosimError, match="needs 'my-c\\+\\+'"):
        means.check_compiler("standalone")


def test_what_is_compiled_with_other_flags_is_kept_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brian2 does not look at the flags: it would take a program that was compiled to compute otherwise."""
    before = session.compiled_folder("brian2")
    monkeypatch.setattr(session, "STRICT", [*session.STRICT, "-ffast-math"])
    assert session.compiled_folder("brian2") != before


def test_flags_of_the_users_have_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    preferences = session.brian2().prefs
    monkeypatch.setitem(preferences, "codegen.cpp.extra_compile_args", ["-ffast-math"])
    with session.session(np.dtype(np.float64), "cython") as package:
        assert package.prefs.codegen.cpp.extra_compile_args == session.STRICT
    assert preferences["codegen.cpp.extra_compile_args"] == ["-ffast-math"]


# --- memory ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["numpy", "standalone"])
def test_what_does_not_fit_is_said_before_it_starts(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    monkeypatch.setattr(means, "available", lambda: 2.0**14)
    asked = example("fixed", "float64")
    means.check_memory(asked, [Job(trials())], ())
    with pytest.raises(NeurosimError, match=r"GiB are needed for 6 neurons .* GiB are left; record less"):
        ENGINE.run(asked, [Job(trials(20))], ["W_rec"], target=target)


def test_this_machine_has_some_memory() -> None:
    assert means.available() > 2.0**24


# --- progress -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["numpy", "fused"])
def test_the_simulators_report_is_passed_on_in_trials(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    monkeypatch.setattr(runtime, "PERIOD", 0.0)
    told: list[int] = []
    ENGINE.run(example("fixed", "float64"), [Job(trials(4)), Job(trials(2))], target=target, progress=told.append)
    assert told == [1] * 6


def test_trials_that_a_divergence_cuts_off_are_over_too() -> None:
    told: list[int] = []
    (found,) = ENGINE.run(
        example("rflo", "float64"), [Job(trials(30, 12), constants={"lr_rec": 300.0})], progress=told.append
    )
    assert found.diverged is not None
    assert sum(told) == 30


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_other_engines_tell_of_each_job(engine: str) -> None:
    told: list[int] = []
    catalog.engine(engine).run(example("fixed", "float64"), [Job(trials(4)), Job(trials(2))], progress=told.append)
    assert told == [4, 2]
