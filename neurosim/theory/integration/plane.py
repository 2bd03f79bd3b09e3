"""Rich learning happens in a plane: from no recurrent weights, that of the input weights and the readout.

By `update.py` an exact gradient lies in the space that weights span already. So a network that starts without recurrent
weights learns as a network of two neurons does, exactly, whatever its size.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.integration.student import Integrator


def weight_plane(student: Integrator) -> Float[np.ndarray, "n m"]:
    """Orthonormal directions of `W_in + W_out^T` and of what is left of their difference; one if it is nothing.

    Where input weights and readout are of equal length the two are perpendicular by themselves, and learning keeps

        W_in = (u1, u2)    W_out = (u1, -u2)    I - W_rec = [[c, -q], [q, d]]

    in their coordinates: five numbers (see `pair.py`). Raises NeurosimError if input weights and readout cancel.
    """
    u, v = student.W_in[:, 0], student.W_out[0]
    size = max(float(np.linalg.norm(u)), float(np.linalg.norm(v)))
    if not np.linalg.norm(u + v) > 1e-12 * size:
        raise NeurosimError("input weights and readout are opposite, or 0; turn the sign of the readout and the target")
    first = (u + v) / np.linalg.norm(u + v)
    rest = (u - v) - first * (first @ (u - v))
    length = float(np.linalg.norm(rest))
    return np.stack([first] if length <= 1e-12 * size else [first, rest / length], axis=1)


def in_plane(student: Integrator) -> Integrator:
    """The student of one or two neurons that learns as this one, by exact gradients: itself, seen in its weight plane.

    Raises NeurosimError if some of its recurrent weights lie outside, or as `weight_plane` does.
    """
    basis = weight_plane(student)
    reduced = student.seen_in(basis)
    outside = np.linalg.norm(student.W_rec - basis @ reduced.W_rec @ basis.T)
    if outside > 1e-12 * max(1.0, float(np.linalg.norm(student.W_rec))):
        raise NeurosimError(
            f"recurrent weights of norm {outside:.3g} lie outside the plane of input weights and readout; start from "
            "W_rec = 0, or follow the whole network with learning()"
        )
    return reduced
