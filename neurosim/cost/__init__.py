"""The cost model: what a training step of a program takes on a chip, counted over its equations."""

from __future__ import annotations

from neurosim.cost.counts import Counts
from neurosim.cost.model import Cost, Energy, Memory, cost

__all__ = ["Cost", "Counts", "Energy", "Memory", "cost"]
