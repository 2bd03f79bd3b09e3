"""The audit: what rules need, by their equations alone, and what chips make of it."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner, Result

from neurosim import Network, Rule, catalog, compile
from neurosim.audit import Audit, Requirement, audit, requirement
from neurosim.audit.changes import Setting, nearest
from neurosim.audit.matrix import advised, matrix, table
from neurosim.audit.needs import LAYOUTS, NEEDS, ROUTES
from neurosim.audit.reads import WAYS, accesses
from neurosim.audit.storage import kept
from neurosim.audit.terms import terms
from neurosim.audit.variants import factored, without_self_weights
from neurosim.cli import neurosim
from neurosim.engine import Job
from neurosim.errors import NeurosimError
from neurosim.notation import parse
from neurosim.program import Program
from neurosim.task import Trials

SMALL = Network.random(3, 2, 2, alpha=0.1, gain=0.5, seed=0)
LARGE = Network.random(128, 8, 2, alpha=0.1, gain=0.5, seed=0)
STEPS = 200


@cache
def program(rule: str | Rule, network: Network = SMALL, plastic: tuple[str, ...] = ("rec", "in", "out")) -> Program:
    return compile(network, catalog.rule(rule) if isinstance(rule, str) else rule, plastic=plastic, lr=0.1)


def need(rule: str | Rule, **asked) -> Requirement:
    return requirement(program(rule, **asked))


def written(text: str, past: int = 1) -> Rule:
    """A rule of some equations."""

    class Written(Rule):
        equations = text
        readout = ""
        memory = past

    return Written()


def judged(rule: str | Rule, profile: str, network: Network = LARGE, **asked) -> Audit:
    return audit(program(rule, network, **asked), catalog.profile(profile), steps=STEPS)


def invoke(*words: object) -> Result:
    return CliRunner().invoke(neurosim, list(map(str, words)))


# --- products --------------------------------------------------------------------------------------------------------


def multiplied_out(line: str, **constants: float) -> list[tuple[float, list[str], int]]:
    (block,) = parse(line)
    found = terms(block.statements[0].value, constants)
    return [(term.number, [str(read) for read in term.reads], len(term.summed)) for term in found]


def test_an_expression_is_multiplied_out():
    found = multiplied_out("q[i] = (1 - a) * q[i] - sum(j, W_rec[i, j] * (r[j] - 2 * sent[j]))", a=0.25)
    assert found == [
        (1.0, ["q[i]"], 0),
        (-0.25, ["q[i]"], 0),
        (-1.0, ["W_rec[i, j.0]", "r[j.0]"], 1),
        (2.0, ["W_rec[i, j.0]", "sent[j.0]"], 1),
    ]


def test_two_sums_over_a_letter_are_two_letters():
    ((_, reads, summed),) = multiplied_out("q[i] = sum(j, W_rec[i, j]) * sum(j, r[j])")
    assert reads == ["W_rec[i, j.0]", "r[j.1]"] and summed == 2


def test_a_sum_that_picks_one_place_is_no_sum():
    assert multiplied_out("q[i] = sum(j, (j == i) * r[j])") == [(1.0, ["r[i]"], 0)]


def test_what_is_divided_by_is_read():
    assert multiplied_out("q[i] = r[i] / (2 * sum(j, r[j]))") == [(0.5, ["r[i]", "r[j.0]"], 1)]


def test_an_expression_of_too_many_products_is_refused():
    with pytest.raises(NeurosimError, match="more than 10000 products"):
        multiplied_out("q[i] = " + " * ".join(["(r[i] + sent[i])"] * 14))


# --- where reads come from -------------------------------------------------------------------------------------------

READS = [
    ("q[i] = r[i]", "r", "here", ()),
    ("weight[i, j] = r[i] * pre[j]", "r", "post", ()),
    ("weight[i, j] = r[i] * pre[j]", "sent", "pre", ()),
    ("q[i] = sum(o, B[i, o] * error[o])", "error", "carried", (("B", "forward"),)),
    ("q[i] = sum(o, W_out[o, i] * error[o])", "error", "carried", (("W_out", "transposed"),)),
    ("q[i] = sum(j, W_rec[i, j] * r[j])", "r", "carried", (("W_rec", "forward"),)),
    ("q[j] = sum(i, W_rec[i, j] * r[i])", "r", "carried", (("W_rec", "transposed"),)),
    ("q[i] = sum(j, W_rec[j, i] * sum(k, W_rec[k, j] * r[k]))", "r", "carried", (("W_rec", "transposed"),) * 2),
    ("q[i] = sum(j, r[j])", "r", "gathered", ()),
    ("q[i] = sum(j, (W_rec[i, j] + 1) * r[j])", "r", "gathered", ()),
    ("q[i] = sum(j, W_rec[i, j]) * sum(j, r[j])", "r", "gathered", ()),
    ("q[i] = W_rec[i, i]", "W_rec", "self", ()),
    ("q[i] = r[i]\nW_rec[i, j] = q[i] * before(W_rec[j, i])", "W_rec", "reverse", ()),
    ("q[i] = r[i]\nW_rec[i, j] = q[i] * sum(k, before(W_rec[i, k]) * before(W_rec[k, j]))", "W_rec", "remote", ()),
    ("q[k, i, j] = sum(l, W_rec[k, l] * before(q[l, i, j]))", "q", "contracted", ()),
    ("s0[0] = sum(i, r[i])\nq[i] = s0[0]", "s0", "broadcast", ()),
]


@pytest.mark.parametrize(("line", "name", "way", "through"), READS, ids=[f"{line}-{way}" for line, _, way, _ in READS])
def test_a_read_comes_the_way_that_its_letters_say(line, name, way, through):
    """Equations that no weight depends on are left out, so what is computed is made to reach one."""
    reach = "sum(k, q[k, i, j])" if "q[k" in line else "q[i]"
    rest = "" if "weight" in line or "W_rec[i, j] =" in line else f"\nW_rec[i, j] = W_rec[i, j] + {reach}"
    found = accesses(program(written(line + rest), plastic=("rec",)))
    ways = {(access.way, access.through) for access in found if access.name == name}
    assert way in WAYS and (way, through) in ways


# --- what rules need -------------------------------------------------------------------------------------------------

BOTH = ("W_out", "W_rec")
NEEDED = {
    "fixed": {},
    "rflo": {"eligibility": "per_pre", "pre_values": 1, "error": "synapses"},
    "rflo:feedback=symmetric": {"eligibility": "per_pre", "pre_values": 1, "error": "readout", "transport": ("W_out",)},
    "tbptt:k=1": {"pre_values": 1, "error": "readout", "transport": ("W_out",)},
    "tbptt:k=10": {
        **{"pre_values": 1, "error": "backpropagated", "transport": BOTH, "history": 10, "sweep": True, "products": 10}
    },
    "tbptt:k=4,stride=2": {
        **{"pre_values": 1, "error": "backpropagated", "transport": BOTH, "history": 4, "sweep": True, "products": 4}
    },
    "bptt": {"error": "backpropagated", "transport": BOTH, "whole_trial": True, "sweep": True, "accumulators": 1},
    "fa": {"error": "backpropagated", "transport": ("W_rec",), "whole_trial": True, "sweep": True, "accumulators": 1},
    "rtrl": {
        **{"eligibility": "influence", "pre_values": 1, "error": "readout", "transport": ("W_out",)},
        **{"forward_products": ("W_rec",)},
    },
    "snap1": {
        **{"eligibility": "per_synapse", "pre_values": 1, "synapse_traces": 1, "self_weights": True},
        **{"error": "readout", "transport": ("W_out",)},
    },
    "eprop": {
        **{"eligibility": "per_synapse", "pre_values": 1, "synapse_traces": 1, "self_weights": True},
        **{"error": "synapses"},
    },
}


@pytest.mark.parametrize("rule", NEEDED)
def test_what_a_rule_needs_and_nothing_else(rule):
    found = need(rule)
    told = {name: getattr(found, name) for name in NEEDS if name not in ("learned", "decays")}
    learned = () if rule == "fixed" else ("W_rec", "W_in", "W_out")
    assert found.learned == learned
    assert {k: v for k, v in told.items() if v not in (0, False, (), "none")} == {
        "products": 1,
        **NEEDED[rule],
    } or not learned


@pytest.mark.parametrize("rule", NEEDED)
def test_every_need_is_proved_by_equations_that_run(rule):
    made = program(rule)
    texts = {str(statement) for block in made.blocks for statement in block.statements}
    found = requirement(made)
    for name in NEEDS:
        assert set(found.proof[name]) <= texts
        assert bool(found.proof[name]) == (getattr(found, name) not in (0, False, (), "none", {}))


def test_the_readout_alone_needs_its_error_and_the_activity_before_it():
    found = need("rflo", plastic=("out",))
    assert (found.error, found.eligibility, found.pre_values, found.transport) == ("output", "none", 1, ())


@pytest.mark.parametrize(("decay", "kept_per_step"), [("", 0.9), (":decay=0.5", 0.5)])
def test_how_long_traces_last(decay, kept_per_step):
    assert need(f"rflo{decay}").decays == pytest.approx({"trace_rec": kept_per_step, "trace_in": kept_per_step})


def test_a_trace_with_a_decay_of_each_neuron_is_one_per_synapse():
    assert need("rflo:spread=0.5").eligibility == "per_synapse"


RULES = {
    "eligibility": ("trace[j] = trace[j] + pre[j]\nweight[i, j] = weight[i, j] + r[i] * trace[j]", "per_pre_x_post"),
    "error": ("weight[i, j] = weight[i, j] + pre[j] * sum(o, error[o])", "broadcast"),
    "own_weight": ("weight[i, j] = (1 - 0.01) * weight[i, j] + r[i] * pre[j]", True),
    "reductions": ("weight[i, j] = weight[i, j] + pre[j] * sum(k, r[k])", ("r",)),
    "forward_products": ("q[i] = sum(j, W_rec[i, j] * r[j])\nweight[i, j] = weight[i, j] + q[i] * pre[j]", ("W_rec",)),
    "remote": ("q[i] = sum(o, B[i, o] * error[o])\nweight[i, j] = weight[i, j] + pre[j] * r[i] * q[i]", ()),
    "pre_values": ("fast[j] = pre[j]\nslow[j] = 0.5 * slow[j] + fast[j]\nweight[i, j] = weight[i, j] + slow[j]", 1),
    "ratios": ("q[i] = sqrt(r[i])\nweight[i, j] = weight[i, j] + q[i] * pre[j]", ("q",)),
    "noise": ("toss[i] = coin()\nweight[i, j] = weight[i, j] + toss[i] * pre[j]", ("toss",)),
}


@pytest.mark.parametrize("name", RULES)
def test_a_need_that_no_rule_at_hand_has_by_itself(name):
    text, expected = RULES[name]
    assert getattr(need(written(text)), name) == expected


def test_two_traces_in_a_row_are_two_values_of_the_start():
    text = "fast[j] = 0.5 * fast[j] + pre[j]\nslow[j] = 0.5 * slow[j] + fast[j]\nweight[i, j] = weight[i, j] + slow[j]"
    assert need(written(text)).pre_values == 2


def test_the_error_at_the_start_of_a_synapse_is_elsewhere():
    text = "q[i] = sum(o, B[i, o] * error[o])\nW_rec[i, j] = W_rec[i, j] + r[i] * q[j]"
    assert need(written(text), plastic=("rec",)).remote == ("q",)


def test_the_words_of_a_requirement_are_those_that_there_are():
    for rule in NEEDED:
        assert need(rule).eligibility in LAYOUTS and need(rule).error in ROUTES


# --- what is kept ----------------------------------------------------------------------------------------------------


def counts(rule: str | Rule, steps: int = 5) -> dict[tuple[str, str], int]:
    return {(item.name, item.purpose): item.count for item in kept(program(rule), steps)}


def test_what_rflo_keeps():
    n, n_in, n_out = SMALL.size
    forward = {("W_rec", "inference"): n * n, ("W_in", "inference"): n * n_in, ("W_out", "inference"): n_out * n}
    state = {("r", "inference"): n, ("sent", "inference"): n}
    learning = {("B", "learning"): n * n_out, ("trace_rec", "learning"): n, ("trace_in", "learning"): n_in}
    assert counts("rflo") == forward | state | learning


def test_what_goes_back_in_time_keeps_the_past():
    n, n_in, n_out = SMALL.size
    history = {key: count for key, count in counts("bptt", steps=5).items() if key[1] == "history"}
    assert history == {
        **{("r", "history"): 5 * n, ("sent", "history"): 5 * n},
        **{("x", "history"): 5 * n_in, ("error", "history"): 5 * n_out},
    }
    assert counts("tbptt:k=4")["past_rec", "history"] == 4 * n
    assert ("delta", "learning") not in counts("tbptt:k=4,stride=2")


def test_one_step_back_keeps_nothing():
    assert not [key for key in counts("tbptt:k=1") if key[1] != "inference"]


def test_an_element_that_is_read_before_it_is_written_is_kept():
    text = "q[0, j] = pre[j]\nq[s, j] = before(q[s-1, j])\nweight[i, j] = weight[i, j] + sum(s, q[s, j])"
    assert counts(written(text, past=3))["q_rec", "history"] == 9


# --- programs that need less -----------------------------------------------------------------------------------------


def test_traces_that_are_alike_for_all_neurons_are_kept_once_and_do_the_same():
    wide = written(
        "trace[i, j] = 0.5 * trace[i, j] + pre[j]\nmean[i, j] = 0.9 * mean[i, j] + trace[i, j]\n"
        "weight[i, j] = weight[i, j] + lr * r[i] * mean[i, j]"
    )
    made = program(wide)
    narrow = factored(made)
    assert requirement(made).eligibility == "per_synapse" and requirement(narrow).eligibility == "per_pre_x_post"
    assert requirement(narrow).pre_values == 2
    rng = np.random.default_rng(0)
    trials = Trials(rng.normal(size=(2, 9, 2)), rng.normal(size=(2, 9, 2)), np.ones(9))
    first, second = (catalog.engine("numpy").run(each, [Job(trials)])[0].weights for each in (made, narrow))
    assert not np.array_equal(first["W_rec"], SMALL.W_rec)
    np.testing.assert_allclose(first["W_rec"], second["W_rec"], rtol=0, atol=1e-12)


def test_traces_that_differ_are_not_kept_once():
    for rule in ("snap1", "rflo:spread=0.5"):
        assert factored(program(rule)).quantities == program(rule).quantities


def test_snap1_is_rflo_where_neurons_have_no_weight_onto_themselves():
    """With per-neuron traces: SnAp-1 then is RFLO through the transposed readout."""
    alone = requirement(factored(without_self_weights(program("snap1"))))
    assert alone == requirement(program("rflo:feedback=symmetric")) or vars(alone) | {"proof": 0} == vars(
        need("rflo:feedback=symmetric")
    ) | {"proof": 0}


# --- verdicts --------------------------------------------------------------------------------------------------------

PES = ("rflo", ("out",))
ALL = ("rec", "in", "out")
COLUMNS = {
    "PES": PES,
    "RFLO": ("rflo", ALL),
    "RFLO-sym": ("rflo:feedback=symmetric", ALL),
    "SnAp-1": ("snap1", ALL),
    "RTRL": ("rtrl", ALL),
    "tBPTT": ("tbptt:k=10", ALL),
    "BPTT": ("bptt", ALL),
}
FAIL = dict.fromkeys(COLUMNS, "FAIL")
SOFTWARE = dict.fromkeys(COLUMNS, "SW")
LOCAL = ("PES", "RFLO", "RFLO-sym", "SnAp-1")
PUBLISHED = {
    "loihi1-lava": FAIL | dict.fromkeys(LOCAL, "LOWP+ASSIST"),
    "loihi2-lava": FAIL | dict.fromkeys(LOCAL, "LOWP"),
    "spinnaker1": SOFTWARE,
    "spinnaker2": SOFTWARE,
    "brainscales2": SOFTWARE | {"RTRL": "FAIL", "BPTT": "HOST+SW"},
    "reckon": FAIL | {"PES": "LOWP", "RFLO": "RESTR+LOWP", "RFLO-sym": "LOWP", "SnAp-1": "RESTR+LOWP"},
    "rpu-gokmen-vlasov": {
        **dict.fromkeys(("PES", "RFLO", "RFLO-sym"), "NATIVE"),
        **{"SnAp-1": "MP", "RTRL": "FAIL", "tBPTT": "ASSIST", "BPTT": "ASSIST"},
    },
    "fpga-int16": SOFTWARE,
    "mcu-cortex-m": SOFTWARE | {"RTRL": "FAIL"},
    **dict.fromkeys(("odin", "akida1000", "pcm-hermes", "dynap-se2", "truenorth", "xylo-a2"), FAIL),
}
"""Verdicts for N = 128, k = 10, T = 200, one leak, dense, linear."""

DIFFERENT = {
    ("rpu-gokmen-vlasov", "BPTT"): "MP+ASSIST",  # its equations sum the changes up per synapse before they write
    **{("brainscales2", column): "FAIL" for column in COLUMNS},  # 2 * (128 + 8) signed synapses onto 256 rows
}
"""What the equations and the chip's capacity make of it instead."""


