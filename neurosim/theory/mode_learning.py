"""How modes learn: their learning curves, as solutions of the differential equations of `modes.py`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.theory.modes import ModeCredit, TargetModes, flow, mode_update

EDGE = 1e-4
"""A mode whose |w| comes within this of 1 has left the theory: its response no longer dies out."""


@dataclass(frozen=True, eq=False)
class ModePath:
    """`a, b, w` of each mode over learning time, as far as the theory goes.

    outcome: `finished`, or when a mode's recurrent weight reached 1 in size; times and states then end there.
    """

    times: Float[np.ndarray, " time"]
    states: Float[np.ndarray, "time 3 mode"]
    outcome: str

    @property
    def end(self) -> Float[np.ndarray, "3 mode"]:
        return self.states[-1]


def mode_learning(
    start: Float[np.ndarray, "3 mode"], target: TargetModes, credit: ModeCredit, times: Float[np.ndarray, " time"]
) -> ModePath:
    """The modes at the given learning times, from `start` at the first of them.

    times: learning rate times number of updates. A learning rate `lr` follows this curve up to an error in proportion.
    Raises NeurosimError if times do not increase, or `mode_update` does at the start.
    """
    from scipy.integrate import solve_ivp

    if not (np.diff(times) > 0.0).all() or not times.size:
        raise NeurosimError(f"learning was asked for at times {times}; give increasing times")
    mode_update(start, target, credit)
    solved = solve_ivp(
        partial(_slope, target=target, credit=credit),
        (float(times[0]), float(times[-1])),
        start.T.ravel(),
        method="LSODA",
        t_eval=times,
        events=_room,
        rtol=1e-10,
        atol=1e-13,
        lband=2,  # mode after mode: a, b and w of one depend on each other and on no other
        uband=2,
    )
    reached, states, outcome = solved.t, solved.y.T, "finished"
    if solved.status == 1 and solved.t_events and solved.y_events:
        reached, states = np.append(reached, solved.t_events[0]), np.vstack([states, solved.y_events[0]])
        outcome = f"|w| reached 1 at learning time {reached[-1]:.6g}"
    elif solved.status:
        outcome = f"no solution beyond learning time {reached[-1]:.6g}: {solved.message}"
    return ModePath(reached, states.reshape(len(reached), -1, 3).swapaxes(1, 2), outcome)


def _slope(
    time: float, state: Float[np.ndarray, " values"], target: TargetModes, credit: ModeCredit
) -> Float[np.ndarray, " values"]:
    with np.errstate(all="ignore"):
        return flow(state.reshape(-1, 3).T, target, credit).T.ravel()


def _room(time: float, state: Float[np.ndarray, " values"]) -> float:
    """What is left of the stable range of w."""
    return float(1.0 - EDGE - np.abs(state[2::3]).max())


_room.terminal = True  # type: ignore[attr-defined]
