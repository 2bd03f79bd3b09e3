"""Networks in spikes: they become the rate network as spikes grow many, at the pace that theory gives, and learn."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from neurosim import NeurosimError, catalog
from neurosim.engine import Job
from neurosim.network import WEIGHTS, Network
from neurosim.program import Program, compile
from neurosim.rule import Rule
from neurosim.spikes import Coding, Spiked
from neurosim.task import Trials

N, N_IN, N_OUT, STEPS = 6, 2, 2, 40
CODES = ["brian2:poisson", "brian2:integrate", "nengo:lif", "nengo:integrate"]
SOME = ["brian2:poisson", *(pytest.param(name, marks=pytest.mark.slow) for name in CODES[1:3]), "nengo:integrate"]
"""All of them, two in the default run: one of each simulator, one of each kind of code."""


def trials(count: int = 2) -> Trials:
    random = np.random.default_rng(0)
    inputs, targets = (random.normal(size=(count, STEPS, size)) for size in (N_IN, N_OUT))
    return Trials(inputs, targets, random.uniform(0.0, 1.0, size=STEPS))


def program(rule: str = "rflo", lr: float = 0.05, plastic: tuple[str, ...] = ()) -> Program:
    network = Network.random(N, N_IN, N_OUT, alpha=0.2, gain=0.7, seed=0)
    return compile(network, catalog.rule(rule), lr=lr, plastic=plastic)


def with_rates(asked: Program, job: Job) -> tuple[np.ndarray, np.ndarray]:
    """Outputs and range of the drives of the rate network."""
    (found,) = catalog.engine("numpy").run(asked, [job], ["y", "drive"])
    return found.records["y"], np.abs(found.records["drive"]).max(axis=(0, 1))


def error(name: str, neurons: int) -> float:
    """Of the outputs in spikes, root mean square."""
    asked, job = program(), Job(trials(), seed=2)
    rates, span = with_rates(asked, job)
    found = catalog.realisation(name).run(asked, job, span, Coding(neurons))
    return float(np.sqrt(np.mean((found.outputs - rates) ** 2) / np.mean(rates**2)))


# --- spikes and rates -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        pytest.param("brian2:poisson", 3.0, 5.3, marks=pytest.mark.slow),
        pytest.param("brian2:integrate", 2.8, 16.0, marks=pytest.mark.slow),
        ("nengo:integrate", 2.8, 16.0),
        ("nengo:lif", 1.5, 16.0),
    ],
)
def test_sixteen_times_the_neurons_make_a_quarter_of_the_error_or_less(name: str, least: float, most: float) -> None:
    """Independent spikes: a quarter. Those of counting neurons keep the rest for later. Leaky ones keep an error."""
    few, many = error(name, 100), error(name, 1600)
    assert least < few / many < most


@pytest.mark.parametrize("name", [*SOME[:2], SOME[3]])
def test_with_many_spikes_it_is_the_rate_network(name: str) -> None:
    assert error(name, 6000) < 0.07


def test_leaky_neurons_come_near_it() -> None:
    assert error("nengo:lif", 6000) < 0.25


def test_noise_of_independent_spikes_is_what_theory_says() -> None:
    """A steady drive of d makes r of variance alpha / (2 - alpha) d span (1 - p) / spikes, with p of one spike."""
    n, steps, alpha, drive, span = 40, 1000, 0.1, 0.5, 2.0
    eye = np.eye(n)
    network = Network(0.0 * eye, np.full((n, 1), drive), eye, 0.0 * eye, alpha)
    asked = compile(network, catalog.rule("fixed"))
    job = Job(Trials(np.ones((1, steps, 1)), np.zeros((1, steps, n)), np.ones(steps)))
    coding = Coding(neurons=100, rate=200.0, step=1.0)
    found = catalog.realisation("brian2:poisson").run(asked, job, np.full(n, span), coding)
    steady = found.outputs[0, 100:]
    certainty = 0.2 * drive / span
    theory = alpha / (2 - alpha) * drive * span * (1 - certainty) / (50 * 0.2)
    assert steady.mean() == pytest.approx(drive, rel=0.02)
    assert steady.var(axis=0).mean() == pytest.approx(theory, rel=0.15)  # of about 2000 independent values
    assert found.rate == pytest.approx(0.5 * 1000.0 * certainty, rel=0.02)


@pytest.mark.parametrize("name", SOME)
def test_the_seed_decides_every_spike_and_nothing_else_does(name: str) -> None:
    asked, span = program("rflo", plastic=("rec", "in", "out")), np.full(N, 3.0)
    run, state = catalog.realisation(name).run, np.random.get_state()[1].copy()
    one, again, other = (run(asked, Job(trials(), seed=seed), span, Coding(20)) for seed in (1, 1, 2))
    assert (one.outputs == again.outputs).all() and one.rate == again.rate
    assert all((one.weights[name] == again.weights[name]).all() for name in WEIGHTS)
    assert (one.outputs != other.outputs).any()
    assert (np.random.get_state()[1] == state).all()


def test_a_unit_without_drive_is_silent_and_no_harm() -> None:
    asked = program()
    job = Job(trials(), {"W_in": np.zeros((N, N_IN)), "W_rec": np.zeros((N, N))})
    found = catalog.realisation("brian2:poisson").run(asked, job, np.zeros(N), Coding(20))
    assert (found.outputs == 0.0).all() and found.rate == 0.0


# --- Nengo's network with neurons that do not spike -----------------------------------------------------------------


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> str:
    """A realisation whose neurons answer with a number instead of spikes, so that nothing is left to chance."""
    from neurosim.nengo_parts import nengo, spiking

    monkeypatch.setitem(spiking.NEURONS, "integrate", lambda coding: nengo.RectifiedLinear())
    return "nengo:integrate"


def test_without_spikes_nengo_computes_the_rate_network(graded: str) -> None:
    """But for what decoders cannot: the output of a trial's last step too, and from rest in each trial."""
    assert error(graded, 200) < 2e-3


