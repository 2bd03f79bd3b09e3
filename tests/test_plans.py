"""Shorter ways to the same numbers: each beside the full kernel, and given up where it would not be the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from neurosim import Network, NeurosimError, Outcome, Program, catalog, compile
from neurosim.adaptation import adapt
from neurosim.cli import neurosim
from neurosim.engine import Job
from neurosim.engines import numba as engine
from neurosim.experiment import Experiment, run
from neurosim.explanation import explained
from neurosim.factorisation import factorised
from neurosim.plans import krylov, symmetry
from neurosim.plans.choice import FULL, NAMES, Plans, Work, plan
from neurosim.reversal import adjoint
from neurosim.task import Trials

STEPS = 40
SLOW = pytest.mark.slow
"""Where another network of the same test stays in the default run: each is a compilation of its own."""


def kernel(program: Program, job: Job, record: tuple[str, ...]) -> Outcome:
    return engine.run(program, [job], record, plan=FULL)[0]


def program(rule: str, n: int = 96, alpha: float = 0.2, gain: float = 0.7, seed: int = 0, **asked: object) -> Program:
    network = Network.random(n, 2, 2, alpha, gain, seed)
    return compile(network, catalog.rule(rule), **{"lr": 0.003, **asked})


def trials(count: int = 4, seed: int = 0, steps: int = STEPS) -> Trials:
    draw = np.random.default_rng(seed)
    mask = draw.uniform(size=steps)
    return Trials(draw.normal(size=(count, steps, 2)), draw.normal(size=(count, steps, 2)), mask)


def apart(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> float:
    """The largest difference, relative to the largest number of its kind."""
    assert found.keys() == expected.keys()
    scale = {name: np.abs(value).max() or 1.0 for name, value in expected.items()}
    apart = (float(np.abs(found[name] - expected[name]).max() / scale[name]) for name in expected)
    return max(apart, default=0.0)


def same(name: str, asked: Program, job: Job, record: tuple[str, ...] = ()) -> None:
    """The plan gives what the full kernel gives, to the error that it states."""
    way = plan(name)
    assert way.unfit(asked, record) is None
    found, expected = way.run(asked, job, record, kernel), kernel(asked, job, record)
    assert found is not None and expected.diverged is None
    assert apart(found.weights, expected.weights) <= way.ERROR
    assert apart({"loss": found.losses}, {"loss": expected.losses}) <= way.ERROR
    assert apart(found.records, expected.records) <= way.ERROR


def reason(name: str, asked: Program, record: tuple[str, ...] = ()) -> str:
    found = plan(name).unfit(asked, record)
    assert found is not None
    return found


# --- reachable ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["rflo", "rflo:feedback=symmetric", "rflo:decay=0.5"])
@pytest.mark.parametrize(("seed", "n", "alpha"), [(0, 96, 0.2), (1, 130, 0.1), (2, 200, 0.05)])
def test_reachable(rule: str, seed: int, n: int, alpha: float) -> None:
    same("reachable", program(rule, n, alpha, seed=seed), Job(trials(seed=seed)), ("r", "y", "error"))


@pytest.mark.parametrize("plastic", [("rec",), ("in", "out"), ("rec", "out")])
def test_reachable_whatever_is_frozen(plastic: tuple[str, ...]) -> None:
    same("reachable", program("rflo", plastic=plastic), Job(trials()))


def test_reachable_with_weights_held() -> None:
    same("reachable", program("rflo").held(), Job(trials()))


def test_reachable_is_smaller() -> None:
    W, start = program("rflo", 300).weights["W_rec"], program("rflo", 300).weights["W_in"]
    columns, last = krylov.basis(W, start, krylov.passing(0.2, STEPS), krylov.NEGLIGIBLE)
    assert columns.shape[1] < 80 and last == 2
    assert np.abs(columns.T @ columns - np.eye(columns.shape[1])).max() < 1e-14


def test_a_subspace_that_is_mapped_into_itself_is_all_there_is() -> None:
    W = np.zeros((9, 9))
    W[:3, :3] = np.random.default_rng(0).normal(size=(3, 3))
    columns, last = krylov.basis(W, np.eye(9)[:, :1], krylov.passing(0.5, STEPS), krylov.NEGLIGIBLE)
    assert columns.shape == (9, 3) and last == 0


def test_chances_are_those_of_the_filters() -> None:
    """With constant input, c_k is the chance that more than k of the steps are taken."""
    alpha, taps = 0.3, np.zeros(STEPS)
    for _ in range(STEPS):
        taps = (1 - alpha) * taps + alpha * np.concatenate([[1.0], taps[:-1]])
    assert np.abs(taps - krylov.passing(alpha, STEPS)).max() < 1e-14


def test_reachable_gives_up_what_it_cannot_vouch_for() -> None:
    """A divergence is the full kernel's to say; so is what learning takes out of the subspace."""
    wild = program("rflo", lr=3.0)
    assert kernel(wild, Job(trials()), ()).diverged is not None
    assert plan("reachable").run(wild, Job(trials()), (), kernel) is None
    (found,) = engine.run(wild, [Job(trials(40))])
    assert found.diverged == kernel(wild, Job(trials(40)), ()).diverged
    deep = program("rflo:feedback=symmetric", alpha=0.2, gain=2.0, lr=0.01)
    assert plan("reachable").run(deep, Job(trials(20)), (), kernel) is None


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("eprop", "single neurons have a part"),
        ("snap1", "single neurons have a part"),
        ("rflo:spread=0.5", "single neurons have a part"),
        ("nodeperturbation", "single neurons have a part"),
        ("bptt", "W_rec is read against its direction"),
        ("tbptt:k=3", "W_rec is read against its direction"),
        ("rtrl", "each neuron is a direction of its own"),
    ],
)
def test_reachable_is_refused_to_equations_that_leave_the_subspace(rule: str, said: str) -> None:
    assert said in reason("reachable", program(rule))


