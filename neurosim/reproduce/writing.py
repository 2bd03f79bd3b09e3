"""A figure made and written: the picture as png and svg, the numbers behind it as csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from neurosim.atomic import write_whole
from neurosim.errors import NeurosimError
from neurosim.reproduce.drawing import draw
from neurosim.reproduce.figure import Figure, Panel, Setting, worst_deviation
from neurosim.reproduce.registry import figure

COLUMNS = ("panel", "curve", "x axis", "y axis", "x", "simulated", "predicted")


@dataclass(frozen=True, eq=False)
class Reproduction:
    """What came of a figure: how far simulation was from theory at the worst place, and the files."""

    name: str
    deviation: float
    tolerance: float
    profile: str | None
    files: tuple[Path, ...]

    @property
    def within(self) -> bool:
        """Whether theory and simulation agree; a chip's arithmetic may depart from theory."""
        return self.profile is not None or self.deviation <= self.tolerance

    def __str__(self) -> str:
        said = f"{self.name}: theory vs simulation: worst deviation {self.deviation:.2g}"
        if self.profile is not None:
            return f"{said}, no tolerance under {self.profile}"
        return f"{said}, tolerance {self.tolerance:g}: {'within' if self.within else 'NOT within'}"


def reproduce(name: str, folder: Path, setting: Setting, quick: bool = False) -> Reproduction:
    """Simulate and predict a figure, and write it to `NAME.png`, `NAME.svg` and `NAME.csv` once it is done.

    Raises `NeurosimError` if there is no such figure or profile, or the figure makes no sense under the profile.
    """
    made = figure(name, quick)
    if setting.profile is not None:
        check_profile(name, made, setting.profile)
    panels = made.panels(setting)
    shown = f"{name}, {setting.profile}" if setting.profile else name
    files = write(shown, panels, folder / name)
    return Reproduction(name, worst_deviation(panels), made.tolerance, setting.profile, files)


def check_profile(name: str, made: Figure, profile: str) -> None:
    """Raises `NeurosimError` if a figure cannot be had in a chip's arithmetic."""
    if made.floating:
        raise NeurosimError(f"{name} was asked for under {profile}; {made.floating}: leave --profile out")


def write(title: str, panels: Sequence[Panel], stem: Path) -> tuple[Path, ...]:
    """Write panels as pictures and as numbers, each file whole or not at all. Returns the files."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    written = []
    for form in ("png", "svg"):
        written.append(stem.with_name(f"{stem.name}.{form}"))
        write_whole(written[-1], partial(draw, panels, title, form=form))
    written.append(stem.with_name(f"{stem.name}.csv"))
    write_whole(written[-1], partial(_numbers, panels))
    return tuple(written)


def _numbers(panels: Iterable[Panel], file: BinaryIO) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for panel in panels:
        for curve in panel.curves:
            nothing = np.full(len(curve.x), np.nan)
            simulated = nothing if curve.simulated is None else curve.simulated
            predicted = nothing if curve.predicted is None else curve.predicted
            for values in zip(curve.x, simulated, predicted, strict=True):
                numbers = ("" if np.isnan(value) else repr(float(value)) for value in values)
                table.writerow([panel.title, curve.label.lstrip("_"), panel.x, panel.y, *numbers])
    file.write(text.getvalue().encode())
