"""Files of NIR graphs, which are HDF5. One that is read may be hostile: its every claim is checked before it is used.

HDF5 compresses, links, and refers to other files, so that a few kilobytes may claim terabytes, contain themselves or
be something else on the disk. Such files are refused.
"""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.atomic import write_whole
from neurosim.errors import NeurosimError

MAX_FILE = 2**28
MAX_BYTES = 2**29
"""Of all arrays, unpacked."""

MAX_DEPTH = 6
MAX_OBJECTS = 200
MAX_TEXTS = 64
LONGEST = 4096
"""Bytes of one text."""


def needed(name: str) -> Any:
    """A module of the optional dependencies, or what to install."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise NeurosimError(
            f"NIR files need the package {name}, which is not installed; pip install 'neurosim-onchip[nir]'"
        ) from None


def write(path: Path, graph: Any) -> None:
    """Write a NIR graph to a file, which is whole or as it was before."""
    buffer = io.BytesIO()
    needed("nir").write(buffer, graph)
    try:
        write_whole(path, lambda file: file.write(buffer.getbuffer()))
    except OSError as error:
        raise NeurosimError(f"cannot write {path} ({error.strerror}); name a file that can be written") from None


def read(path: Path) -> Any:
    """The NIR graph of a file. Raises `NeurosimError` if it is none, or larger than any that is meant."""
    nir, h5py = needed("nir"), needed("h5py")
    if not path.is_file():
        raise NeurosimError("there is no such file")
    if path.stat().st_size > MAX_FILE:
        raise NeurosimError(f"the file is larger than {MAX_FILE:,} bytes, too large for a network")
    content = io.BytesIO(path.read_bytes())
    try:
        with h5py.File(content, "r") as file:
            _Claims(h5py).check(file)
        return nir.read(content)
    except NeurosimError:
        raise
    except Exception as fault:  # a damaged or hostile file makes h5py and nir raise almost anything
        reason = " ".join(str(fault).split())[:160] or type(fault).__name__
        raise NeurosimError(f"it is not a sound NIR file ({reason})") from fault


class _Claims:
    """What a file claims to hold, counted as it is met."""

    def __init__(self, h5py: Any) -> None:
        self.h5py = h5py
        self.objects = self.bytes = self.texts = 0

    def check(self, group: Any, depth: int = 0) -> None:
        """All that is below a group."""
        self.objects += len(group)
        if self.objects > MAX_OBJECTS or depth > MAX_DEPTH:
            raise NeurosimError(f"the file holds more than {MAX_OBJECTS} objects, or deeper than {MAX_DEPTH} levels")
        for name in group:
            if not isinstance(group.get(name, getlink=True), self.h5py.HardLink):
                raise NeurosimError(f"{name[:40]!r} is a link to elsewhere, which is not followed")
            item = group[name]
            if isinstance(item, self.h5py.Group):
                self.check(item, depth + 1)
            elif isinstance(item, self.h5py.Dataset):
                self._check_array(name[:40], item)
            else:
                raise NeurosimError(f"{name[:40]!r} is neither a group nor an array")

    def _check_array(self, name: str, array: Any) -> None:
        if array.external or array.is_virtual:
            raise NeurosimError(f"{name!r} is kept in another file, which is not opened")
        if array.shape is None:
            raise NeurosimError(f"{name!r} is empty")
        if self.h5py.check_string_dtype(array.dtype) is not None:
            self._check_texts(name, array)
        elif array.dtype.kind not in "fiub":
            raise NeurosimError(f"{name!r} is of type {array.dtype}; it should be real numbers or text")
        self.bytes += array.size * array.dtype.itemsize
        if self.bytes > MAX_BYTES:
            raise NeurosimError(f"the arrays claim more than {MAX_BYTES:,} bytes")

    def _check_texts(self, name: str, array: Any) -> None:
        """Texts are looked at one by one, since all may be the same long one."""
        self.texts += array.size
        if self.texts > MAX_TEXTS:
            raise NeurosimError(f"the file holds more than {MAX_TEXTS} texts")
        if any(len(array[place]) > LONGEST for place in np.ndindex(array.shape)):
            raise NeurosimError(f"{name!r} is a text of more than {LONGEST:,} bytes")
