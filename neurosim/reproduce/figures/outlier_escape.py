"""An eigenvalue that leaves the others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurosim.network import Network
from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import learn, repeated, struck
from neurosim.seeding import stream
from neurosim.task import Trials
from neurosim.theory.integration import Filter, Integrator, outlier_learning, outlier_loss, outlier_start

TARGET = Filter.exponential(0.2)


class OutlierEscape(Figure):
    """A network with small recurrent weights learns to integrate by one eigenvalue, which leaves the bulk."""

    source = "arXiv 2503.18754, fig. 1"
    tolerance = 0.06
    quick = {"n": 16, "dt": 0.04, "lr": 0.02}
    floating = "its impulses, as strong as white noise in a short step, are larger than a chip's numbers"

    n: int = 50
    radius: float = 0.05
    dt: float = 0.02
    lr: float = 0.01
    duration: float = 20.0

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        times, sizes = np.linspace(0.0, 8.0, 41), np.array([0.3, 0.1, 0.03, 0.01])
        student = self._student(setting)
        network = Network(student.W_rec, student.W_in, student.W_out, student.W_out.T, alpha=self.dt)
        course = learn([network], "bptt", self.lr, self._rounds(times), setting)
        rightmost = np.array([np.linalg.eigvals(W).real.max() for W in course.weights["W_rec"][0]])
        states = outlier_learning(outlier_start(student), TARGET, times).states
        losses = np.array([outlier_loss(state, TARGET) for state in states])
        outside = float(times[np.argmax(states[:, 2] > 1.5 * self.radius)])
        outlier = Curve("rightmost eigenvalue", times, rightmost, states[:, 2], 0, holds=(outside, np.inf))
        guides = {"target": 0.8, "radius of the bulk": self.radius}
        return (
            Panel("The outlier", "learning time", "eigenvalue of W_rec", (outlier,), guides=guides),
            Panel("Loss", "learning time", "loss", (Curve("loss", times, course.losses[0], losses, 1),)),
            Panel(
                "Escape",
                "size of the first weights",
                "time to half of the gain",
                (Curve("time", sizes, self._measured(sizes, setting), _predicted(sizes), 2),),
                "x",
            ),
        )

    def _student(self, setting: Setting) -> Integrator:
        draw = stream(setting.seed, "outlier escape").normal
        p, bulk = draw(size=self.n), self.radius * draw(size=(self.n, self.n)) / np.sqrt(self.n)
        p = 0.3 * p / np.linalg.norm(p)
        return Integrator(p[None], bulk, p[:, None])

    def _rounds(self, times: np.ndarray) -> Iterator[Trials]:
        return repeated(struck(TARGET, self.dt, self.duration), self.lr, times)

    def _measured(self, sizes: np.ndarray, setting: Setting) -> np.ndarray:
        """Times to half of the gain in networks of one neuron."""
        times = _grid()
        ones = np.ones((1, 1))
        networks = [Network(0.0 * ones, size * ones, size * ones, size * ones, alpha=self.dt) for size in sizes]
        weights = learn(networks, "bptt", self.lr, self._rounds(times), setting).weights
        return _half(times, (weights["W_out"] * weights["W_in"])[:, :, 0, 0])


def _predicted(sizes: np.ndarray) -> np.ndarray:
    paths = [outlier_learning(np.array([size, size, 0.0]), TARGET, _grid()).states for size in sizes]
    return _half(_grid(), np.array([path[:, 0] * path[:, 1] for path in paths]))


def _grid() -> np.ndarray:
    return np.linspace(0.0, 12.0, 121)


def _half(times: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """When each gain, [network, time], first passes one half."""
    found = []
    for gain in gains:
        after = int(np.argmax(gain > 0.5))
        found.append(np.interp(0.5, gain[after - 1 : after + 1], times[after - 1 : after + 1]))
    return np.array(found)
