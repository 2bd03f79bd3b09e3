"""A profile: one chip, as figures that each say how well they are known and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from neurosim import chip, schema
from neurosim.arithmetic import Arithmetic, plain
from neurosim.errors import NeurosimError, unknown
from neurosim.figures import Figure, figures
from neurosim.limits import Part
from neurosim.provenance import Provenance
from neurosim.reading import toml
from neurosim.schema.values import LONGEST, is_line, shown

MOST_PROBLEMS = 30
"""Lines of one message."""


@dataclass(frozen=True)
class Profile:
    """What is known of a chip. Read from TOML, which is data and never run.

    figures: by key, `weight.bits`, `trace.x.bits`; the keys are those of `neurosim.schema`. sources: what the keys in
    figures' sources stand for. status: 'stub' if too little is known to compute with. spelt_out: the arithmetic of
    what is no chip: plain formats, or some of a chip's limits.
    """

    name: str
    summary: str
    figures: Mapping[str, Figure] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    status: str = "complete"
    spelt_out: Arithmetic | None = None

    @cached_property
    def arithmetic(self) -> Arithmetic:
        """What it computes with. Raises `NeurosimError` for a stub."""
        if self.status == "stub":
            raise NeurosimError(
                f"profile {self.name!r} is a stub: too little is known of the chip to compute as it does"
            )
        return self.spelt_out or chip.arithmetic(self.figures)

    @property
    def traces(self) -> tuple[str, ...]:
        """The names of its traces: `trace.NAME.bits` is a figure of each."""
        return tuple(dict.fromkeys(key.split(".")[1] for key in self.figures if key.startswith("trace.")))

    def get(self, key: str) -> Any:
        """The value of a figure; None if it is unknown, or if the profile says nothing of it."""
        if schema.field(key) is None:
            raise unknown("figure", key, (f"{name}.{each}" for name, of in schema.SCHEMA.items() for each in of.fields))
        return self.figures[key].value if key in self.figures else None

    def range(self, key: str) -> tuple[float, float, float] | None:
        """A figure as (low, typ, high), all the same if it is one number; None if it is unknown."""
        value = self.get(key)
        if isinstance(value, tuple) and len(value) == 3:
            return value
        return (value, value, value) if isinstance(value, int | float) else None

    @classmethod
    def read(cls, path: Path) -> Profile:
        """The profile in a file. Raises `NeurosimError`: the file, each key, what is wrong, what would be right."""
        table = _table(path)
        provenance = Provenance.of_table(table.pop("sources", {}), table.pop("prov", {}))
        status = table.get("status", "complete")
        found, problems = figures(table, provenance, status == "stub")
        problems = _labels(table) + problems
        if problems:
            raise NeurosimError(f"{path}: {_listed(problems)}")
        return cls(path.stem, table["summary"], found, provenance.sources, status)

    @classmethod
    def plain(cls, name: str) -> Profile:
        """The profile whose arithmetic a name spells out: `fixed:weight=s8.6,rounding=stochastic`."""
        return cls(name, "plain fixed point, no chip", spelt_out=plain(name))

    def part(self, name: str, part: Part) -> Profile:
        """Some of its limits as a profile, which is no chip. Raises `NeurosimError` if it has not got one of them."""
        summary = f"limits of {self.name}: {part.word} {', '.join(sorted(part.groups))}"
        return Profile(name, summary, spelt_out=part.of(self.arithmetic, self.name))


def _table(path: Path) -> dict[str, Any]:
    """What is in a file, which is read as far as a profile can be long and no further."""
    if not path.is_file():
        raise NeurosimError(f"profile {str(path)!r}: there is no such file")
    return toml.table(path, "a profile")


def _labels(table: Mapping[str, Any]) -> list[str]:
    """What is wrong with the top of a file."""
    known = {"schema", "summary", "status", *schema.SCHEMA}
    problems = [str(unknown("key or section", key[:40], known)) for key in list(table)[:LONGEST] if key not in known]
    if table.get("schema") != schema.VERSION:
        problems.append(f"schema is {shown(table.get('schema', ''))}; it must be {schema.VERSION!r}")
    if not is_line(table.get("summary")):
        problems.append("summary must be a line that says what is modelled")
    if table.get("status", "complete") not in schema.STATUSES:
        problems.append(f"status is {shown(table['status'])}; it must be one of: {', '.join(schema.STATUSES)}")
    return problems


def _listed(problems: list[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    more = [f"and {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
    return "\n  ".join([f"{len(problems)} problems", *problems[:MOST_PROBLEMS], *more])
