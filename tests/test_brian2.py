"""The network that is built is one of Brian2: its objects, its order of events, and what it leaves as it was."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim import catalog
from neurosim.brian.session import brian2
from neurosim.engine import Job
from neurosim.engines import numpy as reference
from neurosim.errors import NeurosimError
from neurosim.network import PLASTIC, Network
from neurosim.program import Program, compile
from neurosim.rule import Rule
from neurosim.task import Trials

N, N_IN, N_OUT, STEPS = 5, 2, 3, 9
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Brian2's, as users see them
ENGINE: Any = catalog.engine("brian2")


def trials(count: int = 2, steps: int = STEPS) -> Trials:
    random = np.random.default_rng(0)
    return Trials(
        random.normal(size=(count, steps, N_IN)),
        random.normal(size=(count, steps, N_OUT)),
        random.uniform(size=steps),
    )


def program(rule: str | Rule, lr: float = 0.05, plastic: tuple[str, ...] = PLASTIC) -> Program:
    network = Network.random(N, N_IN, N_OUT, alpha=0.3, gain=0.9, seed=0)
    return compile(network, catalog.rule(rule) if isinstance(rule, str) else rule, lr=lr, plastic=plastic)


@pytest.fixture(autouse=True, scope="module")
def _nothing_is_compiled() -> Iterator[None]:
    package = brian2()
    before = package.prefs.codegen.target
    package.prefs.codegen.target = "numpy"
    yield
    package.prefs.codegen.target = before


def simulate(network: Any, time: float = 2 * STEPS) -> None:
    """Run a network for a time [ms] as a user of Brian2 would."""
    network.run(time * brian2().ms, namespace={})


def rates(network: Any) -> np.ndarray:
    """The rates of all steps, by a monitor of the user's own."""
    package = brian2()
    neurons = network["neurons"]
    monitor = package.StateMonitor(neurons, "r", record=True, when="end", clock=neurons.clock, name="my_monitor")
    network.add(monitor)
    simulate(network)
    return np.asarray(monitor.r).T.reshape(2, STEPS, N)


def expected(asked: Program, *record: str) -> dict[str, np.ndarray]:
    (found,) = reference.run(asked, [Job(trials())], record)
    return found.records


def weights(network: Any) -> np.ndarray:
    """The recurrent weights, `[to, from]`."""
    return np.asarray(network["neurons_to_neurons"].W_rec[:]).reshape(N, N)


# --- a network like any other ---------------------------------------------------------------------------------------


def test_what_is_built_is_a_network_of_named_objects():
    package, network = brian2(), ENGINE.build(program("rflo"), trials())
    assert isinstance(network, package.Network)
    assert {each.name for each in network.objects if isinstance(each, package.NeuronGroup)} == {
        "constants",
        "inputs",
        "neurons",
        "outputs",
    }
    assert {each.name for each in network.objects if isinstance(each, package.Synapses)} == {
        "inputs_to_neurons",
        "neurons_to_neurons",
        "neurons_to_outputs",
        "outputs_to_neurons",
    }
    assert not [each for each in network.objects if isinstance(each, package.NetworkOperation)]
    assert set(network["neurons"].equations.names) == {"r", "drive", "sent", "trace_rec", "teach"}
    assert set(network["inputs"].equations.names) == {"x", "trace_in"}
    assert set(network["outputs_to_neurons"].equations.names) == {"B"}


def test_the_equations_of_a_rule_are_read_in_its_code():
    network = ENGINE.build(program("rflo"), trials())
    steps = sorted((each.order, each.abstract_code) for each in network.sorted_objects if each.name.startswith("step_"))
    assert [code for _, code in steps] == [
        "trace_rec = (1.0 - alpha) * trace_rec + (alpha * sent)",
        "trace_in = (1.0 - alpha) * trace_in + (alpha * x)",
        "drive = 0.0",
        "drive_post += W_rec * sent_pre",
        "drive_post += W_in * x_pre",
        "r = (1.0 - alpha) * r + (alpha * drive)",
        "y = 0.0",
        "y_post += W_out * r_pre",
        "error = mask_at(t) * (target - y)",
        "teach = 0.0",
        "teach_post += B * error_pre",
        "W_rec += lr_rec * teach_post * trace_rec_pre",
        "W_in += lr_in * teach_post * trace_in_pre",
        "W_out += lr_out * error_post * r_pre",
        "sent = r",
    ]


