"""Weights held as their codes: which may be, and that whole numbers of 32 bits give what float64 gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.engine import Job, Outcome
from neurosim.engines import numba
from neurosim.kernel import holdable, kernel_source
from neurosim.network import Network
from neurosim.program import Program, compile
from neurosim.task import Trials

PAIRS = "fixed:weight=s8.6,rounding=stochastic,share=pair"
COARSE = "fixed:weight=s4.2,trace=s12.9,rounding=stochastic,share=pair"
PROFILES = (
    COARSE,
    "loihi2-lava",
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in (
            "fixed:weight=s16.13,rounding=stochastic,share=pair",
            "fixed:weight=u7.5,rounding=stochastic,share=vector",
            "fixed:weight=s8.6,rounding=nearest_even",
            "fixed:weight=s12.10,message=s12.9,rounding=floor",
            "mcu-cortex-m",
            "mcu-cortex-m-sr",
            "loihi1-lava",
            "fpga-int16",
        )
    ),
)
"""Draws of all shares, and none; codes of 4 to 16 bits; what is sent in one part and in two."""

RECORD = ("W_rec",)
RATES = (0.5, 0.05, 2e-3, 1e-5, 1e-7)


def program(
    profile: str, lr: float, n: int = 5, rule: str = "rflo", gain: float = 0.9, random_bits: int | None = None
) -> Program:
    """All but weights are rounded to the nearest, which compiles sooner. random_bits: of draws, if other."""
    network = Network.random(n, 2, 3, alpha=0.125, gain=gain, seed=0)
    chip = catalog.profile(profile).arithmetic
    formats = {k: f if k == "weight" else replace(f, rounding="nearest_even") for k, f in chip.formats.items()}
    formats["weight"] = replace(formats["weight"], random_bits=random_bits or formats["weight"].random_bits)
    return adapt(compile(network, catalog.rule(rule), lr=lr, plastic=("rec",)), replace(chip, formats=formats))


def ran(asked: Program, engine: str, size: float = 3.0) -> Outcome:
    """What an engine does, with the codes recorded as numbers at every step."""
    draw = np.random.default_rng(1).normal
    trials = Trials(draw(size=(2, 20, 2)), size * draw(size=(2, 20, 3)), np.ones(20))
    (found,) = catalog.engine(engine).run(asked, [Job(trials, seed=4, first_step=7)], RECORD)
    return found


def held(asked: Program, lr: float) -> list[str]:
    constants = {**asked.constants, "lr_rec": asked.arithmetic.coefficient("lr_rec", lr)}
    return [each.name for each in holdable(asked) if each.fits(constants)]


def same(asked: Program, size: float = 3.0) -> Outcome:
    """What the reference does, which the fast engine does to the last bit."""
    found, expected = ran(asked, "numba:full", size), ran(asked, "numpy", size)
    assert (found.weights["W_rec"] == expected.weights["W_rec"]).all()
    assert (found.records["W_rec"] == expected.records["W_rec"]).all()
    assert found.counts == expected.counts
    return expected


@pytest.mark.parametrize("profile", PROFILES)
def test_codes_are_those_of_the_reference(profile: str) -> None:
    """At changes of many codes and of a millionth of one, and for networks that fill no register, or more than one.

    And for many neurons, where few elements of a row may move, and then none.
    """
    for lr in RATES:
        asked = program(profile, lr, 37)
        assert held(asked, lr) == ([] if lr == 0.5 and "loihi" in profile else ["W_rec"])
        same(asked)
    for n in (*range(1, 10), 15, 16, 17, 31, 257):
        same(program(profile, 0.01, n))
    for lr in (1e-3, 1e-4, 1e-5):
        same(program(profile, lr, 257))


@pytest.mark.slow
@pytest.mark.parametrize("bits", [1, 5, 20])
def test_draws_of_fewer_bits_are_those_of_the_reference(bits: int) -> None:
    for lr in (0.05, 2e-3):
        same(program(PAIRS, lr, 37, random_bits=bits))


@pytest.mark.parametrize("lr", [0.5, 0.01])
def test_weights_at_their_ends_are_counted_alike(lr: float) -> None:
    """Errors so large that many changes saturate, where all elements are gone through and where a few are."""
    for profile in (COARSE, "fixed:weight=s8.6,rounding=nearest_up"):
        assert same(program(profile, lr, 37, gain=4.0), size=30.0).counts["W_rec"].beyond > 50


def test_kernels_hold_what_may_be_held() -> None:
    assert "held_W_rec" in kernel_source(program(PAIRS, 0.05), RECORD, ("W_rec",))


def test_a_rate_at_which_float64_rounds_is_left_to_float64() -> None:
    """Of the program, or of a job: with 45 bits below the code, a weight and its draw do not fit float64's 53."""
    asked = program(PAIRS, 0.05)
    assert held(asked, 2.0**-29) == ["W_rec"]
    assert held(asked, 2.0**-36) == []
    job = Job(Trials(np.zeros((1, 1, 2)), np.zeros((1, 1, 3)), np.ones(1)), constants={"lr_rec": 2.0**-40})
    assert numba._held(asked, job, ()) == ()


@pytest.mark.parametrize(
    ("profile", "rule"),
    [
        ("fixed:weight=s8.6,rounding=stochastic,overflow=wrap", "rflo"),
        ("fixed:weight=s8.6,rounding=stochastic_magnitude", "rflo"),
        ("fixed:weight=s17.13,rounding=stochastic", "rflo"),
        (PAIRS, "tbptt:k=2"),
        (PAIRS, "snap1"),
        ("truenorth", "rflo"),
        ("float64", "rflo"),
    ],
)
def test_what_would_not_be_the_same_stays_in_float64(profile: str, rule: str) -> None:
    assert holdable(program(profile, 0.05, rule=rule)) == ()
