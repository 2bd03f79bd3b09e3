"""Plain data out of a file, with the place it has there: results may come from anybody, so each value is checked."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.errors import NeurosimError
from neurosim.schema.values import shown

MAX_BYTES = 2**26
LONGEST = 20_000
"""Letters of a line of text."""

WORDS_FOR_NUMBERS = ("inf", "-inf", "nan")
"""How runs write what JSON has no number for."""


@dataclass(frozen=True)
class Given:
    """A value of a file, and where it stands. What is asked of it and is not so raises `NeurosimError`."""

    value: Any
    where: str

    def at(self, name: str) -> Given:
        """What a table has under a name."""
        if not isinstance(self.value, dict):
            raise self._wrong("a table")
        if name not in self.value:
            raise NeurosimError(
                f"{self.where} does not say {name!r}; it is not what neurosim writes, or from before it"
            )
        return Given(self.value[name], f"{self.where}: {name}" if ": " not in self.where else f"{self.where}.{name}")

    def maybe(self, name: str) -> Given | None:
        """What a table has under a name, unless that is nothing."""
        if not isinstance(self.value, dict):
            raise self._wrong("a table")
        return self.at(name) if self.value.get(name) is not None else None

    def each(self) -> Iterator[Given]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            raise self._wrong("a list")
        for index, value in enumerate(self.value):
            yield Given(value, f"{self.where}[{index}]")

    def names(self) -> list[str]:
        """The keys of a table."""
        if not isinstance(self.value, dict):
            raise self._wrong("a table")
        return [Given(name, f"{self.where}: a name").text() for name in self.value]

    def text(self) -> str:
        """A line of text."""
        if not isinstance(self.value, str) or not self.value.isprintable() or len(self.value) > LONGEST:
            raise self._wrong("a line of text")
        return self.value

    def number(self) -> float:
        """A number; NaN for null."""
        if self.value is None:
            return math.nan
        if isinstance(self.value, str) and self.value in WORDS_FOR_NUMBERS:
            return float(self.value)
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or abs(self.value) > 1e308:
            raise self._wrong("a number or null")
        return float(self.value)

    def whole(self) -> int:
        """A whole number of at most 64 bits, not below 0."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not 0 <= self.value < 2**63:
            raise self._wrong("a whole number")
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self._wrong("true or false")
        return self.value

    def _wrong(self, wanted: str) -> NeurosimError:
        return NeurosimError(f"{self.where} is {shown(self.value)}; it must be {wanted}")


def read(path: Path) -> Given:
    """What is in a JSON file."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES:,} bytes")
        return Given(json.loads(path.read_bytes()), str(path))
    except (OSError, ValueError, RecursionError) as fault:
        reason = " ".join(str(fault).split())[:120]
        raise NeurosimError(f"{path} cannot be read as JSON ({reason}); run the comparison again") from fault