def test_no_two_objects_share_a_name_or_a_place_in_the_order():
    """Brian2 breaks ties by name, which nobody means."""
    network = ENGINE.build(program("tbptt:k=3"), trials())
    names = [each.name for each in network.sorted_objects]
    assert len(set(names)) == len(names)
    when = [(each.when, each.order) for each in network.sorted_objects if each.name.startswith("step_")]
    assert len(set(when)) == len(when)


def test_a_user_adds_a_monitor_and_a_population_and_runs_it():
    package, asked = brian2(), program("rflo")
    network = ENGINE.build(asked, trials())
    neurons = network["neurons"]
    clock = neurons.clock
    readers = package.NeuronGroup(2, "heard : 1", clock=clock, name="readers")
    synapses = package.Synapses(neurons, readers, "heard_post = r_pre : 1 (summed)", clock=clock, name="reading")
    synapses.connect(condition="i % 2 == j")
    seen = package.StateMonitor(readers, "heard", record=True, when="end", clock=clock, name="my_readers")
    network.add(readers, synapses, seen)
    found, wanted = rates(network), expected(asked, "r")["r"]
    assert np.abs(found - wanted).max() <= 1e-12
    flat = wanted.reshape(-1, N)
    late = np.stack([flat[:-1, ::2].sum(axis=1), flat[:-1, 1::2].sum(axis=1)])
    heard = np.asarray(seen.heard)[:, 1:]
    heard_at_once = [step for step in range(2 * STEPS - 1) if step + 1 != STEPS]
    assert np.abs(heard - late)[:, heard_at_once].max() <= 1e-12


def test_constants_are_shared_and_may_be_set():
    asked = program("rflo")
    network = ENGINE.build(asked, trials())
    assert set(network["constants"].equations.names) == {"alpha", "lr_in", "lr_out", "lr_rec"}
    network["constants"].alpha = 0.125
    network["constants"].lr_rec = 0.5
    (wanted,) = reference.run(asked, [Job(trials(), constants={"alpha": 0.125, "lr_rec": 0.5})], ["r"])
    assert np.abs(rates(network) - wanted.records["r"]).max() <= 1e-12
    assert np.abs(weights(network) - wanted.weights["W_rec"]).max() <= 1e-12


@pytest.mark.parametrize("steps", [1, STEPS])
def test_it_may_be_run_in_parts(steps):
    asked = program("tbptt:k=3,stride=2")
    whole, parts = (ENGINE.build(asked, trials()) for _ in range(2))
    simulate(whole)
    simulate(parts, steps)
    simulate(parts, 2 * STEPS - steps)
    assert (weights(whole) == weights(parts)).all()


def test_its_step_may_take_any_time():
    asked = program("rflo")
    slow = ENGINE.build(asked, trials(), dt=0.25)
    simulate(slow, 2 * STEPS * 0.25)
    (found,) = reference.run(asked, [Job(trials())])
    assert np.abs(weights(slow) - found.weights["W_rec"]).max() <= 1e-12


# --- the order of events --------------------------------------------------------------------------------------------


def phase(network: Any, name: str) -> Any:
    (found,) = (each for each in network.sorted_objects if each.name.startswith("step_") and each.name.endswith(name))
    return found


def test_a_phase_moved_by_hand_changes_what_depends_on_it():
    """The rates before the sums that drive them: one step late."""
    asked = program("rflo", lr=0.0)
    network = ENGINE.build(asked, trials())
    phase(network, "_r").order = -0.5
    found, wanted = rates(network), expected(asked, "r")["r"]
    assert (found[0, 0] == 0.0).all()
    assert np.abs(found[0, 1] - wanted[0, 0]).max() <= 1e-12
    assert np.abs(found[0, 2] - wanted[0, 1]).max() > 1e-3


def test_a_trace_moved_behind_learning_spoils_learning_and_nothing_else():
    for lr, spoilt in ((0.0, False), (0.05, True)):
        asked = program("rflo", lr=lr, plastic=("rec",))
        network = ENGINE.build(asked, trials())
        phase(network, "_trace_rec").order = phase(network, "_W_rec").order + 0.5
        found, wanted = rates(network), expected(asked, "r")["r"]
        assert np.abs(found[0, :2] - wanted[0, :2]).max() <= 1e-12
        assert bool(np.abs(found - wanted).max() > 1e-6) is spoilt