@pytest.mark.parametrize("profile", PUBLISHED)
def test_the_table_of_verdicts(profile):
    for column, expected in PUBLISHED[profile].items():
        rule, plastic = COLUMNS[column]
        found = judged(rule, profile, plastic=plastic)
        assert set(found.tags) == set(DIFFERENT.get((profile, column), expected).split("+")), (column, found.reasons)


def test_brainscales_is_as_in_the_table_where_its_rows_suffice():
    network = Network.random(112, 8, 2, alpha=0.1, gain=0.5, seed=0)
    for column, expected in PUBLISHED["brainscales2"].items():
        rule, plastic = COLUMNS[column]
        assert set(judged(rule, "brainscales2", network, plastic=plastic).tags) == set(expected.split("+"))


@pytest.mark.parametrize("profile", catalog.names("profile"))
def test_a_rule_that_does_not_learn_asks_for_room_only(profile):
    found = judged("fixed", profile)
    assert found.tags in (("NATIVE",), ("FAIL",))
    assert found.fits or all("room for" in reason for reason in found.reasons)


@pytest.mark.parametrize("profile", ["float64", "fixed:weight=s8.6", "fixed"])
@pytest.mark.parametrize("rule", catalog.names("rule"))
def test_number_formats_have_no_limits(profile, rule):
    assert judged(rule, profile).fits


