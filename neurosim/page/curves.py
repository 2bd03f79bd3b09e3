"""The curves of a run, out of its `curves.npz`, whose every declared size is checked before it is unpacked."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path

import numpy as np

from neurosim.errors import NeurosimError
from neurosim.page.record import Watched

MAX_BYTES = 2**24
"""Of one array, unpacked: curves have a number for each checkpoint, or a few hundred."""

MEASURES = ("cosine", "size", "sign")


def watched(path: Path) -> Watched:
    """What a run's arrays say, weights apart. Raises `NeurosimError` if they cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {each.filename.removesuffix(".npy"): each for each in archive.infolist()}
            wanted = [name for name in members if name.split("/")[0] in (*MEASURES, "observed")]
            arrays = {name: _array(archive, members[name]) for name in ("seen", "test_losses", *wanted)}
        return _sorted(arrays)
    except OSError as fault:
        raise NeurosimError(f"{path} cannot be read ({fault.strerror}); run the comparison again") from fault
    except Exception as fault:  # a hostile file makes zipfile, zlib and NumPy's header parser raise almost anything
        reason = " ".join(str(fault).split())[:120] or type(fault).__name__
        raise NeurosimError(f"{path}: the curves of the run cannot be read ({reason}); run it again") from fault


def _sorted(arrays: dict[str, np.ndarray]) -> Watched:
    checkpoints = len(arrays["seen"])
    if wrong := [name for name, array in arrays.items() if array.ndim < 1 or len(array) != checkpoints]:
        raise ValueError(f"{wrong[0]!r} does not have {checkpoints} checkpoints")
    real = {name: _real(name, arrays[name]) for name in arrays if not name.startswith("observed/")}
    measured = {each: _inside(real, each) for each in MEASURES}
    return Watched(real["seen"], real["test_losses"], measured, _inside(arrays, "observed"))


def _inside(arrays: dict[str, np.ndarray], group: str) -> dict[str, np.ndarray]:
    return {name.partition("/")[2]: array for name, array in arrays.items() if name.startswith(f"{group}/")}


def _real(name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "fiu" or array.ndim != 1:
        raise ValueError(f"{name!r} is not one real number for each checkpoint")
    return array.astype(float)


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    if member.file_size > MAX_BYTES:
        raise ValueError(f"{member.filename!r} has {member.file_size:,} bytes, over the limit of {MAX_BYTES:,}")
    unpacked = io.BytesIO(archive.read(member))
    version = np.lib.format.read_magic(unpacked)
    parse = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = parse(unpacked)
    if dtype.kind not in "fiucb" or math.prod(shape) * dtype.itemsize > member.file_size:
        raise ValueError(f"{member.filename!r} is no array of numbers, or not a whole one")
    unpacked.seek(0)
    return np.lib.format.read_array(unpacked, allow_pickle=False)
