"""A trained network as a NIR graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim import __version__, catalog
from neurosim.errors import NeurosimError
from neurosim.export.checked import to_network
from neurosim.export.file import needed
from neurosim.export.form import DELAY, DISCRETISATION, EDGES, MATRICES, NODES
from neurosim.export.trained import Trained
from neurosim.network import Network


def to_nir(network: Network, trained: Trained, dt: float = 1e-3, single: bool = False) -> Any:
    """The `nir.NIRGraph` of a network. dt: length of a step [s]. single: weights in float32 instead of float64."""
    nir = needed("nir")
    if not 0.0 < dt < np.inf:
        raise NeurosimError(f"dt is {dt}; the length of a step must be finite and more than 0 s")
    n, n_in, n_out = network.size
    precision = np.float32 if single else np.float64
    matrices = {name: getattr(network, ours).astype(precision) for name, ours in MATRICES.items()}
    rates = nir.LI(
        tau=np.full(n, dt / network.alpha, precision), r=np.ones(n, precision), v_leak=np.zeros(n, precision)
    )
    ends = {"input": nir.Input({"input": np.array([n_in])}), "output": nir.Output({"output": np.array([n_out])})}
    made = {**ends, "rates": rates, **{name: nir.Linear(matrix) for name, matrix in matrices.items()}}
    about = _about(trained) | {"dt": dt, "alpha": network.alpha, "B": network.B.astype(precision)}
    graph = nir.NIRGraph({name: made[name] for name in NODES}, list(EDGES), metadata=about)
    to_network(graph)  # what float32 cannot hold is refused here, not by whoever reads the file
    return graph


def _about(trained: Trained) -> dict[str, Any]:
    """Where a network comes from."""
    formats = catalog.profile(trained.profile).arithmetic.formats
    return {
        "discretisation": DISCRETISATION,
        "delay": DELAY,
        **{name: getattr(trained, name) for name in ("rule", "task", "profile", "seed", "lr")},
        "formats": {kind: str(format) for kind, format in formats.items()},
        "neurosim": __version__,
    }
