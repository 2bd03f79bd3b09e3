"""The pass over a matrix that is held as its codes: its change (`moves`) and its product, in whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from neurosim import moves
from neurosim.counting import counted
from neurosim.dither import STRIDE
from neurosim.lanes import WHOLE_LANES
from neurosim.loops import Loops, indented
from neurosim.narrow import Held
from neurosim.notation import Read


def made(held: Held) -> list[str]:
    """The arrays that hold a matrix and what its rows and columns know, padded with zeros."""
    name, (rows, columns), (low, high) = held.name, held.domains, map(int, held.format.ends)
    kind = "np.int8" if held.format.bits - held.format.signed < 8 else "np.int16"
    return [
        f"width_{name} = (n_{columns} + {STRIDE - 1}) // {STRIDE} * {STRIDE}",
        f"held_{name} = np.zeros((n_{rows}, width_{name}), {kind})",
        *(f"sent_{name}_{part} = np.zeros(width_{name}, np.int16)" for part in held.parts),
        f"moving_{name} = np.zeros(width_{name}, np.int32)",
        f"factors_{name} = np.zeros(n_{rows}, np.int32)",
        *moves.made(held),
        f"scale_{name} = {held.sign * 2.0 ** held.frac_bits(held.rows)!r} * 2.0**finest_{name}",
        *_each(held, f"held_{name}[i, j] = int(q_{name}[i, j] * {1.0 / held.format.lsb!r})"),
        *_each(held, f"ended_{name}[i] |= (held_{name}[i, j] == {low}) | (held_{name}[i, j] == {high})"),
    ]


def given_back(held: Held) -> list[str]:
    """The matrix as numbers again."""
    return _each(held, f"q_{held.name}[i, j] = held_{held.name}[i, j] * {held.format.lsb!r}")


def _each(held: Held, line: str) -> list[str]:
    rows, columns = held.domains
    return [f"for i in range(n_{rows}):", f"    for j in range(n_{columns}):", f"        {line}"]


def lines_of(writer: Loops, held: Held) -> list[str]:
    """The pass: what columns and rows know as codes, then row by row."""
    name, (rows, columns) = held.name, held.domains
    columns_scale = 2.0 ** held.frac_bits(held.columns)
    return [
        f"# {held.change}",
        f"# {held.ahead}",
        f"for j in range(n_{columns}):",
        f"    moving_{name}[j] = np.int32({_product(held.columns, 'j')} * {columns_scale!r})",
        f"for j in range(n_{columns}):",
        *indented(_sent(held)),
        f"for i in range(n_{rows}):",
        f"    factors_{name}[i] = np.int32(c_{held.rate.name} * {_product(held.rows, 'i')} * scale_{name})",
        *moves.before(held),
        *(["changed_rows, all_moved, all_over = 0, 0, 0"] if writer.counting else []),
        f"for i in range(n_{rows}):",
        *indented(_row(writer, held)),
        *_counts(writer, held),
    ]


def _sent(held: Held) -> list[str]:
    """What columns send, in parts of which the last has the sign."""
    name, vector, parts = held.name, held.product.vector, held.parts
    code = f"code = np.int32({_product([vector], 'j')} * {2.0 ** held.frac_bits([vector])!r})"
    taken = [f"code >> {part}" for part in parts]
    for at, (part, following) in enumerate(pairwise(parts)):
        taken[at] = f"({taken[at]}) & {2 ** (following - part) - 1}"
    return [code, *(f"sent_{name}_{part}[j] = {text}" for part, text in zip(parts, taken, strict=True))]


def _row(writer: Loops, held: Held) -> list[str]:
    """The change of a row, and then its product."""
    name, vector = held.name, held.product.vector
    lsb = 2.0 ** -held.frac_bits([held.product.matrix, vector])
    return [
        f"factor = int(factors_{name}[i])",
        *moves.of_row(held),
        "sum = 0",
        *(line for part in held.parts for line in _summed(held, part)),
        f"{_read(held.ahead.target, 'i')} = sum * {lsb!r}",
        *(["changed_rows += factor != 0", "all_moved += moved", "all_over += over"] if writer.counting else []),
    ]


def _summed(held: Held, part: int) -> list[str]:
    """Lines that add up the products of a row with a part of what is sent; no lane takes more than it can hold."""
    block, width = held.summed * WHOLE_LANES, f"width_{held.name}"
    return [
        f"for first in range(0, {width}, {block}):",
        "    part = whole(0)",
        f"    for j in range(first, int(min(first + {block}, {width})), {STRIDE}):",
        f"        part = part + multiplied(held_{held.name}, sent_{held.name}_{part}, i, j)",
        "    sum += total(part)" + (f" << {part}" if part else ""),
    ]


def _counts(writer: Loops, held: Held) -> list[str]:
    """Lines that count what storing the matrix did."""
    if not writer.counting:
        return []
    at, (rows, columns) = counted(writer.program).index(held.name), held.domains
    return [
        f"changed = changed_rows * (n_{columns} - still)",
        f"counts[{at}, 0] += n_{rows} * n_{columns}",
        f"counts[{at}, 1] += changed",
        f"counts[{at}, 2] += changed - all_moved",
        f"counts[{at}, 3] += all_over",
    ]


def _product(factors: Sequence[Read], place: str) -> str:
    return " * ".join(_read(factor, place) for factor in factors)


def _read(read: Read, place: str) -> str:
    return f"q_{read.name}[{place}]"
