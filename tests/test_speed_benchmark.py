"""The benchmarks of speed do equal work, and run."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neurosim import catalog
from neurosim.engine import Job

FOLDER = Path(__file__).parents[1] / "benchmarks" / "speed"


@pytest.fixture
def speed(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", "") and str(FOLDER) in str(sys.modules[name].__file__):
            del sys.modules[name]


def rivals():
    import networks
    import rivals

    one = {name: (rival, ("rec",)) for name, rival in rivals.installed().items()}
    return networks, one | {name: (rival, ("rec", "in", "out")) for name, rival in rivals.ALL_WEIGHTS.items()}


def test_rivals_learn_what_neurosim_learns(speed):
    networks, found = rivals()
    for name, (rival, plastic) in found.items():
        trials = networks.trials(3)
        theirs = rival(networks.network(8), trials, networks.rate(8))(3)
        (ours,) = catalog.engine("numba").run(networks.program("rflo", 8, plastic), [Job(trials)])
        np.testing.assert_allclose(theirs, ours.weights["W_rec"], rtol=0, atol=1e-13, err_msg=name)
        assert not np.allclose(theirs, networks.network(8).W_rec, rtol=0, atol=1e-9)


@pytest.mark.slow
def test_float32_is_timed_in_float32(speed):
    import networks
    import tables

    found = tables.Single().measure(16)
    assert networks.on(networks.program("rflo", 8), "float32").dtype == np.float32
    assert {"roofline", "neurosim", "float64 / neurosim"} <= found.keys() and min(found.values()) > 0.0


def test_an_unknown_table_is_refused():
    done = subprocess.run([sys.executable, str(FOLDER), "onlin"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no table is called 'onlin'; there are: online" in done.stderr


def test_the_results_are_those_of_the_readme(speed):
    spec = importlib.util.spec_from_file_location("speed_main", FOLDER / "__main__.py")
    main = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(main)
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name, found in json.loads((FOLDER / "results.json").read_text(encoding="utf-8")).items():
        assert main._markdown(main.TABLES[name](), found) in text
