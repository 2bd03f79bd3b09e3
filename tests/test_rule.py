"""Every rule in the folder, what its equations become, and what is said of equations that are wrong.

Rules are found by looking into the folder: a new file there is tested with no line added here.
"""

from __future__ import annotations

import inspect
from dataclasses import FrozenInstanceError, fields
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from neurosim import Network, NeurosimError, Program, Rule, catalog, compile, notation
from neurosim.cli import neurosim
from neurosim.comparison import Budget, compare
from neurosim.experiment import Experiment
from neurosim.network import PLASTIC, QUANTITIES, WEIGHTS
from neurosim.precision import KINDS

RULES = catalog.names("rule")
VARIANTS = [*RULES, "rflo:feedback=symmetric", "rflo:decay=0.5", "rflo:spread=0.5", "tbptt:k=4", "tbptt:k=4,stride=3"]
SUBSETS = [chosen for size in range(4) for chosen in combinations(PLASTIC, size)]
NETWORK = Network.random(4, n_in=3, n_out=2, alpha=0.3, gain=0.5, seed=0)
HEBB = "weight[i, j] = weight[i, j] + lr * r[i] * pre[j]"


def rule(equations: str, readout: str = "", memory: int = 1) -> Rule:
    """A rule of those equations."""
    return type("Mine", (Rule,), {"equations": equations, "readout": readout, "memory": memory})()


def program(name: str, plastic: tuple[str, ...] = PLASTIC) -> Program:
    return compile(NETWORK, catalog.rule(name), plastic=plastic)


def statements(of: Program) -> list[str]:
    """What a program does, as text, in the order in which it does it."""
    return [str(statement) for block in of.blocks for statement in block.statements]


def written(of: Program) -> list[str]:
    return [statement.target.name for block in of.blocks for statement in block.statements]


# --- every rule -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RULES)
def test_a_file_holds_one_rule_which_says_what_it_is_and_where_it_comes_from(name):
    found = type(catalog.rule(name))
    assert found.__name__.lower() == name and found.__module__ == f"neurosim.rules.{name}"
    described = inspect.getdoc(found) or ""
    assert 10 < len(described.splitlines()[0]) <= 120
    for parameter in fields(found):
        assert f"{parameter.name}:" in described, f"{parameter.name} is not explained"


@pytest.mark.parametrize("plastic", SUBSETS, ids="+".join)
@pytest.mark.parametrize("name", VARIANTS)
def test_a_rule_expands_for_whatever_learns(name, plastic):
    made = program(name, plastic)
    learns = bool(program(name).learned)
    assert set(made.learned) == {f"W_{projection}" for projection in plastic if learns}
    assert set(written(made)) <= set(made.quantities)
    for quantity in made.quantities.values():
        assert quantity.kind in KINDS and quantity.home in {"neuron", "synapse", "input", "output", "global"}
        assert all(size > 0 for size in made.shape(quantity.name))


@pytest.mark.parametrize("plastic", SUBSETS, ids="+".join)
@pytest.mark.parametrize("name", VARIANTS)
def test_what_is_frozen_takes_all_with_it_that_served_it_alone(name, plastic):
    """Each statement left serves a weight that learns: directly, or through what another one reads."""
    made = program(name, plastic)
    own = [s for block in made.blocks for s in block.statements if s.target.name not in QUANTITIES]
    reached = set(made.learned)
    for _ in own:
        reached |= {
            read.name
            for block in made.blocks
            for s in block.statements
            if s.target.name in reached
            for read in notation.reads(s.value)
        }
    assert {s.target.name for s in own} <= reached
    frozen = {name for name in PLASTIC if name not in plastic}
    assert not any(name.endswith(f"_{each}") for each in frozen for name in (*written(made), *made.constants))


def test_with_the_input_weights_frozen_there_is_no_trace_of_inputs():
    assert [name for name in written(program("rflo", ("rec",))) if name not in QUANTITIES] == ["trace_rec", "teach"]
    assert {"trace_rec", "trace_in"} <= set(written(program("rflo")))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_cannot_be_changed(name):
    with pytest.raises(FrozenInstanceError):
        catalog.rule(name).equations = ""


