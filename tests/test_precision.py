"""Fixed point: every rounding against whole-number arithmetic, the draws, and engines that agree to the last bit."""

from __future__ import annotations

from dataclasses import replace
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.arithmetic import Arithmetic
from neurosim.conformance import FORMATS, example
from neurosim.draws import stream_key, uniform
from neurosim.engine import Job
from neurosim.engines import numpy as reference
from neurosim.errors import NeurosimError
from neurosim.gradients import direction
from neurosim.network import Network
from neurosim.precision import FLOAT32, IDEMPOTENT, KINDS, OVERFLOWS, ROUNDINGS, Format
from neurosim.profile import Profile
from neurosim.program import Program, compile
from neurosim.rule import Rule
from neurosim.storing import store
from neurosim.task import Trials

NETWORK = Network.random(6, 2, 3, alpha=0.3, gain=0.9, seed=0)
RANDOM = np.random.default_rng(1)
TRIALS = Trials(RANDOM.normal(size=(3, 12, 2)), RANDOM.normal(size=(3, 12, 3)), RANDOM.uniform(size=12))

formats = st.builds(
    Format,
    bits=st.integers(2, 16),
    frac_bits=st.integers(-3, 12),
    signed=st.booleans(),
    rounding=st.sampled_from(sorted({*ROUNDINGS} - {"unit_step", "pulse"})),
    overflow=st.sampled_from(OVERFLOWS),
)


def whole_number_store(format: Format, code: int, dropped: int, draw: int) -> int:
    """The code kept of `code * 2**-dropped`, by whole numbers alone; `draw` is uniform on 0 .. 2**dropped - 1."""
    below, rest, half = code >> dropped, code & ((1 << dropped) - 1), (1 << dropped) >> 1
    kept = {
        "floor": below,
        "toward_zero": (abs(code) >> dropped) * (1 if code >= 0 else -1),
        "nearest_up": (code + half) >> dropped,
        "nearest_even": below + int(rest > half or (dropped > 0 and rest == half and below & 1 == 1)),
        "stochastic": (code + draw) >> dropped,
        "stochastic_magnitude": ((abs(code) >> dropped) + int(draw < abs(code) % (1 << dropped))) * (-1) ** (code < 0),
        "stochastic_guarded": below + int(rest >= draw and below != 0),
    }[format.rounding]
    low, high = (int(end) for end in format.ends)
    if format.overflow == "wrap":
        return (kept - low) % (high - low + 1) + low
    return min(max(kept, low), high)


@given(formats, st.integers(-(2**24), 2**24), st.integers(0, 12), st.data())
def test_storing_is_whole_number_arithmetic(format: Format, code: int, dropped: int, data: st.DataObject) -> None:
    draw = data.draw(st.integers(0, 2**dropped - 1))
    value = code * 2.0**-dropped * format.lsb
    kept = store(format, np.array([value]), u=np.array([draw * 2.0**-dropped]))
    assert kept[0] == whole_number_store(format, code, dropped, draw) * format.lsb


@given(formats)
def test_a_format_is_what_it_says(format: Format) -> None:
    assert Format.parse(str(format)) == format
    assert Format.parse("float64") == Format()
    assert Format.parse("float32") == FLOAT32 != Format() and str(FLOAT32) == "float32"


@given(formats, st.floats(-100, 100))
def test_what_is_kept_stays(format: Format, value: float) -> None:
    kept = store(format, np.array([value]))
    assert store(format, kept, kept, u=np.array([0.999])) == kept


@given(formats, formats, st.data())
def test_a_format_holds_another_if_each_of_its_codes_stays(format: Format, other: Format, data: st.DataObject) -> None:
    """Whatever is drawn, and whatever stood there."""
    low, high = map(int, other.ends)
    codes = np.array([low, 0, high, *data.draw(st.lists(st.integers(low, high), max_size=5))]) * other.lsb
    draws = (0.0, 0.5, 1.0 - 2.0**-32)
    stay = all((store(format, codes, 0.0 * codes, u=np.full(len(codes), draw)) == codes).all() for draw in draws)
    if format.holds(other):
        assert stay
    elif format.rounding in IDEMPOTENT and not format.threshold and format.frac_bits >= other.frac_bits:
        assert not stay


