"""The exact gradient by every road that leads there, and rules where they must be one another.

Roads are gone in every engine; what rules are to each other is seen in the reference, which all engines agree with.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurosim import catalog
from neurosim.engine import Engine, Job
from neurosim.engines import numpy as reference
from neurosim.gradients import alignment, direction, gradient
from neurosim.network import Network
from neurosim.program import compile
from neurosim.reversal import adjoint
from neurosim.rule import Rule
from neurosim.task import Trials

STEPS = 15
NETWORK = Network.random(7, 2, 3, alpha=0.3, gain=0.9, seed=3)
RANDOM = np.random.default_rng(5)
TRIALS = Trials(
    RANDOM.normal(size=(2, STEPS, 2)), RANDOM.normal(size=(2, STEPS, 3)), RANDOM.uniform(0.0, 2.0, size=STEPS)
)
VECTORS = [np.load(path) for path in sorted((Path(__file__).parent / "vectors").glob("linear_gradients_*.npz"))]
LEARNED = ("W_rec", "W_in", "W_out")


@pytest.fixture(params=catalog.names("engine"))
def engine(request: pytest.FixtureRequest) -> Engine:
    return catalog.engine(request.param)


def descent(rule: str | Rule, engine: Engine) -> dict[str, np.ndarray]:
    made = catalog.rule(rule) if isinstance(rule, str) else rule
    return dict(direction(compile(NETWORK, made), TRIALS, engine=engine))


def exact(engine: Engine) -> dict[str, np.ndarray]:
    return {name: -slope for name, slope in gradient(compile(NETWORK, Rule()), TRIALS, engine=engine).items()}


def assert_equal(found: dict[str, np.ndarray], expected: dict[str, np.ndarray], tolerance: float = 1e-12) -> None:
    assert set(found) == set(LEARNED)
    for name, value in expected.items():
        assert np.abs(found[name] - value).max() <= tolerance * np.abs(value).max(), name


def test_the_derived_adjoint_is_the_slope_of_the_loss(engine: Engine) -> None:
    silent = compile(NETWORK, Rule(), plastic=())
    step = 1e-5

    def loss(name: str, value: np.ndarray) -> float:
        return float(catalog.engine("numba").run(silent, [Job(TRIALS, {name: value})])[0].losses.mean())

    found = gradient(silent, TRIALS, engine=engine)
    for name in LEARNED:
        weights = silent.weights[name]
        slope = np.zeros_like(weights)
        for place in np.ndindex(weights.shape):
            nudge = np.zeros_like(weights)
            nudge[place] = step
            slope[place] = (loss(name, weights + nudge) - loss(name, weights - nudge)) / (2 * step)
        assert np.abs(found[name] - slope).max() <= 1e-8 * np.abs(slope).max()


@pytest.mark.parametrize("rule", ["bptt", "rtrl", f"tbptt:k={STEPS}", f"tbptt:k={STEPS},stride={STEPS}"])
def test_the_exact_rules_go_down_the_exact_gradient(engine: Engine, rule: str) -> None:
    assert_equal(descent(rule, engine), exact(engine))


@pytest.mark.parametrize("stride", [2, 4, 7, 11])
def test_with_the_whole_past_the_stride_does_not_matter(stride: int) -> None:
    assert_equal(descent(f"tbptt:k={STEPS},stride={stride}", reference), exact(reference))


def test_truncation_loses_something() -> None:
    assert np.abs(descent("tbptt:k=3", reference)["W_rec"] - exact(reference)["W_rec"]).max() > 1e-3


def test_symmetric_rflo_without_decay_is_one_step_tbptt() -> None:
    assert_equal(descent("rflo:feedback=symmetric,decay=0", reference), descent("tbptt:k=1", reference))


def test_random_feedback_matters() -> None:
    random, symmetric = descent("rflo", reference), descent("rflo:feedback=symmetric", reference)
    assert np.abs(random["W_rec"] - symmetric["W_rec"]).max() > 1e-3
    assert_equal({**random, "W_rec": symmetric["W_rec"], "W_in": symmetric["W_in"]}, symmetric)


def test_in_one_trial_at_once_the_strided_update_is_that_of_bptt() -> None:
    whole, strided = (
        reference.run(compile(NETWORK, catalog.rule(rule), lr=0.02, plastic=("rec", "in")), [Job(TRIALS)])[0].weights
        for rule in ("bptt", f"tbptt:k={STEPS},stride={STEPS}")
    )
    assert all(np.abs(whole[name] - strided[name]).max() <= 1e-14 for name in ("W_rec", "W_in"))


@pytest.mark.parametrize("recorded", VECTORS, ids=["a", "b"])
@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("bptt", "bptt"),
        ("rtrl", "rtrl"),
        ("bptt", "rtrl"),
        ("rflo", "rflo"),
        ("rflo:feedback=symmetric", "rflo_symmetric"),
    ],
)
def test_other_peoples_programs_find_the_same(
    engine: Engine, recorded: dict[str, np.ndarray], rule: str, name: str
) -> None:
    weights = {each: recorded[each] for each in ("W_rec", "W_in", "W_out", "B")}
    network = Network(**weights, alpha=float(recorded["alpha"]))
    trials = Trials(recorded["x"][None], recorded["target"][None], np.ones(len(recorded["x"])))
    program = compile(network, catalog.rule(rule), lr=1.0, plastic=("rec", "in"))
    (found,) = engine.run(program.held(), [Job(trials)], ["r", "y", "update_W_rec"])
    assert np.abs(found.records["r"][0] - recorded["r"]).max() <= 1e-12
    assert np.abs(found.records["y"][0] - recorded["y"]).max() <= 1e-12
    for weight in ("W_rec", "W_in"):
        expected = -recorded[f"{name}_{weight}"]
        assert np.abs(found.weights[f"update_{weight}"] - expected).max() <= 1e-12 * np.abs(expected).max()
    if (per_step := f"{name}_W_rec_per_step") in recorded and rule == name:
        steps = np.diff(found.records["update_W_rec"][0], axis=0, prepend=0.0)
        expected = -recorded[per_step]
        assert np.abs(steps - expected).max() <= 1e-12 * np.abs(expected).max()


def test_the_adjoint_needs_of_the_past_what_bptt_needs() -> None:
    program = compile(NETWORK, catalog.rule("bptt"))
    assert program.remembered == adjoint(program).remembered == ("error", "r", "sent", "x")


def test_alignment_of_known_vectors() -> None:
    slope = np.array([[-3.0, 0.0], [0.0, -4.0]])
    assert alignment(-slope, slope).cosine == pytest.approx(1.0)
    assert alignment(slope, slope).cosine == pytest.approx(-1.0)
    found = alignment(np.array([[10.0, 0.0], [0.0, 0.0]]), slope)
    assert (found.cosine, found.size, found.sign) == pytest.approx((0.6, 2.0, 0.75))
    assert np.isnan(alignment(np.zeros((2, 2)), slope).cosine)