def test_what_is_not_public_is_said_and_not_guessed():
    found = judged("rflo", "elfcore")
    assert found.tags == () and found.verdict == "?" and any("rule.form" in what for what in found.unknown)
    assert judged("rflo", "loihi2-lava").verdict == "LOWP?"


SAID = [
    ("bptt", "loihi2-lava", "W_rec is read against its direction"),
    ("bptt", "loihi2-lava", "200 steps of activity must be kept and gone back through, and it keeps none"),
    ("tbptt:k=10", "reckon", "past_rec[s, j] = before(past_rec[s-1, j])"),
    ("rtrl", "loihi1-lava", "every synapse keeps a number for each of 128 neurons"),
    ("rflo", "reckon", "errors come back through W_out"),
    ("rflo:decay=0.5", "reckon", "its traces keep 0.9 per step, as neurons do, and trace_in keeps 0.5"),
    ("tbptt:k=1", "reckon", "past_rec keeps 0"),
    ("rflo", "odin", "its only rule is sdsp, which takes no error"),
    ("rflo", "truenorth", "weights do not change on this chip"),
    ("rflo:spread=0.5", "reckon", "synapses have no room for eligibilities of their own"),
]


@pytest.mark.parametrize(("rule", "profile", "said"), SAID)
def test_reasons_are_told_with_the_equation(rule, profile, said):
    assert any(said in reason for reason in judged(rule, profile).reasons)


