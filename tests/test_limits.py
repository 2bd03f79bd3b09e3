"""The limits of a chip apart: what each group takes away, that together they are the chip, and that engines agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import NeurosimError, catalog
from neurosim.adaptation import adapt
from neurosim.arithmetic import FLOATING, Arithmetic, plain
from neurosim.engine import Job, Outcome
from neurosim.limits import LIMITS, limited, limits
from neurosim.network import Network
from neurosim.precision import KINDS, Device, Format
from neurosim.program import Program, compile
from neurosim.seeding import stream
from neurosim.task import Trials

DRAW = stream(0, "limits")
NETWORK = Network.random(5, 2, 3, alpha=0.3, gain=0.9, seed=0)
TRIALS = Trials(DRAW.normal(size=(2, 9, 2)), DRAW.normal(size=(2, 9, 3)), DRAW.uniform(size=9))
RECORD = ("r", "y", "W_rec", "W_in", "W_out")

PLAIN = plain("fixed:weight=s8.6,rounding=stochastic")
CHANCE = Format(2, 0, rounding="stochastic", limits=(-1, 1))
COARSE = Format(8, 4, rounding="toward_zero")
PULSES = Format(12, 10, rounding="pulse", device=Device(step=8.0, pulses=5, spread=0.3, between=0.1))
CHIPS = {
    "digital": replace(
        PLAIN, formats={**PLAIN.formats, "message": CHANCE}, message="chance", latency=2, every=3, leak="add_decay"
    ),
    "differences": replace(
        PLAIN, formats={**PLAIN.formats, "message": COARSE}, message="sigma_delta", zero_diagonal=True
    ),
    "analog": replace(
        PLAIN,
        formats={**PLAIN.formats, "weight": Format(12, 10, noise=3.0)},
        hidden=PULSES,
        current=Format(9, 4, noise=0.8),
        mismatch=0.1,
    ),
}


def program(arithmetic: Arithmetic, rule: str = "rflo") -> Program:
    return adapt(compile(NETWORK, catalog.rule(rule), lr=0.05), arithmetic)


def ran(asked: Program, engine: str = "numpy") -> Outcome:
    (found,) = catalog.engine(engine).run(asked, [Job(TRIALS, seed=4)], RECORD)
    return found


def only(chip: Arithmetic, *groups: str) -> Arithmetic:
    return limited(chip, {*groups, "rounding"})


def without(chip: Arithmetic, *groups: str) -> Arithmetic:
    return limited(chip, {*LIMITS} - {*groups})


def same(found: Outcome, expected: Outcome) -> bool:
    return all((found.records[name] == expected.records[name]).all() for name in RECORD)


# --- what they are --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chip", CHIPS)
def test_together_they_are_the_chip_and_none_of_them_is_float64(chip):
    arithmetic = CHIPS[chip]
    there = limits(arithmetic)
    assert limited(arithmetic, there) == arithmetic
    assert limited(arithmetic, ()) == only(arithmetic) == FLOATING
    for group in LIMITS:
        assert (only(arithmetic, group) != FLOATING) == (group in there and group != "rounding")
        assert (without(arithmetic, group) != arithmetic) == (group in there)


def test_the_chips_have_every_limit_among_them():
    assert {group for chip in CHIPS.values() for group in limits(chip)} == set(LIMITS)


@pytest.mark.parametrize(
    ("group", "kinds"),
    [
        ("weights", {"weight"}),
        ("traces", {"trace"}),
        ("errors", {"error", "teaching signal"}),
        ("states", {"state", "output", "accumulator"}),
        ("coefficients", set()),
        ("rounding", set()),
    ],
)
def test_a_format_goes_with_its_group(group, kinds):
    alone = only(PLAIN, group)
    assert {kind for kind in KINDS if not alone.formats[kind].exact} == kinds
    assert all(alone.formats[kind] == PLAIN.formats[kind] for kind in kinds)
    assert (alone.coefficient_bits, alone.rate_bits) == ((15, 1) if group == "coefficients" else (None, None))


def test_coefficients_alone_are_the_chips():
    alone, chip = only(PLAIN, "coefficients"), PLAIN
    for name, value in (("alpha", 0.1), ("lr_rec", 0.03)):
        assert alone.coefficient(name, value) == chip.coefficient(name, value) != value
        assert without(chip, "coefficients").coefficient(name, value) == value
    assert not alone.fixed and not without(chip, "coefficients").fixed


def test_without_rounding_the_bits_are_the_same_and_codes_and_devices_as_they_were():
    digital, analog = (without(CHIPS[name], "rounding") for name in ("digital", "analog"))
    assert digital.formats["weight"] == replace(PLAIN.formats["weight"], rounding="nearest_even")
    assert digital.formats["message"] == CHANCE and analog.hidden == PULSES and digital.fixed


def test_rates_and_inputs_are_sent_apart():
    chip = CHIPS["digital"]
    inputs, rates = (ran(program(only(chip, group))) for group in ("inputs", "messages"))
    x, sent = (program(only(chip, group)).quantities for group in ("inputs", "messages"))
    assert x["heard"].format == CHANCE and x["sent"].format.exact
    assert sent["sent"].format == CHANCE and sent["x"].format.exact and "heard" not in sent
    assert not same(inputs, rates)
    assert program(only(chip, "inputs", "messages")).quantities["sent"].format == CHANCE


def test_differences_of_inputs_only_leave_rates_as_they_are():
    asked = program(only(CHIPS["differences"], "inputs"))
    (found,) = catalog.engine("numpy").run(asked, [Job(TRIALS)], ("sent", "r", "heard"))
    assert (found.records["sent"] == found.records["r"]).all()
    assert (np.abs(found.records["heard"] - TRIALS.inputs) <= COARSE.lsb).all()


def test_noise_alone_has_no_codes_to_speak_of():
    chip, alone = CHIPS["analog"], only(CHIPS["analog"], "noise")
    assert alone.formats["weight"].noise * alone.formats["weight"].lsb == 3.0 * 2.0**-10
    assert alone.current is not None and alone.current.noise * alone.current.lsb == 0.8 * 2.0**-4
    assert alone.current.bits == 32 and alone.hidden == Format() and alone.mismatch == 0.1
    quiet = without(chip, "noise")
    assert quiet.current == Format(9, 4) and quiet.formats["weight"] == Format(12, 10) and quiet.mismatch == 0.0
    assert quiet.hidden is not None and quiet.hidden.device == Device(step=8.0, pulses=5)


def test_a_limit_that_is_not_there_changes_nothing():
    unmasked = ran(program(PLAIN))
    assert same(ran(program(without(PLAIN, "latency"))), unmasked)
    assert not same(ran(program(without(PLAIN, "weights"))), unmasked)


# --- their names ----------------------------------------------------------------------------------------------------


def test_a_profile_of_some_limits():
    chip = catalog.profile("loihi2-lava")
    part = catalog.profile("loihi2-lava:only=weights+traces")
    assert part.arithmetic == only(chip.arithmetic, "weights", "traces")
    assert part.name == "loihi2-lava:only=weights+traces" and "only traces, weights" in part.summary
    assert catalog.profile("loihi2-lava:without=weights").arithmetic == without(chip.arithmetic, "weights")
    assert catalog.profile("fixed:weight=s8.6:only=weights").arithmetic == only(plain("fixed:weight=s8.6"), "weights")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "loihi2-lava:only=weight",
            "no limit of loihi2-lava is called 'weight' (did you mean 'weights'?); there are: ",
        ),
        ("loihi2-lava:without=noise", "no limit of loihi2-lava is called 'noise'"),
        ("loihi2-lava:only=", "no limit of loihi2-lava is called ''"),
        ("float64:only=weights", "float64 has no limits to take apart"),
        ("loihi3:only=weights", "no profile is called 'loihi3'"),
        ("loihi2-lava:just=weights", "no profile is called 'loihi2-lava:just=weights'"),
    ],
)
def test_a_name_that_is_not_there_is_said(name, said):
    with pytest.raises(NeurosimError) as error:
        catalog.profile(name)
    assert str(error.value).startswith(said)


# --- engines agree --------------------------------------------------------------------------------------------------

MIXED = {
    "digital, weights": only(CHIPS["digital"], "weights", "inputs", "latency"),
    "digital, no states": without(CHIPS["digital"], "states", "gating"),
    "analog, noise": only(CHIPS["analog"], "noise"),
}


@pytest.mark.parametrize(
    "case",
    [
        "digital, weights",
        pytest.param("digital, no states", marks=pytest.mark.slow),
        pytest.param("analog, noise", marks=pytest.mark.slow),
    ],
)
def test_fixed_and_floating_numbers_mix_in_an_engine(case):
    """Rounding hides what float64 leaves open unless a value lies within 1e-15 of a threshold."""
    asked = program(MIXED[case])
    expected = ran(asked)
    found = ran(asked, "numba")
    for name in RECORD:
        np.testing.assert_allclose(found.records[name], expected.records[name], rtol=0.0, atol=1e-12)
    assert not same(expected, ran(program(FLOATING)))


@pytest.mark.slow
@pytest.mark.parametrize("group", LIMITS)
@pytest.mark.parametrize("chip", CHIPS)
def test_every_part_is_the_same_in_every_engine(chip, group):
    for arithmetic in (only(CHIPS[chip], group), without(CHIPS[chip], group)):
        asked = program(arithmetic)
        expected = ran(asked)
        for engine in ("numba", "brian2", "nengo"):
            found = ran(asked, engine)
            for name in RECORD:
                atol = 0.0 if arithmetic.fixed else 1e-12
                np.testing.assert_allclose(found.records[name], expected.records[name], rtol=0.0, atol=atol)
