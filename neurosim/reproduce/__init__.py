"""Figures of the theory of learning in linear networks, each simulated afresh and set against what theory predicts."""

from neurosim.reproduce.figure import Curve, Figure, Panel, Setting, worst_deviation
from neurosim.reproduce.registry import figure, names, shows
from neurosim.reproduce.writing import Reproduction, check_profile, reproduce

__all__ = [
    "Curve",
    "Figure",
    "Panel",
    "Reproduction",
    "Setting",
    "check_profile",
    "figure",
    "names",
    "reproduce",
    "shows",
    "worst_deviation",
]
