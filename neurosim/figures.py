"""A profile's table checked by the schema: its figures, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.errors import unknown
from neurosim.provenance import Provenance
from neurosim.schema import SCHEMA
from neurosim.schema.consistency import disagreeing
from neurosim.schema.fields import UNKNOWN, Section
from neurosim.schema.values import LONGEST, NAME, fault, shown, wanted


@dataclass(frozen=True)
class Figure:
    """One thing that a profile says.

    value: None if it is unknown; a range is (low, typ, high). grade: a letter of `schema.GRADES`. source: where it
    comes from, keys of the profile's sources first.
    """

    value: bool | int | float | str | tuple[float, ...] | tuple[str, ...] | None
    grade: str
    source: str


def figures(table: Mapping[str, Any], provenance: Provenance, stub: bool) -> tuple[dict[str, Figure], list[str]]:
    """The figures of a profile's sections, and what is wrong: each problem a line that says what would be right."""
    problems = list(provenance.problems)
    tables = dict(_tables(table, problems))
    values = dict(_values(tables, problems))
    found = {}
    for key, value in values.items():
        grade, source, problem = provenance.of(key, value == UNKNOWN)
        problems += [problem] if problem else []
        found[key] = Figure(None if value == UNKNOWN else value, grade, source)
    problems += provenance.loose(values)
    problems += [] if stub else _missing(tables)
    problems += disagreeing({key: figure.value for key, figure in found.items()})
    return found, problems


def _tables(table: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tables of all sections that there are, by what the keys of their figures begin with."""
    for name in SCHEMA:
        given = table.get(name, {})
        if not isinstance(given, dict) or len(given) > LONGEST:
            problems.append(f"{name} is {shown(given)}; it must be a table, of at most {LONGEST} entries")
        elif name == "trace":
            yield from _traces(given, problems)
        elif name in table:
            yield name, given


def _traces(given: dict[str, Any], problems: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, leaves in given.items():
        if not NAME.fullmatch(name) or not isinstance(leaves, dict) or len(leaves) > LONGEST:
            right = f"a table of its own, [trace.NAME], of at most {LONGEST} entries"
            problems.append(f"trace {shown(name)} is {shown(leaves)}; each trace is {right}")
        else:
            yield f"trace.{name}", leaves


def _values(tables: Mapping[str, dict[str, Any]], problems: list[str]) -> Iterator[tuple[str, Any]]:
    """Keys and values of all figures, those that are wrong left out and said."""
    for prefix, leaves in tables.items():
        fields = _section(prefix).fields
        for key, value in leaves.items():
            if key not in fields:
                problems.append(f"{prefix}: {unknown('key', key[:40], fields)}")
            elif wrong := fault(fields[key], value):
                problems.append(f"{prefix}.{key} is {shown(value)}; {wrong}")
            else:
                yield f"{prefix}.{key}", tuple(value) if isinstance(value, list) else value


def _missing(tables: Mapping[str, dict[str, Any]]) -> list[str]:
    """What is required and not there; of an update and a rule only if the chip learns."""
    learning = tables.get("chip", {}).get("learning")
    needed = {"always"} if learning == "none" else {"always", "if it learns"}
    said = [
        f"[{name}] is missing: {section.about}"
        for name, section in SCHEMA.items()
        if section.needed in needed and name not in tables
    ]
    said += [
        f"{prefix}.{key} is missing: {each.about}; it must be {wanted(each)}, or 'unknown'"
        for prefix, leaves in tables.items()
        for key, each in _section(prefix).fields.items()
        if key not in leaves and (each.required or (key == "rules_fixed" and learning == "fixed"))
    ]
    return said


def _section(prefix: str) -> Section:
    return SCHEMA[prefix.partition(".")[0]]
