"""Learning curves: solutions of differential equations in learning time, as far as the theory goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError

EDGE = 1e-4
"""A network whose slowest exponential has a rate below this has left the theory: it no longer forgets."""

Slope = Callable[[Float[np.ndarray, " value"]], Float[np.ndarray, " value"]]
Margin = Callable[[Float[np.ndarray, " value"]], float]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What learns, at each learning time, which is learning rate times number of updates.

    outcome: `finished`, or when the network ceased to forget; times and states then end there.
    """

    times: Float[np.ndarray, " time"]
    states: Float[np.ndarray, "time value"]
    outcome: str

    @property
    def end(self) -> Float[np.ndarray, " value"]:
        return self.states[-1]


def follow(
    slope: Slope,
    margin: Margin,
    start: Float[np.ndarray, " value"],
    times: Float[np.ndarray, " time"],
    tolerance: float,
    method: Literal["LSODA", "RK45"] = "LSODA",
) -> Trajectory:
    """The solution of `d state / dt = slope(state)` from `start` at the first of the times.

    margin: the rate of the slowest exponential of a state's network. tolerance: relative error of a step of the solver.
    Raises NeurosimError if times do not increase.
    """
    from scipy.integrate import solve_ivp

    if not times.size or not (np.diff(times) > 0.0).all():
        raise NeurosimError(f"learning was asked for at times {times}; give increasing times")
    left = partial(_left, margin=margin)
    left.terminal = True  # type: ignore[attr-defined]
    solved = solve_ivp(
        partial(_slope, slope=slope),
        (float(times[0]), float(times[-1])),
        start,
        method=method,
        t_eval=times,
        events=left,
        rtol=tolerance,
        atol=1e-3 * tolerance,
    )
    reached, states, outcome = solved.t, solved.y.T, "finished"
    if solved.status == 1 and solved.t_events and solved.y_events:
        reached, states = np.append(reached, solved.t_events[0]), np.vstack([states, solved.y_events[0]])
        outcome = f"the network ceased to forget at learning time {reached[-1]:.6g}"
    elif solved.status:
        outcome = (
            f"no solution beyond learning time {times[0] if not reached.size else reached[-1]:.6g}: {solved.message}"
        )
    return Trajectory(reached, states, outcome)


def _slope(time: float, state: Float[np.ndarray, " value"], slope: Slope) -> Float[np.ndarray, " value"]:
    with np.errstate(all="ignore"):
        return slope(state)


def _left(time: float, state: Float[np.ndarray, " value"], margin: Margin) -> float:
    return margin(state) - EDGE
