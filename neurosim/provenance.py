"""How well each figure of a profile is known, and where it comes from: its tables [sources] and [prov].

    [sources]
    lava = "github.com/lava-nc/lava, commit b6822fb"

    [prov]
    "weight.*" = "E lava: the learning engine's weight"
    "weight.frac_bits" = "A: nominal"

A line of [prov] is a grade, keys of [sources], and a note. It is for one figure, for a key of all traces
(`trace.bits`), or for what is left of a trace or section (`trace.x.*`, `weight.*`); the narrowest one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.schema import GRADES, READ

LINE = re.compile(r"([A-Za-z]+)((?: [a-z0-9][a-z0-9-]*(?:, [a-z0-9][a-z0-9-]*)*)?)(?:: (\S.*))?")
SOURCE = re.compile(r"[a-z0-9][a-z0-9-]*")
MOST = 500
LONGEST = 300


@dataclass(frozen=True)
class Provenance:
    """What [prov] and [sources] say. lines: grade and source by pattern. problems: what is wrong with the tables."""

    sources: Mapping[str, str]
    lines: Mapping[str, tuple[str, str]]
    problems: tuple[str, ...]

    @classmethod
    def of_table(cls, sources: Any, lines: Any) -> Provenance:
        """Both tables of a file, as they were read."""
        problems: list[str] = []
        texts = {name: _texts(name, given, problems) for name, given in (("sources", sources), ("prov", lines))}
        for key in texts["sources"]:
            if not SOURCE.fullmatch(key):
                problems.append(f"[sources] {key[:40]!r}: a source's key is made of small letters, digits and hyphens")
        parsed = {key: _parsed(key, text, texts["sources"], problems) for key, text in texts["prov"].items()}
        named = {key for text in texts["prov"].values() for key in _keys(text)}
        problems += [f"[sources] {key!r}: no line of [prov] names it" for key in texts["sources"] if key not in named]
        return cls(texts["sources"], parsed, tuple(problems))

    def of(self, key: str, is_unknown: bool) -> tuple[str, str, str]:
        """The grade and source of a figure, and what is wrong with them if anything is."""
        pattern = next((each for each in _patterns(key) if each in self.lines), None)
        if pattern is None:
            return "", "", f'{key} has no source; say in [prov] how it is known: "{key}" = "D SOURCE: note"'
        grade, source = self.lines[pattern]
        if is_unknown and grade not in ("U", ""):
            return grade, source, f"{key} is 'unknown' with the grade {grade}; the grade of what is unknown is U"
        if not is_unknown and grade == "U":
            return grade, source, f"{key} has a value and the grade U; U is for 'unknown'"
        return grade, source, ""

    def loose(self, keys: Iterable[str]) -> list[str]:
        """Lines that are about no figure."""
        used = {pattern for key in keys for pattern in _patterns(key)}
        return [f"[prov] {pattern[:60]!r}: there is no such figure" for pattern in self.lines if pattern not in used]


def _patterns(key: str) -> list[str]:
    """Lines that a figure may be described by, the narrowest first."""
    section, *middle, last = key.split(".")
    wide = [f"{section}.*"]
    return [key, f"{section}.{last}", f"{section}.{middle[0]}.*", *wide] if middle else [key, *wide]


def _texts(name: str, given: Any, problems: list[str]) -> dict[str, str]:
    if not isinstance(given, dict) or len(given) > MOST:
        problems.append(f"[{name}] must be a table of at most {MOST} lines")
        return {}
    right = {key: text for key, text in given.items() if isinstance(text, str) and 0 < len(text) <= LONGEST}
    problems += [
        f"[{name}] {key[:60]!r} must be a text of at most {LONGEST} characters; keys with points stand in quotes"
        for key in given
        if key not in right or not right[key].isprintable()
    ]
    return right


def _keys(text: str) -> list[str]:
    found = LINE.fullmatch(text)
    return found[2].strip().split(", ") if found and found[2] else []


def _parsed(pattern: str, text: str, sources: Iterable[str], problems: list[str]) -> tuple[str, str]:
    found, where = LINE.fullmatch(text), f"[prov] {pattern[:60]!r}"
    if not found:
        problems.append(f"{where}: {text[:60]!r} is not a grade, keys of [sources] and a note: 'D KEY, KEY: note'")
        return "", ""
    grade, keys, note = found[1], _keys(text), found[3]
    if grade not in GRADES:
        problems.append(f"{where}: there is no grade {grade[:20]!r}; there are: {', '.join(GRADES)}")
    elif grade in READ and not keys:
        problems.append(f"{where}: {grade} is for what was read; name its key in [sources]")
    elif grade != "U" and not keys and not note:
        problems.append(f"{where}: say after the grade where it comes from, '{grade}: ...'")
    problems += [f"{where}: {key[:40]!r} is not in [sources]" for key in keys if key not in sources]
    return grade, ": ".join(filter(None, [", ".join(keys), note]))
