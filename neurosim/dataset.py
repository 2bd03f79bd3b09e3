"""All runs of a folder as one labelled array: rule, profile, seed, checkpoint, and whatever else varies."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.errors import NeurosimError
from neurosim.results import check_format

if TYPE_CHECKING:
    import xarray

ALWAYS = ("rule", "profile", "seed")
NUMBERS = ("loss", "score", "seconds")
CURVES = {"seen": "checkpoint", "test_losses": "checkpoint", "losses": "trial"}
BY_WEIGHT = ("cosine", "size", "sign")
MOST = 200_000_000
"""Numbers of one array."""


def load(folder: str | Path, part: str = "test") -> xarray.Dataset:
    """The runs of a folder that were scored on a part of the trials, `test` or `tune`.

    Dimensions are rule, profile, seed and every other field of `Experiment` that differs between runs, but for the
    learning rate where it follows from them, which is then a variable `lr` as it is after tuning. Where there is no run
    or a curve ends early, numbers are NaN and outcomes empty. Damaged runs are left out and counted in `attrs`; of the
    runs of one experiment by several versions of the code, the latest counts.
    Raises `NeurosimError` if there is no run, the layout is of another version, or xarray is not installed.
    """
    folder, arrays = Path(folder), _xarray()
    check_format(folder)
    places = sorted(folder.glob("runs/*/run.json"))
    read = [_read(path) for path in places]
    found = [each for each in read if each is not None and each.asked.get("part") == part]
    if not found:
        raise NeurosimError(f"{folder} has no run scored on the part {part!r}; give the --out folder of a command")
    latest = {json.dumps(each.asked, sort_keys=True): each for each in sorted(found, key=lambda each: each.time)}
    table = _Table(tuple(latest.values()))
    notes = {"folder": str(folder), "damaged": read.count(None), "superseded": len(found) - len(latest)}
    made: xarray.Dataset = arrays.Dataset(dict(table.variables()), table.coordinates(), table.constant | notes)
    return made


@dataclass(frozen=True, eq=False)
class _Record:
    """What the files of one run say."""

    about: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def asked(self) -> dict[str, Any]:
        asked: dict[str, Any] = self.about["experiment"]
        return asked

    @property
    def time(self) -> str:
        return str(self.about["made"]["time"])


def _read(path: Path) -> _Record | None:
    """A run, without its weights; None if it is damaged."""
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        with np.load(path.with_name("curves.npz"), allow_pickle=False) as file:
            chosen = [name for name in file.files if name in CURVES or name.split("/")[0] in BY_WEIGHT]
            arrays = {name: file[name] for name in chosen}
        record = _Record(about, arrays)
        _ = record.time, [float(about[name]) for name in NUMBERS], about["outcome"], record.asked["rule"]
        return record
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None


@dataclass(frozen=True, eq=False)
class _Table:
    """Runs, and where each of them stands in arrays of all."""

    records: tuple[_Record, ...]

    @cached_property
    def labels(self) -> dict[str, list[Any]]:
        """The values of each field that is a dimension."""
        fields = dict.fromkeys(name for each in self.records for name in each.asked)
        values = {name: _distinct(each.asked.get(name) for each in self.records) for name in fields}
        chosen = [name for name in fields if name in ALWAYS or len(values[name]) > 1]
        others = [name for name in chosen if name != "lr"]
        points = {tuple(_label(each.asked.get(name)) for name in others) for each in self.records}
        return {name: values[name] for name in (others if len(points) == len(self.records) else chosen)}

    @cached_property
    def places(self) -> list[tuple[int, ...]]:
        """The index of each run."""
        at = {name: {label: place for place, label in enumerate(labels)} for name, labels in self.labels.items()}
        return [tuple(at[name][_label(each.asked.get(name))] for name in at) for each in self.records]

    @property
    def constant(self) -> dict[str, Any]:
        """What all runs have in common."""
        first = self.records[0].asked
        same = {name: _label(value) for name, value in first.items() if name not in (*self.labels, "lr")}
        return {name: "none" if value is None else value for name, value in same.items()}

    def coordinates(self) -> dict[str, Sequence[Any]]:
        """The labels of each dimension."""
        return {**self.labels, **({"weight": self.weights} if self.weights else {})}

    @cached_property
    def weights(self) -> list[str]:
        """The weights that any run has measurements of."""
        return _distinct(name.split("/")[1] for each in self.records for name in each.arrays if "/" in name)

    def variables(self) -> Iterable[tuple[str, tuple[tuple[str, ...], np.ndarray]]]:
        """Each variable by name: its dimensions and its values."""
        over = tuple(self.labels)
        yield "outcome", (over, self._words([str(each.about["outcome"]) for each in self.records]))
        for name in NUMBERS:
            yield name, (over, self._filled([np.array(float(each.about[name])) for each in self.records]))
        if "lr" not in over:
            yield "lr", (over, self._filled([np.array(float(each.asked["lr"])) for each in self.records]))
        for name, along in CURVES.items():
            yield name, ((*over, along), self._filled([each.arrays.get(name, np.empty(0)) for each in self.records]))
        for name in BY_WEIGHT if self.weights else ():
            values = self._filled([self._stacked(each.arrays, name) for each in self.records])
            yield name, ((*over, "weight", "checkpoint"), values)

    def _stacked(self, arrays: Mapping[str, np.ndarray], group: str) -> np.ndarray:
        """The curves of one run, [weight, checkpoint]."""
        curves = [arrays.get(f"{group}/{weight}", np.empty(0)) for weight in self.weights]
        made = np.full((len(curves), self._checkpoints), np.nan)
        for line, curve in zip(made, curves, strict=True):
            line[: len(curve)] = curve
        return made

    @cached_property
    def _checkpoints(self) -> int:
        return max(len(each.arrays.get("seen", ())) for each in self.records)

    def _filled(self, values: Sequence[np.ndarray]) -> np.ndarray:
        """Values in their places, NaN in the others and past the end of what is short."""
        inner = tuple(map(max, zip(*(each.shape for each in values), strict=True)))
        shape = (*(len(labels) for labels in self.labels.values()), *inner)
        if np.prod(shape, dtype=float) > MOST:
            raise NeurosimError(f"an array of {shape} for {', '.join(self.labels)} is too large; load fewer runs")
        made = np.full(shape, np.nan)
        for place, value in zip(self.places, values, strict=True):
            made[place + tuple(slice(size) for size in value.shape)] = value
        return made

    def _words(self, words: Sequence[str]) -> np.ndarray:
        made = np.full([len(labels) for labels in self.labels.values()], "", dtype=f"<U{max(map(len, words))}")
        for place, word in zip(self.places, words, strict=True):
            made[place] = word
        return made


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Labels, each once, in order; as text if some are not numbers."""
    found = list(dict.fromkeys(map(_label, values)))
    return sorted(found) if len({isinstance(each, str) for each in found}) == 1 else found


def _label(value: Any) -> Any:
    """What stands on an axis for a value of a field."""
    if value is None:
        return "default"
    return "+".join(map(str, value)) if isinstance(value, list) else value


def _xarray() -> Any:
    try:
        import xarray
    except ModuleNotFoundError as error:
        raise NeurosimError(f"{error}; neurosim.load needs: pip install 'neurosim-onchip[analysis]'") from None
    return xarray
