"""Read inputs and targets from a file that nobody has vouched for: memory bounded, no code run, every fault named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.reading import csv, npz

FORMATS = {".csv": csv, ".npz": npz}


@dataclass(frozen=True)
class Recorded:
    """What a file holds: [trial, time, channel], trials of one length, or [time, channel], one long recording."""

    inputs: Float[np.ndarray, "*trial time n_in"]
    targets: Float[np.ndarray, "*trial time n_out"]
    mask: Float[np.ndarray, " step"] | None = None


def read(path: Path) -> Recorded:
    """The numbers in a .csv or .npz file; raises NeurosimError, in one line, for whatever is wrong with it."""
    reader = FORMATS.get(path.suffix.lower())
    if reader is None:
        raise NeurosimError(f"{path}: {path.suffix or 'no suffix'} is not a format; there are: {', '.join(FORMATS)}")
    try:
        if not path.is_file():
            raise NeurosimError(f"{path}: there is no such file; give the path of a file that exists")
        if path.stat().st_size > reader.MAX_BYTES:
            raise NeurosimError(f"{path}: is larger than the {reader.MAX_BYTES:,} bytes that are read; split it")
        arrays = reader.read(path)
    except OSError as fault:
        raise NeurosimError(f"{path}: cannot be read: {fault.strerror or fault}") from fault
    for name, values in arrays.items():
        _check(path, name, values)
    if arrays["inputs"].shape[:-1] != arrays["targets"].shape[:-1]:
        raise NeurosimError(
            f"{path}: inputs has shape {arrays['inputs'].shape} and targets {arrays['targets'].shape}; "
            "all but the last length, the channels, should be equal"
        )
    return Recorded(**arrays)


def _check(path: Path, name: str, values: np.ndarray) -> None:
    dimensions = {1: "[time]"} if name == "mask" else {2: "[time, channel]", 3: "[trial, time, channel]"}
    if values.ndim not in dimensions:
        raise NeurosimError(f"{path}: {name} has shape {values.shape}; it should be {' or '.join(dimensions.values())}")
    if values.size == 0:
        raise NeurosimError(f"{path}: {name} is empty, of shape {values.shape}; every length should be 1 or more")
    if not np.isfinite(values).all():
        place = tuple(int(index) for index in np.argwhere(~np.isfinite(values))[0])
        raise NeurosimError(
            f"{path}: {name}[{', '.join(map(str, place))}] is {values[place]}; every value should be a finite number"
        )