# --- names ----------------------------------------------------------------------------------------------------------


class Taken(Rule):
    """A rule whose names all mean something to Brian2 or to the languages that it writes."""

    tau: float = 0.5
    volt: float = 2.0
    dt: float = 0.25
    equations = """
        e[j]         = tau * e[j] + volt * pre[j]
        rate_post[j] = e[j] * dt
        i[j]         = rate_post[j]
        exp[i]       = sum(o, B[i, o] * error[o])
        name[i]      = exp[i]
        new[i]       = name[i]
        W_x_[i, j]   = new[i] * i[j]
        _hidden[i]   = new[i] + 0.0 * sum(j, W_rec[i, j] * xi_1[j])
        xi_1[i]      = _hidden[i]
        été[i]       = xi_1[i]
        weight[i, j] = weight[i, j] + lr * W_x_[i, j] + lr * dt * été[i] * e[j]
    """


def test_names_that_mean_something_to_brian2_are_changed():
    asked = program(Taken())
    record = ("e_rec", "exp", "name", "new", "rate_post_in", "W_x__rec", "été", "W_rec", "W_in")
    (found,) = ENGINE.run(asked, [Job(trials())], record)
    for name, wanted in expected(asked, *record).items():
        assert np.abs(found.records[name] - wanted).max() <= 1e-12, name
    names = {
        name
        for each in ENGINE.build(asked, trials()).objects
        for name in getattr(getattr(each, "equations", None), "names", ())
    }
    assert {"exp_value", "name_value", "new_value", "value__hidden"} <= names


class Unrolled(Rule):
    """A rule with a quantity that is called as a step of another one's past would be."""

    memory = 2
    equations = """
        line[s, j]   = before(line[s-1, j])
        line[0, j]   = pre[j]
        line_rec_1[i] = sum(o, B[i, o] * error[o])
        weight[i, j] = weight[i, j] + lr * line_rec_1[i] * line[1, j]
    """


def test_no_two_quantities_share_a_variable():
    asked = program(Unrolled())
    (found,) = ENGINE.run(asked, [Job(trials())], ["W_rec", "W_in"])
    for name, wanted in expected(asked, "W_rec", "W_in").items():
        assert np.abs(found.records[name] - wanted).max() <= 1e-12


# --- what is computed beside the simulator --------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["fixed", "rflo", "rflo:feedback=symmetric", "tbptt:k=4", "tbptt:k=4,stride=3"])
def test_rules_of_neurons_and_synapses_run_in_them(rule):
    assert ENGINE.native(program(rule)) is None


def test_what_is_left_to_the_host_is_said():
    assert ENGINE.native(program("bptt")) == "it waits for the end of a trial"
    assert "influence_rec is kept neither by a neuron nor by a synapse" in ENGINE.native(program("rtrl"))


class Odd(Rule):
    """Statements that no neuron or synapse can compute, among others that they can."""

    stride: int = 4
    memory = 2
    equations = """
        mixed[s, i]  = mixed[s-1, i] + before(mixed[s-1, i]) + r[i]
        mixed[0, i]  = before(mixed[1, i]) * 0.5 + r[i]
        turned[i, j] = W_rec[j, i] * 0.5
        two[i, j]    = sum(k, turned[i, k] * turned[k, j])
      every stride steps:
        weight[i, j] = weight[i, j] + lr * r[i] / (1 + r[i] * r[i]) * pre[j] + 0.01 * lr * mixed[1, i]
    """

    readout = "W_out[o, j] = W_out[o, j] + lr * error[o] * sum(i, two[i, j])"


def test_what_neurons_cannot_compute_is_computed_in_its_place():
    asked = program(Odd(), plastic=("rec", "out"))
    record = tuple(asked.quantities)
    (found,) = ENGINE.run(asked, [Job(trials())], record)
    for name, wanted in expected(asked, *record).items():
        assert np.abs(found.records[name] - wanted).max() <= 1e-12, name
    assert "divides" in ENGINE.native(asked)


def test_a_network_with_a_host_runs_as_a_user_runs_it():
    asked = program("bptt")
    assert np.abs(rates(ENGINE.build(asked, trials())) - expected(asked, "r")["r"]).max() <= 1e-12


