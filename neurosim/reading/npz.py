"""The arrays `inputs`, `targets` and perhaps `mask` of an .npz file, whose every declared size is checked first.

An .npz is a zip archive of .npy members (numpy.lib.format), so a few kilobytes may claim terabytes: the archive's
index and each member's own header are compared with the limits before anything is unpacked.
"""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path

import numpy as np

from neurosim.errors import NeurosimError

MAX_BYTES = 2**29
MAX_NUMBERS = 2**26
MAX_HEADER_BYTES = 2**16
REQUIRED, OPTIONAL = ("inputs", "targets"), ("mask",)


def read(path: Path) -> dict[str, np.ndarray]:
    """The arrays by name, as float64."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(path, archive)
            numbers = sum(_declared_numbers(path, name, archive, member) for name, member in members.items())
            if numbers > MAX_NUMBERS:
                raise NeurosimError(
                    f"{path}: declares {numbers:,} numbers, over the limit of {MAX_NUMBERS:,}; split it"
                )
            return {name: _unpacked(archive, member) for name, member in members.items()}
    except (NeurosimError, OSError):
        raise
    except Exception as fault:  # a hostile file makes zipfile, zlib and NumPy's header parser raise almost anything
        reason = " ".join(str(fault).split())[:120] or type(fault).__name__
        raise NeurosimError(f"{path}: is not a sound .npz file ({reason}); save it by numpy.savez") from fault


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    held = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
    for name in REQUIRED:
        if name not in held:
            raise NeurosimError(
                f"{path}: has no array {name!r}, only: {', '.join(sorted(held)[:10]) or 'nothing'}; "
                "save it by numpy.savez(path, inputs=..., targets=...)"
            )
    return {name: held[name] for name in REQUIRED + OPTIONAL if name in held}


def _declared_numbers(path: Path, name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """How many numbers a member says it holds, which the archive must say it has room for."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NeurosimError(f"{path}: {name} is compressed as NumPy never does; save it by numpy.savez")
    with archive.open(member) as stream:
        shape, dtype = _header(io.BytesIO(stream.read(MAX_HEADER_BYTES)))
    if dtype.hasobject:
        raise NeurosimError(f"{path}: {name} holds pickled objects, which could run code; save an array of numbers")
    if dtype.kind not in "fiub":
        raise NeurosimError(f"{path}: {name} is of type {dtype}; it should be real numbers")
    numbers = math.prod(shape)
    if min(shape, default=0) < 0 or numbers * dtype.itemsize > member.file_size:
        raise NeurosimError(
            f"{path}: {name} declares the shape {shape} but holds {member.file_size:,} bytes; save it again"
        )
    return numbers


def _header(start: io.BytesIO) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(start)
    parse = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = parse(start)
    return shape, dtype


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False).astype(float)
