"""The locality audit: what a rule needs, derived from its program, beside what a chip offers."""

from __future__ import annotations

from neurosim.audit.requirement import Requirement, requirement
from neurosim.audit.verdict import Audit, audit

__all__ = ["Audit", "Requirement", "audit", "requirement"]