# --- what it leaves as it was ---------------------------------------------------------------------------------------


def test_nothing_global_changes():
    package = brian2()
    package.defaultclock.dt = 0.3 * package.ms
    package.prefs.codegen.target = "cython"

    def state() -> tuple[Any, ...]:
        logger = logging.getLogger("brian2")
        return (
            dict(package.prefs),
            float(package.defaultclock.dt),
            package.get_device(),
            (logger.level, tuple(logger.handlers)),
            sys.excepthook,
            warnings.showwarning,
            tuple(map(str, warnings.filters)),
            Path.cwd(),
            np.geterr(),
            np.random.get_state()[1].tolist(),
        )

    before = state()
    ENGINE.run(program("rflo"), [Job(trials())], ["r"])
    ENGINE.build(program("bptt"), trials())
    with pytest.raises(
        NeurosimError, match="no target is called 'fortran'; there are: cython, fused, numpy, standalone"
    ):
        ENGINE.run(program("rflo"), [Job(trials())], target="fortran")
    assert state() == before
    package.defaultclock.dt = 0.1 * package.ms
    package.prefs.codegen.target = "numpy"


def test_a_device_of_the_user_is_left_alone(tmp_path):
    package = brian2()
    package.set_device("cpp_standalone", directory=str(tmp_path / "mine"), build_on_run=False)
    mine = package.get_device()
    try:
        (found,) = ENGINE.run(program("rflo"), [Job(trials())])
        assert package.get_device() is mine
        assert np.isfinite(found.losses).all()
    finally:
        package.devices.reset_device()
    assert not (tmp_path / "mine").exists()


def test_two_networks_do_not_disturb_each_other():
    package = brian2()
    first, second = ENGINE.build(program("rflo"), trials()), ENGINE.build(program("tbptt:k=2"), trials(), prefix="b_")
    simulate(first, STEPS)
    simulate(second, 2 * STEPS)
    simulate(first, STEPS)
    both = package.Network(
        *ENGINE.build(program("rflo"), trials()).objects,
        *ENGINE.build(program("tbptt:k=2"), trials(), prefix="b_").objects,
    )
    simulate(both)
    for network, rule, prefix in ((first, "rflo", ""), (both, "rflo", ""), (both, "tbptt:k=2", "b_")):
        (wanted,) = reference.run(program(rule), [Job(trials())])
        found = np.asarray(network[f"{prefix}neurons_to_neurons"].W_rec[:]).reshape(N, N)
        assert np.abs(found - wanted.weights["W_rec"]).max() <= 1e-12


def test_importing_brian2_takes_over_nothing_and_leaves_no_file(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, warnings\n"
        "hook, show = sys.excepthook, warnings.showwarning\n"
        "from neurosim import catalog\n"
        "assert 'brian2' not in sys.modules\n"
        "from neurosim.brian.session import brian2\n"
        "brian2()\n"
        "assert sys.excepthook is hook and warnings.showwarning is show\n"
        "raise SystemExit('as it should be')\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(Path.cwd())}
    (tmp_path / "tmp").mkdir()
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment)
    assert ran.stderr.strip() == "as it should be"
    assert not [path for path in (tmp_path / "tmp").iterdir() if path.name.startswith("brian_")]


# --- exactness ------------------------------------------------------------------------------------------------------


def test_inputs_arrive_with_all_their_bits_and_at_their_time():
    """Far from the start too, where the time is no longer a short binary fraction."""
    steps = 997
    given = trials(5, steps)
    (found,) = ENGINE.run(program("fixed"), [Job(given)], ["x", "target"])
    assert (found.records["x"] == given.inputs).all()
    assert (found.records["target"] == given.targets).all()


def test_a_diverged_run_has_the_weights_with_which_it_diverged():
    asked = program("rflo", lr=30.0)
    (wanted,), (found,) = (each.run(asked, [Job(trials(40))], ["r"]) for each in (reference, ENGINE))
    assert found.diverged == wanted.diverged is not None
    for name, value in wanted.weights.items():
        assert np.allclose(found.weights[name], value, rtol=1e-9, atol=0.0)
    assert (np.isnan(found.records["r"]) == np.isnan(wanted.records["r"])).all()
