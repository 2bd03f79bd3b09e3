"""Where recurrent weights must learn, and where they need not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurosim.network import Network
from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import learn, repeated, struck
from neurosim.seeding import stream
from neurosim.theory.integration import Filter, asks_for_outlier

RADII = (0.3, 0.6)
FOUND = 1.1
"""An eigenvalue so many times as large as any at the start has left the bulk."""


class RichLazyThreshold(Figure):
    """An eigenvalue leaves a bulk of radius s exactly where the target asks for one outside, |1 - c*| > s.

    Within the bulk the readout finds the target in what is there already.
    """

    source = "arXiv 2503.18754, threshold |1 - c*| = radius"
    tolerance = 0.1
    quick = {"n": 32, "lr": 0.05, "time": 30.0, "rates": 5}
    floating = "its impulses, as strong as white noise in a short step, are larger than a chip's numbers"

    n: int = 48
    dt: float = 0.1
    lr: float = 0.02
    time: float = 40.0
    duration: float = 20.0
    rates: int = 7

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        pairs = [pair for colour, radius in enumerate(RADII) for pair in self._curves(radius, colour, setting)]
        eigenvalues, there = zip(*pairs, strict=True)
        return (
            Panel("After learning", "rate c* of the target", "largest eigenvalue of W_rec", eigenvalues),
            Panel("Left the bulk", "rate c* of the target", "1: yes, 0: no", there, scale=1.0),
        )

    def _curves(self, radius: float, colour: int, setting: Setting) -> Iterator[tuple[Curve, Curve]]:
        """Rates on both sides of the threshold, not next to it: a finite bulk has no sharp edge."""
        edge, network = 1.0 - radius, self._network(radius, setting)
        for label, low, high in ((f"radius {radius}", 0.2, edge - 0.1), ("_within the bulk", edge + 0.1, 0.95)):
            rates = np.linspace(low, high, self.rates)
            asked = np.array([asks_for_outlier(Filter.exponential(rate), radius) for rate in rates])
            found = np.array([self._largest(network, rate, setting) for rate in rates])
            yield (
                Curve(label, rates, found, np.where(asked, 1.0 - rates, radius), colour, holds=(-np.inf, edge)),
                Curve(label, rates, (found > FOUND * radius).astype(float), asked.astype(float), colour),
            )

    def _network(self, radius: float, setting: Setting) -> Network:
        draw = stream(setting.seed, "rich lazy threshold").normal
        u, v = draw(size=(2, self.n))
        bulk = draw(size=(self.n, self.n))
        bulk *= radius / np.abs(np.linalg.eigvals(bulk)).max()  # in a small network, not what its variance says
        inputs, readout = u[:, None] / np.linalg.norm(u), v[None] / np.linalg.norm(v)
        return Network(bulk, inputs, readout, readout.T, alpha=self.dt)

    def _largest(self, network: Network, rate: float, setting: Setting) -> float:
        target = Filter.exponential(rate)
        rounds = repeated(struck(target, self.dt, self.duration), self.lr, np.array([0.0, self.time]))
        end = learn([network], "bptt", self.lr, rounds, setting).weights["W_rec"][0, -1]
        return float(np.abs(np.linalg.eigvals(end)).max())
