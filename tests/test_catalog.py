"""Names of engines and their variants."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import catalog
from neurosim.conformance import example
from neurosim.engine import Job
from neurosim.errors import NeurosimError
from neurosim.task import Trials


def test_a_variant_of_an_engine_is_an_engine() -> None:
    random = np.random.default_rng(0)
    trials = Trials(random.normal(size=(2, 5, 2)), random.normal(size=(2, 5, 3)), np.ones(5))
    asked = example("rflo", "float64")
    (plain,), (network,) = (catalog.engine(name).run(asked, [Job(trials)]) for name in ("numpy", "nengo:network"))
    assert np.abs(plain.weights["W_rec"] - network.weights["W_rec"]).max() <= 1e-12


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "nengo:fuse",
            "no variant of the engine nengo is called 'fuse' (did you mean 'fused'?); there are: fused, network",
        ),
        ("numba:gpu", "no variant of the engine numba is called 'gpu'; there are: auto, full"),
        ("brain2", "no engine is called 'brain2' (did you mean 'brian2'?); there are: brian2, nengo, numba, numpy"),
    ],
)
def test_what_does_not_exist_is_said(name: str, said: str) -> None:
    with pytest.raises(NeurosimError) as raised:
        catalog.engine(name)
    assert str(raised.value) == said
