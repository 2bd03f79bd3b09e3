"""Two folders of runs made one."""

from __future__ import annotations

import json
import shutil
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.errors import NeurosimError
from neurosim.results import Results, check_format

Content = tuple[dict[str, Any], dict[str, np.ndarray]]
"""What a run says, and its arrays."""

APART = ("seconds", "made")
"""What two runs of one experiment may differ in: how long it took, and who made it."""


@dataclass(frozen=True)
class Merged:
    """What became of the runs: how many were copied, which are the same twice, in conflict, or damaged."""

    copied: int
    same: int
    conflicts: tuple[str, ...]
    damaged: tuple[str, ...]


def merge(folders: Sequence[Path], out: Path) -> Merged:
    """Copy all runs of some folders, and what they are in spikes, into one; what is there already stays.

    Where two have other numbers for the same experiment, the first one's stay and the conflict is told. Raises
    `NeurosimError` if a folder has no runs or a layout of another version.
    """
    for folder in folders:
        if not (folder / "runs").is_dir():
            raise NeurosimError(f"{folder} has no runs; give the --out folder of a command")
        check_format(folder)
    Results(out)
    ends: dict[str, list[str]] = {"copied": [], "same": [], "conflict": [], "damaged": []}
    for folder in folders:
        for place in _places(folder):
            ends[_taken(place, out / place.relative_to(folder))].append(str(place))
    return Merged(len(ends["copied"]), len(ends["same"]), tuple(ends["conflict"]), tuple(ends["damaged"]))


def _places(folder: Path) -> Iterator[Path]:
    yield from sorted(path.parent for path in folder.glob("runs/*/run.json") if ".damaged" not in path.parent.name)
    yield from sorted(folder.glob("spikes/*.json"))


def _taken(place: Path, target: Path) -> str:
    """What became of one run."""
    found = _content(place)
    if found is None:
        return "damaged"
    there = _content(target)
    if there is not None:
        return "same" if _equal(found, there) else "conflict"
    if target.is_dir():
        target.rename(target.with_name(f"{target.name}.damaged.{uuid.uuid4().hex}"))
    _copy(place, target)
    return "copied"


def _copy(place: Path, target: Path) -> None:
    """Whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    (shutil.copytree if place.is_dir() else shutil.copy2)(place, beside)
    beside.replace(target)


def _content(place: Path) -> Content | None:
    """What a run says, but for what may differ; None if it is damaged or not there."""
    try:
        about = json.loads((place / "run.json" if place.is_dir() else place).read_text(encoding="utf-8"))
        arrays = {}
        if place.is_dir():
            with np.load(place / "curves.npz", allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        return {name: value for name, value in about.items() if name not in APART}, arrays
    except (OSError, ValueError, KeyError, AttributeError, EOFError, zipfile.BadZipFile):
        return None


def _equal(one: Content, other: Content) -> bool:
    arrays, others = one[1], other[1]
    if one[0] != other[0] or arrays.keys() != others.keys():
        return False
    return all(np.array_equal(arrays[name], others[name], equal_nan=True) for name in arrays)
