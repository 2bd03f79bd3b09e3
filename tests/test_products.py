"""Products of matrices of neurons are told from other sums, and written in lanes; `test_panels` has their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import catalog, notation
from neurosim.adaptation import adapt
from neurosim.compiled import compiled, module_text
from neurosim.conformance import FORMATS
from neurosim.kernel import kernel_source
from neurosim.lanes import in_register
from neurosim.loops import literal
from neurosim.network import Network
from neurosim.notation import Sum
from neurosim.products import MatrixProduct, matrix_product, product_lines
from neurosim.program import compile


def found(line: str) -> MatrixProduct | None:
    """What the first sum of a line is."""
    statement = notation.parse(line)[0].statements[0]
    total = next(node for node in notation.walk(statement.value) if isinstance(node, Sum))
    return matrix_product([total.letter], total.body, [i.letter for i in statement.target.indices if i.letter])


@pytest.mark.parametrize(
    ("line", "vector", "over_rows"),
    [
        ("u[i] = 2 * sum(j, W[i, j] * v[j]) + 1", "v[j]", False),
        ("u[j] = sum(i, W[i, j] * before(u[i]))", "before(u[i])", True),
        ("u[j] = sum(i, v[i] * W[i, j])", "v[i]", True),
        ("u[s, j] = sum(i, W[i, j] * u[s-1, i])", "u[s-1, i]", True),
    ],
)
def test_products_of_a_matrix_and_a_vector(line: str, vector: str, over_rows: bool) -> None:
    product = found(line)
    assert product
    assert (product.matrix.name, str(product.vector), product.over_rows) == ("W", vector, over_rows)


@pytest.mark.parametrize(
    "line",
    [
        "y[o] = sum(i, W_out[o, i] * r[i])",
        "u[i] = sum(m, W_in[i, m] * x[m])",
        "u[i] = sum(j, W[i, j] * v[j] * w[j])",
        "u[i] = sum(j, W[i, j] * C[i, j])",
        "A[k, i] = sum(j, W[k, j] * C[j, i] * v[j])",
    ],
)
def test_what_is_no_such_product(line: str) -> None:
    assert found(line) is None


@pytest.mark.parametrize("n", [1, 4, 8, 9, 23, 37])
@pytest.mark.parametrize("over_rows", [False, True])
@pytest.mark.parametrize(("dtype", "within"), [(np.float64, 1e-13), (np.float32, 1e-5)])
def test_its_lines_are_the_product_in_panels_and_at_edges(
    n: int, over_rows: bool, dtype: type[np.floating], within: float
) -> None:
    draw = np.random.default_rng(n).normal
    W, v, found = (each.astype(dtype) for each in (draw(size=(n, n)), draw(size=n), np.full(n, np.nan)))
    kind = np.dtype(dtype)
    lines = product_lines("u", "W", "v", over_rows, in_register(kind.itemsize), literal(0.0, kind))
    compiled(module_text(["u", "W", "v", "n_neuron"], lines, []))(found, W, v, n)
    assert np.abs(found - (v @ W if over_rows else W @ v)).max() <= within


def test_what_is_rounded_is_summed_as_it_is_written() -> None:
    program = compile(Network.random(4, 2, 2, 0.3, 0.9, 0), catalog.rule("tbptt:k=3"))
    assert "load(q_W_rec, row" in kernel_source(program)
    assert "load(q_W_rec, row" not in kernel_source(adapt(program, FORMATS["nearest"]))
