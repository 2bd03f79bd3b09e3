"""The folder of things that can be made again: compiled kernels, and runs that were given no folder of their own."""

from __future__ import annotations

import os
from pathlib import Path

from neurosim.errors import NeurosimError


def cache_folder(name: str) -> Path:
    """A folder in $NEUROSIM_CACHE, or else in the user's cache. Raises `NeurosimError` if it cannot be made."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "neurosim"
    folder = Path(os.environ.get("NEUROSIM_CACHE") or user) / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NeurosimError(
            f"cannot keep files in {folder} ({error.strerror}); set NEUROSIM_CACHE to a folder"
        ) from None
    return folder
