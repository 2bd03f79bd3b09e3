"""The pass over a matrix that is held as its codes: its change and its product, in whole numbers of 32 bits.

With p the product of the factors' codes, s bits below the last one of the weight's code w, and a draw U of 32 bits, the
weight becomes `w + floor(p / 2**s + U / 2**32)`: the upper part of p is added, and the carry from its lower part and U.
Where rows and columns draw and changes are small, only elements that may move are looked at (`dither`).
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

STRIDE = 2 * WHOLE_LANES
"""To a multiple of this, rows are padded."""

NONE = -(2**15)
"""What no code is: the end beyond which a column that does not change would go."""

FEW = 2 ** (DRAW_BITS - 3)
"""Below this reach, a quarter of a row's elements may move, and to go through these takes less time than lanes do."""


def made(held: Held) -> list[str]:
    """The arrays that hold a matrix and what its columns know, padded with zeros, and how its changes are shifted."""
    name, (rows, columns) = held.name, held.domains
    kind = "np.int8" if held.format.bits - held.format.signed < 8 else "np.int16"
    return [
        f"width_{name} = (n_{columns} + {STRIDE - 1}) // {STRIDE} * {STRIDE}",
        f"held_{name} = np.zeros((n_{rows}, width_{name}), {kind})",
        f"sent_{name} = np.zeros(width_{name}, np.int16)",
        f"moving_{name} = np.zeros(width_{name}, np.int32)",
        f"finest_{name} = {held.rate_bits} - math.frexp(c_{held.rate.name})[1]",
        f"below_{name} = finest_{name} + {held.shift}",
        f"left_{name} = int(max({DRAW_BITS} - below_{name}, 0))",
        f"right_{name} = int(max(below_{name} - {DRAW_BITS}, 0))",
        f"all_{name} = int(min(below_{name}, {DRAW_BITS - 1}))",
        f"scale_{name} = {held.sign * 2.0 ** held.frac_bits(held.rows)!r} * 2.0**finest_{name}",
        *_each(held, f"held_{name}[i, j] = int(q_{name}[i, j] * {1.0 / held.format.lsb!r})"),
        *(_made_for_pairs(held) if held.format.share == "pair" else []),
    ]


def _made_for_pairs(held: Held) -> list[str]:
    """What `dither` needs: the columns in order of their draws, and the end that each would go beyond, both ways.

    ended: the rows of which an element may be at an end.
    """
    name, (rows, columns), (low, high) = held.name, held.domains, map(int, held.format.ends)
    return [
        f"digits_{name} = 2",
        f"while 2**digits_{name} < n_{columns}:",
        f"    digits_{name} += 1",
        f"buckets_{name} = {DRAW_BITS} - digits_{name}",
        f"heads_{name} = np.zeros(2 * 2**digits_{name} + 2, np.int64)",
        f"order_{name} = np.zeros(2 * n_{columns}, np.int64)",
        f"draws_{name} = np.zeros(n_{columns}, np.int64)",
        f"drawn_{name} = np.zeros(width_{name}, np.int32)",
        f"ends_{name} = np.full((2, width_{name}), {NONE}, np.int16)",
        f"ended_{name} = np.zeros(n_{rows}, np.bool_)",
        *_each(held, f"ended_{name}[i] |= (held_{name}[i, j] == {low}) | (held_{name}[i, j] == {high})"),
    ]


def given_back(held: Held) -> list[str]:
    """The matrix as numbers again."""
    return _each(held, f"q_{held.name}[i, j] = held_{held.name}[i, j] * {held.format.lsb!r}")


def _each(held: Held, line: str) -> list[str]:
    rows, columns = held.domains
    return [f"for i in range(n_{rows}):", f"    for j in range(n_{columns}):", f"        {line}"]


def lines_of(writer: Loops, held: Held) -> list[str]:
    """The pass: what columns know as codes, then row by row."""
    name, (rows, columns) = held.name, held.domains
    arranged = f"arrange(draws_{name}, n_{columns}, buckets_{name}, heads_{name}, order_{name})"
    return [
        f"# {held.change}",
        f"# {held.ahead}",
        "still, most = 0, 0",
        f"for j in range(n_{columns}):",
        *indented(_column(held)),
        *([arranged] if held.format.share == "pair" else []),
        f"for i in range(n_{rows}):",
        *indented(_row(writer, held)),
    ]


