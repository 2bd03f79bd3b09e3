"""Overlaps of low-rank networks: what is seen from outside, and that they learn as networks do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from scipy.stats import ortho_group

from neurosim import NeurosimError, catalog
from neurosim.engine import Job
from neurosim.gradients import gradient
from neurosim.network import Network
from neurosim.program import compile
from neurosim.task import Trials
from neurosim.theory import Overlaps, overlap_learning, overlap_loss, overlap_slope, overlap_step, response

ALPHA, STEPS, SIZES = 0.3, 12, {"V": (2, 9), "M": (9, 2), "N": (9, 2), "U": (9, 1)}
Vectors = Mapping[str, np.ndarray]


def vectors(seed: int) -> Vectors:
    random = np.random.default_rng(seed)
    return {name: random.normal(scale=0.4, size=size) for name, size in SIZES.items()}


TARGET = response(Overlaps.of(**vectors(99)), ALPHA, STEPS)


def network(of: Vectors) -> Network:
    return Network(of["M"] @ of["N"].T, of["U"], of["V"], np.zeros((9, 2)), ALPHA)


def impulse() -> Trials:
    x = np.zeros((1, STEPS, 1))
    x[0, 0] = 1.0
    return Trials(x, TARGET[None, :, :, 0], np.ones(STEPS))


def descended(of: Vectors, lr: float) -> Vectors:
    """One step of descent on the vectors of a network, by the gradient that the engine takes of its weights."""
    found = gradient(compile(network(of), catalog.rule("bptt"), lr=0.0), impulse())
    W = found["W_rec"]
    slopes = {"V": found["W_out"], "M": W @ of["N"], "N": W.T @ of["M"], "U": found["W_in"]}
    return {name: of[name] - lr * slopes[name] for name in of}


def test_what_is_visible_answers_as_the_network_does() -> None:
    of = vectors(1)
    program = compile(network(of), catalog.rule("fixed"), lr=0.0)
    (found,) = catalog.engine("numpy").run(program, [Job(impulse())], record=["y"])
    overlaps = Overlaps.of(**of)
    np.testing.assert_allclose(response(overlaps, ALPHA, STEPS)[:, :, 0], found.records["y"][0], rtol=0, atol=1e-14)
    assert overlap_loss(overlaps, TARGET, ALPHA) == pytest.approx(found.losses[0], rel=1e-12)


def test_the_slope_is_that_of_differences() -> None:
    overlaps, G = Overlaps.of(**vectors(2)), overlap_slope(Overlaps.of(**vectors(2)), TARGET, ALPHA)
    v, m, n, u = overlaps.places
    for rows, columns in ((v, m), (n, m), (n, u), (v, u)):
        for i in range(rows.start, rows.stop):
            for j in range(columns.start, columns.stop):
                nudge = np.zeros_like(overlaps.S)
                nudge[i, j] = 1e-6
                up, down = (
                    overlap_loss(Overlaps(overlaps.S + sign * nudge, 2, 2, 1), TARGET, ALPHA) for sign in (1, -1)
                )
                assert G[i, j] == G[j, i] == pytest.approx((up - down) / 2e-6, rel=1e-6, abs=1e-9)


def test_overlaps_learn_as_the_network_does_step_by_step() -> None:
    of, lr = vectors(3), 0.1
    overlaps = Overlaps.of(**of)
    begun = overlap_loss(overlaps, TARGET, ALPHA)
    for _ in range(20):
        of, overlaps = descended(of, lr), overlap_step(overlaps, TARGET, ALPHA, lr)
        np.testing.assert_allclose(overlaps.S, Overlaps.of(**of).S, rtol=0, atol=1e-13)
    assert overlap_loss(overlaps, TARGET, ALPHA) < 0.8 * begun


def test_small_steps_follow_the_flow_and_conserve_what_it_conserves() -> None:
    of = vectors(4)
    times = np.array([0.0, 1.0])
    flown = overlap_learning(Overlaps.of(**of), TARGET, ALPHA, times)[-1].S

    def conserved(each: Vectors) -> np.ndarray:
        return each["V"].T @ each["V"] + sum(s * each[k] @ each[k].T for k, s in (("N", 1), ("M", -1), ("U", -1)))

    misses, drifts = [], []
    for steps in (50, 100):
        now: Vectors = of
        for _ in range(steps):
            now = descended(now, 1.0 / steps)
        misses.append(np.abs(Overlaps.of(**now).S - flown).max())
        drifts.append(np.abs(conserved(now) - conserved(of)).max())
    assert misses[0] / misses[1] == pytest.approx(2.0, rel=0.1)
    assert drifts[0] / drifts[1] == pytest.approx(2.0, rel=0.1)


def test_what_is_invisible_does_not_show_but_decides_how_fast_is_learned() -> None:
    overlaps = Overlaps.of(**vectors(5))
    v, m, n, u = overlaps.places
    hidden = overlaps.S.copy()
    for place in (v, m, n, u):
        hidden[place, place] *= 2.0
    other = Overlaps(hidden, 2, 2, 1)
    assert np.array_equal(response(other, ALPHA, STEPS), response(overlaps, ALPHA, STEPS))
    assert np.array_equal(overlap_slope(other, TARGET, ALPHA), overlap_slope(overlaps, TARGET, ALPHA))
    both = (overlap_step(each, TARGET, ALPHA, 0.1) for each in (overlaps, other))
    one, two = (overlap_loss(each, TARGET, ALPHA) for each in both)
    assert abs(one - two) > 1e-3 * one


def test_every_basis_of_the_neurons_has_the_same_overlaps() -> None:
    of, Q = vectors(6), ortho_group.rvs(9, random_state=1)
    turned = {"V": of["V"] @ Q.T} | {name: Q @ of[name] for name in ("M", "N", "U")}
    np.testing.assert_allclose(Overlaps.of(**turned).S, Overlaps.of(**of).S, rtol=0, atol=1e-14)


def test_sizes_that_do_not_fit_are_said() -> None:
    with pytest.raises(NeurosimError, match=r"shape \(3, 3\); 1 outputs, rank 1 and 1 inputs need \(4, 4\)"):
        Overlaps(np.zeros((3, 3)), 1, 1, 1)
