"""No learning: what the initial network does, and how a trained one is tested."""

from __future__ import annotations

from neurosim.rule import Rule


class Fixed(Rule):
    """No learning: all weights stay as they are."""

    equations = ""
    readout = ""
