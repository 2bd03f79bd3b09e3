"""Weights held as their codes: which may be, and that whole numbers of 32 bits give what float64 gives."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.engine import Job, Outcome
from neurosim.kernel import holdable, kernel_source
from neurosim.network import Network
from neurosim.program import Program, compile
from neurosim.task import Trials

PAIRS = "fixed:weight=s8.6,rounding=stochastic,share=pair"
PROFILES = (
    PAIRS,
    "fixed:weight=s8.6,rounding=stochastic",
    "fixed:weight=s4.2,trace=s12.9,rounding=stochastic,share=pair",
    "fixed:weight=s12.10,message=s12.9,rounding=stochastic,share=pair",
)
RATES = (0.5, 0.05, 2e-3, 1e-5, 1e-7)


def program(profile: str, lr: float, n: int = 5, rule: str = "rflo") -> Program:
    network = Network.random(n, 2, 3, alpha=0.125, gain=0.9, seed=0)
    return adapt(compile(network, catalog.rule(rule), lr=lr), catalog.profile(profile).arithmetic)


def ran(asked: Program, engine: str, record: tuple[str, ...] = (), size: float = 3.0, lr: float = 0.0) -> Outcome:
    draw = np.random.default_rng(1).normal
    trials = Trials(draw(size=(2, 20, 2)), size * draw(size=(2, 20, 3)), np.ones(20))
    constants = {"lr_rec": lr} if lr else {}
    (found,) = catalog.engine(engine).run(asked, [Job(trials, seed=4, first_step=7, constants=constants)], record)
    return found


def held(asked: Program, lr: float) -> list[str]:
    constants = {**asked.constants, "lr_rec": asked.arithmetic.coefficient("lr_rec", lr)}
    return [each.name for each in holdable(asked) if each.fits(constants)]


@pytest.mark.parametrize("lr", RATES)
@pytest.mark.parametrize("profile", PROFILES)
def test_codes_are_those_of_the_reference(profile: str, lr: float) -> None:
    for n in (5, 37):
        asked = program(profile, lr, n)
        assert held(asked, lr) == ["W_rec"]
        found, expected = ran(asked, "numba:full"), ran(asked, "numpy")
        assert all((found.weights[name] == value).all() for name, value in expected.weights.items())
        assert found.counts == expected.counts


def test_weights_at_their_ends_are_counted_alike() -> None:
    """Errors so large that most changes saturate."""
    asked = program("fixed:weight=s3.1,rounding=stochastic,share=pair", 0.5, 20)
    found, expected = ran(asked, "numba:full", size=30.0), ran(asked, "numpy", size=30.0)
    assert found.counts == expected.counts
    assert found.counts["W_rec"].beyond > 1000


def test_codes_can_be_recorded_as_numbers() -> None:
    asked = program(PAIRS, 0.05)
    found, expected = (ran(asked, engine, ("W_rec", "r")) for engine in ("numba:full", "numpy"))
    assert (found.records["W_rec"] == expected.records["W_rec"]).all()
    assert "held_W_rec" in kernel_source(asked, ("W_rec", "r"), ("W_rec",))


def test_a_rate_at_which_float64_rounds_is_left_to_float64() -> None:
    """Of the program, or of a job: with 45 bits below the code, a weight and its draw do not fit float64's 53."""
    asked = program(PAIRS, 0.05)
    assert held(asked, 2.0**-29) == ["W_rec"]
    assert held(asked, 2.0**-36) == []
    found, expected = (ran(asked, engine, lr=2.0**-40) for engine in ("numba:full", "numpy"))
    assert (found.weights["W_rec"] == expected.weights["W_rec"]).all()


@pytest.mark.parametrize(
    ("profile", "rule"),
    [
        ("fixed:weight=s8.6,rounding=nearest_even", "rflo"),
        ("fixed:weight=s8.6,rounding=stochastic,overflow=wrap", "rflo"),
        ("fixed:weight=s16.13,rounding=stochastic", "rflo"),
        (PAIRS, "tbptt:k=2"),
        (PAIRS, "snap1"),
        ("loihi2-lava", "rflo"),
        ("float64", "rflo"),
    ],
)
def test_what_would_not_be_the_same_stays_in_float64(profile: str, rule: str) -> None:
    assert holdable(program(profile, 0.05, rule=rule)) == ()
