"""The fused form: neurons and synapses of Brian2 hold the state, and one function that works on it does the step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from neurosim import catalog
from neurosim.brian.session import brian2
from neurosim.engine import Job
from neurosim.engines import numpy as reference
from neurosim.errors import NeurosimError
from neurosim.network import Network
from neurosim.program import Program, compile
from neurosim.task import Trials

N, N_IN, N_OUT, STEPS = 5, 2, 3, 9
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Brian2's, as users see them
ENGINE: Any = catalog.engine("brian2")


def trials(count: int = 2) -> Trials:
    random = np.random.default_rng(0)
    shape = count, STEPS
    return Trials(random.normal(size=(*shape, N_IN)), random.normal(size=(*shape, N_OUT)), random.uniform(size=STEPS))


def program(rule: str, lr: float = 0.05) -> Program:
    return compile(Network.random(N, N_IN, N_OUT, alpha=0.3, gain=0.9, seed=0), catalog.rule(rule), lr=lr)


def expected(asked: Program, weights: dict[str, np.ndarray] | None = None) -> dict[str, np.ndarray]:
    (found,) = reference.run(asked, [Job(trials(), weights or {})], ("r", "W_rec"))
    return found.records


@pytest.fixture(autouse=True)
def _nothing_is_compiled_by_brian2() -> Iterator[None]:
    package = brian2()
    before = package.prefs.codegen.target
    package.prefs.codegen.target = "numpy"
    yield
    package.prefs.codegen.target = before


def simulate(network: Any, steps: int = 2 * STEPS) -> None:
    """Run a network for some steps as a user of Brian2 would."""
    network.run(steps * brian2().ms, namespace={})


def monitored(network: Any) -> Any:
    """A monitor of the user's own."""
    neurons = network["neurons"]
    monitor = brian2().StateMonitor(neurons, "r", record=True, when="end", clock=neurons.clock, name="my_monitor")
    network.add(monitor)
    return monitor


@pytest.mark.parametrize("rule", ["tbptt:k=4,stride=3", "rtrl", "bptt"])
def test_all_that_a_rule_keeps_agrees_at_every_step(rule: str) -> None:
    asked = program(rule)
    names = tuple(asked.quantities)
    (wanted,), (found,) = (
        each.run(asked, [Job(trials())], names) for each in (reference, catalog.engine("brian2:fused"))
    )
    for name in names:
        assert np.abs(found.records[name] - wanted.records[name]).max() <= 1e-12, name


# --- a network like any other ---------------------------------------------------------------------------------------


def test_neurons_and_synapses_own_the_state_and_one_operation_does_the_step():
    package, network = brian2(), ENGINE.build(program("tbptt:k=4"), trials(), "fused")
    (step,) = [each for each in network.objects if isinstance(each, package.NetworkOperation)]
    assert step.name == "step"
    assert not [each.name for each in network.sorted_objects if each.name.startswith(("step_", "arrive_", "begin_"))]
    assert {"r", "drive", "sent"} == set(network["neurons"].equations.names)
    assert network["whole_delta"].N == 4 * N
    assert len(network["neurons_to_neurons"]) == N * N


def test_a_monitor_of_the_users_sees_what_it_does():
    asked = program("rflo")
    network = ENGINE.build(asked, trials(), "fused")
    monitor = monitored(network)
    simulate(network)
    assert np.abs(np.asarray(monitor.r).T.reshape(2, STEPS, N) - expected(asked)["r"]).max() <= 1e-12


def test_synapses_hold_matrices_row_by_row():
    asked = program("rflo")
    network = ENGINE.build(asked, trials(), "fused")
    synapses = network["neurons_to_neurons"]
    for to, source in ((0, 0), (1, 3), (4, 2)):
        assert synapses.W_rec[source, to] == asked.weights["W_rec"][to, source]
    assert (np.asarray(synapses.W_rec[:]).reshape(N, N) == asked.weights["W_rec"]).all()


def test_what_a_user_writes_into_a_variable_is_what_is_computed_with():
    asked = program("rflo")
    network = ENGINE.build(asked, trials(), "fused")
    network["neurons_to_neurons"].W_rec = "0.1 * (i - j)"
    monitor = monitored(network)
    simulate(network)
    to, source = np.indices((N, N))
    wanted = expected(asked, {"W_rec": 0.1 * (source - to)})
    assert np.abs(np.asarray(monitor.r).T.reshape(2, STEPS, N) - wanted["r"]).max() <= 1e-12
    assert np.abs(np.asarray(network["neurons_to_neurons"].W_rec[:]) - wanted["W_rec"][-1, -1].ravel()).max() <= 1e-12


@pytest.mark.parametrize("steps", [1, STEPS, STEPS + 3])
def test_it_may_be_run_in_parts_stored_and_restored(steps: int):
    asked = program("tbptt:k=3,stride=2")
    network = ENGINE.build(asked, trials(), "fused")
    simulate(network, steps)
    network.store()
    found = []
    for _ in range(2):
        simulate(network, 2 * STEPS - steps)
        found.append(np.asarray(network["neurons_to_neurons"].W_rec[:]).copy())
        network.restore()
    assert np.abs(found[0] - expected(asked)["W_rec"][-1, -1].ravel()).max() <= 1e-12
    assert (found[0] == found[1]).all()


def test_there_are_two_forms():
    with pytest.raises(NeurosimError, match="no form is called 'fast'; there are: fused, network"):
        ENGINE.build(program("rflo"), trials(), "fast")