@pytest.mark.parametrize(
    "text", ["", "s8", "8.6", "s8.6 up", "s8.6 floor floor", "s40.2", "float64 floor", "float32 up", "s1.0"]
)
def test_what_is_no_format_is_refused(text: str) -> None:
    with pytest.raises(NeurosimError, match=r"format"):
        Format.parse(text)


def test_draws_depend_on_nothing_but_what_they_are_for() -> None:
    key = stream_key(3, "W_rec")
    elements = np.arange(1000, dtype=np.uint64)
    together = uniform(key, 7, elements)
    assert (together == np.concatenate([uniform(key, 7, elements[i : i + 1]) for i in range(1000)])).all()
    others = [uniform(stream_key(4, "W_rec"), 7, elements), uniform(stream_key(3, "W_in"), 7, elements)]
    others.append(uniform(key, 8, elements))
    for other in others:
        assert abs(np.corrcoef(together, other)[0, 1]) < 4 / np.sqrt(1000)


def test_draws_are_uniform() -> None:
    draws = np.concatenate([uniform(stream_key(0, "r"), t, np.arange(2000, dtype=np.uint64)) for t in range(100)])
    counts = np.bincount((draws * 256).astype(int), minlength=256)
    expected = len(draws) / 256
    chi2 = ((counts - expected) ** 2 / expected).sum()
    assert abs(chi2 - 255) < 4 * np.sqrt(2 * 255)
    assert draws.min() >= 0.0
    assert draws.max() < 1.0


def test_stochastic_rounding_is_right_on_average() -> None:
    kept = store(
        Format(8, 0, rounding="stochastic"),
        np.full(100_000, 2.3),
        u=uniform(stream_key(1, "r"), 0, np.arange(100_000, dtype=np.uint64)),
    )
    assert set(kept) == {2.0, 3.0}
    assert abs(kept.mean() - 2.3) < 4 * np.sqrt(0.3 * 0.7 / 100_000)


def fixed(rounding: str) -> Arithmetic:
    """Formats as a chip might mix them, all of one rounding."""
    formats = {k: replace(format, rounding=rounding) for k, format in FORMATS["nearest"].formats.items()}
    return replace(FORMATS["nearest"], formats=formats)


def program(rule: str, rounding: str, lr: float = 0.05) -> Program:
    return adapt(compile(NETWORK, catalog.rule(rule), lr=lr), fixed(rounding))


@pytest.mark.parametrize("rule", ["rflo", "bptt"])
def test_what_is_kept_is_a_whole_number_of_steps(rule: str) -> None:
    asked = example(rule, "stochastic")
    (found,) = reference.run(asked, [Job(TRIALS)], ["r", "y", "W_rec", "error"])
    for name, kept in found.records.items():
        codes = kept / asked.quantities[name].format.lsb
        assert (codes == np.rint(codes)).all(), name


@pytest.mark.parametrize("engine", catalog.names("engine"))
def test_a_run_in_parts_is_the_run_in_one(engine: str) -> None:
    run, asked = catalog.engine(engine).run, program("rflo", "stochastic")
    (whole,) = run(asked, [Job(TRIALS, seed=2)])
    (first,) = run(asked, [Job(TRIALS[:1], seed=2)])
    (second,) = run(asked, [Job(TRIALS[1:], first.weights, seed=2, first_step=12)])
    (other,) = run(asked, [Job(TRIALS, seed=3)])
    assert all((second.weights[name] == whole.weights[name]).all() for name in whole.weights)
    assert any((other.weights[name] != whole.weights[name]).any() for name in whole.weights)


