"""What a figure is: panels of curves, each simulated, predicted or both, and how far the two may be apart."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, dataclass_transform

import numpy as np
from jaxtyping import Float

EVERYWHERE = (-np.inf, np.inf)


@dataclass(frozen=True, eq=False)
class Curve:
    """Values over x: what was simulated, what theory predicts of it, or one of the two.

    colour: which of the colours, curves of one colour belong together. holds: the range of x within which the
    prediction claims to hold; it is drawn beyond it and not compared.
    """

    label: str
    x: Float[np.ndarray, " point"]
    simulated: Float[np.ndarray, " point"] | None = None
    predicted: Float[np.ndarray, " point"] | None = None
    colour: int = 0
    holds: tuple[float, float] = EVERYWHERE

    @property
    def compared(self) -> tuple[Float[np.ndarray, " few"], Float[np.ndarray, " few"]]:
        """What is simulated and what is predicted, where the two are to agree."""
        if self.simulated is None or self.predicted is None:
            return np.empty(0), np.empty(0)
        chosen = (self.x >= self.holds[0]) & (self.x <= self.holds[1])
        return self.simulated[chosen], self.predicted[chosen]


@dataclass(frozen=True, eq=False)
class Panel:
    """Curves in one pair of axes; x and y are their labels, units in brackets. log: which axes are logarithmic.

    scale: what deviations are relative to: the `largest` prediction of the panel, `each` predicted value, or a number.
    guides: heights of thin lines to read the curves by, with what they are. plane: whether x and y are measured alike,
    as in the complex plane; rings are not joined there.
    """

    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    log: Literal["", "x", "y", "xy"] = ""
    scale: float | Literal["largest", "each"] = "largest"
    guides: Mapping[str, float] | None = None
    plane: bool = False

    @property
    def deviation(self) -> float:
        """The largest deviation of any curve; infinite where a simulation has no value and theory has one."""
        pairs = [curve.compared for curve in self.curves]
        simulated, predicted = (np.concatenate([np.empty(0), *values]) for values in zip(*pairs, strict=True))
        if not predicted.size:
            return 0.0
        if self.scale == "each":
            scale = np.abs(predicted)
        else:
            scale = np.abs(predicted).max() if self.scale == "largest" else np.asarray(self.scale)
        missed = np.abs(simulated - predicted) / scale
        return float(np.where(np.isfinite(missed), missed, np.inf).max())


def worst_deviation(panels: Iterable[Panel]) -> float:
    """The largest deviation of simulation from theory in any panel."""
    return max(panel.deviation for panel in panels)


@dataclass(frozen=True)
class Setting:
    """How a figure is simulated: the seed of all that is random, and the profile whose arithmetic learns, if any."""

    seed: int = 0
    profile: str | None = None


@dataclass_transform(frozen_default=True)
@dataclass(frozen=True)
class Figure(ABC):
    """A figure, whose docstring says what it shows. Fields are its sizes, their defaults those of the full figure.

    source: where the claim is made. tolerance: the largest deviation at which theory and simulation agree, 1e-10 for
    what is exact, else somewhat more than finite steps and networks were seen to make of it. quick: the sizes of the
    quick figure that differ. floating: why the figure needs floating point, if it does.
    """

    source: ClassVar[str]
    tolerance: ClassVar[float]
    quick: ClassVar[Mapping[str, Any]] = {}
    floating: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True)(cls)

    @abstractmethod
    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        """Simulate and predict."""
