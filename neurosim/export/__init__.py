"""Trained networks for other tools: the file format NIR, and back from it. https://neuroir.org"""

from neurosim.export.checked import from_nir, to_network
from neurosim.export.file import read, write
from neurosim.export.graph import to_nir
from neurosim.export.simulator import to_nengo
from neurosim.export.trained import Trained, find, load

__all__ = ["Trained", "find", "from_nir", "load", "read", "to_nengo", "to_network", "to_nir", "write"]