# --- what the equations of the built-in rules need ------------------------------------------------------------------

NEEDS = {
    "rflo": {
        "trace_rec": ("trace", "neuron", (4,)),
        "trace_in": ("trace", "input", (3,)),
        "teach": ("teaching signal", "neuron", (4,)),
    },
    "rflo:spread=0.5": {
        "own_decay": ("trace", "neuron", (4,)),
        "trace_rec": ("trace", "synapse", (4, 4)),
        "trace_in": ("trace", "synapse", (4, 3)),
        "teach": ("teaching signal", "neuron", (4,)),
    },
    "tbptt:k=4": {
        "past_rec": ("trace", "neuron", (4, 4)),
        "past_in": ("trace", "input", (4, 3)),
        "delta": ("teaching signal", "neuron", (4, 4)),
    },
    "tbptt:k=4,stride=3": {
        "past_rec": ("trace", "neuron", (4, 4)),
        "past_in": ("trace", "input", (4, 3)),
        "delta": ("teaching signal", "neuron", (4, 4)),
        "missed": ("teaching signal", "output", (4, 2)),
    },
    "rtrl": {
        "influence_rec": ("trace", "global", (4, 4, 4)),
        "influence_in": ("trace", "global", (4, 4, 3)),
        "teach": ("teaching signal", "neuron", (4,)),
    },
    "snap1": {
        "trace_rec": ("trace", "synapse", (4, 4)),
        "trace_in": ("trace", "synapse", (4, 3)),
        "teach": ("teaching signal", "neuron", (4,)),
    },
    "bptt": {
        "delta": ("teaching signal", "neuron", (4,)),
        "slope_rec": ("accumulator", "synapse", (4, 4)),
        "slope_in": ("accumulator", "synapse", (4, 3)),
        "slope_out": ("accumulator", "synapse", (2, 4)),
    },
    "nodeperturbation": {
        "toss": ("trace", "neuron", (4,)),
        "shift": ("trace", "neuron", (4,)),
        "moved": ("trace", "output", (2,)),
        "reward": ("teaching signal", "global", (1,)),
        "trace_rec": ("trace", "synapse", (4, 4)),
        "trace_in": ("trace", "synapse", (4, 3)),
    },
    "uoro": {
        "toss": ("trace", "neuron", (4,)),
        "moved": ("trace", "neuron", (4,)),
        "effect": ("trace", "neuron", (4,)),
        **dict.fromkeys(("extent", "reach", "keep", "activity", "add"), ("trace", "global", (1,))),
        "cause_rec": ("trace", "synapse", (4, 4)),
        "cause_in": ("trace", "synapse", (4, 3)),
        "teach": ("teaching signal", "global", (1,)),
    },
    "fixed": {},
}


NEEDS |= {"fa": NEEDS["bptt"], "eprop": NEEDS["snap1"]}


@pytest.mark.parametrize("name", NEEDS)
def test_what_a_rule_keeps_and_where(name):
    made = program(name)
    own = {key: (q.kind, q.home, made.shape(key)) for key, q in made.quantities.items() if key not in QUANTITIES}
    assert own == NEEDS[name]


def test_what_a_network_keeps_and_where():
    made = program("fixed")
    assert {name: made.quantities[name].home for name in ("r", "x", "y", "error", *WEIGHTS)} == {
        **{"r": "neuron", "x": "input", "y": "output", "error": "output"},
        **dict.fromkeys(WEIGHTS, "synapse"),
    }


@pytest.mark.parametrize("name", VARIANTS)
def test_only_bptt_and_fa_go_back_through_the_trial(name):
    made, back = program(name), name in ("bptt", "fa")
    assert made.remembered == (("error", "r", "sent", "x") if back else ())
    assert bool(made.backward) == back


