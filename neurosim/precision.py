"""How numbers are kept: the format that each kind of quantity is rounded to when it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KINDS = ("state", "message", "weight", "trace", "error", "teaching signal", "output", "accumulator")
"""What a stored quantity can be; a chip gives each kind a format."""


@dataclass(frozen=True)
class Format:
    """A number format. `float64` keeps every value as it is: storing is the identity."""

    name: str = "float64"


FLOAT64 = Format()
EXACT: Mapping[str, Format] = dict.fromkeys(KINDS, FLOAT64)
