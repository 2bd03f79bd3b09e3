"""Brian2's events are in the program's order: a phase in another place spoils exactly the rules that depend on it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from neurosim import catalog
from neurosim.brian.session import brian2
from neurosim.conformance import TOLERANCES
from neurosim.engine import Job
from neurosim.engines import numpy as reference
from neurosim.network import Network
from neurosim.program import Program, compile
from neurosim.task import Trials

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Brian2's, as users see them
ENGINE: Any = catalog.engine("brian2")

N, N_IN, N_OUT, STEPS = 4, 2, 2, 5
SYNAPSES = {"W_rec": "neurons_to_neurons", "W_in": "inputs_to_neurons", "W_out": "neurons_to_outputs"}
HOLDERS = {"r": "neurons", "y": "outputs", **SYNAPSES}

ALL = {"fixed", "rflo", "rflo:feedback=symmetric", "tbptt:k=2"}
LEARNING = ALL - {"fixed"}
MOVES: dict[str, tuple[str, str, str, set[str]]] = {
    "inputs behind the step": ("arrive_inputs", "behind", "step_sent", ALL),
    "targets behind the step": ("arrive_outputs", "behind", "step_sent", LEARNING),
    "trials begin behind their first step": ("begin_neurons", "behind", "step_sent", ALL),
    "rates before what drives them": ("step_r", "before", "step_drive", ALL),
    "messages before the rates that they send": ("step_sent", "before", "step_r", ALL),
    "messages behind the traces of them": ("step_sent", "before", "step_drive", LEARNING),
    "errors before the outputs": ("step_error", "before", "step_y", LEARNING),
    "traces behind learning": ("step_trace_rec", "behind", "step_W_rec", {"rflo", "rflo:feedback=symmetric"}),
    "learning before the error": ("step_W_rec", "before", "step_error", LEARNING),
    "learning at the end": ("step_W_rec", "behind", "step_sent", set()),
    "learning at the beginning of the next step": ("step_W_rec", "before", "begin_outputs", LEARNING),
    "the readout before what it teaches": (
        "step_W_out",
        "behind",
        "step_error",
        {"rflo:feedback=symmetric", "tbptt:k=2"},
    ),
}
"""What is moved to before or behind what else, all phases of a name, and the rules that it spoils."""


def trials() -> Trials:
    random = np.random.default_rng(0)
    shape = 2, STEPS
    return Trials(random.normal(size=(*shape, N_IN)), random.normal(size=(*shape, N_OUT)), np.ones(STEPS))


@cache
def program(rule: str) -> Program:
    return compile(Network.random(N, N_IN, N_OUT, alpha=0.3, gain=0.9, seed=0), catalog.rule(rule), lr=0.1)


def telling(move: str) -> set[str]:
    """A rule that a move spoils and one that it does not, if there are any."""
    spoilt = MOVES[move][-1]
    return {*sorted(spoilt)[:1], *sorted(ALL - spoilt)[-1:]}


@cache
def expected(rule: str) -> dict[str, np.ndarray]:
    (found,) = reference.run(program(rule), [Job(trials())], tuple(HOLDERS))
    return {name: values.reshape(2 * STEPS, -1) for name, values in found.records.items()}


def called(network: Any, name: str) -> list[Any]:
    """All that has a name: `step_r` is that of `step_05_r`."""
    parts = [part for each in network.objects for part in each.contained_objects]
    return [part for part in parts if re.sub(r"^step_\d+", "step", part.name) == name]


def moved(network: Any, name: str, where: str, other: str) -> None:
    """Move all phases of a name to before or behind those of another; if there are none, nothing."""
    there = called(network, other)
    edge = (min if where == "before" else max)((each.order for each in there), default=0)
    for part in called(network, name):
        part.when = there[0].when
        part.order = edge + (part.order / 1000.0 + (-0.5 if where == "before" else 0.5))


def deviation(network: Any, rule: str) -> float:
    """The largest deviation of a rate, an output or a weight from the reference, at any step."""
    package = brian2()
    monitors = {
        name: package.StateMonitor(
            network[holder], name, record=True, clock=network["neurons"].clock, when="end", order=50, name=f"my_{name}"
        )
        for name, holder in HOLDERS.items()
    }
    network.add(*monitors.values())
    network.run(2 * STEPS * package.ms, namespace={})
    wanted = expected(rule)
    found = {name: np.asarray(getattr(monitor, name)).T for name, monitor in monitors.items()}
    return max(float(np.nan_to_num(np.abs(found[name] - wanted[name]), nan=np.inf).max()) for name in HOLDERS)


@pytest.mark.parametrize(
    ("move", "rule"),
    [
        pytest.param(move, rule, marks=[] if rule in telling(move) else [pytest.mark.slow])
        for move in MOVES
        for rule in sorted(ALL)
    ],
)
def test_a_phase_in_another_place_spoils_the_rules_that_depend_on_it(
    monkeypatch: pytest.MonkeyPatch, move: str, rule: str
) -> None:
    monkeypatch.setitem(brian2().prefs, "codegen.target", "numpy")
    name, where, other, spoilt = MOVES[move]
    network = ENGINE.build(program(rule), trials())
    moved(network, name, where, other)
    assert (deviation(network, rule) > TOLERANCES["float64"]) is (rule in spoilt)


@pytest.mark.parametrize("rule", sorted(ALL))
def test_where_everything_has_its_place_nothing_is_spoilt(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    monkeypatch.setitem(brian2().prefs, "codegen.target", "numpy")
    assert deviation(ENGINE.build(program(rule), trials()), rule) <= TOLERANCES["float64"]