def test_what_the_trial_must_be_kept_for():
    assert program("bptt", ("in",)).remembered == ("error", "x")
    assert program("bptt", ("in",)).history == ("error",)
    assert program("bptt", ("out",)).remembered == ("error", "r")


def test_the_three_ways_to_send_the_error():
    assert "teach[i] = sum(o, B[i, o] * error[o])" in statements(program("rflo"))
    assert "teach[i] = sum(o, W_out[o, i] * error[o])" in statements(program("rflo:feedback=symmetric"))
    assert "B" not in set(written(program("rflo")))


@pytest.mark.parametrize("name", VARIANTS)
def test_held_weights_stand_still_and_their_changes_are_summed(name):
    made = program(name)
    held = made.held()
    assert not set(written(held)) & set(WEIGHTS)
    assert held.learned == tuple(f"update_{each}" for each in made.learned)
    for each in made.learned:
        assert not held.weights[f"update_{each}"].any()
        assert held.shape(f"update_{each}") == made.shape(each)
    instead = {f"update_{each}": each for each in made.learned}
    assert [instead.get(each, each) for each in written(held)] == written(made)


@pytest.mark.parametrize(
    ("line", "held"),
    [
        ("weight[i, j] = weight[i, j] + lr * r[i] * pre[j]", "update_W_rec[i, j] + (lr_rec * r[i] * sent[j])"),
        ("weight[i, j] = weight[i, j] - lr * weight[i, j]", "update_W_rec[i, j] - (lr_rec * W_rec[i, j])"),
        (
            "weight[i, j] = lr * pre[j] + weight[i, j]",
            "update_W_rec[i, j] + (lr_rec * sent[j] + W_rec[i, j] - W_rec[i, j])",
        ),
    ],
)
def test_a_held_weight_gets_the_change_however_it_is_written(line, held):
    assert f"update_W_rec[i, j] = {held}" in statements(compile(NETWORK, rule(line)).held())


# --- when statements run --------------------------------------------------------------------------------------------


def order(equations: str, readout: str = "", memory: int = 1) -> list[str]:
    return written(compile(NETWORK, rule(equations, readout, memory), plastic=("rec", "out")))


FORWARD = ["drive", "r", "y", "error"]


def test_what_needs_only_the_past_runs_before_the_state_and_the_rest_after():
    assert written(program("rflo")) == [
        *("trace_rec", "trace_in"),
        *FORWARD,
        *("teach", "W_rec", "W_in", "W_out", "sent"),
    ]


@pytest.mark.parametrize("reads", ["drive[i]", "r[i]", "sum(o, B[i, o] * y[o])", "sum(o, B[i, o] * error[o])"])
def test_what_needs_this_step_runs_after_it(reads):
    assert order(f"q[i] = {reads}\nweight[i, j] = weight[i, j] + lr * q[i] * pre[j]") == [
        *FORWARD,
        "q",
        "W_rec",
        "sent",
    ]


def test_what_is_read_late_is_not_written_early():
    """A statement that needs nothing of this step still waits for one above it that reads what it writes."""
    equations = "q[i] = r[i] * p[i]\np[i] = p[i] + 1\nweight[i, j] = weight[i, j] + lr * q[i] * p[i] * pre[j]"
    assert order(equations) == [*FORWARD, "q", "p", "W_rec", "sent"]
    assert order("p[i] = p[i] + 1\nq[i] = r[i] * p[i]\n" + equations.splitlines()[2]) == [
        *("p", *FORWARD),
        *("q", "W_rec", "sent"),
    ]


def test_what_is_written_late_is_not_overwritten_early():
    equations = "p[i] = r[i]\np[i] = 3\nweight[i, j] = weight[i, j] + lr * p[i] * pre[j]"
    assert order(equations) == [*FORWARD, "p", "p", "W_rec", "sent"]


