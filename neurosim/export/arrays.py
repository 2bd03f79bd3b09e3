"""Some weights of the `curves.npz` of a run, whose every declared size is checked before it is unpacked."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from neurosim.errors import NeurosimError

MAX_BYTES = 2**29
"""Of one array, unpacked."""


def weights(path: Path, names: Iterable[str]) -> dict[str, np.ndarray]:
    """The matrices of these names, as float64. Raises `NeurosimError` unless all are there, whole and finite."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: _matrix(archive, f"weights/{name}.npy") for name in names}
    except Exception as fault:  # a hostile file makes zipfile, zlib and NumPy's header parser raise almost anything
        reason = " ".join(str(fault).split())[:120] or type(fault).__name__
        raise NeurosimError(
            f"{path}: the weights of the run cannot be read ({reason}); run the comparison again"
        ) from fault


def _matrix(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    member = archive.getinfo(name)
    if member.file_size > MAX_BYTES:
        raise ValueError(f"{name} has {member.file_size:,} bytes, over the limit of {MAX_BYTES:,}")
    unpacked = archive.read(member)
    shape, dtype, start = _header(io.BytesIO(unpacked))
    if dtype.kind != "f" or len(shape) != 2 or math.prod(shape) * dtype.itemsize != len(unpacked) - start:
        raise ValueError(f"{name} is no matrix of real numbers, or not a whole one")
    matrix = np.lib.format.read_array(io.BytesIO(unpacked), allow_pickle=False).astype(float)
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} has numbers that are not finite")
    return matrix


def _header(start: io.BytesIO) -> tuple[tuple[int, ...], np.dtype, int]:
    """What the array says of itself: shape, type, and where its numbers begin."""
    version = np.lib.format.read_magic(start)
    parse = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = parse(start)
    return shape, dtype, start.tell()
