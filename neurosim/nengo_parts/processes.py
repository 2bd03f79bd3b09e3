"""Processes of nodes: trials played step by step, and equations of a program on what arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from nengo import Process
from nengo.params import NdarrayParam

from neurosim.body import Body
from neurosim.nengo_parts.parameters import Arrays, Value

Step = Callable[..., np.ndarray]


class Sequence(Process):
    """Row after row of a table, one in each step whatever its length in seconds; after the last comes the first."""

    values = NdarrayParam("values", shape=("*", "*"), readonly=True)

    def __init__(self, values: np.ndarray) -> None:
        super().__init__(default_size_in=0, default_size_out=values.shape[1])
        self.values = values

    def make_state(self, shape_in: Any, shape_out: Any, dt: float, dtype: Any = None) -> dict[str, np.ndarray]:
        """The number of steps that have been."""
        return {"count": np.zeros(1, dtype=np.int64)}

    def make_step(self, shape_in: Any, shape_out: Any, dt: float, rng: Any, state: dict[str, np.ndarray]) -> Step:
        """The function that gives the next row."""
        count, values = state["count"], self.values

        def step(time: float) -> np.ndarray:
            row: np.ndarray = values[count[0] % len(values)]
            count[0] += 1
            return row

        return step


class Equations(Process):
    """Equations on what arrives, which is the quantities named `given` one after the other; `shown` leaves.

    kept: those that live on from step to step, with their initial values. lasting: those that live on from trial to
    trial too.
    """

    body: Any = Value("body")
    given: Any = Value("given")
    shown: Any = Value("shown")
    lasting: Any = Value("lasting")
    kept: Any = Arrays("kept")

    def __init__(
        self,
        body: Body,
        given: tuple[tuple[str, int], ...],
        shown: str,
        kept: Mapping[str, np.ndarray],
        lasting: tuple[str, ...] = (),
    ) -> None:
        super().__init__(default_size_in=sum(size for _, size in given), default_size_out=kept[shown].size)
        self.body, self.given, self.shown, self.kept, self.lasting = body, given, shown, dict(kept), lasting

    def make_state(self, shape_in: Any, shape_out: Any, dt: float, dtype: Any = None) -> dict[str, np.ndarray]:
        """What arrived, what is kept, and the number of steps that have been."""
        arrived = {name: np.zeros(size, self.kept[self.shown].dtype) for name, size in self.given}
        kept = {name: value.copy() for name, value in self.kept.items()}
        return arrived | kept | {"count": np.zeros(1, dtype=np.int64)}

    def make_step(self, shape_in: Any, shape_out: Any, dt: float, rng: Any, state: dict[str, np.ndarray]) -> Step:
        """The function that runs the equations."""
        count, shown, steps = state["count"], state[self.shown], self.body.clock.steps
        run = self.body.bind(state)
        fleeting = [state[name] for name in self.kept if name not in self.lasting]
        ends = np.cumsum([size for _, size in self.given]).tolist()
        arrived = [(state[name], slice(end - size, end)) for (name, size), end in zip(self.given, ends, strict=True)]

        def step(time: float, heard: np.ndarray) -> np.ndarray:
            for array, place in arrived:
                array[...] = heard[place]
            now = int(count[0])
            if now % steps == 0:
                for array in fleeting:
                    array.fill(0.0)
            run(now)
            count[0] += 1
            return shown

        return step
