"""Square roots and sums over projections in equations, and the rule that needs them: `uoro`, exact in the mean."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from neurosim import Network, NeurosimError, Rule, catalog, compile, notation
from neurosim.adaptation import adapt
from neurosim.audit.terms import terms
from neurosim.conformance import FORMATS, TOLERANCES, _largest
from neurosim.cost.counts import learned
from neurosim.engine import Job
from neurosim.evaluation import Draws, execute
from neurosim.gradients import direction, gradient
from neurosim.reversal import adjoint
from neurosim.seeding import stream
from neurosim.task import Trials

DRAW = stream(0, "uoro test")


def trial(steps: int, n_in: int, n_out: int) -> Trials:
    return Trials(DRAW.normal(size=(1, steps, n_in)), DRAW.normal(size=(1, steps, n_out)), DRAW.uniform(size=steps))


# --- exact in the mean ----------------------------------------------------------------------------------------------


class Fixed(Draws):
    """Draws of which the tosses of the step are given."""

    def of(self, name, format, shape, where):
        return {"u": np.where(np.array(self.keys), 0.75, 0.25)} if name == "toss" else {}


def updates(program, given: Trials, tosses: np.ndarray) -> dict[str, np.ndarray]:
    """What a program adds to its weights in a trial with these tosses, [step, neuron]."""
    values = {name: np.zeros(program.shape(name)) for name in program.quantities} | {
        name: weight.copy() for name, weight in program.weights.items()
    }
    for t in range(len(given.mask)):
        values["x"], values["target"] = given.inputs[0, t], given.targets[0, t]
        scalars = {**program.constants, "mask": given.mask[t]}
        for block in program.step:
            execute(block, program, values, scalars, values, Fixed(tosses[t], t))
    return {name: values[name] for name in ("update_W_rec", "update_W_in")}


@pytest.mark.parametrize(("n", "steps"), [(1, 4), (2, 3), (3, 2)])
def test_the_mean_over_all_tosses_is_the_exact_gradient(n, steps):
    network = Network.random(n, 2, 2, alpha=0.4, gain=0.9, seed=1)
    given = trial(steps, 2, 2)
    program = compile(network, catalog.rule("uoro"), lr=1.0).held()
    every = [updates(program, given, np.array(each).reshape(steps, n)) for each in product((0, 1), repeat=n * steps)]
    exact = direction(compile(network, catalog.rule("rtrl"), lr=1.0), given)
    for name in ("W_rec", "W_in"):
        mean = np.mean([each[f"update_{name}"] for each in every], axis=0)
        assert np.abs(mean - exact[name]).max() < 1e-12 * max(1.0, np.abs(exact[name]).max())
    assert n == 1 or np.std([each["update_W_rec"] for each in every], axis=0).max() > 1e-3


def test_one_neuron_is_exact_where_no_sign_is_left_to_chance():
    """In the first step there is nothing but its own toss, whose square is one."""
    network = Network.random(1, 2, 1, alpha=0.4, gain=0.9, seed=2)
    given = trial(1, 2, 1)
    found, exact = (direction(compile(network, catalog.rule(name), lr=1.0), given) for name in ("uoro", "rtrl"))
    assert all(np.abs(found[name] - exact[name]).max() < 1e-12 for name in exact)


def scores(rule: Rule, groups: int = 40, trials: int = 400) -> np.ndarray:
    """How far the mean update over many seeds is from the exact one, in standard errors, entry by entry."""
    network, one = Network.random(4, 2, 2, alpha=0.4, gain=0.8, seed=0), trial(8, 2, 2)
    many = Trials(np.repeat(one.inputs, trials, axis=0), np.repeat(one.targets, trials, axis=0), one.mask)
    program = compile(network, rule, lr=1.0)
    outcomes = catalog.engine("numba").run(program.held(), [Job(many, seed=seed) for seed in range(groups)])
    found = []
    for name in ("W_rec", "W_in"):
        made = np.array([outcome.weights[f"update_{name}"] / trials for outcome in outcomes])
        error = made.std(axis=0, ddof=1) / np.sqrt(groups)
        found.append(((made.mean(axis=0) + gradient(program, one)[name]) / error).ravel())
    return np.concatenate(found)


def test_the_mean_over_many_seeds_is_the_exact_gradient():
    assert 0.6 < np.sqrt(np.mean(scores(catalog.rule("uoro")) ** 2)) < 1.4


@pytest.mark.slow
def test_the_scores_would_show_another_mean():
    """An estimate whose factors do not undo each other's size is another gradient."""
    text = type(catalog.rule("uoro")).equations
    halved = type("Halved", (type(catalog.rule("uoro")),), {"equations": text.replace("/ keep[0]", "/ keep[0] / 2")})
    assert np.sqrt(np.mean(scores(halved()) ** 2)) > 3.0


