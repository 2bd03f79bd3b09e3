"""What a Nengo user gets: a network of Nengo's own objects, which agrees with the reference and can be built upon."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.arithmetic import FLOATING, Arithmetic
from neurosim.engine import Job
from neurosim.engines import nengo as engine
from neurosim.engines import numpy as reference
from neurosim.errors import NeurosimError
from neurosim.nengo_parts import nengo
from neurosim.network import PLASTIC, Network
from neurosim.precision import KINDS, Format
from neurosim.program import Program, compile
from neurosim.rule import Rule
from neurosim.task import Trials

N, N_IN, N_OUT, STEPS = 6, 2, 3, 12
RULES = [*catalog.names("rule"), "rflo:feedback=symmetric", "rflo:decay=0.3", "tbptt:k=4", "tbptt:k=5,stride=3"]
NATIVE = [name for name in RULES if name not in ("bptt", "fa", "rtrl")]


def trials(count: int = 3, steps: int = STEPS) -> Trials:
    random = np.random.default_rng(0)
    inputs, targets = (random.normal(size=(count, steps, size)) for size in (N_IN, N_OUT))
    return Trials(inputs, targets, random.uniform(0.0, 1.0, size=steps))


def network(n: int = N) -> Network:
    return Network.random(n, N_IN, N_OUT, alpha=0.3, gain=0.9, seed=0)


def program(
    rule: str | Rule,
    lr: float = 0.05,
    arithmetic: Arithmetic = FLOATING,
    plastic: tuple[str, ...] = PLASTIC,
) -> Program:
    made = catalog.rule(rule) if isinstance(rule, str) else rule
    return adapt(compile(network(), made, lr=lr, plastic=plastic), arithmetic)


def simulated(built: nengo.Network, steps: int, **options: Any) -> nengo.Simulator:
    simulator = nengo.Simulator(built, progress_bar=False, seed=0, **options)
    simulator.run_steps(steps)
    return simulator


def agree(asked: Program, given: Trials, form: str = "network") -> None:
    """Every quantity of every step, and what is left of the weights, as in the reference."""
    (expected,) = reference.run(asked, [Job(given)], tuple(asked.quantities))
    (found,) = engine.run(asked, [Job(given)], tuple(asked.quantities), form=form)
    for name, value in expected.records.items():
        assert np.abs(found.records[name] - value).max() <= 1e-12, name
    assert all(np.abs(found.weights[name] - value).max() <= 1e-12 for name, value in expected.weights.items())
    assert np.abs(found.losses - expected.losses).max() <= 1e-12 * expected.losses.max()


# --- the network of populations, like the process, computes what the reference does ---------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_populations_agree_with_the_reference_in_all_quantities(rule: str) -> None:
    agree(program(rule), trials())


@pytest.mark.parametrize("rule", ["rflo", "tbptt:k=4", "bptt"])
def test_populations_sum_up_updates_of_held_weights(rule: str) -> None:
    agree(program(rule).held(), trials())


@pytest.mark.parametrize("form", engine.FORMS)
@pytest.mark.parametrize("rule", ["rflo", "tbptt:k=4", "bptt", "rtrl"])
def test_fixed_point_is_that_of_the_reference_to_the_bit(rule: str, form: str) -> None:
    formats = dict.fromkeys(KINDS, Format(12, 9, True, "stochastic")) | {"weight": Format(8, 6, True, "stochastic")}
    chip = Arithmetic(formats, coefficient_bits=15, rate_bits=1)
    asked, job = program(rule, arithmetic=chip), Job(trials(), seed=3, first_step=17)
    (expected,) = reference.run(asked, [job], tuple(asked.quantities))
    (found,) = engine.run(asked, [job], tuple(asked.quantities), form=form)
    assert all((found.records[name] == value).all() for name, value in expected.records.items())
    assert all((found.weights[name] == value).all() for name, value in expected.weights.items())
    assert (found.weights["W_rec"] != asked.weights["W_rec"]).any()


@pytest.mark.parametrize("rule", ["rflo", "bptt"])
def test_populations_diverge_where_the_reference_does(rule: str) -> None:
    asked = program(rule, lr=30.0)
    (expected,) = reference.run(asked, [Job(trials(40))])
    (found,) = engine.run(asked, [Job(trials(40))], form="network")
    assert found.diverged == expected.diverged is not None
    assert (np.isinf(found.losses) == np.isinf(expected.losses)).all()


def test_an_overflow_inside_nengo_is_a_divergence_too() -> None:
    asked = program("fixed")
    weights = {"W_rec": np.where(np.eye(N) > 0, 1e300, -1e300)}
    (expected,), (found,) = (
        run(asked, [Job(trials(), weights)])
        for run in (reference.run, lambda *given: engine.run(*given, form="network"))
    )
    assert found.diverged == expected.diverged is not None


@pytest.mark.parametrize("plastic", [("rec",), ("in",), ("out",)])
def test_what_does_not_learn_has_no_learning_rule(plastic: tuple[str, ...]) -> None:
    built = engine.build(program("tbptt:k=4", plastic=plastic), trials())
    learning = {name for name in PLASTIC if getattr(built, f"W_{name}").learning_rule is not None}
    assert learning == set(plastic)
    agree(program("tbptt:k=4", plastic=plastic), trials())


# --- where a rule runs ----------------------------------------------------------------------------------------------


class Oja(Rule):
    """Each synapse keeps its own trace and decays with the square of what it drives."""

    equations = """
        paired[i, j] = 0.5 * paired[i, j] + 0.5 * r[i] * pre[j]
        weight[i, j] = weight[i, j] + lr * (paired[i, j] - r[i] * r[i] * weight[i, j])
    """


class Masked(Rule):
    """Uses the mask, the time constant, what was said before and what it says now."""

    equations = """
        habit[i]     = 0.9 * habit[i] + 0.1 * teach[i]
        teach[i]     = sum(o, B[i, o] * error[o])
        weight[i, j] = weight[i, j] + lr * mask * (teach[i] - habit[i]) * pre[j]
        weight[i, j] = weight[i, j] * 0.999
    """


class Mirror(Rule):
    """The feedback learns with the readout (Kolen & Pollack 1994)."""

    equations = """
        teach[i]     = sum(o, B[i, o] * error[o])
        weight[i, j] = weight[i, j] + lr * teach[i] * pre[j]
        B[i, o]      = B[i, o] + 0.01 * r[i] * error[o]
    """


class Scaled(Rule):
    """Synapses of each kind read those of the other."""

    equations = """
        total[i]     = sum(k, W_rec[i, k] * W_rec[i, k]) + sum(m, W_in[i, m] * W_in[i, m])
        weight[i, j] = weight[i, j] - lr * total[i] * weight[i, j]
    """


class Late(Rule):
    """The synapses of the inputs read recurrent ones that have just learned."""

    equations = """
        weight[i, j] = weight[i, j] + lr * r[i] * pre[j]
        after[i]     = sum(k, W_rec[i, k] * r[k])
        weight[i, j] = weight[i, j] - 0.01 * after[i] * pre[j]
    """


@pytest.mark.parametrize("rule", [*NATIVE, Oja(), Masked()], ids=str)
def test_rules_of_places_and_synapses_run_inside(rule: str | Rule) -> None:
    assert engine.native(program(rule)) is None
    agree(program(rule), trials())
    agree(program(rule), trials(), "fused")


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("bptt", r"^'delta\[j\] = .*' runs once a trial is over, from a record of the whole trial$"),
        ("rtrl", r"^influence_rec\[neuron, neuron, neuron\] has more places than a synapse, which has two$"),
        (Mirror(), r"^'B\[i, o\] = .*' changes weights that no connection between neurons carries$"),
        (Scaled(), r"^the learning rules of W_rec, W_in read each other's weights$"),
        (Late(), r"^'after\[i\] = .*' reads W_rec after it has changed"),
    ],
    ids=["bptt", "rtrl", "feedback", "ring", "late"],
)
def test_other_rules_run_on_a_host_and_say_why(rule: str | Rule, why: str) -> None:
    asked = program(rule)
    assert re.match(why, engine.native(asked) or "")
    with pytest.raises(NeurosimError, match="this program cannot be fused, for it needs a host: "):
        engine.build(asked, trials(), "fused")
    agree(asked, trials())


# --- a Nengo user's view --------------------------------------------------------------------------------------------


def test_the_network_is_made_of_what_nengo_users_know() -> None:
    built = engine.build(program("rflo"), trials())
    assert isinstance(built, nengo.Network) and isinstance(built.rates, nengo.Ensemble)
    assert built.W_rec.pre == built.sent.neurons and built.W_rec.post == built.rates.neurons
    assert built.W_rec.synapse is None
    (delay,) = (each for each in built.connections if each.post_obj == built.sent.neurons)
    assert delay.pre == built.rates.neurons and delay.synapse == nengo.Lowpass(0)
    assert built.B.pre == built.error and built.B.post == built.teach
    (taught,) = (each for each in built.connections if each.post_obj == built.W_rec.learning_rule)
    assert taught.pre == built.teach
    assert built.W_rec.learning_rule_type.learning_rate == 0.05
    assert "weights" in built.W_rec.probeable and "trace_rec" in built.W_rec.learning_rule.probeable
    assert any("trace_rec[j] = " in line for line in built.W_rec.learning_rule_type.body.equations)


def test_a_user_adds_a_probe_and_a_population_and_nothing_changes() -> None:
    asked, given = program("rflo"), trials()
    record = ("r", "y", "W_rec", "W_in", "W_out", "trace_rec", "teach")
    (expected,) = reference.run(asked, [Job(given)], record)
    with nengo.Network(seed=1) as mine:
        built = engine.build(asked, given, probes=record)
        listener = nengo.Ensemble(50, N_OUT)
        nengo.Connection(built.y, listener)
        errors = nengo.Probe(built.error)
        heard = nengo.Probe(listener, synapse=0.01)
    with simulated(mine, len(given) * STEPS) as simulator:
        found = engine.recorded(asked, simulator, built)
        assert simulator.data[heard].std() > 0.0
        miss = (given.targets - expected.records["y"]) * given.mask[:, None]
        assert np.abs(simulator.data[errors].reshape(miss.shape) - miss).max() <= 1e-12
        lagging = np.array(simulator.data[built.record["W_rec"]]).reshape(found["W_rec"].shape)
    assert found.keys() == set(record)
    assert all(np.abs(found[name] - expected.records[name]).max() <= 1e-12 for name in record)
    assert (lagging[0, 0] == asked.weights["W_rec"]).all()
    assert np.abs(lagging - expected.records["W_rec"]).max() > 1e-4


def test_two_programs_side_by_side_in_one_network_do_not_disturb_each_other() -> None:
    asked, given = (program("rflo"), program("rflo", lr=0.1)), trials(1)
    with nengo.Network() as both:
        parts = [engine.build(each, given, probes=["W_rec"]) for each in (*asked, asked[0])]
    with simulated(both, STEPS) as simulator:
        found = [engine.recorded(asked[0], simulator, part)["W_rec"] for part in parts]
    expected = [reference.run(each, [Job(given)], ["W_rec"])[0].records["W_rec"] for each in asked]
    assert all(np.abs(found[place] - expected[place]).max() <= 1e-12 for place in range(2))
    assert np.abs(found[2] - expected[0]).max() <= 1e-12


@pytest.mark.parametrize("options", [{"optimize": False}, {"dt": 1 / 3}], ids=str)
def test_neither_the_optimizer_nor_the_length_of_a_step_matters(options: dict[str, Any]) -> None:
    asked, given = program("tbptt:k=5,stride=3"), trials()
    (expected,) = reference.run(asked, [Job(given)], ["r"])
    built = engine.build(asked, given, probes=["r"])
    with simulated(built, len(given) * STEPS, **options) as simulator:
        assert np.abs(engine.recorded(asked, simulator, built)["r"] - expected.records["r"]).max() <= 1e-12


@pytest.mark.parametrize("form", engine.FORMS)
def test_a_reset_is_a_new_beginning_to_the_bit(form: str) -> None:
    asked, given = program("tbptt:k=4"), trials()
    built = engine.build(asked, given, form, probes=["y"])
    with simulated(built, len(given) * STEPS) as simulator:
        first = engine.recorded(asked, simulator, built)["y"]
        simulator.reset()
        simulator.run_steps(len(given) * STEPS)
        assert (engine.recorded(asked, simulator, built)["y"] == first).all()


def test_trials_are_played_step_by_step_whatever_the_time_is() -> None:
    from neurosim.nengo_parts.processes import Sequence

    rows = np.arange(3000.0)[:, None]
    with nengo.Network() as built:
        probe = nengo.Probe(nengo.Node(Sequence(rows)))
    for dt in (0.001, 1e-4 / 3, 0.7):
        with simulated(built, 3001, dt=dt) as simulator:
            assert (simulator.data[probe] == np.concatenate([rows, rows[:1]])).all()


def test_a_delay_after_the_weights_is_a_step_too_late_for_learning() -> None:
    """The negative control: a recurrent synapse of Nengo's sends what the weights made of the rates a step ago."""
    asked, given, steps = program("rflo", lr=0.02), trials(1, 60), 60
    (expected,) = reference.run(asked, [Job(given)], ["r"])
    built = engine.build(asked, given, probes=["r"])
    rule = built.W_rec.learning_rule
    with built:
        late = nengo.Connection(
            built.rates.neurons,
            built.rates.neurons,
            transform=asked.weights["W_rec"],
            synapse=0,
            learning_rule_type=built.W_rec.learning_rule_type,
        )
        nengo.Connection(built.teach, late.learning_rule, synapse=None)
    for each in [built.W_rec, *(each for each in built.connections if each.post_obj == rule)]:
        built.connections.remove(each)
    with simulated(built, steps) as simulator:
        found = np.array(simulator.data[built.record["r"]])
    assert np.abs(found - stale(network(), given, 0.02)).max() <= 1e-12
    assert np.abs(found - expected.records["r"][0]).max() > 1e-3


