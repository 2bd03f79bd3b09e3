"""Networks that are aligned with the directions of a task: from modes to weights, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.system import LinearSystem


@dataclass(frozen=True, eq=False)
class ModeBasis:
    """The directions of the modes: of outputs U, inputs V and neurons P, one orthonormal column for each mode.

        transition = P diag(w) P^T      drive = P diag(b) V^T      W_out = U diag(a) P^T      B = P diag(f) U^T

    A student that begins so keeps so under any rule but e-prop, if its teacher has the same U and V, with whatever P.
    Under e-prop it must also have P = I: self-weights belong to neurons, not to modes.
    Raises NeurosimError unless columns are orthonormal and equally many.
    """

    U: Float[np.ndarray, "n_out mode"]
    V: Float[np.ndarray, "n_in mode"]
    P: Float[np.ndarray, "n mode"]

    def __post_init__(self) -> None:
        count = self.P.shape[1]
        for name in ("U", "V", "P"):
            columns = getattr(self, name)
            if columns.shape[1] != count or not np.allclose(columns.T @ columns, np.eye(count), atol=1e-9):
                raise NeurosimError(f"{name} has shape {columns.shape}; give {count} orthonormal columns, one per mode")

    def system(self, state: Float[np.ndarray, "3 mode"]) -> LinearSystem:
        """The network without leak whose modes have these `a, b, w`."""
        a, b, w = state
        return LinearSystem(W_out=(self.U * a) @ self.P.T, W_rec=(self.P * w) @ self.P.T, W_in=(self.P * b) @ self.V.T)

    def feedback(self, modes: Float[np.ndarray, " mode"]) -> Float[np.ndarray, "n n_out"]:
        """The feedback weights whose modes are these."""
        return (self.P * modes) @ self.U.T

    def modes(self, system: LinearSystem) -> Float[np.ndarray, "3 mode"]:
        """`a, b, w` of the modes of a network; all of it, if it is aligned."""
        return np.stack([np.diag(part) for part in self._parts(system)])

    def leak(self, system: LinearSystem) -> float:
        """The largest weight between different modes: 0 for an aligned network."""
        return float(max(np.abs(part - np.diag(np.diag(part))).max() for part in self._parts(system)))

    def _parts(self, system: LinearSystem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return (
            self.U.T @ system.W_out @ self.P,
            self.P.T @ system.drive @ self.V,
            self.P.T @ system.transition @ self.P,
        )