def test_new_weights_act_from_the_next_step_on():
    """Even those that change without regard to this one."""
    assert order("weight[i, j] = weight[i, j] - lr * weight[i, j]") == [*FORWARD, "W_rec", "sent"]
    assert order(HEBB, "B[i, o] = B[i, o] - lr * B[i, o]") == [*FORWARD, "W_rec", "B", "sent"]


def test_blocks_that_run_now_and_then_wait_for_the_step():
    made = program("tbptt:k=4,stride=3")
    assert [(block.period, len(block.statements)) for block in made.step] == [(None, 8 + 2), ("stride", 5), (None, 2)]
    assert made.constants["stride"] == 3


def test_lines_of_one_rule_for_each_time():
    made = compile(
        NETWORK,
        rule(
            f"p[i] = p[i] + r[i]\nbackward:\nq[i, j] = q[i, j] + r[i] * pre[j]\nend of trial:\n{HEBB} * q[i, j] * p[i]"
        ),
        plastic=("rec",),
    )
    assert [block.when for block in (*made.step, *made.backward, *made.end)] == ["each step", "backward", "end"]
    assert "q_rec[i, j] = q_rec[i, j] + (r[i] * before(sent[j]))" in statements(made)


# --- what is said as a class is defined -----------------------------------------------------------------------------

READS = "weight[i, j] = weight[i, j] + lr * {} * pre[j]"


@pytest.mark.parametrize(
    ("equations", "named", "may"),
    [
        (READS.format("treach[i]"), "nothing is called 'treach'", "B, W_in, W_out, W_rec"),
        (READS.format("eta * r[i]"), "nothing is called 'eta'", "there are: alpha, lr, mask"),
        (READS.format("r[k]"), "index 'k' stands only on the right", "sum(k, ...)"),
        (READS.format("sum(o, W_out[i, o] * error[o])"), "W_out[i, o] does not fit", "W_out is [output, neuron]"),
        (READS.format("sum(i, error[i])"), "index 'i' is summed over", ""),
        (READS.format("sum(k, error[k])"), "error[k] does not fit; error is [output] (output: o)", ""),
        (READS.format("B[i]"), "B[i] does not fit", "B is [neuron, output] (neuron: i j k l; output: o)"),
        (READS.format("r[0]"), "r[0] does not fit; r is [neuron] (neuron: i j k l)", ""),
        ("q[i] = r[i]\nq[o] = y[o]\n" + READS.format("q[i]"), "q[o] does not fit; q is [neuron]", ""),
        ("weight[j, i] = weight[j, i] + lr * r[i] * pre[j]", "must be weight[i, j], [to, from]", ""),
        ("weight[i, k] = weight[i, k] + lr * r[i] * r[k]", "must be weight[i, j], [to, from]", ""),
        (READS.format("sum(k, pre[k])"), "pre[k] must be pre[j]; j is the start of a synapse", ""),
        ("q[i] = pre[i]\n" + READS.format("q[i]"), "pre[i] must be pre[j]", ""),
        ("pre[j] = 0", "pre is given by the network", "write to weight[i, j] or a name of your own"),
        (
            "teach[i] = lr * r[i]\n" + READS.format("teach[i]"),
            "lr is a projection's learning rate",
            "weight[i, j] = ...",
        ),
        *(
            (f"{target} = 0", f"{target.split('[')[0]} is the network's", "a rule writes weight, W_rec, W_in, W_out, B")
            for target in ("r[i]", "error[o]", "y[o]", "x[m]", "target[o]", "drive[i]", "sent[i]")
        ),
        ("every stride steps:\n" + HEBB, "needs a whole-number field called 'stride'", "at least 1"),
        ("q[j] = pre[j] * sum(m, x[m])\n" + READS.format("q[j]"), "m cannot stand here", "the synapses of the inputs"),
        ("q[j, m] = pre[j] * x[m]\n" + READS.format("1"), "m cannot stand here", ""),
        (READS.format("r[i] * (i == j)"), "(i == m) compares different things", "i is neuron, m is input"),
        ("p[0, j] = pre[j]\n" + READS.format("p[1, j]"), "p_rec[1, j] is not there", "memory is 1, so s ends at 0"),
        ("p[2, j] = pre[j]\n" + READS.format("1"), "p_rec[2, j] is not there", "memory is 1, so s ends at 0"),
        (READS.format("r[i] ** 2"), "cannot stand here", ""),
    ],
)
def test_wrong_equations_are_refused_as_the_class_is_defined(equations, named, may):
    with pytest.raises(NeurosimError, match=r"^Mine: ") as raised:
        type("Mine", (Rule,), {"equations": equations})
    assert named in str(raised.value) and may in str(raised.value)


