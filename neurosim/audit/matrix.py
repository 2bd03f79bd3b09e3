"""Rules beside chips: an audit of each pair, with the nearest change where the chip cannot run the rule as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

from neurosim import catalog
from neurosim.audit.case import TAGS
from neurosim.audit.changes import Setting, Trial, nearest
from neurosim.audit.verdict import Audit, audit
from neurosim.design import USUAL, beside, label
from neurosim.network import Network
from neurosim.profile import Profile

UNDECIDED = "?: hangs on a figure that is not public"


@dataclass(frozen=True)
class Cell:
    """The audit of one rule on one chip."""

    rule: str
    profile: str
    audit: Audit


def matrix(
    rules: Sequence[str],
    profiles: Sequence[str],
    network: Network,
    *,
    steps: int,
    plastic: tuple[str, ...],
    design: str = USUAL,
) -> tuple[Cell, ...]:
    """The audit of every rule on every chip, rules within chips, in the usual design and in that asked for."""
    settings = [Setting(rule, network, plastic, steps, each) for rule in rules for each in beside(design)]
    return tuple(
        Cell(label(setting.name, setting.design), name, advised(setting, profile))
        for name, profile in [(name, catalog.profile(name)) for name in profiles]
        for setting in settings
    )


def advised(setting: Setting, profile: Profile) -> Audit:
    """The audit of a setting, with the nearest change that makes it fit if it does not."""
    found = audit(setting.program, profile, steps=setting.steps)
    hopeless = found.requirement.learned and profile.get("chip.learning") == "none"
    if found.fits or not found.tags or hopeless:
        return found
    return replace(found, suggestion=nearest(setting, partial(_fitting, profile)))


def _fitting(profile: Profile, trial: Trial) -> str | None:
    program, steps = trial
    found = audit(program, profile, steps=steps)
    return found.verdict if found.fits else None


def table(cells: Sequence[Cell]) -> str:
    """The verdicts as text: a line for each chip, a column for each rule, and what the tags in it mean."""
    rules = list(dict.fromkeys(cell.rule for cell in cells))
    lines = [["", *rules]]
    lines += [[name, *(cell.audit.verdict for cell in row)] for name, row in _by_profile(cells)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = ["  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    met = {tag for cell in cells for tag in cell.audit.tags}
    notes = [f"{tag}: {meaning}" for tag, meaning in TAGS.items() if tag in met]
    notes += [UNDECIDED] if any("?" in cell.audit.verdict for cell in cells) else []
    return "\n".join([*text, "", *notes])


def reasons(cells: Sequence[Cell]) -> str:
    """Why each verdict that is not NATIVE is what it is, rules with the same reasons together."""
    return "\n\n".join(
        "\n".join(
            [f"{', '.join(cell.rule for cell in alike)} on {name}: {alike[0].audit.verdict}", *_told(alike[0].audit)]
        )
        for name, row in _by_profile(cells)
        for alike in _alike(row)
        if alike[0].audit.verdict != "NATIVE"
    )


def as_json(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Every cell as JSON has it, requirements and their proofs included."""
    return [
        {
            "rule": cell.rule,
            "profile": cell.profile,
            "verdict": cell.audit.verdict,
            "tags": cell.audit.tags,
            "reasons": cell.audit.reasons,
            "unknown": cell.audit.unknown,
            "suggestion": cell.audit.suggestion,
            "requirement": vars(cell.audit.requirement),
        }
        for cell in cells
    ]


def _by_profile(cells: Sequence[Cell]) -> Iterator[tuple[str, list[Cell]]]:
    for name, row in groupby(cells, key=lambda cell: cell.profile):
        yield name, list(row)


def _alike(row: Sequence[Cell]) -> list[list[Cell]]:
    groups: dict[tuple[object, ...], list[Cell]] = {}
    for cell in row:
        found = cell.audit
        groups.setdefault((found.tags, found.reasons, found.unknown, found.suggestion), []).append(cell)
    return list(groups.values())


def _told(found: Audit) -> list[str]:
    lines = [f"  {reason}" for reason in found.reasons]
    lines += [f"  not public: {'; '.join(found.unknown)}"] if "?" in found.verdict else []
    return lines + ([f"  nearest: {found.suggestion}"] if found.suggestion else [])