def stale(net: Network, given: Trials, lr: float) -> np.ndarray:
    """RFLO by hand, with recurrent weights that are a step old when they meet the rates."""
    W_rec, W_in, W_out = net.W_rec.copy(), net.W_in.copy(), net.W_out.copy()
    r, arriving, trace_rec, trace_in, found = (np.zeros(N), np.zeros(N), np.zeros(N), np.zeros(N_IN), [])
    for x, target, mask in zip(given.inputs[0], given.targets[0], given.mask, strict=True):
        trace_rec = (1 - net.alpha) * trace_rec + net.alpha * r
        trace_in = (1 - net.alpha) * trace_in + net.alpha * x
        r = (1 - net.alpha) * r + net.alpha * (arriving + W_in @ x)
        arriving = W_rec @ r
        error = mask * (target - W_out @ r)
        W_rec += lr * np.outer(net.B @ error, trace_rec)
        W_in += lr * np.outer(net.B @ error, trace_in)
        W_out += lr * np.outer(error, r)
        found.append(r)
    return np.array(found)


# --- parameters, names, and all that is not the network's -----------------------------------------------------------


def test_learning_rules_are_equal_only_if_all_their_parameters_are() -> None:
    made = engine.build(program("rflo"), trials()).W_out.learning_rule_type
    given = {name: getattr(made, name) for name in ("weight", "body", "given", "read", "kept", "lasting")}
    again = type(made)(**given)
    assert again is not made and again == made and hash(again) == hash(made)
    for options in ({"rule": "rflo", "lr": 0.1}, {"rule": "tbptt:k=4", "plastic": ("rec",)}):
        changed = engine.build(program(**options), trials()).W_rec.learning_rule_type.body
        assert type(made)(**given | {"body": changed}) != made
    assert type(made)(**given | {"kept": {"trace": np.ones(2)}}) != made
    later = engine.build(program("rflo"), trials(), first_step=3).W_out.learning_rule_type.body
    assert type(made)(**given | {"body": later}) != made
    assert pickle.loads(pickle.dumps(made.body)) == made.body


