"""Random numbers that count: a draw is a function of seed, quantity, step and element, of no state.

So it is the same in every engine, order and thread (Steele, Lea & Flood 2014, OOPSLA, SplitMix64).
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from jaxtyping import Float, UInt64

STEP, FIRST_MIX, SECOND_MIX = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
"""SplitMix64's constants."""

NORMAL = 0x632BE59BD9B4E019
"""Parts the normal draws of a quantity from its uniform ones."""

COLUMN = 0xD1B54A32D192ED03
"""Parts the draws of a quantity's columns from those of its rows, where the two are a pair."""

LASTING = 2**32 - 1
"""The step of draws that belong to an element for good, such as how a device was made; no run comes as far."""


def stream_key(seed: int, quantity: str) -> int:
    """Where the draws of a quantity begin."""
    return _mixed_int(_mixed_int(seed) ^ zlib.crc32(quantity.encode()))


def uniform(key: int, step: int, elements: UInt64[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """The draws of some elements of a quantity at a step: multiples of 2**-32 in [0, 1)."""
    return np.asarray((word(key, step, elements) >> np.uint64(32)) * 2.0**-32)


def paired(
    key: int, step: int, rows: UInt64[np.ndarray, "..."], columns: UInt64[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """The draws of elements at some rows and columns: that of the row plus that of the column, modulo 1.

    Each is uniform, and any two elements' are independent; four at the corners of a rectangle are not.
    """
    return np.asarray((paired_word(key, step, rows, columns) >> np.uint64(32)) * 2.0**-32)


def normal(key: int, step: int, elements: UInt64[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Draws of mean 0 and variance 1, nearly Gaussian: the sum of the four 16-bit parts of a word, scaled."""
    bits = word(key ^ NORMAL, step, elements)
    parts = sum((bits >> np.uint64(16 * part)) & np.uint64(0xFFFF) for part in range(4))
    return np.asarray((parts * 2.0**-16 - 1.999969482421875) * 1.7320508075688772)


def word(key: int, step: int, elements: UInt64[np.ndarray, "..."]) -> UInt64[np.ndarray, "..."]:
    """The 64 random bits that a draw is made of."""
    with np.errstate(over="ignore"):
        counter = (np.uint64(step) << np.uint64(32)) | elements
        return np.asarray(_mixed(np.uint64(key) + counter * np.uint64(STEP)))


def paired_word(
    key: int, step: int, rows: UInt64[np.ndarray, "..."], columns: UInt64[np.ndarray, "..."]
) -> UInt64[np.ndarray, "..."]:
    """The same of a row and a column: the upper half is the sum of the upper halves of their words, the rest zero."""
    half = np.uint64(32)
    both = (word(key, step, rows) >> half) + (word(key ^ COLUMN, step, columns) >> half)
    return np.asarray(both << half)


def sharing(shape: tuple[int, ...], indices: int | None = None) -> UInt64[np.ndarray, "..."]:
    """Which draw each element of a quantity takes, if as many of its first indices decide that; all of them if None."""
    kept = shape[:indices]
    numbers = np.arange(int(np.prod(kept)), dtype=np.uint64).reshape(*kept, *[1] * (len(shape) - len(kept)))
    return np.asarray(np.broadcast_to(numbers, shape))


def rows_and_columns(shape: tuple[int, ...]) -> tuple[UInt64[np.ndarray, "..."], UInt64[np.ndarray, "..."]]:
    """The row and the column of each element: its last index and all before it; of a vector, each is a row."""
    rows = sharing(shape, max(len(shape) - 1, 1))
    columns = np.arange(shape[-1], dtype=np.uint64) if len(shape) > 1 else np.uint64(0)
    return rows, np.asarray(np.broadcast_to(columns, shape))


def _mixed(z: Any) -> Any:
    """SplitMix64's finisher, of one word or an array of them."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(FIRST_MIX)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(SECOND_MIX)
    return z ^ (z >> np.uint64(31))


def _mixed_int(z: int) -> int:
    with np.errstate(over="ignore"):
        return int(_mixed(np.array([(z + STEP) % 2**64], dtype=np.uint64))[0])
