"""Where in a row codes may move by less than one, if what an element draws is the sum of its row's and its column's.

A change moves a code only if the draw is no further from 0 or 1 than its size. So an element moves only if its column's
draw is about the negative of its row's. Whether any is may be looked up: [0, 1) has places, further apart than the
changes of a step are large, and each column is noted in the two that are nearest to its draw. Where that would be most
of them, and where a column is noted, the upper 16 bits of draws say of many columns in two instructions, with room for
what they leave out, whether they may move.
"""

from __future__ import annotations

from neurosim.draws import COLUMN
from neurosim.lanes import WHOLE_LANES
from neurosim.narrow import Held
from neurosim.precision import DRAW_BITS

STRIDE = 2 * WHOLE_LANES
"""To a multiple of this, rows are padded."""

PART = 8 * STRIDE
"""Columns in a part of a row."""

HALF = DRAW_BITS // 2

FEWEST, MOST = 2, 4
"""There are between `2**FEWEST` places a column, of which half may be empty, and twice `2**MOST`."""


def made(held: Held) -> list[str]:
    """The arrays: what columns draw, its upper half, where it is noted, and what rows draw."""
    name, (rows, columns) = held.name, held.domains
    return [
        f"bits_{name} = math.frexp(n_{columns})[1]",
        f"noted_{name} = np.zeros({2**MOST} << bits_{name}, np.bool_)",
        f"columns_{name} = np.zeros(width_{name}, np.int32)",
        f"uppers_{name} = np.zeros(width_{name}, np.int16)",
        f"drawn_{name} = np.zeros(n_{rows}, np.int32)",
    ]


def before(held: Held, reach: list[str]) -> list[str]:
    """Lines that fill them. reach: those that bound, by that name, the change of any element of a row by `size`."""
    name, (rows, columns) = held.name, held.domains
    return [
        *_drawn(f"columns_{name}", columns, f"key_{name} ^ np.uint64({COLUMN})"),
        *_drawn(f"drawn_{name}", rows, f"key_{name}"),
        f"for j in range(0, width_{name}, {WHOLE_LANES}):",
        f"    store(load(columns_{name}, j) >> {HALF}, uppers_{name}, j)",
        "largest_factor = 0.0",
        f"for i in range(n_{rows}):",
        f"    largest_factor = max(largest_factor, abs(factors_{name}[i]))",
        "size = int(largest_factor) * most",
        *reach,
        f"apart = int(max(math.frexp(reach)[1] + 1, {DRAW_BITS - MOST} - bits_{name}))",
        f"dense = apart > {DRAW_BITS - FEWEST} - bits_{name}",
        "if not dense:",
        f"    places, half = {2**DRAW_BITS} >> apart, 1 << apart - 1",
        f"    noted_{name}[:places] = False",
        f"    for j in range(n_{columns}):",
        *(f"        noted_{name}[{_place(f'int(columns_{name}[j]) {sign} half')}] = True" for sign in "+-"),
    ]


def of_row(held: Held, part: list[str]) -> list[str]:
    """The change of a row of which none exceeds `reach`. part: lines that change columns from `first` to `last`."""
    name = held.name
    return [
        f"room = (reach >> {HALF}) + 2",
        f"near = dense or noted_{name}[{_place('-row')}]",
        f"for first in range(0, width_{name} if near else 0, {PART}):",
        f"    last = first + {PART} if first + {PART} < width_{name} else width_{name}",
        "    nearest = shorts(-1)",
        f"    for j in range(first, last, {STRIDE}):",
        f"        nearest = lower(nearest, sixteen(uppers_{name}, j) + ((row >> {HALF}) + room))",
        "    if lowest(nearest) <= 2 * room:",
        *("        " + line for line in part),
    ]


def _place(draw: str) -> str:
    """The place that a draw is at, or what a draw becomes as it goes round."""
    return f"({draw} >> apart) & (places - 1)"


def _drawn(array: str, domain: str, key: str) -> list[str]:
    word = f"word({key}, now, np.uint64(j))"
    return [f"for j in range(n_{domain}):", f"    {array}[j] = np.int32({word} >> np.uint64(32))"]