def _column(held: Held) -> list[str]:
    name, vector, (low, high) = held.name, held.product.vector, map(int, held.format.ends)
    lines = [
        f"code = int({_product(held.columns, 'j')} * {2.0 ** held.frac_bits(held.columns)!r})",
        f"moving_{name}[j] = code",
        f"sent_{name}[j] = int({_product([vector], 'j')} * {2.0 ** held.frac_bits([vector])!r})",
        "still += code == 0",
    ]
    if held.format.share != "pair":
        return lines
    return [
        *lines,
        "most = code if code > most else -code if -code > most else most",
        f"draws_{name}[j] = {_half(f'key_{name} ^ np.uint64({COLUMN})', 'j')}",
        f"drawn_{name}[j] = draws_{name}[j]",
        f"ends_{name}[0, j] = {high} if code > 0 else {low} if code < 0 else {NONE}",
        f"ends_{name}[1, j] = {low} if code > 0 else {high} if code < 0 else {NONE}",
    ]


def _row(writer: Loops, held: Held) -> list[str]:
    """The change of a row, of all its elements or of those few that may move, and then its product."""
    name, vector = held.name, held.product.vector
    change = [
        "stayed, beyond = whole(0), whole(0)",
        f"for j in range(0, width_{name}, {WHOLE_LANES}):",
        *indented(_element(held)),
        f"moved, over = width_{name} - total(stayed), total(beyond)",
    ]
    return [
        f"factor = int(c_{held.rate.name} * {_product(held.rows, 'i')} * scale_{name})",
        *(_few(held, change) if held.format.share == "pair" else change),
        *_added_up(held, "sum", "multiplied", f"sent_{name}"),
        f"{_read(held.ahead.target, 'i')} = sum * {2.0 ** -held.frac_bits([held.product.matrix, vector])!r}",
        *_counts(writer, held),
    ]


def _few(held: Held, otherwise: list[str]) -> list[str]:
    """The change of a row of which few elements may move."""
    name, (low, high) = held.name, map(int, held.format.ends)
    given = f"left_{name}, right_{name}, draws_{name}, row, reach, buckets_{name}, heads_{name}, order_{name}"
    return [
        f"row = {_half(f'key_{name}', 'i')}",
        f"reach = (((factor if factor > 0 else -factor) * most << left_{name}) >> right_{name}) + 1",
        f"if reach < {FEW}:",
        f"    ends = ends_{name}[0 if factor > 0 else 1]",
        f"    moved, over, came = move(held_{name}[i], moving_{name}, factor, {given}, {low}, {high}, ends)",
        f"    ended_{name}[i] |= came",
        f"    if factor and ended_{name}[i]:",
        *indented(indented(_added_up(held, "at_ends", "alike", "ends"))),
        "        over = over + at_ends",
        "else:",
        f"    ended_{name}[i] = True",
        *indented(otherwise),
    ]


def _added_up(held: Held, name: str, function: str, array: str) -> list[str]:
    """Lines that sum a function of a row and of an array; no lane takes more than it can hold."""
    block, width = held.summed * WHOLE_LANES, f"width_{held.name}"
    return [
        f"{name} = 0",
        f"for first in range(0, {width}, {block}):",
        "    part = whole(0)",
        f"    for j in range(first, int(min(first + {block}, {width})), {STRIDE}):",
        f"        part = part + {function}(held_{held.name}, {array}, i, j)",
        f"    {name} += total(part)",
    ]


def _element(held: Held) -> list[str]:
    """What is done for neighbours in a row."""
    name, (low, high) = held.name, map(int, held.format.ends)
    return [
        f"was = load(held_{name}, i, j)",
        f"change = load(moving_{name}, j) * factor",
        f"base = was + (change >> all_{name})",
        f"above = was - (whole(0) - change >> all_{name})",
        f"there = base + carried((change << left_{name}) >> right_{name}, {_draw(held)})",
        f"kept = min(max(there, {low}), {high})",
        f"store(kept, held_{name}, i, j)",
        "stayed = stayed + (kept == was)",
        f"beyond = beyond + (base < {low}) + (above > {high})",
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
    """Lines that count what storing a row did."""
    if not writer.counting:
        return []
    at, (_, columns) = counted(writer.program).index(held.name), held.domains
    return [
        f"changed = n_{columns} - still if factor else 0",
        f"counts[{at}, 0] += n_{columns}",
        f"counts[{at}, 1] += changed",
        f"counts[{at}, 2] += changed - moved",
        f"counts[{at}, 3] += over",
    ]


def _half(key: str, element: str) -> str:
    return f"int(word({key}, now, np.uint64({element})) >> np.uint64(32))"


def _product(factors: Sequence[Read], place: str) -> str:
    return " * ".join(_read(factor, place) for factor in factors)


def _read(read: Read, place: str) -> str:
    return f"q_{read.name}[{place}]"
