"""Recordings of a monkey that reaches for targets, as NeuroBench takes them: `indy_*.mat`, `loco_*.mat`.

O'Doherty et al., Zenodo 583331. A MATLAB 7.3 file is HDF5: `t` [1, sample] in seconds, `cursor_pos` [2, sample] in
mm, and `spikes` [unit, channel], references to the times in seconds at which each unit of a channel fired. A file may
declare terabytes, or point to other files: sizes and places are checked before anything is read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError

MAX_BYTES = 2**31
MAX_NUMBERS = 2**26
MAX_CELLS = 2**14
MAX_SECONDS = 100_000


@dataclass(frozen=True, eq=False)
class Reaching:
    """What was recorded. times: of the samples [s]. position: of the cursor [mm]. spikes: times of each channel [s]."""

    times: Float[np.ndarray, " sample"]
    position: Float[np.ndarray, "sample 2"]
    spikes: tuple[Float[np.ndarray, " _"], ...]

    def counts(self, rate: float) -> Float[np.ndarray, "time channel"]:
        """Spikes in each of the steps that there are per second, from the first sample on."""
        edges = np.arange(self.times[0], self.times[-1], 1.0 / rate)
        return np.stack([np.histogram(times, edges)[0].astype(float) for times in self.spikes], axis=1)


def read(path: Path) -> Reaching:
    """The recording in a file; raises `NeurosimError`, in one line, for whatever is wrong with it."""
    try:
        import h5py
    except ModuleNotFoundError:
        raise NeurosimError(f"{path}: MATLAB 7.3 files take the package h5py: pip install h5py") from None
    if not path.is_file():
        raise NeurosimError(f"{path}: there is no such file; indy_*.mat are at zenodo.org/records/583331")
    if path.stat().st_size > MAX_BYTES:
        raise NeurosimError(f"{path}: is larger than the {MAX_BYTES:,} bytes that are read")
    try:
        with h5py.File(path, "r") as file:
            found = _read(path, file)
    except NeurosimError:
        raise
    except Exception as fault:  # a damaged file makes h5py raise almost anything
        reason = " ".join(str(fault).split())[:120] or type(fault).__name__
        raise NeurosimError(f"{path}: is not a sound MATLAB 7.3 file ({reason})") from fault
    _check(path, found)
    return found


def _read(path: Path, file: Any) -> Reaching:
    cells = _inside(path, file, "spikes")
    if cells.ndim != 2 or cells.dtype.kind != "O" or not 0 < cells.size <= MAX_CELLS:
        raise NeurosimError(f"{path}: spikes has shape {cells.shape}; it should be references, [unit, channel]")
    times, position = (_numbers(path, name, _inside(path, file, name)) for name in ("t", "cursor_pos"))
    if times.ndim != 2 or 1 not in times.shape or position.ndim != 2 or position.shape[0] != 2:
        raise NeurosimError(
            f"{path}: t has shape {times.shape} and cursor_pos {position.shape}; they should be [1, time] and [2, time]"
        )
    if times.size != position.shape[1] or times.size < 2:
        raise NeurosimError(f"{path}: t has {times.size} samples and cursor_pos {position.shape[1]}")
    found, left = [], MAX_NUMBERS
    for channel in cells[()].T:
        units = []
        for reference in channel:
            units.append(_cell(path, file, reference, left))
            left -= units[-1].size
        found.append(np.concatenate(units))
    return Reaching(times.ravel(), np.ascontiguousarray(position.T), tuple(found))


def _inside(path: Path, file: Any, name: str) -> Any:
    """A dataset that the file itself holds under a name."""
    import h5py

    if not isinstance(file.get(name, getlink=True) if name in file else None, h5py.HardLink):
        held = ", ".join(list(file)[:10]) or "nothing"
        raise NeurosimError(f"{path}: has no {name!r}, only: {held}; name an indy_*.mat or loco_*.mat")
    return file[name]


def _cell(path: Path, file: Any, reference: Any, limit: int) -> np.ndarray:
    """The spike times of one unit; MATLAB writes an array without elements as its shape, and says so."""
    import h5py

    if not isinstance(reference, h5py.Reference) or not reference:
        raise NeurosimError(f"{path}: spikes holds something other than references to spike times")
    unit = file[reference]
    times = _numbers(path, "a unit of spikes", unit, limit)
    return np.empty(0) if unit.attrs.get("MATLAB_empty", 0) else times.ravel()


def _numbers(path: Path, name: str, dataset: Any, limit: int = MAX_NUMBERS) -> np.ndarray:
    """The numbers of a dataset of the file's own, if it has no more than the limit."""
    import h5py

    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "fiu":
        raise NeurosimError(f"{path}: {name} is no array of numbers")
    if dataset.external or dataset.is_virtual:
        raise NeurosimError(f"{path}: {name} lies in another file, which is not read")
    if math.prod(dataset.shape) > limit:
        raise NeurosimError(f"{path}: {name} declares the shape {dataset.shape}, over the limit of {limit:,} numbers")
    return np.asarray(dataset[()], dtype=float)


def _check(path: Path, found: Reaching) -> None:
    for name, values in (("t", found.times), ("cursor_pos", found.position), ("spikes", np.concatenate(found.spikes))):
        if not np.isfinite(values).all():
            raise NeurosimError(f"{path}: {name} holds something that is not a finite number")
    if found.times[-1] - found.times[0] > MAX_SECONDS:
        raise NeurosimError(f"{path}: t spans more than {MAX_SECONDS:,} s; it should be in seconds")
    if not (np.diff(found.times) > 0.0).all():
        raise NeurosimError(f"{path}: t does not increase from each sample to the next")
