"""An eigenvalue that leaves the others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurosim.network import Network
from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import learn, repeated, struck
from neurosim.seeding import stream
from neurosim.task import Trials
from neurosim.theory.integration import (
    Filter,
    Integrator,
    early_outlier,
    outlier_escape_rate,
    outlier_learning,
    outlier_loss,
    outlier_start,
)

TARGET = Filter.exponential(0.2)
EARLY = 0.5
"""The closed form of the escape is drawn up to this gain, half of the target's."""


class OutlierEscape(Figure):
    """A network with small recurrent weights learns to integrate by one eigenvalue, which leaves the bulk.

    Rings are the network, lines the differential equation, and early on the closed form: gain grows exponentially and
    draws the eigenvalue along.
    """

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
        spectra = [np.linalg.eigvals(W) for W in course.weights["W_rec"][0]]
        rightmost = np.array([values.real.max() for values in spectra])
        states = outlier_learning(outlier_start(student), TARGET, times).states
        losses = np.array([outlier_loss(state, TARGET) for state in states])
        outside = float(times[np.argmax(states[:, 2] > 1.5 * self.radius)])
        outlier = Curve("rightmost eigenvalue", times, rightmost, states[:, 2], 0, holds=(outside, np.inf))
        guides = {"target": 0.8, "radius of the bulk": self.radius}
        return (
            Panel("The outlier", "learning time", "eigenvalue of W_rec", (outlier, _early(student)), guides=guides),
            _spectrum(spectra[0], spectra[-1], self.radius),
            Panel("Loss", "learning time", "loss", (Curve("loss", times, course.losses[0], losses, 2),)),
            Panel(
                "Escape",
                "size of the first weights",
                "time to half of the gain",
                (Curve("time", sizes, self._measured(sizes, setting), _predicted(sizes), 3),),
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


def _early(student: Integrator) -> Curve:
    """`gain = gain[0] exp(2 rate t)`, and the eigenvalue that goes with it."""
    a, b, first = outlier_start(student)
    rate = outlier_escape_rate(first, TARGET)
    times = np.linspace(0.0, np.log(EARLY / (a * b)) / (2.0 * rate), 40)
    gains = a * b * np.exp(2.0 * rate * times)
    values = np.array([early_outlier(gain - a * b, first, TARGET) for gain in gains])
    return Curve("closed form, early", times, predicted=values, colour=1)


def _spectrum(first: np.ndarray, last: np.ndarray, radius: float) -> Panel:
    """All eigenvalues before and after learning, and the circle that the bulk fills."""
    around = np.linspace(0.0, 2.0 * np.pi, 60)
    curves = (
        Curve("before", first.real, first.imag, colour=4),
        Curve("after", last.real, last.imag, colour=0),
        Curve("radius of the bulk", radius * np.cos(around), predicted=radius * np.sin(around), colour=6),
    )
    return Panel("Spectrum of W_rec", "real part", "imaginary part", curves, plane=True)


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
