"""Files in TOML, which are read as far as they can be long and no further."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from neurosim.errors import NeurosimError

LARGEST_FILE = 65_536
"""[bytes]"""


def table(path: Path, kind: str) -> dict[str, Any]:
    """What is in a file. kind: what it should be, such as `a profile`.

    Raises `NeurosimError`, in one line, if it cannot be read, is too long or is not TOML.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise NeurosimError(f"{path}: cannot be read ({error.strerror}); name {kind}") from None
    if len(content) > LARGEST_FILE:
        raise NeurosimError(f"{path}: larger than {LARGEST_FILE} bytes; {kind} is a page of text")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NeurosimError(f"{path}: not TOML ({' '.join(str(error).split())})") from None
