"""A profile: one chip, as the number format that it keeps each kind of quantity in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from neurosim.errors import NeurosimError, unknown
from neurosim.precision import KINDS, OVERFLOWS, ROUNDINGS, Format

LARGEST_FILE = 1_000_000
"""[bytes]; a profile is a page of text."""

WIDE = "s16.10"
"""How a plain fixed-point profile keeps what it says nothing of; products of three such numbers are still exact."""


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
        try:
            return cls(path.stem, table["summary"], {kind: Format.parse(str(text)) for kind, text in formats.items()})
        except NeurosimError as error:
            raise NeurosimError(f"{path}: [formats] {error}") from None

    @classmethod
    def plain(cls, name: str) -> Profile:
        """The profile that a name spells out: `fixed:weight=s8.6,trace=s12.10,rounding=stochastic`.

        A kind of quantity that is not named is kept in `WIDE`. Rounding and overflow are those of all kinds.
        """
        given = dict(part.partition("=")[::2] for part in name.removeprefix("fixed").lstrip(":").split(",") if part)
        names = {kind.replace(" ", "_"): kind for kind in KINDS}
        if loose := set(given) - {*names, "rounding", "overflow"}:
            raise unknown("part of a fixed-point profile", min(loose), [*names, "rounding", "overflow"])
        manner = f"{given.pop('rounding', ROUNDINGS[2])} {given.pop('overflow', OVERFLOWS[0])}"
        formats = {kind: Format.parse(f"{given.get(short, WIDE)} {manner}") for short, kind in names.items()}
        return cls(name, "plain fixed point, no chip", formats)


def profile_folder() -> Path:
    """The profiles that come with neurosim: inside the package in a wheel, beside it in a checkout."""
    beside = Path(__file__).parents[1] / "hardware_profiles"
    return beside if beside.is_dir() else Path(str(files("neurosim"))) / "_hardware_profiles"