def test_processes_are_equal_only_if_what_they_play_is() -> None:
    played = [engine.build(program("rflo"), trials(count)).x.output for count in (2, 2, 3)]
    assert played[0] == played[1] != played[2]


def test_what_cannot_be_built_is_said() -> None:
    with pytest.raises(NeurosimError, match="no form is called 'loihi'; there are: fused, network"):
        engine.build(program("rflo"), trials(), "loihi")
    with pytest.raises(NeurosimError, match=r"nothing called 'trace' to probe; there are: .*trace_rec"):
        engine.build(program("rflo"), trials(), probes=["trace"])
    with pytest.raises(NeurosimError, match="nothing called 'W_rec' to probe; there are: y"):
        engine.build(program("rflo"), trials(), "fused", probes=["W_rec"])


def test_more_than_memory_holds_is_refused_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosim.memory.available", lambda: 1e5)
    said = r"GiB are needed for 6 neurons and what is recorded of them, and 9.31e-05 GiB are left; take fewer neurons"
    engine.run(program("rflo"), [Job(trials())])
    with pytest.raises(NeurosimError, match=said):
        engine.run(program("rflo"), [Job(trials()), Job(trials(100))], ["W_rec"])


@pytest.mark.parametrize(("rule", "form"), [("rflo", "fused"), ("rflo", "network"), ("bptt", "network")])
def test_every_trial_is_told_as_it_ends_or_is_cut_off(rule: str, form: str) -> None:
    told: list[int] = []
    engine.run(program(rule), [Job(trials())] * 2, form=form, progress=told.append)
    assert told == [1] * 6
    told.clear()
    (found,) = engine.run(program(rule, lr=30.0), [Job(trials(40))], form=form, progress=told.append)
    assert found.diverged is not None
    assert told == [1] * found.diverged[0] + [40 - found.diverged[0]]


def test_nothing_global_changes() -> None:
    before_random, before_filters = np.random.get_state()[1].copy(), list(warnings.filters)
    nengo.rc.set("precision", "bits", "32")
    try:
        with nengo.Network() as mine:
            engine.run(program("rflo", lr=30.0), [Job(trials(40))], form="network")
            agree(program("rflo"), trials())
            agree(program("rflo"), trials(), "fused")
        assert nengo.rc.get("precision", "bits") == "32"
    finally:
        nengo.rc.set("precision", "bits", "64")
    assert not mine.all_objects
    assert np.geterr() == {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
    assert warnings.filters == before_filters
    assert (np.random.get_state()[1] == before_random).all()


def test_nengo_is_imported_only_when_it_is_used() -> None:
    script = "import sys; from neurosim.engines import nengo as engine; engine.native; print('nengo' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
