"""All that is asked of a chip that is to learn: each check says what is amiss, and which tag that earns."""

from __future__ import annotations

from collections.abc import Callable

from neurosim.audit.case import Case, Finding, Findings
from neurosim.audit.facts import Facts
from neurosim.audit.signals import error, past, relayed, sums, transport
from neurosim.audit.synapses import eligibility, own_weights


def learns_nothing_on_chip(case: Case) -> Findings:
    """Chips whose weights only a host writes."""
    if case.profile.get("chip.learning") == "none":
        yield Finding("FAIL", f"weights do not change on this chip, and {', '.join(case.need.learned)} would")


def fixed_rule(case: Case) -> Findings:
    """Chips that have one rule in their wiring."""
    if case.form != "fixed":
        return
    rules = ", ".join(case.profile.get("chip.rules_fixed") or ())
    if case.profile.get("rule.third_factor") == "none":
        yield Finding("FAIL", f"its only rule is {rules}, which takes no error")
        return
    if case.need.error == "none":
        yield Finding("FAIL", f"its only rule is {rules}, which needs an error, and this rule has none")
    most = case.profile.get("rule.max_products")
    if most is not None and case.need.products > most and not case.need.history:
        yield Finding("FAIL", f"its wiring adds {most} product to a weight; here are more: {case.proof('products')}")
    yield from _leaks(case)


def _leaks(case: Case) -> Findings:
    """Traces that share the neurons' leak; activity as it is would be a trace that keeps nothing."""
    facts = Facts(case.program)
    own = 1.0 - case.program.constants["alpha"]
    onto_neurons = [name for name in facts.projections if facts.places(name)[0] == "neuron"]
    for name in sorted(set().union(*map(facts.at_start, onto_neurons))):
        decay = case.need.decays.get(name, 0.0)
        if abs(decay - own) > 1e-12:
            yield Finding("FAIL", f"its traces keep {own:g} per step, as neurons do, and {name} keeps {decay:g}")


def software(case: Case) -> Findings:
    """Chips that learn by programs."""
    if case.software:
        yield Finding("SW", "learning is a program on memory beside the core")


def many_products(case: Case) -> Findings:
    """Rules that add several products to a weight, where how many a chip can is not public."""
    if case.form == "sum_of_products" and case.need.products > 1 and case.profile.get("rule.max_products") is None:
        yield Finding("unknown", f"rule.max_products, of which {case.need.products} are needed")


CHECKS: tuple[Callable[[Case], Findings], ...] = (
    fixed_rule,
    eligibility,
    own_weights,
    error,
    transport,
    past,
    sums,
    relayed,
    many_products,
    software,
)
"""What is asked of a chip that learns."""