def test_without_spikes_every_trial_begins_at_rest(graded: str) -> None:
    same = trials(1)
    twice = Trials(*(np.concatenate([each, each]) for each in (same.inputs, same.targets)), same.mask)
    found = catalog.realisation(graded).run(program(), Job(twice), np.full(N, 3.0), Coding(50))
    assert np.abs(found.outputs[0] - found.outputs[1]).max() < 1e-12


@pytest.mark.parametrize("plastic", [("rec",), ("in",), ("out",), ("rec", "in", "out")])
def test_without_spikes_pes_learns_what_rflo_does(graded: str, plastic: tuple[str, ...]) -> None:
    """But for the one step by which its error is late; a small rate makes that small."""
    asked, job = program("rflo", lr=1e-4, plastic=plastic), Job(trials())
    _, span = with_rates(asked, job)
    (expected,) = catalog.engine("numpy").run(asked, [job])
    found = catalog.realisation(graded).run(asked, job, span, Coding(200))
    for name in WEIGHTS:
        change = expected.weights[name] - asked.weights[name]
        assert np.abs(found.weights[name] - asked.weights[name] - change).max() <= 0.01 * np.abs(change).max(), name


# --- learning -------------------------------------------------------------------------------------------------------


def learned(name: str, rule: str, count: int = 30) -> np.ndarray:
    """Losses as a network learns to integrate, in spikes."""
    task = catalog.task("integrate:steps=50")
    network = Network.random(16, 1, 1, alpha=0.1, gain=0.5, seed=0)
    asked, job = compile(network, catalog.rule(rule), lr=0.005), Job(task.trials(count, 0), seed=1)
    _, span = with_rates(compile(network, catalog.rule("fixed")), job)
    return catalog.realisation(name).run(asked, job, 2.0 * span, Coding(100)).losses


@pytest.mark.parametrize("name", SOME)
def test_rflo_learns_in_spikes(name: str) -> None:
    losses = learned(name, "rflo")
    assert losses[-10:].mean() < 0.5 * losses[:5].mean()


def test_what_neurons_cannot_compute_learns_beside_them() -> None:
    losses = learned("brian2:integrate", "bptt")
    assert losses[-10:].mean() < 0.5 * losses[:5].mean()


@pytest.mark.parametrize("name", CODES)
def test_weights_that_do_not_learn_stay(name: str) -> None:
    asked = program("rflo", plastic=("rec",))
    found = catalog.realisation(name).run(asked, Job(trials()), np.full(N, 3.0), Coding(20))
    assert [each for each in WEIGHTS if (found.weights[each] != asked.weights[each]).any()] == ["W_rec"]


