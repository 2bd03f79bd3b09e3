"""The modes of the task within the network, and how well it is aligned with them (arXiv 2606.00243)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from neurosim.network import Network
from neurosim.observable import Observable, Observation
from neurosim.theory import LinearSystem, TeacherModes
from neurosim.theory.within import unit


class Modes(Observable):
    """Readout `a`, input weight `b` and recurrent weight `w` of each of the task's modes, and measures of alignment.

    Modes are those of the linear network that makes the targets, in coordinates without leak: `b` of `alpha W_in`, `w`
    of `(1 - alpha) I + alpha W_rec`, along the direction halfway between what is read out of the mode and what is put
    into it. One mode, and NaN, where the task has none. Alignments are means over modes.
    """

    quantities = {
        "mode_a": "readout of each mode",
        "mode_b": "input weight of each mode, alpha W_in",
        "mode_w": "what a step keeps of each mode, (1 - alpha) + alpha W_rec",
        "readout_on_input": "cosine of a mode's readout with its input weights, mean over modes",
        "readout_on_feedback": "cosine of a mode's readout with its feedback, mean over modes",
        "modes_diagonal": "share of W_rec between the modes' readouts that is within modes, 0 to 1",
        "readout_kept": "cosine of W_out with the initial W_out",
        "input_kept": "cosine of W_in with the initial W_in",
    }

    def observe(self, seen: Observation) -> dict[str, np.ndarray | float]:
        kept = {
            "readout_kept": _cosine(seen.network.W_out, seen.initial.W_out),
            "input_kept": _cosine(seen.network.W_in, seen.initial.W_in),
        }
        return kept | (self._of_modes(seen.network, modes) if (modes := _modes(seen)) else self._none())

    def _none(self) -> dict[str, np.ndarray | float]:
        per_mode = dict.fromkeys(("mode_a", "mode_b", "mode_w"), np.full(1, np.nan))
        return {**per_mode, **dict.fromkeys(("readout_on_input", "readout_on_feedback", "modes_diagonal"), np.nan)}

    def _of_modes(self, network: Network, modes: TeacherModes) -> dict[str, np.ndarray | float]:
        student = LinearSystem(network.W_out, network.W_rec, network.W_in, network.alpha)
        a, b, w = modes.within(student)
        readout, inputs = (unit(rows) for rows in modes.rows(student))
        feedback = unit((network.B @ modes.U).T)
        between = readout @ network.W_rec @ readout.T
        return {
            "mode_a": a,
            "mode_b": b,
            "mode_w": w,
            "readout_on_input": float(np.sum(readout * inputs, axis=1).mean()),
            "readout_on_feedback": float(np.sum(readout * feedback, axis=1).mean()),
            "modes_diagonal": float(np.linalg.norm(np.diag(between)) / np.linalg.norm(between)),
        }


def _modes(seen: Observation) -> TeacherModes | None:
    made = seen.solution
    return TeacherModes.of(LinearSystem(made.W_out, made.W_rec, made.W_in)) if made else None


def _cosine(one: Float[np.ndarray, "rows columns"], other: Float[np.ndarray, "rows columns"]) -> float:
    sizes = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(np.vdot(one, other)) / sizes if sizes else np.nan