def test_sources_are_the_weights_that_something_flows_in_by() -> None:
    assert symmetry.sources(program("rflo")) == ("W_in", "B")
    assert symmetry.sources(program("rflo:feedback=symmetric")) == ("W_in", "W_out")
    assert symmetry.sources(program("fixed")) == ("W_in",)


def test_reachable_forms_no_matrix_to_record() -> None:
    assert "W_rec is to be recorded" in reason("reachable", program("rflo"), ("y", "W_rec"))


# --- cascade --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["bptt", pytest.param("fa", marks=SLOW), "fixed"])
@pytest.mark.parametrize(("seed", "n", "alpha"), [(0, 20, 0.2), (1, 130, 0.1), (2, 64, 0.5)])
def test_cascade(rule: str, seed: int, n: int, alpha: float) -> None:
    same("cascade", program(rule, n, alpha, seed=seed), Job(trials(seed=seed)), ("y", "error"))


@pytest.mark.parametrize(
    "plastic", [pytest.param(("rec",), marks=SLOW), pytest.param(("in", "out"), marks=SLOW), ("out",)]
)
def test_cascade_whatever_is_frozen(plastic: tuple[str, ...]) -> None:
    same("cascade", program("bptt", plastic=plastic), Job(trials()))


@pytest.mark.parametrize("seed", range(3))
def test_cascade_of_gradients(seed: int) -> None:
    asked = program("rflo", seed=seed)
    same("cascade", adjoint(asked).held(), Job(trials(seed=seed)))
    same("cascade", program("bptt", seed=seed).held(), Job(trials(seed=seed)))


def test_cascade_gives_up_what_it_cannot_vouch_for() -> None:
    for wild in (program("bptt", lr=30.0), program("bptt", gain=8.0, alpha=0.5)):
        assert plan("cascade").run(wild, Job(trials(20)), (), kernel) is None


@pytest.mark.parametrize("rule", ["rflo", "tbptt:k=3", "rtrl", "eprop", "nodeperturbation"])
def test_cascade_is_for_weights_that_rest(rule: str) -> None:
    assert reason("cascade", program(rule)) == "more than the network's own equations runs at each step"
    assert reason("cascade", program("bptt"), ("r",)) == "r is to be recorded, and is not formed"


# --- history --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "n", "alpha"), [(0, 20, 0.2), (1, 33, 0.1), (2, 16, 1.0)])
def test_history(seed: int, n: int, alpha: float) -> None:
    same("history", program("rtrl", n, alpha, seed=seed), Job(trials(seed=seed)), ("y", "error"))


@pytest.mark.parametrize(
    "plastic", [pytest.param(("rec",), marks=SLOW), pytest.param(("in", "out"), marks=SLOW), ("rec", "out")]
)
def test_history_whatever_is_frozen(plastic: tuple[str, ...]) -> None:
    same("history", program("rtrl", 20, plastic=plastic), Job(trials()))


def test_history_is_for_learning_that_is_carried_forward() -> None:
    assert "real-time recurrent learning" in reason("history", program("rflo"))
    assert "real-time recurrent learning" in reason("history", program("snap1"))
    for asked in (program("bptt"), program("rtrl").held(), program("rtrl", plastic=("out",))):
        assert "it does not learn online" in reason("history", asked)
    assert "influence_rec is to be recorded" in reason("history", program("rtrl"), ("influence_rec",))


def test_history_leaves_a_divergence_to_the_kernel() -> None:
    assert plan("history").run(program("rtrl", 20, lr=30.0), Job(trials(20)), (), kernel) is None


# --- factorised -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["rflo", "rflo:decay=0.5"])
@pytest.mark.parametrize(("seed", "n", "alpha"), [(0, 20, 0.2), (1, 130, 0.1), (2, 7, 1.0)])
def test_factorised(rule: str, seed: int, n: int, alpha: float) -> None:
    same("factorised", program(rule, n, alpha, seed=seed), Job(trials(seed=seed)), ("r", "y", "error"))


def test_factorised_with_all_else_frozen() -> None:
    same("factorised", program("rflo", plastic=("rec",)), Job(trials()))


