"""What rounding of weights does to the low rank of what RFLO learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import learn
from neurosim.reproduce.noise import noisy_teacher
from neurosim.theory import effective_rank, outside

ROUNDINGS = {"to nearest": "nearest_even", "stochastic": "stochastic"}
WHOLE = 2
"""Bits of a weight before the point, its sign included."""


class RoundingAndRank(Figure):
    """Rounding of weights to few bits breaks the low rank of what RFLO learns; with many bits it comes back.

    Theory has a word on floating point only: one direction, that of the feedback, and nothing outside it.
    """

    source = "arXiv 2606.00243, Prop. 3.1, in fixed point"
    tolerance = 1e-10
    quick = {"networks": 4, "trials": 150, "every": 4}
    floating = "it goes through number formats of its own"

    networks: int = 20
    trials: int = 1000
    n: int = 16
    lr: float = 0.02
    every: int = 1

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        bits = np.arange(4.0, 17.0, self.every)
        exact = np.tile(self._measured(None, setting)[:, None], len(bits))
        limit = np.stack([np.ones(len(bits)), np.zeros(len(bits))])
        names = ("Directions", "effective rank"), ("Outside the feedback", "share of the change")
        rounded = {said: self._over_bits(bits, way, setting) for said, way in ROUNDINGS.items()}
        return tuple(
            Panel(
                title,
                "bits of a weight",
                f"{what} of W_rec's change",
                (
                    *(Curve(way, bits, found[row], colour=k) for k, (way, found) in enumerate(rounded.items())),
                    Curve("float64", bits, exact[row], limit[row], 2),
                ),
                scale=1.0,
            )
            for row, (title, what) in enumerate(names)
        )

    def _over_bits(self, bits: np.ndarray, rounding: str, setting: Setting) -> np.ndarray:
        formats = (f"fixed:weight=s{int(each)}.{int(each) - WHOLE},rounding={rounding}" for each in bits)
        return np.array([self._measured(name, setting) for name in formats]).T

    def _measured(self, profile: str | None, setting: Setting) -> np.ndarray:
        """Effective rank and the share outside the feedback; medians over networks."""
        found = []
        for each in range(self.networks):
            network, trials = noisy_teacher(self.n, 1, self.trials, setting.seed + each)
            under = replace(setting, profile=profile)
            weights = learn([network], "rflo:decay=0.5", self.lr, [trials], under).weights
            change = weights["W_rec"][0, -1] - weights["W_rec"][0, 0]
            found.append([effective_rank(change), outside(change, network.B / np.linalg.norm(network.B))])
        return np.median(found, axis=0)
