"""The credit of a rule, by the name that experiments know the rule by (see `neurosim.theory.credit`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from neurosim import catalog, theory
from neurosim.errors import NeurosimError
from neurosim.theory import Credit, LinearSystem

CreditOf = Callable[[LinearSystem, np.ndarray], Credit]
"""What a rule makes of old errors in a student with feedback weights B."""

FIXED_FEEDBACK = ("rflo", "eprop", "fa")
"""Rules that send errors back through B, unless they are asked for symmetric feedback."""

OF_NEURONS = ("eprop", "snap1")
"""Rules whose credit depends on self-weights, so that neurons are not as good as any other basis."""


def credit_of(name: str) -> CreditOf:
    """The credit of a rule. Raises `NeurosimError` if theory has none for it."""
    rule: Any = catalog.rule(name)
    stem = name.partition(":")[0]
    match stem:
        case "fixed":
            return lambda student, B: Credit(0.0 * student.transition, 0.0 * B)
        case "bptt" | "rtrl":
            return lambda student, B: theory.bptt(student)
        case "tbptt" if rule.stride == 1:
            return lambda student, B: theory.tbptt(student, rule.k)
        case "rflo" if not rule.spread and rule.feedback == "symmetric":
            return lambda student, B: theory.rflo(student, student.W_out.T, rule.decay)
        case "rflo" if not rule.spread:
            return lambda student, B: theory.rflo(student, B, rule.decay)
        case "eprop":
            return theory.eprop
        case "snap1":
            return lambda student, B: theory.eprop(student, student.W_out.T)
        case "fa":
            return theory.fa
    raise NeurosimError(f"theory does not cover the rule {name}, because no formula of its mean update is known here")


def fixed_feedback(name: str) -> bool:
    """Whether a rule sends errors back through fixed weights."""
    return name.partition(":")[0] in FIXED_FEEDBACK and getattr(catalog.rule(name), "feedback", "") != "symmetric"


def fixed_space(name: str) -> bool:
    """Whether all that a rule does to recurrent weights lies in one space: the low-rank theorem's rules."""
    return name.partition(":")[0] == "rflo" and fixed_feedback(name)
