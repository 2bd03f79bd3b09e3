"""The audit: a program and a profile -> whether the chip can run it, and why not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from neurosim.audit.capacity import capacity
from neurosim.audit.case import TAGS, Case, Finding
from neurosim.audit.checks import CHECKS, learns_nothing_on_chip
from neurosim.audit.requirement import Requirement, requirement
from neurosim.audit.variants import factored, without_self_weights
from neurosim.audit.widths import is_plain
from neurosim.profile import Profile
from neurosim.program import Program

RANKS = {tag: rank for rank, tag in enumerate(TAGS)}
WANTING = ("RESTR", "MP", "HOST", "FAIL")
"""The tags for which it is worth to look for a change."""


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    tags: of `TAGS`, in their order. reasons: why, in words. unknown: limits that matter, of which no figure is public.
    requirement: what the program needs. suggestion: the nearest change with which it fits better, if one was looked
    for and found.
    """

    tags: tuple[str, ...]
    reasons: tuple[str, ...]
    unknown: tuple[str, ...]
    requirement: Requirement
    suggestion: str = ""

    @property
    def verdict(self) -> str:
        """The tags as one word; a question mark if it hangs on something that is not public, alone if all does."""
        return "+".join(self.tags) + "?" * bool(self.unknown and "FAIL" not in self.tags)

    @property
    def fits(self) -> bool:
        """Whether the chip runs it as it is and by itself, as far as that is known."""
        return bool(self.tags) and not set(self.tags) & set(WANTING)


def audit(program: Program, profile: Profile, *, steps: int) -> Audit:
    """Whether a chip can run a program that learns in trials of `steps` steps.

    What is audited is what the equations ask for; of a program that is adapted to a chip, that before it was.
    """
    program = program.ideal or program
    need = requirement(program)
    if is_plain(profile):
        return Audit(("NATIVE",), ("number formats only, no chip: nothing is out of reach",), (), need)
    found = _findings(Case(program, need, profile, steps))
    if need.learned and profile.get("chip.learning") != "none" and profile.get("rule.form") is None:
        found.append(Finding("undecided", "rule.form, what its learning can read"))
    return _judged(need, found)


def _findings(case: Case) -> list[Finding]:
    found = list(capacity(case))
    if not case.need.learned:
        return found
    if case.profile.get("chip.learning") == "none":
        return [*learns_nothing_on_chip(case), *found]
    return [*_learning(case), *found] if case.form else found


def _learning(case: Case) -> list[Finding]:
    """What the checks find; where the chip has no self-weights, of the program that is left without them."""
    if not (case.profile.get("weight.zero_diagonal") and case.need.self_weights):
        return [finding for check in CHECKS for finding in check(case)]
    program = factored(without_self_weights(case.program))
    restricted = replace(case, program=program, need=requirement(program))
    text = f"weights of neurons onto themselves are 0 here, and with them this goes: {case.proof('self_weights')}"
    return [Finding("RESTR", text), *(finding for check in CHECKS for finding in check(restricted))]


def _judged(need: Requirement, findings: list[Finding]) -> Audit:
    earned = {finding.tag for finding in findings if finding.tag in RANKS}
    tags = ("FAIL",) if "FAIL" in earned else tuple(sorted(earned, key=lambda tag: -RANKS[tag])) or ("NATIVE",)
    if "FAIL" not in earned and any(finding.tag == "undecided" for finding in findings):
        tags = ()
    ranked = sorted((f for f in findings if f.tag in RANKS), key=lambda finding: -RANKS[finding.tag])
    notes = [finding.reason for finding in findings if finding.tag == "note"]
    reasons = [f"{finding.tag}: {finding.reason}" for finding in ranked] + notes
    unknown = [finding.reason for finding in findings if finding.tag in ("unknown", "undecided")]
    return Audit(tags, tuple(dict.fromkeys(reasons)), tuple(dict.fromkeys(unknown)), need)
