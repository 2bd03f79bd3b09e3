"""Seeds: an independent stream of random numbers for every purpose, the same on every machine."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """A generator that depends on the seed and on what it is for, and on nothing else.

    Rules never appear in a purpose, so that all rules meet the same trials and the same initial weights.
    """
    return np.random.default_rng(np.random.SeedSequence([seed, *(zlib.crc32(word.encode()) for word in purpose)]))
