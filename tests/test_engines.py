"""Every engine runs every rule's program to the result of the reference, step by step."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from neurosim import catalog
from neurosim.conformance import RECORD
from neurosim.cores import cores
from neurosim.engine import Engine, Job
from neurosim.engines import numpy as reference
from neurosim.errors import NeurosimError
from neurosim.kernel import kernel_source
from neurosim.network import PLASTIC, Network
from neurosim.program import Program, compile
from neurosim.rule import Rule
from neurosim.task import Trials

N, N_IN, N_OUT, STEPS = 6, 2, 3, 12
RULES = [*catalog.names("rule"), "rflo:feedback=symmetric", "rflo:decay=0.3", "tbptt:k=4", "tbptt:k=5,stride=3"]
OFTEN = ["rflo", "bptt", "rtrl", "nodeperturbation", "tbptt:k=5,stride=3"]
"""Of the rules, those that keep things of every kind; another test records what all of them do."""

ENGINES = [name for name in catalog.names("engine") if name != "numpy"]


def trials(count: int = 3, seed: int = 0) -> Trials:
    random = np.random.default_rng(seed)
    draw = random.normal
    return Trials(
        draw(size=(count, STEPS, N_IN)), draw(size=(count, STEPS, N_OUT)), random.uniform(0.0, 1.0, size=STEPS)
    )


def program(rule: str, lr: float = 0.05, seed: int = 0, plastic: tuple[str, ...] = PLASTIC) -> Program:
    network = Network.random(N, N_IN, N_OUT, alpha=0.3, gain=0.9, seed=seed)
    return compile(network, catalog.rule(rule), lr=lr, plastic=plastic)


def deviation(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> float:
    assert a.keys() == b.keys()
    return max(float(np.abs(a[name] - b[name]).max()) for name in a)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return catalog.engine(request.param)


@pytest.mark.parametrize(
    "rule", [rule if rule in OFTEN else pytest.param(rule, marks=pytest.mark.slow) for rule in RULES]
)
def test_all_that_a_rule_keeps_agrees_at_the_end_of_a_trial(engine: Engine, rule: str) -> None:
    held = program(rule).held()
    (expected,), (found,) = (each.run(held, [Job(trials(1))]) for each in (reference, engine))
    assert deviation(found.weights, expected.weights) <= 1e-12


@pytest.mark.parametrize("rule", ["rflo", *(pytest.param(each, marks=pytest.mark.slow) for each in ("bptt", "rtrl"))])
def test_a_job_has_the_same_bits_whatever_its_batch(engine: Engine, rule: str) -> None:
    asked = program(rule)
    jobs = [
        Job(trials(seed=seed), program(rule, seed=seed).weights, {"lr_rec": rate})
        for seed, rate in ((0, 0.01), (1, 0.1))
    ]
    together = engine.run(asked, jobs)
    for job, outcome in zip(jobs, together, strict=True):
        (alone,) = engine.run(asked, [job])
        assert all((alone.weights[name] == outcome.weights[name]).all() for name in alone.weights)
        assert (alone.losses == outcome.losses).all()


@pytest.mark.parametrize("rule", ["rflo", pytest.param("bptt", marks=pytest.mark.slow)])
def test_trials_in_two_calls_are_trials_in_one(engine: Engine, rule: str) -> None:
    (whole,) = engine.run(program(rule), [Job(trials(4))])
    (first,) = engine.run(program(rule), [Job(trials(4)[:2])])
    (second,) = engine.run(program(rule), [Job(trials(4)[2:], first.weights)])
    assert all((second.weights[name] == whole.weights[name]).all() for name in whole.weights)
    assert (np.concatenate([first.losses, second.losses]) == whole.losses).all()


@pytest.mark.parametrize("rule", ["rflo", "bptt"])
def test_a_divergence_is_an_outcome_and_the_same_one_everywhere(engine: Engine, rule: str) -> None:
    asked = program(rule, lr=30.0)
    (expected,), (found,) = (each.run(asked, [Job(trials(40))]) for each in (reference, engine))
    assert expected.diverged is not None
    assert found.diverged == expected.diverged
    assert np.isinf(found.losses[found.diverged[0] :]).all()
    assert np.isfinite(found.losses[: found.diverged[0]]).all()


@pytest.mark.parametrize("frozen", ["rec", *(pytest.param(each, marks=pytest.mark.slow) for each in ("in", "out"))])
def test_frozen_weights_keep_their_bits(engine: Engine, frozen: str) -> None:
    asked = program("rflo", plastic=tuple(name for name in PLASTIC if name != frozen))
    (found,) = engine.run(asked, [Job(trials())])
    changed = {name for name, value in found.weights.items() if (value != asked.weights[name]).any()}
    assert changed == {f"W_{name}" for name in PLASTIC if name != frozen}


def test_an_engine_leaves_the_weights_that_it_was_given_alone(engine: Engine) -> None:
    asked = program("rflo")
    before = {name: value.copy() for name, value in asked.weights.items()}
    engine.run(asked, [Job(trials())])
    assert deviation(dict(asked.weights), before) == 0.0


def test_losses_are_those_of_the_outputs(engine: Engine) -> None:
    (found,) = engine.run(program("rflo"), [Job(trials())], RECORD)
    assert found.losses == pytest.approx(trials().loss(found.records["y"]), rel=1e-14)


class AllOfIt(Rule):
    """A rule that says everything that the notation can say, and means nothing by it."""

    k: int = 3
    period: int = 5
    rate: float = 0.25
    memory = 3
    equations = """
        line[s, j]   = before(line[s-1, j])
        line[0, j]   = pre[j]
        cross[i, j]  = rate * cross[i, j] - W_rec[i, i] * 0.1 + pre[j] * before(cross[i, j])
        heard[i]     = sum(o, (B[i, o] + W_out[o, i]) * error[o]) / (1 + rate) - sum(k, (k == i) * r[k])
        chain[0, i]  = heard[i]
        chain[s, i]  = chain[s-1, i] * rate + sum(k, W_rec[k, i] * W_rec[k, i] * chain[s-1, k])
        far[i]       = sum(k, sum(l, W_rec[i, k] * W_rec[k, l] * heard[l]))
        farther[i]   = sum(k, (1 - r[k]) * W_rec[i, k] * sum(l, W_rec[l, k] * far[l] * sum(m, W_in[l, m] * x[m])))
      every period steps:
        weight[i, j] = weight[i, j] + lr * (chain[2, i] * line[1, j] + farther[i] * cross[i, j])
    """


def test_every_word_of_the_notation_means_the_same_in_every_engine(engine: Engine) -> None:
    network = Network.random(N, N_IN, N_OUT, alpha=0.3, gain=0.9, seed=1)
    asked = compile(network, AllOfIt(), lr=0.01)
    record = ("line_rec", "cross_in", "heard", "chain", "far", "W_rec", "W_in")
    (expected,), (found,) = (each.run(asked, [Job(trials())], record) for each in (reference, engine))
    assert deviation(found.records, expected.records) <= 1e-12
    assert np.abs(expected.weights["W_rec"] - asked.weights["W_rec"]).max() > 1e-4


def test_one_kernel_serves_every_size_and_rate() -> None:
    small, large = Network.random(2, 1, 1, 0.1, 1.0, 0), Network.random(9, 3, 2, 0.5, 1.0, 0)
    sources = {
        kernel_source(compile(small, catalog.rule("tbptt:k=1"), lr=0.1)),
        kernel_source(compile(large, catalog.rule("tbptt:k=8"), lr=0.2)),
    }
    assert len(sources) == 1


def test_what_does_not_fit_is_said_before_anything_runs(engine: Engine) -> None:
    asked = program("rflo")
    with pytest.raises(NeurosimError, match=r"nothing called 'rates' to record; there are: .*trace_rec"):
        engine.run(asked, [Job(trials())], ["rates"])
    with pytest.raises(NeurosimError, match="the trials have 2 inputs and 2 outputs; the network has 2 and 3"):
        engine.run(asked, [Job(Trials(np.zeros((1, 4, 2)), np.zeros((1, 4, 2)), np.ones(4)))])
    with pytest.raises(NeurosimError, match=r"no constant 'lr'; there are: alpha, lr_in, lr_out, lr_rec"):
        engine.run(asked, [Job(trials(), constants={"lr": 1.0})])
    with pytest.raises(NeurosimError, match=r"W_rec has shape \(2, 2\); this program needs \(6, 6\)"):
        engine.run(asked, [Job(trials(), {"W_rec": np.zeros((2, 2))})])


def test_threads_are_as_many_as_the_cores_that_a_process_is_kept_to() -> None:
    words = [sys.executable, "-c", "from neurosim.cores import cores; print(cores())"]
    one = min(os.sched_getaffinity(0))
    kept = subprocess.run(words, preexec_fn=lambda: os.sched_setaffinity(0, {one}), stdout=subprocess.PIPE, check=True)
    assert kept.stdout == b"1\n" and cores() == len(os.sched_getaffinity(0))
