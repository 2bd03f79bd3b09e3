"""Small random networks that learn white noise's answer from a small random teacher, trial by trial."""

from __future__ import annotations

import numpy as np

from neurosim.network import Network
from neurosim.seeding import stream
from neurosim.task import Trials
from neurosim.theory import LinearSystem, loss_mask

N_IN, N_TEACHER, STEPS = 3, 4, 20


def noisy_teacher(n: int, n_out: int, count: int, seed: int) -> tuple[Network, Trials]:
    """A student without leak and its trials, of white noise, a loss over all steps, and a teacher of four neurons."""
    draw = stream(seed, "noisy teacher", str(n_out)).normal
    scale = {"W_rec": (0.5, (n, n)), "W_in": (0.3, (n, N_IN)), "W_out": (0.3, (n_out, n)), "B": (0.6, (n, n_out))}
    drawn = {name: size * draw(size=shape) / np.sqrt(n) for name, (size, shape) in scale.items()}
    teacher = LinearSystem(
        W_out=0.4 * draw(size=(n_out, N_TEACHER)),
        W_rec=0.4 * draw(size=(N_TEACHER, N_TEACHER)),
        W_in=0.4 * draw(size=(N_TEACHER, N_IN)),
    )
    inputs = draw(size=(count, STEPS, N_IN))
    targets, response = np.zeros((count, STEPS, n_out)), teacher.impulse_response(STEPS)
    for lag in range(STEPS):
        targets[:, lag:] += inputs[:, : STEPS - lag] @ response[lag].T
    return Network(**drawn, alpha=1.0), Trials(inputs, targets, loss_mask("all", STEPS))