@pytest.mark.parametrize(
    "readout", ["W_out[i, o] = W_out[i, o] + lr", "W_out[o, j] = W_out[o, j] + eta", "q[i] = p[i]"]
)
def test_a_wrong_readout_is_refused_too(readout):
    with pytest.raises(NeurosimError, match=r"^Mine: in "):
        type("Mine", (Rule,), {"readout": readout})


@pytest.mark.parametrize("memory", [0, -1, 2.5])
def test_a_memory_must_hold_something(memory):
    with pytest.raises(
        NeurosimError, match=rf"^Mine: memory is {memory}; s takes a whole number of values, at least 1"
    ):
        type("Mine", (Rule,), {"memory": property(lambda self: memory)})


@pytest.mark.parametrize("period", [0, -2, 2.0, "two"])
def test_a_period_is_a_whole_number_of_steps(period):
    made = {"__annotations__": {"stride": object}, "stride": period, "equations": "every stride steps:\n" + HEBB}
    with pytest.raises(NeurosimError, match=r"needs a whole-number field called 'stride', at least 1"):
        type("Mine", (Rule,), made)


@pytest.mark.parametrize("name", ["alpha", "mask", "lr", "lr_rec"])
def test_a_field_does_not_hide_what_is_given(name):
    with pytest.raises(NeurosimError, match=f"^Mine: a field is called '{name}', which is given; name it otherwise"):
        type("Mine", (Rule,), {"__annotations__": {name: float}, name: 0.5})


def test_fields_are_numbers_in_the_equations():
    class Mine(Rule):
        rate: float
        equations = "weight[i, j] = weight[i, j] + rate * r[i] * pre[j]"

    assert Mine(0.25).constants == {"rate": 0.25}
    assert compile(NETWORK, Mine(rate=0.25)).constants["rate"] == 0.25


# --- compiling ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lr", [-0.1, np.nan, np.inf, {"rec": 0.1, "out": -1.0}])
def test_learning_rates_are_finite_and_not_negative(lr):
    with pytest.raises(NeurosimError, match="it must be a finite number, 0 or above"):
        compile(NETWORK, catalog.rule("rflo"), lr=lr)


@pytest.mark.parametrize("asked", [{"plastic": ("rec", "inn")}, {"lr": {"inn": 0.1}}])
def test_projections_that_do_not_exist_are_named(asked):
    with pytest.raises(NeurosimError, match="no projection is called 'inn'; there are: rec, in, out"):
        compile(NETWORK, catalog.rule("rflo"), **asked)


def test_each_projection_may_have_its_own_rate():
    constants = compile(NETWORK, catalog.rule("rflo"), lr={"rec": 0.1, "out": 0.3}).constants
    assert {name: constants[f"lr_{name}"] for name in PLASTIC} == {"rec": 0.1, "in": 0.0, "out": 0.3}


# --- a rule of one's own --------------------------------------------------------------------------------------------

MINE = '''"""A rule of one's own."""

from neurosim import Rule


class Mine(Rule):
    """Hebb's with the error: needs nothing but what is at hand.

    gain: of the teaching signal.
    """

    gain: float = 2.0
    equations = """
        teach[i]     = gain * sum(o, B[i, o] * error[o])
        weight[i, j] = weight[i, j] + lr * teach[i] * pre[j]
    """
'''


