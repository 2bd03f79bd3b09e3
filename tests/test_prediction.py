"""What theory predicts of experiments: against networks that learn in an engine, and where it says nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from neurosim import Experiment, theory
from neurosim.cli import neurosim
from neurosim.experiment import run
from neurosim.prediction import forecast, outlier_wanted, warnings
from neurosim.prediction.course import mean_losses
from neurosim.prediction.optimum import largest_rate, modes_of, rates
from neurosim.prediction.problem import Problem
from neurosim.prediction.span import spanned
from neurosim.prediction.warnings import order, step_limit, trial_limit
from neurosim.theory import LinearSystem, ModeCredit, TargetModes

ASKED = Experiment(
    "bptt",
    "integrate:memory=10,steps=30",
    n=12,
    alpha=0.2,
    trials=200,
    test_trials=2000,
    lr=5e-4,
    checkpoints=5,
    part="tune",  # no gradients are wanted
)
TEACHER = replace(ASKED, task="teacher:steps=12,n_in=2,n_out=2,n_teacher=2", alpha=None, lr=0.002, trials=800)

# --- learning curves ------------------------------------------------------------------------------------------------

RULES = ["rtrl", "rflo:feedback=symmetric,decay=0.5", "eprop", "snap1", "fa", "fixed"]


def assert_learns_as_predicted(asked: Experiment):
    """With no free parameter: what is left is the noise of single trials and of 2000 that test."""
    told, (found,) = forecast(asked), run([asked])
    assert not told.reason and np.array_equal(told.seen, found.seen)
    assert np.abs(found.test_losses - told.losses).max() < 0.1 * told.losses[0]
    assert np.abs(found.test_losses / told.losses - 1.0)[told.losses > 0.2 * told.losses[0]].max() < 0.2


@pytest.mark.parametrize("rule", ["bptt", "tbptt:k=3", "rflo"])
def test_networks_learn_as_predicted(rule: str):
    assert_learns_as_predicted(replace(ASKED, rule=rule))


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_networks_learn_as_predicted_by_other_rules(rule: str):
    assert_learns_as_predicted(replace(ASKED, rule=rule))


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["bptt", "tbptt:k=3", "rflo", *RULES])
def test_networks_learn_from_a_teacher_as_predicted(rule: str):
    assert_learns_as_predicted(replace(TEACHER, rule=rule))


def test_slower_learning_is_nearer_to_the_prediction():
    """Rates a fifth for five times as long: the mean over seeds of the distance falls."""
    misses = []
    for asked in (replace(ASKED, lr=2e-3, trials=50), replace(ASKED, lr=4e-4, trials=250)):
        seeds = [replace(asked, seed=seed) for seed in range(4)]
        told = [forecast(each).losses for each in seeds]
        distances = [np.abs(np.log(r.test_losses / t))[1:].mean() for r, t in zip(run(seeds), told, strict=True)]
        misses.append(np.mean(distances))
    assert misses[1] < 0.7 * misses[0]


def test_frozen_weights_are_frozen_in_theory_too():
    told = forecast(replace(ASKED, plastic=("out",)))
    (found,) = run([replace(ASKED, plastic=("out",))])
    assert np.abs(found.test_losses / told.losses - 1.0).max() < 0.2
    assert not np.allclose(told.losses, forecast(ASKED).losses, rtol=0.2)


def test_a_course_that_diverges_ends():
    told = forecast(replace(ASKED, lr=10.0))
    assert np.isfinite(told.losses[0]) and np.isnan(told.losses[-1]) and told.step_limit < 10.0


# --- small networks that learn as large ones ------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["bptt", "rflo", "tbptt:k=4", "fa"])
def test_without_recurrent_weights_the_span_is_the_whole(rule: str):
    problem = Problem.of(replace(ASKED, rule=rule, gain=0.0))
    small = spanned(problem, 0.0, whole=False)
    assert len(small.student.W_rec) == 3
    seen = [0, 40, 80]
    assert mean_losses(small, 1e-3, seen) == pytest.approx(mean_losses(problem, 1e-3, seen), rel=1e-10)


def test_of_a_bulk_little_is_left_out():
    problem = Problem.of(replace(ASKED, n=40, gain=0.3))
    small = spanned(problem, 0.3, whole=False)
    seen = [0, 40, 80]
    assert len(small.student.W_rec) < 40
    assert mean_losses(small, 1e-3, seen) == pytest.approx(mean_losses(problem, 1e-3, seen), rel=0.02)
    assert len(spanned(problem, 0.3, whole=True).student.W_rec) == 40


# --- optima ---------------------------------------------------------------------------------------------------------

LAST = replace(TEACHER, task="teacher:steps=200,n_in=1,n_out=1,n_teacher=1,radius=0.6")


@pytest.mark.parametrize(("rule", "credit"), [("bptt", ModeCredit.bptt()), ("tbptt:k=2", ModeCredit.tbptt(2))])
def test_rates_at_the_optimum_are_those_of_modes(rule: str, credit: ModeCredit):
    """Without leak and for long trials: the Jacobian of arXiv 2606.00243, in another basis."""
    problem = Problem.of(replace(LAST, rule=rule))
    (mode,) = modes_of(problem)
    target = TargetModes(problem.modes.target.gain[0], problem.modes.target.memory[0])
    expected = np.linalg.eigvals(theory.optimum_jacobian(mode.problem.student.W_out.item(), target, credit))
    assert np.sort(rates(mode.problem).real) == pytest.approx(np.sort(expected), rel=1e-6)


def test_the_optimum_is_that_of_the_conserved_trace():
    problem = Problem.of(LAST)
    (mode,) = modes_of(problem)
    a, b = mode.problem.student.W_out.item(), mode.problem.student.W_in.item()
    student = problem.student
    assert b**2 - a**2 == pytest.approx(np.sum(student.W_in**2) - np.sum(student.W_out**2))
    assert a * b == pytest.approx(problem.modes.target.gain[0])
    assert mean_losses(mode.problem, 0.0, [0])[0] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("asked", [LAST, replace(ASKED, rule="rflo")], ids=["teacher", "integrate"])
def test_steps_above_the_limit_leave_the_optimum(asked: Experiment):
    (mode,) = modes_of(Problem.of(asked))
    limit, here = largest_rate(mode.problem), mode.problem.student
    near = replace(mode.problem, student=replace(here, W_out=here.W_out * (1.0 + 1e-4)))
    for factor, stays in ((0.97, True), (1.03, False)):
        losses = mean_losses(near, factor * limit, [0, 400])
        assert (losses[1] < losses[0]) == stays


def test_order_is_the_number_of_time_constants():
    two = LinearSystem(np.ones((1, 2)), np.diag([0.5, 0.2]), np.ones((2, 1)))
    assert order(two) == 2
    assert order(replace(two, W_out=np.array([[1.0, 0.0]]))) == 1
    assert order(replace(two, W_rec=0.5 * np.eye(2))) == 1


# --- warnings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "warned"), [(0.9, False), (1.1, True)])
@pytest.mark.parametrize(("rule", "when"), [("bptt", "once a trial"), ("rflo", "at every step")])
def test_warns_of_steps_that_are_too_large(rule: str, when: str, factor: float, warned: bool):
    asked = replace(ASKED, rule=rule)
    lr = factor * step_limit(Problem.of(asked))
    said = "\n".join(warnings(replace(asked, lr=lr)))
    assert (f"for updates {when}: their mean overshoots the optimum" in said) == warned
    assert not warnings(replace(asked, lr=0.0))


@pytest.mark.parametrize("rule", ["rflo", "tbptt:k=3"])
def test_online_rules_learn_above_the_limit_of_trials_and_not_above_their_own(rule: str):
    """At four times the first limit they learn better than at half of it; at twice the other, most diverge."""
    asked = replace(ASKED, rule=rule)
    problem = Problem.of(asked)
    slow, fast, wild = (0.5 * trial_limit(problem), 4.0 * trial_limit(problem), 2.0 * step_limit(problem))
    runs = run([replace(asked, lr=lr, seed=seed) for lr in (slow, fast, wild) for seed in range(4)])
    losses = [np.median([each.loss for each in runs[begin : begin + 4]]) for begin in (0, 4, 8)]
    assert losses[1] < losses[0] < losses[2] == np.inf
    told = forecast(replace(asked, lr=fast))
    assert "because it follows one mean update a trial, and can up to" in told.reason and not told.warnings
    assert forecast(replace(asked, lr=wild)).warnings


def test_updates_once_a_trial_diverge_above_the_limit_of_trials():
    for asked in (replace(ASKED, seed=seed) for seed in range(3)):
        problem = Problem.of(asked)
        assert step_limit(problem) == trial_limit(problem)
        runs = run([replace(asked, lr=factor * trial_limit(problem)) for factor in (0.5, 3.0)])
        assert [each.diverged for each in runs] == [False, True]


def test_warns_of_feedback_that_is_against_the_readout():
    """Of networks of two neurons, whose readout and feedback have the chance to be."""
    asked = replace(ASKED, rule="rflo", n=2, lr=0.0)
    cosines = {}
    for seed in range(12):
        problem = Problem.of(replace(asked, seed=seed))
        out, back = problem.student.W_out[0], problem.B[:, 0]
        cosines[seed] = out @ back / np.linalg.norm(out) / np.linalg.norm(back)
    against, along = min(cosines, key=cosines.get), max(cosines, key=cosines.get)
    (said,) = warnings(asked, [along, against])
    assert f"on seed {against} the readout is against the feedback" in said
    assert not warnings(asked, [along]) and not warnings(replace(asked, rule="bptt"), [against])


MANY = replace(
    ASKED, task="teacher:aligned=false,n_in=1,n_out=1,n_teacher=3", alpha=None, rule="rflo:decay=0.5", gain=0.0, lr=0.0
)


def test_warns_of_targets_that_the_rank_does_not_reach():
    (said,) = warnings(MANY)
    assert "the target has 3 time constants and this rule changes W_rec by rank 1" in said
    assert not warnings(replace(MANY, task="teacher:n_in=1,n_out=1,n_teacher=1"))
    assert not warnings(replace(MANY, rule="bptt")) and not warnings(replace(MANY, gain=0.5))


def test_the_integrators_outlier():
    assert "eigenvalue 1 - c* = 0.5 beside a bulk of radius 0.4: W_rec has to grow" in outlier_wanted(
        replace(ASKED, gain=0.4)
    )
    assert "need not grow" in outlier_wanted(replace(ASKED, gain=0.6))
    assert outlier_wanted(TEACHER) == outlier_wanted(replace(ASKED, gain=0.0)) == ""


# --- where theory says nothing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"task": "sine"}, "does not cover the task sine, because its targets are not known"),
        ({"profile": "fixed:weight=s4.8"}, "because it knows nothing of rounding"),
        ({"rule": "nodeperturbation"}, "does not cover the rule nodeperturbation"),
        ({"rule": "rflo:spread=0.5"}, "does not cover the rule rflo:spread=0.5"),
        ({"rule": "tbptt:k=4,stride=2"}, "does not cover the rule tbptt:k=4,stride=2"),
        ({"n": 300, "gain": 0.9}, "take a smaller --gain or --n"),
        ({"trials": 100_000}, "does not cover 100000 trials"),
    ],
)
def test_says_what_it_does_not_cover(changed: dict[str, object], reason: str):
    told = forecast(replace(ASKED, **changed))
    assert reason in told.reason and not told.losses.size and told.warnings == ()


def test_large_networks_are_covered_where_the_bulk_is_small():
    told = forecast(replace(ASKED, n=300, gain=0.05, trials=5))
    assert not told.reason and told.neurons < 20


# --- on the command line --------------------------------------------------------------------------------------------

WORDS = [
    "compare",
    "rflo",
    "bptt",
    "--task",
    "integrate:memory=10,steps=20",
    "--n",
    "6",
    "--trials",
    "10",
    "--seeds",
    "1",
]


def test_a_comparison_warns_before_it_runs_and_says_so_in_its_table(tmp_path):
    found = CliRunner().invoke(neurosim, [*WORDS, "--lr", "0.5", "--out", str(tmp_path)], catch_exceptions=False)
    warning = "warning: bptt: learning rate 0.5 is above the step-size limit of theory"
    assert warning in found.stderr and warning in found.stdout
    assert "theory predicts, on seed 0, by mean updates: bptt divergence" in found.stdout
    assert "theory does not cover rflo at learning rate 0.5, because it follows one mean update a trial" in found.stdout


def test_a_comparison_says_what_theory_does_not_cover(tmp_path):
    words = ["run", "rflo", "--task", "sine", "--n", "4", "--trials", "10", "--seeds", "1", "--lr", "0.001", "--out"]
    found = CliRunner().invoke(neurosim, [*words, str(tmp_path)], catch_exceptions=False)
    assert not found.stderr and "theory does not cover the task sine, because" in found.stdout
