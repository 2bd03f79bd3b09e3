"""What this machine can do at best: one pass over a matrix that reads, changes and writes every number, or reads it."""

from __future__ import annotations

import numpy as np
from measuring import Work
from numba import njit

from neurosim.placing import placed


@njit(nogil=True, fastmath=True, error_model="numpy")
def _one_stream(w, count, gain, shift):
    total = gain - gain
    for _ in range(count):
        for i in range(len(w)):
            w[i] = w[i] * gain + shift
            total += w[i] * shift
    return total


@njit(nogil=True, fastmath=True, error_model="numpy")
def _eight_streams(w, count, gain, shift):
    part, total = len(w) // 8, gain - gain
    for _ in range(count):
        for i in range(part):
            for stream in range(8):
                at = stream * part + i
                w[at] = w[at] * gain + shift
                total += w[at] * shift
    return total


@njit(nogil=True, fastmath=True, error_model="numpy")
def _reading(w, count, gain, shift):
    total = gain - gain
    for _ in range(count):
        gain += shift
        for i in range(len(w)):
            total += w[i] * gain
    return total


def in_place(n: int, dtype: type = np.float64) -> dict[str, Work]:
    """Passes over an N x N matrix with two multiply-adds for each number; the faster is the roofline.

    This is what a step of online learning cannot do without: the update of each weight, its part in the next sum.
    """
    w, gain, shift = placed({"w": np.ones(n * n, dtype)}, frozenset())["w"], dtype(1.0), dtype(1e-9)
    return {
        "in place, 1 stream": Work(lambda count: _one_stream(w, count, gain, shift), 1),
        "in place, 8 streams": Work(lambda count: _eight_streams(w, count, gain, shift), 1),
    }


def reading(n: int, dtype: type = np.float64) -> Work:
    """Passes over an N x N matrix with one multiply-add for each number: a product with a matrix that rests."""
    w, gain, shift = placed({"w": np.ones(n * n, dtype)}, frozenset())["w"], dtype(1.0), dtype(1e-9)
    return Work(lambda count: _reading(w, count, gain, shift), 1)