@pytest.mark.parametrize(("alpha", "fits"), [(0.1, True), (0.2, False)])
def test_a_leak_that_the_chip_cannot_have(alpha, fits):
    network = Network.random(10, 2, 2, alpha=alpha, gain=0.5, seed=0)
    found = judged("fixed", "reckon", network)
    assert found.fits == fits and (fits or "alpha of at most 0.125" in found.reasons[0])


def test_a_network_that_is_too_large():
    found = judged("fixed", "reckon", Network.random(300, 8, 2, alpha=0.1, gain=0.5, seed=0))
    assert "FAIL: 300 neurons, and there is room for 256" in found.reasons


CHEATS = {
    "row": ("weight[i, j] = weight[i, j] + lr * pre[j] * sum(k, W_rec[k, i])", "W_rec is read against its direction"),
    "reverse": ("W_rec[i, j] = W_rec[i, j] + r[i] * r[j] * before(W_rec[j, i])", "W_rec is read against its direction"),
    "norm": ("norm[0] = sum(i, r[i] * r[i])\nweight[i, j] = weight[i, j] + lr * pre[j] * r[i] / norm[0]",
             "r is summed over all neurons or synapses"),
    "smuggled": ("q[i] = sum(j, (W_rec[i, j] + 1) * r[j])\nweight[i, j] = weight[i, j] + lr * q[i] * pre[j]",
                 "r is summed over all neurons or synapses"),
}  # fmt: skip


