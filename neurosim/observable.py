"""An observable: what may be watched of a network while it learns, beside its loss and its updates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, dataclass_transform

import numpy as np
from jaxtyping import Float

from neurosim.network import Network
from neurosim.solution import Solution


@dataclass(frozen=True, eq=False)
class Observation:
    """One look at a network, at a checkpoint of its run.

    initial, network: as learning began and now, weights as the chip's formats hold them. rates: on the test trials.
    plastic: what learns. solution: what makes the targets, if that is a linear network. before: what the same
    observable found at the checkpoint before, nothing at the first.
    """

    initial: Network
    network: Network
    rates: Float[np.ndarray, "trial time n"]
    plastic: tuple[str, ...]
    solution: Solution | None
    before: Mapping[str, np.ndarray]

    @property
    def change(self) -> Float[np.ndarray, "n n"]:
        """What learning has added to the recurrent weights."""
        return self.network.W_rec - self.initial.W_rec


@dataclass_transform(frozen_default=True)
@dataclass(frozen=True)
class Observable(ABC):
    """Something to watch. Fields are its parameters; a subclass is made a frozen dataclass as it is defined.

    quantities: the numbers and arrays that it gives, by name, and what each of them is, its unit in brackets.
    """

    quantities: ClassVar[Mapping[str, str]]

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True)(cls)

    @abstractmethod
    def observe(self, seen: Observation) -> dict[str, np.ndarray | float]:
        """The quantities, each of one shape in all observations of a run; NaN where it has no value."""
