"""The pass over a matrix that is held as its codes: its change and its product, in whole numbers of 32 bits.

With p the product of the factors' codes, s bits below the last one of the weight's code w, and a draw U of 32 bits, the
weight becomes `w + floor(p / 2**s + U / 2**32)`: the upper part of p is added, and the carry from its lower part and U.
"""

from __future__ import annotations

from collections.abc import Sequence

from neurosim.counting import counted
from neurosim.draws import COLUMN
from neurosim.lanes import LANES, WHOLE_LANES
from neurosim.loops import Loops, indented
from neurosim.narrow import Held
from neurosim.notation import Read
from neurosim.precision import DRAW_BITS


def made(held: Held) -> list[str]:
    """The arrays that hold a matrix and what its columns know, padded with zeros, and how its changes are shifted."""
    name, (rows, columns) = held.name, held.domains
    kind = "np.int8" if held.format.bits - held.format.signed < 8 else "np.int16"
    return [
        f"width_{name} = (n_{columns} + {WHOLE_LANES - 1}) // {WHOLE_LANES} * {WHOLE_LANES}",
        f"held_{name} = np.zeros((n_{rows}, width_{name}), {kind})",
        *(f"{each}_{name} = np.zeros(width_{name}, np.int32)" for each in ("moving", "sent", "drawn")),
        f"finest_{name} = {held.rate_bits} - math.frexp(c_{held.rate.name})[1]",
        f"below_{name} = finest_{name} + {held.shift}",
        f"left_{name} = int(max({DRAW_BITS} - below_{name}, 0))",
        f"right_{name} = int(max(below_{name} - {DRAW_BITS}, 0))",
        f"all_{name} = int(min(below_{name}, {DRAW_BITS - 1}))",
        f"scale_{name} = {held.sign * 2.0 ** held.frac_bits(held.rows)!r} * 2.0**finest_{name}",
        *_each(held, f"held_{name}[i, j] = int(q_{name}[i, j] * {1.0 / held.format.lsb!r})"),
    ]


def given_back(held: Held) -> list[str]:
    """The matrix as numbers again."""
    return _each(held, f"q_{held.name}[i, j] = held_{held.name}[i, j] * {held.format.lsb!r}")


def _each(held: Held, line: str) -> list[str]:
    rows, columns = held.domains
    return [f"for i in range(n_{rows}):", f"    for j in range(n_{columns}):", f"        {line}"]


def lines_of(writer: Loops, held: Held) -> list[str]:
    """The pass: what columns know as codes, then row by row."""
    rows, columns = held.domains
    return [
        f"# {held.change}",
        f"# {held.ahead}",
        "still = 0",
        f"for j in range(n_{columns}):",
        *indented(_column(held)),
        f"for i in range(n_{rows}):",
        *indented(_row(writer, held)),
    ]


def _column(held: Held) -> list[str]:
    name, vector = held.name, held.product.vector
    lines = [
        f"moving_{name}[j] = int({_product(held.columns, 'j')} * {2.0 ** held.frac_bits(held.columns)!r})",
        f"sent_{name}[j] = int({_product([vector], 'j')} * {2.0 ** held.frac_bits([vector])!r})",
        f"still += moving_{name}[j] == 0",
    ]
    if held.format.share == "pair":
        lines.append(f"drawn_{name}[j] = {_half(f'key_{name} ^ np.uint64({COLUMN})', 'j')}")
    return lines


def _row(writer: Loops, held: Held) -> list[str]:
    name, vector = held.name, held.product.vector
    block = held.summed * WHOLE_LANES
    pair = held.format.share == "pair"
    return [
        f"factor = int(c_{held.rate.name} * {_product(held.rows, 'i')} * scale_{name})",
        *([f"row = {_half(f'key_{name}', 'i')}"] if pair else []),
        "stayed, beyond, sum = whole(0), whole(0), 0",
        f"for first in range(0, width_{name}, {block}):",
        "    part = whole(0)",
        f"    for j in range(first, int(min(first + {block}, width_{name})), {WHOLE_LANES}):",
        *indented(indented(_element(held))),
        "    sum += total(part)",
        f"{_read(held.ahead.target, 'i')} = sum * {2.0 ** -held.frac_bits([held.product.matrix, vector])!r}",
        *_counts(writer, held),
    ]


def _element(held: Held) -> list[str]:
    """What is done for neighbours in a row."""
    name, (low, high) = held.name, map(int, held.format.ends)
    return [
        f"was = load(held_{name}, i, j)",
        f"change = load(moving_{name}, j) * factor",
        f"base = was + (change >> all_{name})",
        f"above = was - (whole(0) - change >> all_{name})",
        f"moved = base + carried((change << left_{name}) >> right_{name}, {_draw(held)})",
        f"kept = min(max(moved, {low}), {high})",
        f"store(kept, held_{name}, i, j)",
        "stayed = stayed + (kept == was)",
        f"beyond = beyond + (base < {low}) + (above > {high})",
        f"part = part + kept * load(sent_{name}, j)",
    ]


def _draw(held: Held) -> str:
    """The upper halves of the words of neighbours in a row."""
    if held.format.share == "pair":
        return f"load(drawn_{held.name}, j) + row"
    words = (f"word(key_{held.name}, now, spread(np.uint64({place})))" for place in _neighbours(held))
    return f"upper({', '.join(words)})"


def _neighbours(held: Held) -> list[str]:
    _, columns = held.domains
    return [f"i * n_{columns} + j", f"i * n_{columns} + j + {LANES}"]


def _counts(writer: Loops, held: Held) -> list[str]:
    """Lines that count what storing a row did; what is padded does not change, and stays."""
    if not writer.counting:
        return []
    at, (_, columns) = counted(writer.program).index(held.name), held.domains
    return [
        f"changed = n_{columns} - still if factor else 0",
        f"counts[{at}, 0] += n_{columns}",
        f"counts[{at}, 1] += changed",
        f"counts[{at}, 2] += total(stayed) - (width_{held.name} - changed)",
        f"counts[{at}, 3] += total(beyond)",
    ]


def _half(key: str, element: str) -> str:
    return f"int(word({key}, now, np.uint64({element})) >> np.uint64(32))"


def _product(factors: Sequence[Read], place: str) -> str:
    return " * ".join(_read(factor, place) for factor in factors)


def _read(read: Read, place: str) -> str:
    return f"q_{read.name}[{place}]"