@pytest.mark.parametrize("cheat", CHEATS)
def test_what_is_not_local_is_found_out(cheat):
    text, said = CHEATS[cheat]
    plastic = ("rec",) if cheat in ("reverse", "row") else ("rec", "in")
    found = judged(written(text), "loihi2-lava", plastic=plastic)
    assert "FAIL" in found.tags
    assert any(said in reason for reason in found.reasons)


def test_a_copy_of_weights_the_other_way_round_is_no_way_round():
    text = "copy[i, o] = W_out[o, i]\nq[i] = sum(o, copy[i, o] * error[o])\nweight[i, j] = weight[i, j] + q[i] * pre[j]"
    found = need(written(text))
    assert (found.error, found.transport) == ("synapses", ("W_out",))


def test_targets_come_to_neurons_through_synapses_or_as_one_number():
    text = "weight[i, j] = weight[i, j] + lr * pre[j] * sum(o, target[o])"
    found = judged(written(text), "reckon", plastic=("rec",))
    assert any("errors come back through W_out and in no other way" in reason for reason in found.reasons)


# --- the nearest change ----------------------------------------------------------------------------------------------

ADVICE = [
    ("rflo", "reckon", "freeze W_out: LOWP, or rflo:feedback=symmetric: LOWP"),
    ("tbptt:k=10", "loihi2-lava", "k of at most 1: LOWP?"),
    ("rflo", "brainscales2", "N of at most 120: SW"),
    ("snap1", "reckon", "rflo:feedback=symmetric: LOWP"),
    ("rtrl", "rpu-gokmen-vlasov", "the rule rflo: NATIVE"),
    ("fixed", "xylo-a2", "N of at most 55: NATIVE?"),
    ("bptt", "truenorth", ""),
    ("rflo", "loihi2-lava", ""),
]