@pytest.mark.parametrize("name", CODES)
def test_a_divergence_is_a_record(name: str) -> None:
    found = catalog.realisation(name).run(
        program("rflo", lr=1e7, plastic=("rec", "in", "out")), Job(trials(3)), np.full(N, 3.0), Coding(20)
    )
    assert np.isinf(found.losses[-1]) and np.isnan(found.outputs[-1]).all()


@pytest.mark.parametrize("rule", ["bptt", "rtrl", "tbptt:k=4", "rflo:feedback=symmetric", "rflo:decay=0.5"])
def test_nengo_refuses_what_pes_is_not(rule: str) -> None:
    asked = program(rule, plastic=("rec",))
    reason = catalog.realisation("nengo").refusal(asked)
    assert reason and reason.endswith("is not what PES computes, which learns as rflo does and nothing else")
    with pytest.raises(NeurosimError, match=r"^Nengo cannot learn by this rule in spikes: '"):
        catalog.realisation("nengo").run(asked, Job(trials()), np.ones(N))
    assert catalog.realisation("nengo").refusal(program(rule)) is None
    assert catalog.realisation("brian2").refusal(asked) is None


class Decoding(Rule):
    """A rule with a word of its own for what has one already."""

    equations = """
        decoded[i]   = r[i]
        weight[i, j] = weight[i, j] + lr * decoded[i] * pre[j]
    """


def test_a_name_that_spikes_need() -> None:
    asked = compile(Network.random(N, N_IN, N_OUT, 0.2, 0.7, 0), Decoding())
    with pytest.raises(NeurosimError, match=r"the rule calls a quantity 'decoded', .*; rename it"):
        catalog.realisation("brian2").run(asked, Job(trials()), np.ones(N))


# --- what is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"neurons": 0}, "neurons is 0; a unit needs an even number of them"),
        ({"neurons": 7}, "neurons is 7; a unit needs an even number of them"),
        ({"rate": 0.0}, "rate is 0.0; it must be a finite number above 0"),
        ({"step": np.inf}, "step is inf; it must be a finite number above 0"),
        ({"membrane": np.nan}, "membrane is nan; it must be a finite number above 0"),
        ({"refractory": -1.0}, "refractory is -1.0; it must be a finite number, 0 or above"),
        ({"rate": 600.0}, "600 spikes/s leave no room for .* 2 ms of silence after each; lower the rate"),
        ({"step": 10.0}, "200 spikes/s leave no room for steps of 10 ms with one spike at most"),
    ],
)
def test_neurons_that_cannot_be(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(NeurosimError, match=said):
        replace(Coding(), **wrong)


@pytest.mark.parametrize("name", ["brian2", "nengo"])
@pytest.mark.parametrize("span", [np.ones(N + 1), -np.ones(N), np.full(N, np.nan)])
def test_a_range_that_cannot_be(name: str, span: np.ndarray) -> None:
    with pytest.raises(NeurosimError, match="it is a finite number, 0 or above, for each of the 6 units"):
        catalog.realisation(name).run(program(), Job(trials()), span)


def test_names_that_do_not_exist() -> None:
    with pytest.raises(NeurosimError, match=r"no realisation is called 'nengoo' \(did you mean 'nengo'\?\)"):
        catalog.realisation("nengoo")
    with pytest.raises(NeurosimError, match=r"no variant of the realisation brian2 is called 'poison'"):
        catalog.realisation("brian2:poison")


def test_outputs_out_of_all_bounds_and_all_after_them_are_lost() -> None:
    given = trials(3)
    outputs = given.targets.copy()
    outputs[1, 3, 0] = 1e12
    found = Spiked.of(given, outputs, {}, 0.0)
    assert found.losses.tolist() == [0.0, np.inf, np.inf]
    assert (np.isnan(found.outputs).all(axis=(1, 2)) == [False, True, True]).all()


def test_no_simulator_comes_unasked() -> None:
    script = (
        "import sys; from neurosim import catalog; found = [catalog.realisation(n) for n in ('nengo', 'nengo:lif')];"
        "catalog.names('realisation'); catalog.summary('realisation', 'brian2');"
        "print([name for name in ('brian2', 'nengo') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]" and not ran.stderr
