"""Chips' arithmetic: what each departure from the text does, and engines that agree on it to the last bit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.arithmetic import Arithmetic, plain
from neurosim.conformance import FORMATS
from neurosim.counting import Counts
from neurosim.draws import normal, paired, rows_and_columns, stream_key, uniform
from neurosim.engine import Job, Outcome
from neurosim.errors import NeurosimError
from neurosim.gradients import direction, gradient
from neurosim.network import Network
from neurosim.precision import Change, Device, Format
from neurosim.program import Program, compile
from neurosim.storing import store
from neurosim.task import Trials

NETWORK = Network.random(6, 2, 3, alpha=0.125, gain=0.9, seed=0)
RANDOM = np.random.default_rng(1)
TRIALS = Trials(RANDOM.normal(size=(2, 10, 2)), RANDOM.normal(size=(2, 10, 3)), np.ones(10))
RECORD = ("r", "y", "sent", "W_rec", "W_in", "W_out")
ELEMENTS = np.arange(20_000, dtype=np.uint64)

PLAIN = FORMATS["stochastic"]
PAIRS = replace(PLAIN, formats={kind: replace(format, share="pair") for kind, format in PLAIN.formats.items()})
DEVICE = Device(step=64.0, pulses=31, spread=0.3, between=0.3, up=(1.0, -0.5), down=(1.0, 0.5))
PULSED = Format(18, 15, rounding="pulse", device=DEVICE, limits=(-65536, 65536))


def with_kind(kind: str, format: Format) -> Arithmetic:
    return replace(PLAIN, formats={**PLAIN.formats, kind: format})


CASES = {
    "unit steps": with_kind("weight", Format(8, 6, rounding="unit_step")),
    "guarded": with_kind("trace", Format(12, 8, rounding="stochastic_guarded", random_bits=15)),
    "magnitude, by rows": with_kind("weight", Format(8, 6, rounding="stochastic_magnitude", share="vector")),
    "rows and columns": PAIRS,
    "one draw": with_kind("weight", Format(8, 6, True, "stochastic", share="update", change=Change(16, 7))),
    "pulses": with_kind("weight", PULSED),
    "noise, threshold": with_kind("error", Format(10, 6, noise=0.7, threshold=3)),
    "read with noise": replace(PLAIN, current=Format(9, 4, noise=0.8)),
    "hidden weights": replace(with_kind("weight", Format(6, 4)), hidden=Format(14, 12, rounding="stochastic")),
    "noisy copies": replace(with_kind("weight", Format(18, 15, noise=99.0)), hidden=PULSED),
    "late, at times": replace(PLAIN, latency=2, every=3),
    "sigma-delta": replace(with_kind("message", Format(8, 4, rounding="toward_zero")), message="sigma_delta"),
    "by chance": replace(with_kind("message", Format(2, 0, rounding="stochastic", limits=(-1, 1))), message="chance"),
    "added, then decayed": replace(PLAIN, leak="add_decay"),
    "no self-weights": replace(PLAIN, zero_diagonal=True),
    "mismatch": replace(PLAIN, mismatch=0.2),
}
TOGETHER = {
    "rows and columns": replace(PAIRS, every=3),
    "digital": replace(
        PLAIN,
        formats={
            **PLAIN.formats,
            "weight": CASES["unit steps"].formats["weight"],
            "trace": CASES["guarded"].formats["trace"],
            "error": CASES["noise, threshold"].formats["error"],
        },
        latency=2,
        every=3,
        leak="add_decay",
    ),
    "analog": replace(CASES["noisy copies"], current=Format(9, 4, noise=0.8), mismatch=0.2),
    "differences": replace(
        CASES["sigma-delta"],
        formats={**CASES["sigma-delta"].formats, "weight": CASES["one draw"].formats["weight"]},
        zero_diagonal=True,
    ),
    "chances": replace(
        CASES["by chance"],
        formats={**CASES["by chance"].formats, "weight": CASES["magnitude, by rows"].formats["weight"]},
    ),
}
"""All departures in few chips: each takes a compilation."""

LONGEST = ("rows and columns", "differences", "chances", "fpga-int16", "spinnaker1", "rpu-gokmen-vlasov")
"""Of these, and of real chips, those whose departures others have too; numba compiles each for ten seconds."""

CHIPS = ("loihi2-lava", "reckon", "fpga-int16", "spinnaker1", "rpu-gokmen-vlasov")


def program(arithmetic: Arithmetic | str, rule: str = "rflo", lr: float = 0.05) -> Program:
    chosen = catalog.profile(arithmetic).arithmetic if isinstance(arithmetic, str) else arithmetic
    return adapt(compile(NETWORK, catalog.rule(rule), lr=lr), chosen)


def ran(asked: Program, engine: str = "numpy", record: tuple[str, ...] = RECORD) -> Outcome:
    (found,) = catalog.engine(engine).run(asked, [Job(TRIALS, seed=4, first_step=7)], record)
    return found


def same(found: Outcome, expected: Outcome) -> bool:
    records = all((found.records[name] == expected.records[name]).all() for name in RECORD)
    return records and all((found.weights[name] == value).all() for name, value in expected.weights.items())


def often(cases: Iterable[str], engines: Iterable[str]) -> list[Any]:
    """Cases in engines, of which those that compile longest are slow."""
    slow = pytest.mark.slow
    return [
        pytest.param(case, engine, marks=[slow] if engine == "numba" and case in LONGEST else [])
        for case in cases
        for engine in engines
    ]


# --- engines agree --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "engine"), often(TOGETHER, ("numba", "nengo", "brian2")))
def test_all_departures_are_the_same_in_every_engine(case: str, engine: str) -> None:
    asked = program(TOGETHER[case])
    found, expected = ran(asked, engine), ran(asked)
    assert same(found, expected)
    assert engine != "numba" or found.counts == expected.counts


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["numba", "nengo", "brian2"])
@pytest.mark.parametrize("rule", ["rflo", "tbptt:k=3,stride=2", "bptt"])
@pytest.mark.parametrize("case", CASES)
def test_every_departure_is_the_same_in_every_engine(case: str, rule: str, engine: str) -> None:
    asked = program(CASES[case], rule)
    if (engine, rule) == ("nengo", "bptt") and case in ("sigma-delta", "by chance", "mismatch"):
        with pytest.raises(NeurosimError, match=r"which is no connection of Nengo's; use the engine nengo:fused"):
            ran(asked, engine)
    else:
        assert same(ran(asked, engine), ran(asked))


@pytest.mark.parametrize(("chip", "engine"), often(CHIPS, ("numba", "brian2")))
def test_chips_are_the_same_in_every_engine(chip: str, engine: str) -> None:
    asked = program(chip)
    assert same(ran(asked, engine), ran(asked))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["numba", "nengo", "brian2"])
@pytest.mark.parametrize("rule", ["rflo", "tbptt:k=2"])
@pytest.mark.parametrize("chip", CHIPS)
def test_rules_on_chips_are_the_same_in_every_engine(chip: str, rule: str, engine: str) -> None:
    asked = program(chip, rule)
    assert same(ran(asked, engine), ran(asked))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["brian2:standalone", "brian2:cython"])
@pytest.mark.parametrize("chip", CHIPS)
def test_chips_are_the_same_in_compiled_brian2(chip: str, engine: str) -> None:
    asked = program(chip)
    assert same(ran(asked, engine), ran(asked))


@pytest.mark.parametrize("chip", catalog.names("profile"))
def test_every_chip_learns_or_says_why_not(chip: str) -> None:
    try:
        asked = program(chip)
    except NeurosimError as error:
        assert "stub" in str(error)
        return
    assert np.isfinite(ran(asked).losses).all()


# --- what each departure does ---------------------------------------------------------------------------------------


def test_a_unit_step_is_one_code_and_right_on_average() -> None:
    format, draws = Format(8, 0, rounding="unit_step"), uniform(3, 0, ELEMENTS)
    kept = store(format, np.full(20_000, 5.3), 5.0, u=draws)
    assert set(kept) == {5.0, 6.0}
    assert abs(kept.mean() - 5.3) < 4 * np.sqrt(0.3 * 0.7 / 20_000)
    assert (store(format, np.full(20_000, -40.0), 5.0, u=draws) == 4.0).all()
    assert (store(format, np.full(20_000, 5.0), 5.0, u=draws) == 5.0).all()


@given(st.integers(-(2**20), 2**20), st.integers(-128, 127), st.integers(0, 2**16 - 1))
def test_a_unit_step_compares_as_whole_numbers_do(change: int, was: int, word: int) -> None:
    """A probability of `|change| / 2**16` is compared with a word of 16 bits."""
    kept = store(Format(8, 0, rounding="unit_step"), np.array([was + change / 2**16]), float(was), u=word / 2**16)
    step = (change > 0) - (change < 0) if abs(change) >= word else 0
    assert kept == min(max(was + step, -128), 127)


@given(st.integers(-(2**20), 2**20), st.integers(-128, 127), st.integers(0, 127))
def test_a_change_reaches_the_weight_through_its_accumulator(fine: int, was: int, word: int) -> None:
    """A change in units of `2**-10` is cut to 7 bits below the LSB and to 16 in all, and rounded by 7 random ones."""
    format = Format(8, 0, rounding="stochastic", random_bits=7, change=Change(16, 7))
    kept = store(format, np.array([was + fine / 2**10]), float(was), u=(word + 0.4) / 2**7)
    added = min(max(fine >> 3, -(2**15)), 2**15 - 1)
    assert kept == min(max((was * 2**7 + added + word) >> 7, -128), 127)


def test_pulses_move_a_device_as_far_as_was_asked_on_average() -> None:
    """And less where its response is weaker, up and down alike; never by more pulses than there are."""
    plain = replace(DEVICE, spread=0.0, between=0.0)
    format = replace(PULSED, device=plain)
    lsb, u = format.lsb, uniform(3, 0, ELEMENTS)
    for was, change, response in ((0.0, 10.0, 1.0), (1.0, 160.0, 0.5), (-1.0, -160.0, 0.5), (0.0, 1e9, 1.0)):
        start = was / lsb
        kept = store(format, np.full(20_000, (start + change) * lsb), was, u=u) / lsb - start
        wanted = np.clip(change, -31 * 64, 31 * 64) * response
        assert abs(kept.mean() - wanted) < 4 * 32 / np.sqrt(20_000) + 0.5
    noisy = replace(PULSED, device=replace(plain, spread=0.3))
    kept = store(noisy, np.full(20_000, 640.0 * lsb), 0.0, u=0.5, g=normal(3, 0, ELEMENTS)) / lsb
    assert abs(kept.std() - 0.3 * 64 * np.sqrt(10)) < 2.0


def test_normal_draws_have_mean_0_and_variance_1() -> None:
    draws = np.concatenate([normal(stream_key(0, "r"), t, ELEMENTS) for t in range(20)])
    assert abs(draws.mean()) < 4 / np.sqrt(len(draws))
    assert abs(draws.var() - 1.0) < 4 * np.sqrt(2 / len(draws))
    assert abs(np.corrcoef(normal(1, 0, ELEMENTS), uniform(1, 0, ELEMENTS))[0, 1]) < 4 / np.sqrt(len(ELEMENTS))


def test_draws_of_rows_and_columns_are_uniform_and_independent_two_by_two() -> None:
    """Two synapses of a row, of a column, or of neither; four at the corners of a rectangle are not independent."""
    rows, columns = rows_and_columns((3, 3))
    u = np.array([paired(stream_key(0, "W_rec"), t, rows, columns) for t in range(20_000)])
    for other in ((0, 1), (1, 0), (1, 1)):
        grid, _, _ = np.histogram2d(u[:, 0, 0], u[:, *other], bins=8, range=[[0, 1], [0, 1]])
        expected = len(u) / grid.size
        assert ((grid - expected) ** 2 / expected).sum() < grid.size + 4 * np.sqrt(2 * grid.size)
    corners = u[:, 0, 0] - u[:, 0, 1] - u[:, 1, 0] + u[:, 1, 1]
    assert (corners == np.rint(corners)).all()


def test_a_vector_draws_for_each_of_its_elements_where_matrices_draw_by_rows_and_columns() -> None:
    u = paired(1, 0, *rows_and_columns((20_000,)))
    assert abs(np.corrcoef(u[1:], u[:-1])[0, 1]) < 4 / np.sqrt(len(u))
    assert len(np.unique(u)) > 19_990


def test_draws_of_rows_and_columns_are_asked_for_by_name_and_for_rounding_only() -> None:
    asked = plain("fixed:weight=s8.6,rounding=stochastic,share=pair").formats["weight"]
    assert asked == Format(8, 6, rounding="stochastic", share="pair")
    with pytest.raises(NeurosimError, match="one per element"):
        replace(asked, noise=1.0)
    with pytest.raises(NeurosimError, match="pear"):
        plain("fixed:rounding=stochastic,share=pear")


def test_devices_differ_for_good() -> None:
    """Two pulses on two days find the same device: what they do is as different from device to device on both."""
    asked = adapt(compile(NETWORK, catalog.rule("rflo"), lr=0.5), with_kind("weight", replace(PULSED)))
    (first,) = catalog.engine("numpy").run(asked, [Job(TRIALS, seed=1)])
    (again,) = catalog.engine("numpy").run(asked, [Job(TRIALS, seed=1, first_step=1000)])
    assert (first.weights["W_rec"] != again.weights["W_rec"]).any()
    change = [(each.weights["W_rec"] - PULSED.lsb * np.rint(NETWORK.W_rec / PULSED.lsb)) for each in (first, again)]
    assert np.corrcoef(change[0].ravel(), change[1].ravel())[0, 1] > 0.5


def test_hidden_weights_learn_what_coarse_ones_cannot() -> None:
    small, coarse = 2.0**-9, with_kind("weight", Format(6, 4))
    wide = replace(coarse, hidden=Format(14, 12, rounding="stochastic"))
    start = np.rint(NETWORK.W_out * 16) / 16
    assert (ran(program(coarse, lr=small)).weights["W_out"] == start).all()
    found = ran(program(wide, lr=small))
    assert (found.weights["hidden_W_out"] != found.weights["W_out"]).any()
    assert (np.rint(found.weights["hidden_W_out"] * 16) / 16 == found.weights["W_out"]).all()


def test_errors_come_late_and_updates_at_times() -> None:
    asked = program(replace(PLAIN, latency=2), lr=0.5)
    record = ("error", "error_2_ago", "W_out", "r")
    found = ran(asked, record=record).records
    assert (found["error_2_ago"][:, 2:] == found["error"][:, :-2]).all()
    assert (found["error_2_ago"][:, :2] == 0.0).all()
    weights = ran(program(replace(PLAIN, every=4), lr=0.5), record=("W_rec",)).records["W_rec"][0]
    changed = [(a != b).any() for a, b in pairwise(weights)]
    assert [step + 1 for step, each in enumerate(changed) if each] == [3, 7, 9]


def test_sigma_delta_sends_what_has_changed_and_is_heard_as_it_is() -> None:
    coarse = Format(8, 4, rounding="toward_zero")
    asked = program(replace(with_kind("message", coarse), message="sigma_delta"))
    found = ran(asked, record=("r", "sent", "jump_sent")).records
    assert np.abs(found["r"] - found["sent"]).max() < coarse.lsb
    assert (np.cumsum(found["jump_sent"], axis=1) == found["sent"]).all()
    assert (found["jump_sent"] == 0.0).any()


def test_chance_messages_say_the_rate_on_average() -> None:
    asked = program(CASES["by chance"], lr=0.0)
    many = Trials(TRIALS.inputs[:1, :1].repeat(400, 0), TRIALS.targets[:1, :1].repeat(400, 0), np.ones(1))
    (found,) = catalog.engine("numpy").run(asked, [Job(many)], ("sent", "r"))
    sent, r = found.records["sent"][:, 0], found.records["r"][:, 0]
    assert set(np.unique(sent)) <= {-1.0, 0.0, 1.0}
    assert np.abs(sent.mean(axis=0) - np.clip(r, -1, 1).mean(axis=0)).max() < 5 * 0.5 / np.sqrt(400)


def test_a_neuron_has_no_synapse_onto_itself() -> None:
    found = ran(program(replace(PLAIN, zero_diagonal=True), "tbptt:k=2", lr=0.5)).records["W_rec"]
    assert (found[..., np.arange(6), np.arange(6)] == 0.0).all()
    assert (found[0, 0] != found[1, -1]).any()


def test_what_is_late_hidden_or_mismatched_leaves_the_exact_gradient_alone() -> None:
    engine = catalog.engine("numpy")
    ideal = gradient(compile(NETWORK, catalog.rule("rflo")), TRIALS, engine=engine)
    for case, arithmetic in TOGETHER.items():
        found = gradient(program(arithmetic), TRIALS, NETWORK.weights, engine)
        assert all((found[name] == value).all() for name, value in ideal.items()), case
        assert {*direction(program(arithmetic), TRIALS, engine=engine)} == {"W_rec", "W_in", "W_out"}


# --- what theory and chips predict ----------------------------------------------------------------------------------


def test_the_rank_of_what_rflo_learns_is_kept_in_float_and_broken_by_rounding() -> None:
    """Every change lies in the columns of `B`: three of them for three outputs, until weights are rounded."""
    network = Network.random(16, 2, 3, alpha=0.125, gain=0.9, seed=0)
    ranks = {}
    for name, asked in {
        "float": compile(network, catalog.rule("rflo"), lr=0.05),
        "8 bits": adapt(
            compile(network, catalog.rule("rflo"), lr=0.05),
            with_kind("weight", Format(8, 6, rounding="stochastic")),
        ),
    }.items():
        (found,) = catalog.engine("numpy").run(asked, [Job(TRIALS)])
        start = network.W_rec if name == "float" else np.rint(network.W_rec * 64) / 64
        values = np.linalg.svd(found.weights["W_rec"] - start, compute_uv=False)
        ranks[name] = int((values > 1e-10 * values[0]).sum())
    assert ranks["float"] == 3
    assert ranks["8 bits"] > 3


def test_counts_say_what_rounding_loses() -> None:
    asked = program(with_kind("weight", Format(8, 6, rounding="nearest_even")), lr=2.0**-9)
    counts = ran(asked).counts
    assert counts["W_out"].share_lost == 1.0
    assert counts["W_out"].stored == 3 * 6 * 20
    by_chance = ran(program(with_kind("weight", Format(8, 6, rounding="stochastic")), lr=2.0**-9)).counts
    assert 0.0 < by_chance["W_out"].share_lost < 1.0
    narrow = ran(program(with_kind("state", Format(4, 6, rounding="nearest_even")))).counts
    assert narrow["r"].share_beyond > 0.1
    assert Counts(0, 0, 0, 0).share_lost == Counts(0, 0, 0, 0).share_beyond == 0.0


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rounding": "pulse"}, "pulses need a device"),
        ({"device": DEVICE}, "a device moves by pulses only"),
        ({"random_bits": 0}, "0 random bits"),
        ({"share": "chip"}, "'chip'"),
        ({"limits": (-200, 3)}, "codes from -200 to 3 in 8 bits"),
    ],
)
def test_formats_that_cannot_be_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(NeurosimError, match=said):
        replace(Format(8, 6), **wrong)


def test_an_arithmetic_needs_a_format_for_everything() -> None:
    with pytest.raises(NeurosimError, match="no format for: accumulator, error"):
        Arithmetic({"state": Format(), "message": Format(), "weight": Format(), "trace": Format()})
    with pytest.raises(NeurosimError, match="no code is called 'morse'"):
        replace(PLAIN, message="morse")
