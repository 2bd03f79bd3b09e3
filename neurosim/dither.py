"""Where in a row codes may move by less than one, if what an element draws is the sum of its row's and its column's.

A change moves a code only if its draw is no further from 0 or 1 than its size. Of most rows no draw is, which the upper
16 bits say of many columns in two instructions, with room for what they leave out; if one is, they say in which part.
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


def made(held: Held) -> list[str]:
    """The arrays: what columns draw, its upper half, and what rows draw."""
    name, (rows, _) = held.name, held.domains
    return [
        f"columns_{name} = np.zeros(width_{name}, np.int32)",
        f"uppers_{name} = np.zeros(width_{name}, np.int16)",
        f"drawn_{name} = np.zeros(n_{rows}, np.int32)",
    ]


def before(held: Held) -> list[str]:
    """Lines that fill them."""
    name, (rows, columns) = held.name, held.domains
    return [
        *_drawn(f"columns_{name}", columns, f"key_{name} ^ np.uint64({COLUMN})"),
        *_drawn(f"drawn_{name}", rows, f"key_{name}"),
        f"for j in range(0, width_{name}, {WHOLE_LANES}):",
        f"    store(load(columns_{name}, j) >> {HALF}, uppers_{name}, j)",
    ]


def of_row(held: Held, part: list[str]) -> list[str]:
    """The change of a row of which none exceeds `reach`. part: lines that change columns from `first` to `last`."""
    name = held.name
    nearer = f"nearest = lower(nearest, sixteen(uppers_{name}, j) + ((row >> {HALF}) + room))"
    return [
        f"room = (reach >> {HALF}) + 2",
        "nearest = shorts(-1)",
        f"for j in range(0, width_{name}, {STRIDE}):",
        f"    {nearer}",
        f"for first in range(0, width_{name} if lowest(nearest) <= 2 * room else 0, {PART}):",
        f"    last = first + {PART} if first + {PART} < width_{name} else width_{name}",
        "    nearest = shorts(-1)",
        f"    for j in range(first, last, {STRIDE}):",
        f"        {nearer}",
        "    if lowest(nearest) <= 2 * room:",
        *("        " + line for line in part),
    ]


def _drawn(array: str, domain: str, key: str) -> list[str]:
    word = f"word({key}, now, np.uint64(j))"
    return [f"for j in range(n_{domain}):", f"    {array}[j] = np.int32({word} >> np.uint64(32))"]
