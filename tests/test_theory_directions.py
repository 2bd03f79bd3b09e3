"""Directions of modes and of what is learned; what was measured by simulation is in `neurosim.checks`."""

from __future__ import annotations

from collections.abc import Callable

import jaxtyping
import numpy as np
import pytest
from scipy.stats import ortho_group

from neurosim import theory
from neurosim.errors import NeurosimError
from neurosim.theory import LinearSystem, ModeBasis

U, V, P, P_TEACHER = (ortho_group.rvs(4, random_state=seed) for seed in range(4))


def test_self_weights_of_many_neurons_are_nearly_equal() -> None:
    """So e-prop in a large aligned network is nearly RFLO with a decay of `tr W / n`; the rest is as 1 / sqrt(n)."""
    rest = {}
    for n in (16, 256):
        w = np.random.default_rng(1).uniform(-0.2, 0.9, n)
        P = ortho_group.rvs(n, random_state=5)
        own = np.diag((P * w) @ P.T)
        rest[n] = np.std(own) / abs(np.mean(w))
    assert 2.0 < rest[16] / rest[256] < 8.0


def test_effective_rank_counts_directions_by_size() -> None:
    assert theory.effective_rank(np.eye(5)) == pytest.approx(5.0)
    assert theory.effective_rank(np.diag([1.0, 1e-9, 0.0])) == pytest.approx(1.0)
    assert theory.effective_rank(np.zeros((3, 2))) == 0.0 and theory.outside(np.zeros((3, 2)), np.eye(3)[:, :1]) == 0.0


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda: ModeBasis(U, V, 2.0 * P), r"P has shape \(4, 4\); give 4 orthonormal columns"),
        (lambda: ModeBasis(U[:, :3], V, P), r"U has shape \(4, 3\); give 4 orthonormal columns"),
        (
            lambda: theory.emergent_modes(LinearSystem(np.zeros((4, 5)), np.zeros((5, 5)), np.zeros((5, 4))), U, V),
            "readout and input weights of a mode are all 0",
        ),
        (
            lambda: theory.bptt_invariant(LinearSystem(np.eye(2), np.eye(2), np.eye(2)), {"rec": 1.0, "in": 1.0}),
            "give one above 0 for each of: rec, in, out",
        ),
    ],
)
def test_what_cannot_be_asked(ask: Callable[[], object], answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user asks it: without the shape checks that annotations may get while testing."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(NeurosimError, match=answer):
        ask()
