"""The factorised design: W_rec rests and a factor learns, which does the same and asks other things of a chip."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from neurosim import Network, Outcome, Program, Rule, catalog, compile
from neurosim.adaptation import adapt
from neurosim.audit import Audit, Requirement, audit, requirement
from neurosim.audit.changes import Setting
from neurosim.audit.matrix import advised
from neurosim.audit.storage import kept
from neurosim.cli import neurosim
from neurosim.cost import Cost, cost
from neurosim.cost.counts import forward, learned
from neurosim.design import designed
from neurosim.engine import Job
from neurosim.errors import NeurosimError
from neurosim.factorisation import factorised, multiplied_out
from neurosim.task import Trials

N, M, OUT, STEPS = 128, 8, 2, 200
NETWORK = Network.random(N, M, OUT, alpha=0.1, gain=0.5, seed=0)
SMALL = Network.random(12, 3, 2, alpha=0.2, gain=0.7, seed=1)
ALL, REC = ("rec", "in", "out"), ("rec",)


@cache
def program(design: str = "factorised", plastic: tuple[str, ...] = ALL, rule: str = "rflo") -> Program:
    return designed(rule, NETWORK, plastic=plastic, design=design)


def need(plastic: tuple[str, ...] = ALL) -> Requirement:
    return requirement(program(plastic=plastic))


def judged(profile: str, plastic: tuple[str, ...] = ALL) -> Audit:
    return audit(program(plastic=plastic), catalog.profile(profile), steps=STEPS)


def priced(profile: str, design: str, plastic: tuple[str, ...] = ALL) -> Cost:
    return cost(program(design, plastic), catalog.profile(profile), steps=STEPS)


def invoke(*words: object) -> Result:
    return CliRunner().invoke(neurosim, list(map(str, words)))


# --- the same numbers ------------------------------------------------------------------------------------------------


def small(rule: str, plastic: tuple[str, ...]) -> Program:
    return compile(SMALL, catalog.rule(rule), plastic=plastic, lr=0.05)


def learn(asked: Program, engine: str) -> Outcome:
    draw = np.random.default_rng(0)
    trials = Trials(draw.normal(size=(4, 15, 3)), draw.normal(size=(4, 15, 2)), draw.uniform(size=15))
    (found,) = catalog.engine(engine).run(asked, [Job(trials)])
    return found


@pytest.mark.parametrize("rule", ["rflo", "rflo:decay=0.5"])
@pytest.mark.parametrize("plastic", [REC, ALL])
def test_in_float64_it_learns_the_same(rule, plastic):
    usual = small(rule, plastic)
    expected, found = learn(usual, "numpy"), learn(factorised(usual), "numpy")
    weights = multiplied_out(dict(found.weights))
    assert weights.keys() == expected.weights.keys()
    assert not np.array_equal(weights["W_rec"], SMALL.W_rec)
    for name, values in expected.weights.items():
        np.testing.assert_allclose(weights[name], values, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.losses, expected.losses, rtol=1e-12)


@pytest.mark.slow
def test_in_fixed_point_it_is_another_experiment_and_engines_agree():
    chip = catalog.profile("loihi2-lava").arithmetic
    asked = adapt(factorised(small("rflo", ALL)), chip)
    expected, found = learn(asked, "numpy"), learn(asked, "numba")
    assert all(np.array_equal(found.weights[name], values) for name, values in expected.weights.items())
    usual = learn(adapt(small("rflo", ALL), chip), "numpy")
    assert not np.array_equal(multiplied_out(dict(found.weights))["W_rec"], usual.weights["W_rec"])


# --- what it needs ---------------------------------------------------------------------------------------------------


def test_its_synapses_are_local_and_its_error_goes_no_further_than_the_outputs():
    found = need(REC)
    assert found.learned == ("factor",) and found.error == "output"
    assert (found.eligibility, found.pre_values, found.products) == ("per_pre", 1, 1)
    assert not (found.transport or found.remote or found.reductions or found.forward_products or found.own_weight)
    assert found.relayed == ("fed",) and "B[i, o] * fed[o]" in found.proof["relayed"][0]
    assert need().error == "synapses", "inputs' weights still learn from errors through B"
    assert requirement(program("usual")).relayed == ()


def test_synapses_of_the_factor_and_of_the_readout_each_see_one_value():
    assert need(("rec", "out")).pre_values == 1


def test_b_is_kept_once_and_w_rec_does_not_learn():
    found = {item.name: (item.kind, item.purpose, item.count) for item in kept(program(), STEPS)}
    assert found["W_rec"] == ("fixed weight", "inference", N * N)
    assert found["B"] == ("fixed weight", "inference", N * OUT)
    assert found["factor"] == ("weight", "inference", OUT * N)
    assert "fed" not in found and "fed" not in need().proof["learned"]


@pytest.mark.parametrize("profile", ["loihi2-lava", "reram-es"])
def test_b_that_carries_outputs_and_errors_is_two_copies_of_fixed_weights(profile):
    told = " ".join(judged(profile).reasons)
    assert "fed is formed and acts in one step" in told and "two copies" in told
    alone = " ".join(judged(profile, REC).reasons)
    assert "fed is formed and acts in one step" in alone and "two copies" not in alone


def test_a_chip_whose_outputs_lead_nowhere_cannot():
    found = judged("reckon", REC)
    assert found.verdict == "FAIL" and found.reasons[0].startswith("FAIL: fed acts on the neurons, and outputs lead")


def test_a_processor_does_it_in_software():
    assert judged("fpga-int16").verdict == "SW" and len(judged("fpga-int16").reasons) == 1


def test_more_outputs_and_synapses_are_asked_for():
    told = " ".join(judged("loihi2-lava").unknown)
    assert f"{2 * OUT} outputs" in told and f"{N + M + OUT} synapses onto" in told
    assert f"{N + 2 * OUT} synapses from" in told


def test_what_is_suggested_for_it_can_be_had():
    found = advised(Setting("rflo", NETWORK, ALL, STEPS, "factorised"), catalog.profile("reckon"))
    assert found.verdict == "FAIL" and "W_rec" not in found.suggestion


# --- what it costs ---------------------------------------------------------------------------------------------------


def test_the_network_passes_the_factor_and_b_as_well():
    usual, found = forward(program("usual")), forward(program())
    assert found.events - usual.events == 2 * N * OUT and found.passes - usual.passes == 2
    assert found.multiplications - usual.multiplications == 2 * N * OUT
    assert found.additions - usual.additions == OUT * (N - 1) + N * (OUT - 1) + N
    assert found.messages - usual.messages == OUT


@pytest.mark.parametrize(("plastic", "rest"), [(REC, 0), (ALL, N * M + OUT * N)])
def test_as_many_weights_learn_as_there_are_outputs_times_neurons(plastic, rest):
    assert learned(program("usual", plastic), STEPS).updates == N * N + rest
    assert learned(program(plastic=plastic), STEPS).updates == OUT * N + rest


def test_learning_sends_nothing_to_the_neurons_if_only_the_factor_learns():
    found = learned(program(plastic=REC), STEPS)
    assert (found.events, found.messages) == (0, 0)
    assert found.multiplications == 2 * N + 2 * OUT * N and found.additions == N + OUT * N


def test_memory_and_traffic_in_float64():
    usual, found = (priced("float64", design, REC) for design in ("usual", "factorised"))
    assert found.memory.total - usual.memory.total == 64 * OUT * N
    assert found.memory.learning == 64 * N, "the trace"
    spared, fed = N * N * 4 + N * (1 + 2 * OUT), OUT * (1 + 2 * N) + N * 2 * OUT
    assert usual.traffic - found.traffic == 64 * (spared - fed - OUT * N * 4)


def test_weights_at_rest_need_no_hidden_copies():
    usual, found = (priced("fpga-int8", design, REC) for design in ("usual", "factorised"))
    assert usual.memory.inference - found.memory.inference == 8 * (N * N - OUT * N * (2 + 1))


# --- asked for -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "plastic", "why"),
    [
        ("bptt", ALL, "not fixed feedback"),
        ("rflo:feedback=symmetric", ALL, "not fixed feedback"),
        ("rflo:spread=0.5", ALL, "not fixed feedback"),
        ("rflo", ("in", "out"), "W_rec does not learn"),
    ],
)
def test_what_has_no_factor_is_refused(rule, plastic, why):
    with pytest.raises(NeurosimError, match=f"^{rule}: there is no factorised design: .*{why}.*feedback=random"):
        designed(rule, NETWORK, plastic=plastic, design="factorised")


def test_designs_are_known_by_name():
    with pytest.raises(NeurosimError, match=r"no design is called 'dense'.*there are: factorised, usual"):
        designed("rflo", NETWORK, plastic=ALL, design="dense")


def test_a_rule_with_a_factor_of_its_own_is_refused():
    class Own(Rule):
        equations = """
            fed[i]       = r[i]
            teach[i]     = sum(o, B[i, o] * error[o])
            weight[i, j] = weight[i, j] + lr * teach[i] * fed[i] * pre[j]
        """

    with pytest.raises(NeurosimError, match="of its own that is called fed"):
        factorised(compile(NETWORK, Own(), plastic=REC))


@pytest.mark.parametrize("command", ["audit", "cost"])
def test_commands_show_it_beside_the_usual_design(command):
    asked = (command, "rflo", "--design", "factorised", "--profile", "loihi2-lava")
    text, found = invoke(*asked), invoke(*asked, "--json")
    assert "rflo, factorised" in text.output and text.exit_code == found.exit_code == 0
    cells = json.loads(found.output)
    rows = cells if command == "audit" else cells["costs"]
    assert [row["rule"] for row in rows] == ["rflo", "rflo, factorised"]
    refused = invoke(command, "bptt", "--design", "factorised")
    assert refused.exit_code == 2 and "neurosim: bptt: there is no factorised design" in refused.output


def test_the_cost_table_tells_the_network_of_each_design():
    text = invoke("cost", "rflo", "--design", "factorised", "--profile", "float64").output
    assert "the network of rflo, factorised" in text
    assert "the network of" not in invoke("cost", "rflo", "bptt", "--profile", "float64").output


def test_the_page_quotes_the_command():
    page = (Path(__file__).parents[1] / "docs" / "audit.md").read_text(encoding="utf-8")
    words = next(line for line in page.splitlines() if line.startswith("neurosim cost rflo --design factorised"))
    told, _, _ = invoke(*words.split()[1:]).output.partition("\n\nranges")
    assert told in page