@pytest.mark.parametrize(("rule", "profile", "said"), ADVICE)
def test_the_nearest_change_is_one_that_was_tried(rule, profile, said):
    told = advised(Setting(rule, LARGE, ALL, STEPS), catalog.profile(profile)).suggestion
    assert told.startswith(said) or said in told


def test_what_is_advised_is_the_largest_that_fits():
    """Of a rule that fits with at most seven of something, asked of with twenty."""
    setting = Setting("tbptt:k=20", SMALL, ALL, STEPS)
    told = nearest(setting, lambda trial: "fits" if trial[0].sizes["past"] <= 7 else None)
    assert told.startswith("k of at most 7: fits")


def test_shorter_trials_are_tried():
    setting = Setting("bptt", SMALL, ALL, STEPS)
    assert nearest(setting, lambda trial: "fits" if trial[1] <= 16 else None) == "trials of at most 16 steps: fits"


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_takes_several_chips_after_one_option():
    said = invoke(
        "audit", "rflo", "tbptt:k=8", "bptt", "--profile", "loihi2-lava", "reckon", "fpga-int16", "--n", 4, "--steps", 9
    )
    assert said.exit_code == 0 and not said.stderr
    lines = said.stdout.splitlines()
    assert lines[0].startswith("N = 4, 8 inputs, 2 outputs, trials of 9 steps")
    assert lines[2].split() == ["rflo", "tbptt:k=8", "bptt"]
    assert [line.split() for line in lines[3:6]] == [
        ["loihi2-lava", "LOWP?", "FAIL", "FAIL"],
        ["reckon", "RESTR+LOWP", "FAIL", "FAIL"],
        ["fpga-int16", "SW", "SW", "SW"],
    ]
    assert "rflo on reckon: RESTR+LOWP" in said.stdout and "  nearest: freeze W_out: LOWP" in said.stdout


