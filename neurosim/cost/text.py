"""Costs as tables and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from neurosim.cost.model import Cost
from neurosim.cost.prices import Range

KIB, NANO = 8192.0, 1e-9


@dataclass(frozen=True)
class Row:
    """What one rule costs on one chip."""

    rule: str
    profile: str
    cost: Cost


def table(rows: Sequence[Row]) -> str:
    """What a step takes, first on any chip, then on each."""
    rules = {row.rule: row.cost for row in rows}
    parts = [_counts(rules), _costs(rows), *_notes(rows)]
    return "\n\n".join(part for part in parts if part)


def _counts(rules: Mapping[str, Cost]) -> str:
    lines = [["per step", "multiplications", "additions", "synaptic events", "weights written", "numbers sent"]]
    usual = next(iter(rules.values())).forward
    counts = {"the network": usual}
    for rule, cost in rules.items():
        counts |= {f"the network of {rule}": cost.forward} if cost.forward != usual else {}
        counts[f"{rule} adds"] = cost.learning
    for name, each in counts.items():
        numbers = (each.multiplications, each.additions, each.events, each.updates, each.messages)
        lines.append([name, *(f"{number:.6g}" for number in numbers)])
    return aligned(lines)


def _costs(rows: Sequence[Row]) -> str:
    energies, memory = ("forward (nJ)", "learning (nJ)", "static (nJ)"), ("kept (KiB)", "+ to learn", "read+written")
    lines = [["", "", *energies, *memory, "time (us)", "in time"]]
    for row in rows:
        cost = row.cost
        energy = (cost.energy.forward, cost.energy.learning, cost.energy.static) if cost.energy else (None,) * 3
        kept = (cost.memory.inference, cost.memory.learning) if cost.memory else (None, None)
        bits = (*kept, cost.traffic)
        lines.append(
            [row.profile, row.rule]
            + [ranged(each, NANO) for each in energy]
            + ["unknown" if each is None else f"{each / KIB:.3g}" for each in bits]
            + [ranged(cost.time, 1e-6), _whether(cost)]
        )
    return aligned(lines)


def _whether(cost: Cost) -> str:
    if cost.time is None:
        return "unknown"
    return "perhaps" if cost.real_time is None else "yes" if cost.real_time else "no"


def _notes(rows: Sequence[Row]) -> list[str]:
    """Ranges explained; estimates and wear by chip."""
    notes = ["ranges: typical [low, high]; in time: whether the work of a step is done within it"]
    notes += ["read+written: KiB of memory per step, each number as often as the equations have it"]
    for profile, cost in {row.profile: row.cost for row in rows}.items():
        if cost.estimated:
            notes.append(f"{profile}, estimated: {cost.estimated}")
    worn = [row for row in rows if row.cost.lifetime]
    notes += [
        f"{row.profile}, {row.rule}: devices wear out after {ranged(row.cost.lifetime, 3600.0)} hours" for row in worn
    ]
    return ["\n".join(notes)]


def ranged(range: Range | None, unit: float) -> str:
    """A range in a unit: the typical value, and the ends if they differ."""
    if range is None:
        return "unknown"
    low, typical, high = (each / unit for each in range)
    return f"{typical:.3g}" if low == high else f"{typical:.3g} [{low:.2g}, {high:.2g}]"


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Lines of words in columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Every cost as JSON has it; energies in J, times in s, memory in bits."""
    return [{"rule": row.rule, "profile": row.profile, **asdict(row.cost)} for row in rows]