@pytest.mark.parametrize(("rounding", "share"), [("floor", 0.01), ("nearest_even", 1.64), ("stochastic", 1.00)])
def test_a_small_drive_leaves_of_a_trace_what_its_rounding_lets(rounding: str, share: float) -> None:
    """It decays by 0.99 and hears one code in 0.3 of the steps: floor loses it, nearest inflates it."""
    format, key, trace, seen = Format(16, 0, rounding=rounding), stream_key(0, "trace"), np.zeros(200), []
    heard = np.random.default_rng(0).random(size=(3000, 200)) < 0.3
    for step in range(3000):
        draws = uniform(key, step, np.arange(200, dtype=np.uint64))
        trace = store(format, 0.99 * trace, u=draws) + heard[step]
        seen.append(trace.mean())
    assert np.mean(seen[1000:]) * (1 - 0.99) / 0.3 == pytest.approx(share, abs=0.05)


def test_round_to_nearest_stalls_where_stochastic_rounding_learns() -> None:
    small = 2.0**-9
    moved = {}
    for rounding in ("nearest_even", "stochastic"):
        (found,) = reference.run(program("rflo", rounding, lr=small), [Job(TRIALS)])
        moved[rounding] = np.abs(found.weights["W_out"] - np.rint(NETWORK.W_out * 64) / 64).sum()
    assert moved["nearest_even"] == 0.0
    assert moved["stochastic"] > 0.0


def test_constants_are_the_nearest_that_the_arithmetic_holds() -> None:
    assert fixed("floor").coefficient("alpha", 0.1) == floor(0.1 * 2**15 + 0.5) / 2**15
    assert fixed("floor").coefficient("lr_rec", 0.03) == 2.0**-5
    assert fixed("floor").coefficient("lr_rec", 0.0) == 0.0
    (found,) = reference.run(program("rflo", "floor", lr=0.03), [Job(TRIALS)], ["r"])
    (same,) = reference.run(program("rflo", "floor", lr=2.0**-5), [Job(TRIALS)], ["r"])
    assert (found.records["r"] == same.records["r"]).all()


def test_wide_formats_approach_float64() -> None:
    wide = replace(FORMATS["nearest"], formats=dict.fromkeys(KINDS, Format(24, 19)))
    exact = compile(NETWORK, catalog.rule("rflo"), lr=2.0**-5)
    rounded = adapt(exact, wide)
    (expected,), (found,) = (reference.run(each, [Job(TRIALS)], ["r"]) for each in (exact, rounded))
    assert 0.0 < np.abs(found.records["r"] - expected.records["r"]).max() < 1e-3


def test_what_cannot_be_exact_is_refused() -> None:
    too_wide = replace(FORMATS["nearest"], formats=dict.fromkeys(KINDS, Format(32, 16)))
    with pytest.raises(NeurosimError, match=r"the exact value may take \d+ bits and 53 can be carried; keep .*W_rec"):
        adapt(compile(NETWORK, catalog.rule("rflo")), too_wide)

    class Quotient(Rule):
        """Divides."""

        equations = "weight[i, j] = weight[i, j] + lr * r[i] * pre[j] / 3"

    with pytest.raises(NeurosimError, match="a quotient has no exact fixed-point value; multiply instead"):
        adapt(compile(NETWORK, Quotient()), fixed("floor"))


def test_directions_under_a_chip_are_not_rounded_to_its_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = direction(program("rflo", "nearest_even"), TRIALS)["W_rec"]
    codes = wanted / 2.0**-6
    assert np.abs(codes - np.rint(codes)).max() > 1e-3


def test_plain_profiles_are_spelt_out() -> None:
    profile = catalog.profile("fixed:weight=s8.6,teaching_signal=s10.4,rounding=stochastic,overflow=wrap")
    assert profile.arithmetic.formats["weight"] == Format(8, 6, True, "stochastic", "wrap")
    assert profile.arithmetic.formats["teaching signal"] == Format(10, 4, True, "stochastic", "wrap")
    assert profile.arithmetic.formats["state"] == Format(16, 10, True, "stochastic", "wrap")
    for name, wrong in {"fixed:weights=s8.6": "weights", "fixed:weight=8.6": "8.6", "fixed:rounding=up": "up"}.items():
        with pytest.raises(NeurosimError, match=wrong):
            Profile.plain(name)
