"""The network of a NIR graph, which is checked to be what neurosim writes: it may come from anybody."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.errors import NeurosimError
from neurosim.export.file import read
from neurosim.export.form import DISCRETISATION, EDGES, MATRICES, NODES
from neurosim.network import Network

CLOSE = 1e-6
"""How far dt / tau may be from alpha, relatively: tau may be a float32."""


def from_nir(path: Path) -> Network:
    """The network in a file that `to_nir` made. Raises `NeurosimError` if it is damaged, or of another kind."""
    try:
        return to_network(read(path))
    except NeurosimError as error:
        raise NeurosimError(f"{path}: {error}") from error


def to_network(graph: Any) -> Network:
    """The network of a graph that `to_nir` made, which is checked to be one."""
    _check_structure(graph)
    weights = {ours: _numbers(name, graph.nodes[name].weight) for name, ours in MATRICES.items()}
    n, n_in, n_out = len(weights["W_rec"]), weights["W_in"].shape[-1], len(weights["W_out"])
    weights["B"] = _numbers("B", _said(graph.metadata, "B"))
    shapes = {"W_rec": (n, n), "W_in": (n, n_in), "W_out": (n_out, n), "B": (n, n_out)}
    for name, shape in shapes.items():
        if weights[name].shape != shape or 0 in shape:
            raise NeurosimError(f"{name} has shape {weights[name].shape}, which does not fit the other weights")
    return Network(**weights, alpha=_alpha(graph, n))


def step_length(graph: Any) -> float:
    """The length of a step of a graph that `to_nir` made [s]."""
    return _positive("dt", _said(graph.metadata, "dt"))


def _check_structure(graph: Any) -> None:
    """Whether it is the nodes and edges of a network, no more and no less."""
    found = {name: type(node).__name__ for name, node in graph.nodes.items()}
    if found != NODES:
        name = min(found.items() ^ NODES.items())[0]
        raise NeurosimError(
            f"node {name[:40]!r} is {found.get(name, 'not there')} and should be {NODES.get(name, 'not there')}; "
            "only graphs that neurosim wrote are read"
        )
    if sorted(graph.edges) != sorted(EDGES):
        wrong = {f"{source} -> {target}"[:80] for source, target in {*graph.edges} ^ {*EDGES}}
        raise NeurosimError(
            f"the edges are not those of a network ({min(wrong, default='one is there twice')}); they should be: "
            f"{', '.join(f'{source} -> {target}' for source, target in EDGES)}"
        )


def _alpha(graph: Any, n: int) -> float:
    """The leak per step, if the neurons have it and are stepped as they are here."""
    stepped = _said(graph.metadata, "discretisation")
    if stepped != DISCRETISATION:
        raise NeurosimError(f"the discretisation is {str(stepped)[:80]!r}; only {DISCRETISATION!r} is read")
    alpha, rates = _positive("alpha", _said(graph.metadata, "alpha")), graph.nodes["rates"]
    expected = {"tau": step_length(graph) / alpha, "r": 1.0, "v_leak": 0.0}
    for name, value in expected.items():
        numbers = _numbers(name, getattr(rates, name))
        if numbers.shape != (n,) or not np.allclose(numbers, value, rtol=CLOSE, atol=0.0):
            raise NeurosimError(f"{name} of the rates is not {value:g} for all {n} neurons, as dt and alpha have it")
    if alpha > 1.0:
        raise NeurosimError(f"alpha is {alpha}; the leak per step dt / tau lies in (0, 1]")
    return alpha


def _said(metadata: Mapping[str, Any], name: str) -> Any:
    if name not in metadata:
        raise NeurosimError(f"the metadata lack {name!r}; only graphs that neurosim wrote are read")
    return metadata[name]


def _positive(name: str, value: Any) -> float:
    number = _numbers(name, value)
    if number.shape != () or number <= 0.0:
        raise NeurosimError(f"{name} is not a number above 0")
    return float(number)


def _numbers(name: str, value: Any) -> np.ndarray:
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "fiu" or not np.isfinite(numbers).all():
        raise NeurosimError(f"{name} is not made of finite real numbers")
    return numbers.astype(float)
