"""Readouts that learn from recurrent weights that do not."""

from __future__ import annotations

import numpy as np

from neurosim.network import Network
from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import learn, repeated, struck
from neurosim.seeding import stream
from neurosim.theory.integration import Filter, lazy_loss

TARGET = Filter.exponential(0.3)
RADII = (0.3, 0.5)


class LazyCurve(Figure):
    """The loss while the readout alone learns from a bulk of random recurrent weights, as its kernel says.

    Within the bulk's reach the loss falls as a power of time; a network of n neurons leaves it where the loss is small.
    """

    source = "arXiv 2503.18754, lazy regime; the curve is that of neurosim.theory.integration.lazy_loss"
    tolerance = 0.2
    quick = {"n": 128, "networks": 6, "dt": 0.05, "until": 20.0}
    floating = "its impulses, as strong as white noise in a short step, are larger than a chip's numbers"

    n: int = 200
    networks: int = 4
    dt: float = 0.04
    until: float = 40.0
    duration: float = 20.0
    lr: float = 0.05

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        rounds = np.unique(np.rint(np.geomspace(1.0, self.until / self.lr, 30)))
        times = np.concatenate([[0.0], self.lr * rounds])
        curves = []
        for colour, radius in enumerate(RADII):
            predicted = lazy_loss(times, TARGET, radius)
            large = float(times[predicted > 0.1 * TARGET.energy].max())
            found = self._measured(radius, times, setting)
            curves.append(Curve(f"radius {radius}", times[1:], found[1:], predicted[1:], colour, holds=(0.0, large)))
        return (Panel("The readout learns", "learning time", "loss", tuple(curves), "xy", scale="each"),)

    def _measured(self, radius: float, times: np.ndarray, setting: Setting) -> np.ndarray:
        """The mean loss of several networks."""
        networks = [self._network(radius, setting.seed + each) for each in range(self.networks)]
        rounds = repeated(struck(TARGET, self.dt, self.duration), self.lr, times)
        return learn(networks, "bptt", self.lr, rounds, setting, plastic=("out",)).losses.mean(axis=0)

    def _network(self, radius: float, seed: int) -> Network:
        draw = stream(seed, "lazy curve").normal
        u, bulk = draw(size=(self.n, 1)), radius * draw(size=(self.n, self.n)) / np.sqrt(self.n)
        return Network(bulk, u / np.linalg.norm(u), np.zeros((1, self.n)), np.zeros((self.n, 1)), alpha=self.dt)