def test_chips_may_also_be_named_one_by_one():
    once = invoke("audit", "fixed", "--profile", "reckon", "odin")
    assert once.stdout == invoke("audit", "fixed", "--profile", "reckon", "--profile=odin").stdout


def test_json_has_the_needs_and_their_proofs():
    said = invoke("audit", "rflo", "--profile", "reckon", "--json", "--freeze", "out")
    (cell,) = json.loads(said.stdout)
    assert cell["verdict"] == "LOWP" and cell["requirement"]["error"] == "synapses"
    assert cell["requirement"]["proof"]["error"] == ["teach[i] = sum(o, B[i, o] * error[o])"]


def test_a_cheat_in_a_file_of_ones_own_is_reported_with_its_equation(tmp_path):
    (tmp_path / "cheat.py").write_text(
        "from neurosim import Rule\n\n"
        "class Cheat(Rule):\n"
        '    """Local in name."""\n\n'
        "    equations = '''\n"
        "        teach[j]     = sum(o, W_out[o, j] * error[o]) + 0.1 * sum(i, W_rec[i, j] * r[i])\n"
        "        weight[i, j] = weight[i, j] + lr * teach[i] * pre[j]\n"
        "    '''\n"
    )
    said = invoke("audit", tmp_path / "cheat.py", "--profile", "loihi2-lava")
    assert said.exit_code == 0
    assert "FAIL: W_rec is read against its direction: 'teach[j] = sum(o, W_out[o, j] * error[o])" in said.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rfl",), "no rule is called 'rfl' (did you mean 'rflo'?)"),
        (("rflo", "--profile", "reckn"), "no profile is called 'reckn' (did you mean 'reckon'?)"),
        (("rflo", "--n", 0), "a network of 0 neurons was asked for"),
        (("rflo", "--steps", 0), "steps is 0; a trial has at least 1"),
        (("rflo", "--alpha", 2), "alpha is 2.0; the leak per step"),
    ],
)
def test_bad_words_get_one_line(words, said):
    answered = invoke("audit", *words)
    assert answered.exit_code == 2 and said in answered.stderr and answered.stderr.count("\n") == 1


def test_a_table_names_only_the_tags_that_are_in_it():
    cells = matrix(["fixed"], ["reckon"], SMALL, steps=5, plastic=ALL)
    meaning = "NATIVE: every quantity is where the chip can read it"
    assert table(cells).splitlines() == ["        fixed", "reckon  NATIVE", "", meaning]
