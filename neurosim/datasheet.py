"""A profile as text: every figure with its unit, how well it is known and where it comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from neurosim import schema
from neurosim.figures import Figure
from neurosim.profile import Profile


def lines(profile: Profile) -> Iterator[str]:
    """All figures of a profile by section, then its sources, and what the grades mean."""
    about = " (a stub: too little is known to compute with)" if profile.status == "stub" else ""
    yield f"{profile.name}: {profile.summary}{about}"
    for prefix, keys in _sections(profile).items():
        yield f"\n{prefix}: {schema.SCHEMA[prefix.split('.')[0]].about}"
        yield from _rows(profile, keys)
    if profile.sources:
        yield "\nsources"
        yield from _columns([[key, text] for key, text in profile.sources.items()])
    if profile.figures:
        yield f"\ngrades of {len(profile.figures)} figures"
        yield from _columns(
            [[f"{grade} {share:4.0%}", schema.GRADES[grade]] for grade, share in shares(profile).items()]
        )


def shares(profile: Profile) -> dict[str, float]:
    """The share of figures of each grade, those that are read first."""
    found = Counter(figure.grade for figure in profile.figures.values())
    return {grade: found[grade] / found.total() for grade in schema.GRADES if found[grade]}


def grades(profile: Profile) -> str:
    """How many figures there are of each grade, in a line."""
    found = Counter(figure.grade for figure in profile.figures.values())
    listed = ", ".join(f"{found[grade]} {grade}" for grade in schema.GRADES if found[grade])
    return f"{len(profile.figures)} figures ({listed})"


def value_text(value: Any) -> str:
    """The value of a figure; of a range, the typical value and the ends."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case float():
            return f"{value:.6g}"
        case (int() | float() as low, int() | float() as typ, int() | float() as high):
            return f"{typ:.6g}" if low == high else f"{typ:.6g} ({low:.6g} to {high:.6g})"
        case tuple():
            return ", ".join(map(value_text, value)) or "none"
    return str(value)


def _sections(profile: Profile) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in profile.figures:
        found.setdefault(key.rpartition(".")[0], []).append(key)
    return found


def _rows(profile: Profile, keys: list[str]) -> list[str]:
    """A section's figures; what has the source of the line above it says no more than that."""
    rows, above = [], ""
    for key in keys:
        figure = profile.figures[key]
        source = '"' if figure.source and figure.source == above else figure.source
        rows.append([key.rpartition(".")[2], _with_unit(key, figure), figure.grade, source])
        above = figure.source
    return _columns(rows)


def _with_unit(key: str, figure: Figure) -> str:
    found, text = schema.field(key), value_text(figure.value)
    has_unit = found is not None and found.unit and isinstance(figure.value, int | float | tuple)
    return f"{text} {found.unit}" if found and has_unit else text


def _columns(rows: list[list[str]], widest: int = 32) -> list[str]:
    widths = [min(max(map(len, column)), widest) for column in zip(*rows, strict=True)]
    return [
        "  " + "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
