"""Texts with places for swept values, `tbptt:k={k}`, `fixed:weight=s{bits}.{bits-2}`, and the values themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping

from neurosim.errors import NeurosimError

PLACE = re.compile(r"\{([A-Za-z_]\w*)(?:([+-])(\d+))?\}")
"""`{name}`, or a whole number more or less than it: `{name-2}`."""

RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")
MOST = 10_000
"""Values of one range."""

Value = int | float | str


def places(text: str) -> list[str]:
    """The names that a text has places for. Raises `NeurosimError` if a brace is no such place."""
    if "{" in (rest := PLACE.sub("", text)) or "}" in rest:
        raise NeurosimError(f"{text!r}: a place for a value is {{name}}, {{name+2}} or {{name-2}}")
    return [found[1] for found in PLACE.finditer(text)]


def filled(text: str, values: Mapping[str, Value]) -> str:
    """The text with values in their places."""

    def put(found: re.Match[str]) -> str:
        value = values[found[1]]
        if not found[2]:
            return str(value)
        if not isinstance(value, int):
            raise NeurosimError(f"{text!r}: {found[1]} is {value!r}; only whole numbers can have something added")
        return str(value + int(found[2] + found[3]))

    return PLACE.sub(put, text)


def listed(text: str) -> tuple[Value, ...]:
    """The values that a text lists: `1,2,4`, `3..16` with both ends, or words."""
    return tuple(value for part in text.split(",") if part.strip() for value in _values(part.strip()))


def _values(part: str) -> list[Value]:
    found = RANGE.fullmatch(part)
    if not found:
        return [_value(part)]
    first, last = int(found[1]), int(found[2])
    if abs(last - first) >= MOST:
        raise NeurosimError(f"{part} is more than {MOST} values")
    step = 1 if last >= first else -1
    return list(range(first, last + step, step))


def _value(part: str) -> Value:
    for kind in (int, float):
        try:
            return kind(part)
        except ValueError:
            continue
    return part
