"""Numbers made by other people's programs, to the last bit: ReckOn's Verilog, SpiNNaker's C, Lava's Python."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurosim import catalog
from neurosim.precision import Format
from neurosim.storing import store

VECTORS = Path(__file__).parent / "vectors"


def columns(name: str) -> np.ndarray:
    return np.loadtxt(VECTORS / name, dtype=np.int64).T


def formats(profile: str) -> dict[str, Format]:
    return dict(catalog.profile(profile).arithmetic.formats)


def test_reckon_decays_its_traces_so() -> None:
    trace, leak, draw, stochastic, expected = columns("reckon_trace_decay.txt")
    format = formats("reckon")["trace"]
    assert format.ends == (-4095.0, 4095.0)
    decayed = trace * leak * 2.0**-15
    by_chance = store(format, decayed * format.lsb, u=draw * 2.0**-15) / format.lsb
    plain = store(replace(format, rounding="floor"), decayed * format.lsb) / format.lsb
    assert len(trace) > 3000
    assert 0 < stochastic.sum() < len(trace)
    assert (np.where(stochastic == 1, by_chance, plain) == expected).all()


def test_reckon_writes_its_weights_so() -> None:
    gradient, weight, right, left, draw, expected = columns("reckon_weight_update.txt")
    format = formats("reckon")["weight"]
    full = 2**32 - 1
    size = [min(abs(int(g)) << int(up), full) >> int(down) for g, up, down in zip(gradient, left, right, strict=True)]
    change = np.sign(gradient) * np.array(size, dtype=float) * 2.0**-32
    change[gradient == -(2**31)] = -1.0  # of the most negative gradient the chip cannot take the size
    kept = store(format, (weight + change) * format.lsb, weight * format.lsb, u=draw * 2.0**-32)
    assert len(weight) > 3000
    assert len({*np.unique(expected - weight)} & {-1, 0, 1}) == 3
    assert (kept / format.lsb == expected).all()


@pytest.mark.parametrize("form", ["A", "B"])
def test_spinnaker_rounds_so(form: str) -> None:
    """Form A adds the random bits, form B compares with them, which is A with the complement."""
    lines = [line.split() for line in (VECTORS / "spinnaker_rounding.txt").read_text().splitlines()]
    numbers, dropped, word, expected = np.array([line[1:] for line in lines if line[0] == form], dtype=np.int64).T
    draw = word & ((1 << dropped) - 1)
    u = (draw if form == "A" else (1 << dropped) - 1 - draw) * 2.0**-dropped
    kept = store(Format(32, 0, rounding="stochastic"), numbers * 2.0**-dropped, u=u)
    assert len(numbers) > 1000
    assert (kept == expected).all()


def test_lava_learns_so_on_all_steps() -> None:
    """`dw = 2^-2 x1 y0 - 2^-2 y1 x0`, impulses of 16, time constant 10: traces and weights after each of 40 steps.

    Its generators are NumPy's: those of traces move on twice a step and begin with the third number, that of weights
    begins with the second. It compares where we add, so its draws come as their complements.
    """
    vectors = np.load(VECTORS / "lava_stdp_fixed_point.npz", allow_pickle=False)
    kinds = formats("loihi2-lava")
    trace, weight = kinds["trace"], kinds["weight"]
    assert weight.share == "update"
    draws = {seed: 1.0 - np.random.default_rng(seed).random(100) for seed in (7, 9)}
    written = 1.0 - 2.0**-7 - np.floor(np.random.default_rng(2).random(100) * 2**7) * 2.0**-7

    def decayed(was: np.ndarray, seed: int, step: int, spikes: np.ndarray) -> np.ndarray:
        kept = store(trace, np.exp(-1 / 10) * was * trace.lsb, u=draws[seed][2 * step + 2])
        return store(trace, kept + 16 * spikes * trace.lsb) / trace.lsb

    x1, y1, codes = np.zeros(6), np.zeros(6), (vectors["W"] >> 1 << 1).astype(float)
    for step, (pre, post) in enumerate(zip(vectors["pre"].T, vectors["post"].T, strict=True)):
        x1, y1 = decayed(x1, 7, step, pre), decayed(y1, 9, step, post)
        change = (np.outer(post, x1) - np.outer(y1, pre)) * 2.0**-2
        codes = store(weight, (codes + change) * weight.lsb, codes * weight.lsb, u=written[step + 1]) / weight.lsb
        assert (x1 == vectors["x1"][step]).all(), step
        assert (codes == vectors["w"][step]).all(), step
    assert step == 39