@pytest.mark.parametrize("rule", ["rflo:feedback=symmetric", "eprop", "bptt", "tbptt:k=2", "rtrl", "rflo:spread=1"])
def test_factorised_is_for_fixed_feedback_to_neurons(rule: str) -> None:
    assert "not fixed feedback" in reason("factorised", program(rule))
    assert reason("factorised", program("rflo", plastic=("in", "out"))) == "W_rec does not learn"
    assert reason("factorised", program("rflo"), ("teach",)) == "teach is to be recorded, and is not formed"


def test_factorised_keeps_w_rec() -> None:
    (found,) = engine.run(factorised(program("rflo", 20)), [Job(trials())])
    assert (found.weights["W_rec"] == program("rflo", 20).weights["W_rec"]).all()
    assert found.weights["factor"].shape == (2, 20) and np.abs(found.weights["factor"]).max() > 1e-4
    assert plan("factorised").run(program("rflo", 20, lr=30.0), Job(trials(20)), (), kernel) is None


# --- choice ---------------------------------------------------------------------------------------------------------


def choice(asked: Program, count: int = 100, record: tuple[str, ...] = (), way: str = "auto") -> tuple[str, dict]:
    found = Plans(asked, record, way).choice(replace(Work.of(asked, Job(trials(1))), trials=count))
    return found.plan, dict(found.passed)


def test_the_choice_says_why_each_plan_before_it_was_passed_over() -> None:
    name, passed = choice(program("eprop", 300))
    assert name == FULL and set(passed) == set(NAMES) and all(passed.values())


def test_small_networks_and_few_trials_are_for_the_full_kernel() -> None:
    assert choice(program("rflo", 300))[0] == "reachable"
    for count, of_reachable, of_factorised in (
        (1000, "too many for N = 60", "it would take"),
        (100, "fewer than are worth a choice", "fewer than are worth a choice"),
    ):
        name, passed = choice(program("rflo", 60), count)
        assert name == FULL and of_reachable in passed["reachable"] and of_factorised in passed["factorised"]
    assert choice(program("rflo", 300), 1)[0] == FULL


def test_what_is_rounded_is_computed_as_it_is_written() -> None:
    chip = adapt(program("rflo", 300), catalog.profile("fixed:weight=s8.6").arithmetic)
    name, passed = choice(chip)
    assert name == FULL and set(passed.values()) == {
        "what is kept is rounded, and so must be computed as it is written"
    }


def test_full_is_full() -> None:
    asked = program("rflo", 300)
    assert choice(asked, way=FULL) == (FULL, dict.fromkeys(NAMES, "the full kernel was asked for"))
    with pytest.raises(NeurosimError, match="no plan is called 'fast'; there are: auto, full"):
        engine.run(asked, [], plan="fast")
    with pytest.raises(NeurosimError, match="no plan is called 'fast'"):
        Experiment("rflo", "integrate", plan="fast")


@pytest.mark.parametrize("rule", ["rflo", "bptt"])
def test_an_outcome_does_not_depend_on_its_batch(rule: str) -> None:
    asked = program(rule, 300)
    asked = asked.held() if rule == "bptt" else asked
    jobs = [Job(trials(20, seed), program(rule, 300, seed=seed).weights) for seed in range(3)]
    assert choice(asked, 20)[0] != FULL
    for job, outcome in zip(jobs, engine.run(asked, jobs), strict=True):
        (alone,) = engine.run(asked, [job])
        assert all((alone.weights[name] == outcome.weights[name]).all() for name in alone.weights)
        assert (alone.losses == outcome.losses).all()


def test_an_experiment_by_plans_is_the_experiment_in_full() -> None:
    asked = Experiment("rflo", "integrate:steps=30", n=200, lr=0.003, trials=160, checkpoints=2)
    assert explained(asked)["learning"].plan == "reachable"
    assert explained(replace(asked, plan=FULL))["learning"].plan == FULL
    (short,), (full,) = run([asked]), run([replace(asked, plan=FULL)])
    assert short.losses == pytest.approx(full.losses, rel=1e-11)
    assert short.test_losses == pytest.approx(full.test_losses, rel=1e-11)
    assert short.cosine["W_rec"] == pytest.approx(full.cosine["W_rec"], rel=1e-11)


def test_plans_are_named_before_a_run_and_in_its_json(tmp_path: Path) -> None:
    words = [
        "run",
        "rflo",
        "--task",
        "integrate:steps=10",
        "--n",
        "4",
        "--trials",
        "10",
        "--seeds",
        "1",
        "--lr",
        "0.01",
    ]
    words += ["--profile", "fixed:weight=s8.6", "--explain", "--out", str(tmp_path)]
    said = CliRunner().invoke(neurosim, words, catch_exceptions=False).stdout
    assert said.startswith("Plans")
    assert said.index("rflo on fixed:weight=s8.6") < said.index("integrate:steps=10: N = 4")
    assert "\n  learning: full\n    not cascade: more than" in said
    plans = json.loads(CliRunner().invoke(neurosim, [*words, "--json"], catch_exceptions=False).stdout)["plans"]
    assert [each["profile"] for each in plans] == ["float64", "fixed:weight=s8.6"]
    assert plans[1]["learning"]["plan"] == FULL and set(plans[1]["learning"]["passed"]) == set(NAMES)
