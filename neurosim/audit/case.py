"""A program that is to run on a chip, and what there is to say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from neurosim.audit.requirement import Requirement
from neurosim.audit.storage import Kept, kept
from neurosim.profile import Profile
from neurosim.program import Program

TAGS = {
    "NATIVE": "every quantity is where the chip can read it",
    "LOWP": "native, but a needed quantity is squeezed, or needs a mirrored copy of weights",
    "ASSIST": "an embedded processor or the digital periphery must supply something at every step",
    "RESTR": "only in a restricted form",
    "MP": "needs memory per synapse outside the array (mixed precision)",
    "SW": "the rule is software on core-local memory",
    "HOST": "a host is in the loop",
    "FAIL": "something that is needed cannot be had",
}
"""What a verdict is made of, from best to worst."""


@dataclass(frozen=True)
class Case:
    """A program that is to run on a chip, in trials of so many steps."""

    program: Program
    need: Requirement
    profile: Profile
    steps: int

    @cached_property
    def kept(self) -> tuple[Kept, ...]:
        """What is kept, weights included."""
        return kept(self.program, self.steps)

    @property
    def form(self) -> str:
        """How the chip's rules are given; empty if it has none."""
        return str(self.profile.get("rule.form") or "")

    @property
    def software(self) -> bool:
        return self.form == "software"

    def size(self, domain: str) -> int:
        return self.program.sizes[domain]

    def proof(self, need: str, name: str = "") -> str:
        """The first equation that asks for something, in quotes; of those with a name in them, if there is one."""
        proofs = self.need.proof.get(need, ())
        return repr(next((text for text in proofs if f"{name}[" in text), proofs[0] if proofs else ""))


@dataclass(frozen=True)
class Finding:
    """One thing about a case: a tag of `TAGS`, 'note' for what changes nothing, or 'unknown'; and why, in words."""

    tag: str
    reason: str


Findings = Iterator[Finding]
