"""What a profile may say: every key with its type, unit, bounds or words, and meaning, as a table."""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.schema.analog import DEVICE, NOISE
from neurosim.schema.arithmetic import MESSAGE, STATE, TRACE, UPDATE, WEIGHT
from neurosim.schema.fields import Field, Section
from neurosim.schema.resources import ANCHOR, CHIP, ENERGY, RULE, TIMING, TOPOLOGY

VERSION = "neurosim-profile/1"
"""What `schema` is in every file."""

STATUSES = ("complete", "stub")
"""Of a stub, what is required may be missing."""

GRADES: Mapping[str, str] = {
    "R": "read in the chip's RTL, or in source code of its vendor or authors",
    "D": "read in documentation of its vendor or authors, or in a paper's abstract",
    "E": "read in an emulator that its authors call approximate, or in a third party's",
    "S": "read in a secondary text that quotes a paper",
    "K": "recalled from the literature, not read again: check it before relying on it",
    "X": "derived by arithmetic from graded figures",
    "A": "assumed: a design choice without a source",
    "U": "looked for, and no public figure was found",
}
"""How well a figure is known."""

READ = "RDES"
"""The grades of what was read; they name where."""

SCHEMA: Mapping[str, Section] = {
    "chip": CHIP,
    "weight": WEIGHT,
    "update": UPDATE,
    "state": STATE,
    "message": MESSAGE,
    "trace": TRACE,
    "rule": RULE,
    "topology": TOPOLOGY,
    "timing": TIMING,
    "energy": ENERGY,
    "noise": NOISE,
    "device": DEVICE,
    "anchor": ANCHOR,
}


def field(key: str) -> Field | None:
    """The field of a figure's key, `weight.bits` or `trace.NAME.bits`, if there is one."""
    section, *middle, last = key.split(".") if "." in key else ("", key)
    there = section in SCHEMA and len(middle) == (section == "trace")
    return SCHEMA[section].fields.get(last) if there else None