def test_both_factors_are_kept_of_one_size():
    network = Network.random(6, 2, 2, alpha=0.3, gain=0.9, seed=0)
    names = ["effect", "cause_rec", "cause_in"]
    program = compile(network, catalog.rule("uoro"))
    (outcome,) = catalog.engine("numpy").run(program.held(), [Job(trial(60, 2, 2))], names)
    effect, rec, inputs = (outcome.records[name][0] for name in names)
    cause = np.sqrt((rec**2).sum(axis=(1, 2)) + (inputs**2).sum(axis=(1, 2)))
    ratio = cause / np.linalg.norm(effect, axis=1)
    assert 0.5 < np.exp(np.log(ratio).mean()) < 2.0


@pytest.mark.parametrize("plastic", [("rec",), ("in",), ("out",)])
def test_only_what_learns_is_in_the_sums(plastic):
    program = compile(Network.random(3, 2, 1, 0.3, 0.9, 0), catalog.rule("uoro"), plastic=plastic)
    causes = {name for name in program.quantities if name.startswith("cause")}
    assert causes == {f"cause_{name}" for name in plastic if name != "out"}


@pytest.mark.parametrize("floor", ["0", "-1", "inf", "nan"])
def test_the_floor_is_above_zero(floor):
    with pytest.raises(NeurosimError, match="it must be a finite number above 0"):
        catalog.rule(f"uoro:floor={floor}")


# --- sums over projections ------------------------------------------------------------------------------------------


class Normed(Rule):
    """Changes that are divided by the size of all that arrives, and by that of each synapse's own trace."""

    equations = """
        size[0]      = sum(projection, sum(j, pre[j] * pre[j]))
        trace[j]     = 0.9 * trace[j] + pre[j]
        large[j]     = sqrt(trace[j] * trace[j] + 1)
        weight[i, j] = weight[i, j] + lr * sum(o, B[i, o] * error[o]) * trace[j] / large[j] / sqrt(1 + size[0])
    """


def test_a_sum_over_the_projections_is_one_number_for_all():
    found = [
        str(each) for block in compile(Network.random(3, 2, 1, 0.3, 0.9, 0), Normed()).step for each in block.statements
    ]
    assert "size[0] = sum(j, sent[j] * sent[j]) + sum(m, x[m] * x[m])" in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("q[j] = sum(projection, pre[j])", r"j is another place in each projection; sum over it inside"),
        (
            "q[j] = pre[j] * sum(projection, sum(k, r[k]))",
            "it is of one projection, and .* of all; give the sum a name",
        ),
        ("q[i] = sum(projection)", "cannot stand here"),
        ("q[i] = sqrt()", "cannot stand here"),
    ],
)
def test_where_neither_can_stand(text, said):
    with pytest.raises(NeurosimError, match=said):
        type("Wrong", (Rule,), {"equations": f"{text}\nweight[i, j] = weight[i, j] + lr * pre[j]"})


@pytest.mark.parametrize("text", ["sqrt(r[i] + 1) * 2", "sum(projection, sum(j, pre[j] * pre[j])) / 3"])
def test_both_read_as_they_are_written(text):
    (statement,) = notation.parse(f"q[i] = {text}")[0].statements
    assert notation.show(statement.value) == text


# --- roots ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["numba", "brian2:numpy", "brian2:fused", "nengo", "nengo:network"])
def test_engines_agree_on_roots(engine):
    program, job = compile(Network.random(5, 2, 3, 0.3, 0.9, 0), Normed(), lr=0.05), Job(trial(12, 2, 3), seed=5)
    record = ("r", "y", "W_rec", "W_in", "W_out")
    (expected,), (found,) = (catalog.engine(name).run(program, [job], record) for name in ("numpy", engine))
    assert _largest(found, expected)[0] < TOLERANCES["float64"]


def test_a_root_is_one_operation_and_its_reads_are_reads():
    program = compile(Network.random(3, 2, 1, 0.3, 0.9, 0), Normed(), plastic=("rec",))
    plain = type("Plain", (Rule,), {"equations": Normed.equations.replace("large[j]     = sqrt", "large[j] = ")})
    without = compile(Network.random(3, 2, 1, 0.3, 0.9, 0), plain(), plastic=("rec",))
    assert learned(program, 10).multiplications - learned(without, 10).multiplications == 3
    (statement,) = notation.parse("q[i] = sqrt(4 * r[i] * r[i])")[0].statements
    (term,) = terms(statement.value, {})
    assert term.number == 2.0 and [read.name for read in term.reads] == ["r", "r"]


def test_a_root_is_not_reversed():
    program = compile(Network.random(3, 2, 1, 0.3, 0.9, 0), catalog.rule("fixed"))
    (rooted,) = notation.parse("r[i] = sqrt(drive[i])")[0].statements
    (block,) = program.step
    changed = tuple(rooted if each.target.name == "r" else each for each in block.statements)
    with pytest.raises(NeurosimError, match=r"'sqrt\(drive\[i\]\)' has no exact gradient here"):
        adjoint(replace(program, step=(replace(block, statements=changed),)))


def test_uoro_is_refused_in_fixed_point():
    program = compile(Network.random(3, 2, 1, 0.3, 0.9, 0), catalog.rule("uoro"))
    with pytest.raises(NeurosimError, match="a square root has no exact fixed-point value; run it in float64"):
        adapt(program, FORMATS["nearest"])
