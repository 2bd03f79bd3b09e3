"""A matrix of neurons by neurons times a vector, in lanes: along its rows, or along its columns for what goes back.

`sum(j, W[i, j] * v[j])` goes through a few rows at once, which share what is read of `v`; each has its own sums.
`sum(i, W[i, j] * v[i])` adds a few rows at once to the result, which is read and written once for all of them.
Left to loops, the first waits for its one sum and the second for memory that it might be writing to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neurosim import notation
from neurosim.notation import Expression, Index, Read

ALONG, BACK = 4, 8
"""Rows that are gone through at once: for sums along them, and for sums of them."""

TIMES = 2
"""Registers of lanes that are gone through at once, along a row."""


@dataclass(frozen=True)
class MatrixProduct:
    """The matrix, the vector and whether the sum is over the rows of the matrix, its first index."""

    matrix: Read
    vector: Read
    over_rows: bool


def matrix_product(over: Sequence[str], body: Expression, letters: Sequence[str]) -> MatrixProduct | None:
    """What a sum of a body over letters is, in a statement about the elements at other letters."""
    match tuple(over), notation.factors(body):
        case (summed,), (Read() as one, Read() as other) if letters and _of_neurons(summed, letters[-1]):
            for matrix, vector in ((one, other), (other, one)):
                places = Index(summed), Index(letters[-1])
                outer = {index.letter for index in vector.indices[:-1]}
                fits = vector.indices[-1:] == places[:1] and outer <= {None, *letters[:-1]}
                if fits and matrix.indices in (places, places[::-1]):
                    return MatrixProduct(matrix, vector, matrix.indices == places)
    return None


def _of_neurons(*letters: str) -> bool:
    return all(notation.LETTERS[letter] == "neuron" for letter in letters)


def product_lines(result: str, matrix: str, vector: str, over_rows: bool, lanes: int, zero: str) -> list[str]:
    """Lines that compute a product of arrays; all have the size of the neurons along each axis.

    lanes: how many of their numbers a register holds. zero: one of them.
    """
    height, width = BACK if over_rows else ALONG, TIMES * lanes
    lines = [f"rows, columns = n_neuron // {height} * {height}, n_neuron // {width} * {width}"]
    if over_rows:
        return lines + _of_rows(result, matrix, vector, lanes)
    return lines + _along_rows(result, matrix, vector, lanes, zero)


def _along_rows(result: str, matrix: str, vector: str, lanes: int, zero: str) -> list[str]:
    places = [(row, time) for row in range(ALONG) for time in range(TIMES)]
    return [
        f"for row in range(0, rows, {ALONG}):",
        *(f"    in_{row}_{time} = spread({zero})" for row, time in places),
        f"    for column in range(0, columns, {TIMES * lanes}):",
        *(f"        of_{time} = load({vector}, column + {time * lanes})" for time in range(TIMES)),
        *(
            f"        in_{row}_{time} = in_{row}_{time} + of_{time} * "
            f"load({matrix}, row + {row}, column + {time * lanes})"
            for row, time in places
        ),
        *(
            f"    {result}[row + {row}] = total({' + '.join(f'in_{row}_{time}' for time in range(TIMES))})"
            for row in range(ALONG)
        ),
        "for row in range(n_neuron):",
        f"    part = {result}[row] if row < rows else {zero}",
        "    for column in range(columns if row < rows else 0, n_neuron):",
        f"        part += {matrix}[row, column] * {vector}[column]",
        f"    {result}[row] = part",
    ]


def _of_rows(result: str, matrix: str, vector: str, lanes: int) -> list[str]:
    shares = " + ".join(f"of_{row} * {matrix}[row + {row}, column]" for row in range(BACK))
    return [
        f"{result}.fill(0.0)",
        f"for row in range(0, rows, {BACK}):",
        *(f"    of_{row} = {vector}[row + {row}]" for row in range(BACK)),
        f"    for column in range(0, columns, {TIMES * lanes}):",
        *(f"        in_{time} = load({result}, column + {time * lanes})" for time in range(TIMES)),
        *(
            f"        in_{time} = in_{time} + of_{row} * load({matrix}, row + {row}, column + {time * lanes})"
            for row in range(BACK)
            for time in range(TIMES)
        ),
        *(f"        store(in_{time}, {result}, column + {time * lanes})" for time in range(TIMES)),
        "    for column in range(columns, n_neuron):",
        f"        {result}[column] += {shares}",
        "for row in range(rows, n_neuron):",
        "    for column in range(n_neuron):",
        f"        {result}[column] += {vector}[row] * {matrix}[row, column]",
    ]
