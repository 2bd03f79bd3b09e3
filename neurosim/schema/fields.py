"""What the table of a profile's keys is made of: a key, a section of keys, and short ways to write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ROUNDINGS = ("floor", "toward_zero", "nearest_up", "nearest_even", "stochastic", "stochastic_guarded", "none")
"""Those of `precision`; `stochastic_guarded`, where a code of 0 stays 0; and `none`, nothing is dropped."""

OVERFLOWS = ("saturate", "wrap")
SCOPES = ("synapse", "neuron", "neuron_pair", "column", "block", "layer", "profile", "synapse_type", "core", "none")
LARGEST = 1.0e18
"""The end of a number that has no other."""

UNKNOWN = "unknown"
"""The value of a figure that was looked for and is not public; its grade is U."""


@dataclass(frozen=True)
class Field:
    """One key of a profile.

    kind: 'flag', 'whole number', 'number', 'range' (a number or [low, typ, high]), 'numbers', 'word', 'words' or
    'text'. low, high: ends of numbers. words: those that there are; of a number, words that may stand in its place.
    """

    kind: str
    about: str
    unit: str = ""
    low: float = 0.0
    high: float = LARGEST
    words: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True)
class Section:
    """One table of a profile. needed: 'always', 'if it learns' or 'never'."""

    about: str
    needed: str
    fields: Mapping[str, Field]


def flag(about: str, required: bool = True) -> Field:
    """True or false."""
    return Field("flag", about, required=required)


def word(about: str, *words: str, required: bool = True) -> Field:
    """One of some words."""
    return Field("word", about, words=words, required=required)


def words(about: str, *words: str, required: bool = True) -> Field:
    """A list of words, of any or of those given."""
    return Field("words", about, words=words, required=required)


def bits(about: str, required: bool = True, low: int = 0, high: int = 64) -> Field:
    """A width."""
    return Field("whole number", about, "bits", low, high, required=required)


def point(about: str, required: bool = True) -> Field:
    """Where the point is in a width, or that the number is floating point."""
    return Field("whole number", about, "bits", -64, 64, ("float32", "float64"), required)


def exponent(about: str, limit: int = 128) -> Field:
    """An exponent of two."""
    return Field("whole number", about, "", -limit, limit)


def count(about: str, unit: str = "", low: int = 0, required: bool = True) -> Field:
    """How many."""
    return Field("whole number", about, unit, low, required=required)


def number(about: str, unit: str = "", low: float = 0.0, high: float = LARGEST, required: bool = False) -> Field:
    """A number that is known well."""
    return Field("number", about, unit, low, high, required=required)


def span(about: str, unit: str, required: bool = False) -> Field:
    """A number that is known to lie in a range."""
    return Field("range", about, unit, required=required)
