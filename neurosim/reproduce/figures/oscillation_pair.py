"""Two eigenvalues that meet and turn into a conjugate pair."""

from __future__ import annotations

import numpy as np

from neurosim.network import Network
from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import learn, repeated, struck
from neurosim.seeding import stream
from neurosim.theory.integration import Filter, Integrator, pair_eigenvalues, pair_learning, pair_loss, pair_start

RATE, FREQUENCY = 0.2, 0.8
TARGET = Filter.oscillation(RATE, FREQUENCY)


class OscillationPair(Figure):
    """A network learns a damped oscillation by two real eigenvalues that meet and become the target's pair."""

    source = "arXiv 2503.18754, damped oscillation"
    tolerance = 0.05
    quick = {"n": 6, "dt": 0.02, "lr": 0.02}
    floating = "its impulses, as strong as white noise in a short step, are larger than a chip's numbers"

    n: int = 20
    dt: float = 0.01
    lr: float = 0.01
    duration: float = 20.0
    time: float = 60.0

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        times = np.linspace(0.0, self.time, 81)
        student = self._student(setting)
        network = Network(student.W_rec, student.W_in, student.W_out, student.W_out.T, alpha=self.dt)
        rounds = repeated(struck(TARGET, self.dt, self.duration), self.lr, times)
        course = learn([network], "bptt", self.lr, rounds, setting)
        found = np.array([_two(np.linalg.eigvals(W)) for W in course.weights["W_rec"][0]])
        states = pair_learning(pair_start(student), TARGET, times).states
        said = np.array([_two(pair_eigenvalues(state, sign=-1)) for state in states])
        loss = np.array([pair_loss(state, TARGET, sign=-1) for state in states])
        names = "first", "second"
        real = (Curve(name, times, found[:, k].real, said[:, k].real, k) for k, name in enumerate(names))
        imaginary = (Curve(name, times, found[:, k].imag, said[:, k].imag, k) for k, name in enumerate(names))
        return (
            Panel("Real parts", "learning time", "of eigenvalues of W_rec", tuple(real), guides={"target": 1.0 - RATE}),
            Panel("Imaginary parts", "learning time", "of eigenvalues of W_rec", tuple(imaginary)),
            _plane(found, said),
            Panel("Loss", "learning time", "loss", (Curve("loss", times, course.losses[0], loss, 2),)),
        )

    def _student(self, setting: Setting) -> Integrator:
        """No recurrent weights; input weights and readout of one length, at an angle of 60 degrees."""
        u, rest = np.linalg.qr(stream(setting.seed, "oscillation pair").normal(size=(self.n, 2)))[0].T
        v = 0.5 * u + np.sqrt(0.75) * rest
        return Integrator(0.5 * v[None], np.zeros((self.n, self.n)), 0.5 * u[:, None])


def _plane(found: np.ndarray, said: np.ndarray) -> Panel:
    """The way of both eigenvalues, [time, 2], in the complex plane, and where the target has its own."""
    curves = [Curve("_way", found[:, k].real, found[:, k].imag, colour=k) for k in range(2)]
    curves += [Curve("_theory", said[:, k].real, predicted=said[:, k].imag, colour=k) for k in range(2)]
    ends = Curve("target", np.full(2, 1.0 - RATE), np.array([FREQUENCY, -FREQUENCY]), colour=6)
    return Panel("Complex plane", "real part", "imaginary part", (*curves, ends), plane=True)


def _two(eigenvalues: np.ndarray) -> np.ndarray:
    """The two largest of eigenvalues, by imaginary part, then by real part, larger first."""
    largest = eigenvalues[np.argsort(-np.abs(eigenvalues))[:2]].astype(complex)
    return largest[np.lexsort((-largest.real, -np.round(largest.imag, 9)))]
