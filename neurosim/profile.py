"""A profile: one chip, as the number format that it keeps each kind of quantity in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from neurosim.errors import NeurosimError
from neurosim.precision import FLOAT64, KINDS, Format

LARGEST_FILE = 1_000_000  # bytes; a profile is a page of text
FORMATS = {"float64": FLOAT64}


@dataclass(frozen=True)
class Profile:
    """What a chip model computes with. Read from TOML, which is data and never run."""

    name: str
    summary: str
    formats: Mapping[str, Format]

    @classmethod
    def read(cls, path: Path) -> Profile:
        """The profile in a file. Raises `NeurosimError`: the file, the key, what is wrong, what would be right."""
        if not path.is_file():
            raise NeurosimError(f"profile {str(path)!r}: there is no such file")
        if path.stat().st_size > LARGEST_FILE:
            raise NeurosimError(f"{path}: larger than {LARGEST_FILE} bytes; a profile is a page of text")
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise NeurosimError(f"{path}: not TOML ({error})") from None
        known = {"summary", "formats"}
        if loose := set(table) - known:
            raise NeurosimError(f"{path}: unknown key {min(loose)!r}; there are: {', '.join(sorted(known))}")
        if not isinstance(table.get("summary"), str):
            raise NeurosimError(f"{path}: 'summary' must be a line that says what is modelled")
        formats = table.get("formats")
        if not isinstance(formats, dict) or set(formats) != set(KINDS):
            raise NeurosimError(f"{path}: [formats] must give a format for each of: {', '.join(KINDS)}")
        for kind, name in formats.items():
            if name not in FORMATS:
                raise NeurosimError(f"{path}: [formats] {kind!r} is {name!r}; there are: {', '.join(FORMATS)}")
        return cls(path.stem, table["summary"], {kind: FORMATS[name] for kind, name in formats.items()})


def profile_folder() -> Path:
    """The profiles that come with neurosim: inside the package in a wheel, beside it in a checkout."""
    beside = Path(__file__).parents[1] / "hardware_profiles"
    return beside if beside.is_dir() else Path(str(files("neurosim"))) / "_hardware_profiles"