@pytest.fixture
def mine(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(MINE)
    return str(tmp_path / "mine.py")


def test_a_new_rule_is_one_new_file(mine, tmp_path):
    """Named by its path it is found, shown and compared; nothing else in the world has changed."""
    assert catalog.rule(f"{mine}:gain=3").constants == {"gain": 3.0}
    shown = CliRunner().invoke(neurosim, ["show", "rule", f"{mine}:gain=3"])
    assert shown.exit_code == 0 and "Hebb's with the error" in shown.output and "gain=3.0" in shown.output
    assert "teach[i] = gain * sum(o, B[i, o] * error[o])" in shown.output
    asked = Experiment("", "integrate:steps=4", engine="numpy", n=3, trials=2, test_trials=2, checkpoints=1)
    rows = compare([mine, "rflo"], asked, seeds=1, budget=Budget((0.01,))).rows
    assert [row.rule for row in rows] == [mine, "rflo"] and all(np.isfinite(row.loss) for row in rows)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["mine.py"]


def test_a_rule_may_come_from_a_package_of_ones_own(tmp_path, monkeypatch):
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "__init__.py").touch()
    (tmp_path / "my_package" / "mine.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path)
    assert catalog.rule("my_package.mine:gain=3").constants == {"gain": 3.0}
    assert catalog.source("my_package.mine:gain=3") == tmp_path / "my_package" / "mine.py"
    with pytest.raises(NeurosimError, match=r"rule 'my_package\.yours': No module named .* name a module"):
        catalog.rule("my_package.yours")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1 / 0\n", r"mine\.py, line 1: ZeroDivisionError: division by zero"),
        ("\n\nx = undefined\n", r"mine\.py, line 3: NameError"),
        ("class Mine(Rule\n", r"mine\.py.*SyntaxError"),
        ("import no_such_thing\n", r"mine\.py, line 1: ModuleNotFoundError: No module named 'no_such_thing'"),
        ("x = 1\n", r"must define one subclass of neurosim\.Rule; it has: none"),
        (MINE + MINE.replace("Mine", "Yours"), "must define one subclass .* it has: Mine, Yours"),
        (MINE.replace("teach[i] *", "treach[i] *"), r"mine\.py: Mine: .*nothing is called 'treach'"),
    ],
)
def test_an_error_in_ones_own_file_is_told_with_its_place(mine, text, said):
    Path(mine).write_text(text)
    with pytest.raises(NeurosimError, match=said):
        catalog.rule(mine)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(NeurosimError, match=r"rule '.*none\.py': there is no such file"):
        catalog.rule(str(tmp_path / "none.py"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rfl", r"no rule is called 'rfl' \(did you mean 'rflo'\?\); there are: bptt, "),
        ("", "no rule is called ''; there are: bptt, "),
        ("../rules/rflo", "no rule is called '../rules/rflo'"),
        ("tbptt:k", r"rule 'tbptt:k': 'k' must be NAME=VALUE; there are: k \(a whole number, 1\), stride"),
        ("tbptt:h=3", r"'tbptt:h=3': nothing is called 'h'; there are: k \(a whole number, 1\)"),
        ("tbptt:k=2.5", "'tbptt:k=2.5': k is '2.5'; it must be a whole number"),
        ("tbptt:k=2,stride=3", "k is 2 and stride is 3; they must satisfy 1 <= stride <= k"),
        ("rflo:decay=fast", "decay is 'fast'; it must be a number"),
        ("rflo:feedback=none", "feedback is 'none'; there are: random, symmetric"),
        ("bptt:k=3", "nothing is called 'k'; it has no parameters"),
    ],
)
def test_names_and_parameters_that_do_not_exist(name, said):
    with pytest.raises(NeurosimError, match=said):
        catalog.rule(name)


def test_kinds_of_things_that_do_not_exist():
    with pytest.raises(NeurosimError, match=r"no kind of thing is called 'rules' \(did you mean 'rule'\?\)"):
        catalog.names("rules")
