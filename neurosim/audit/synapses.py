"""What synapses must keep and see, beside what a chip's synapses can."""

from __future__ import annotations

from neurosim.audit.case import Case, Finding, Findings
from neurosim.audit.widths import trace_bits


def eligibility(case: Case) -> Findings:
    """Where eligibility is kept, and what a synapse sees of its start."""
    if case.need.eligibility == "influence":
        yield from _influence(case)
    elif case.need.synapse_traces:
        yield from _per_synapse(case)
    elif case.need.pre_values:
        yield from _per_pre(case)
    if case.need.accumulators and not case.software:
        yield from _accumulators(case)


def _influence(case: Case) -> Findings:
    if not case.software:
        n = case.size("neuron")
        yield Finding(
            "FAIL",
            f"every synapse keeps a number for each of {n} neurons, {n * n * (n + case.size('input'))} in all, and all "
            f"are mixed at every step: {case.proof('eligibility')}",
        )


def _per_synapse(case: Case) -> Findings:
    if "per_synapse" not in (case.profile.get("rule.elig_layouts") or ()):
        if case.form == "outer_product":
            yield Finding("MP", f"an eligibility per synapse is kept outside the array: {case.proof('synapse_traces')}")
        else:
            yield Finding(
                "FAIL", f"synapses have no room for eligibilities of their own: {case.proof('synapse_traces')}"
            )
    elif not case.software:
        yield from _squeezed(case, "an eligibility per synapse", case.need.synapse_traces)


def _squeezed(case: Case, what: str, count: int) -> Findings:
    """State of a synapse that is narrower than that of a neuron."""
    bits, state = case.profile.get("rule.syn_state_bits"), case.profile.get("state.bits")
    if bits is None:
        yield Finding("unknown", f"rule.syn_state_bits, of {what}")
    elif state and bits < count * state:
        yield Finding("LOWP", f"{what} is kept in the {bits} bits of a synapse, where a neuron has {state}")


def _per_pre(case: Case) -> Findings:
    names = [t for t in case.profile.traces if case.profile.get(f"trace.{t}.site") == "pre"]
    offered = max((case.profile.get(f"trace.{t}.count") or 0 for t in names), default=0)
    if case.software:
        return
    if not names and not case.profile.get("rule.elig_layouts"):
        yield Finding("FAIL", f"no trace at the start of synapses: {case.proof('pre_values')}")
    elif case.need.pre_values > offered:
        few = f"{case.need.pre_values} values are needed of the start of a synapse, and there are traces for {offered}"
        yield Finding("LOWP" if "per_synapse" in (case.profile.get("rule.elig_layouts") or ()) else "FAIL", few)
    elif any(case.profile.get(f"trace.{t}.signed") is False for t in names):
        bits = trace_bits(case.profile, "pre")
        yield Finding(
            "LOWP", f"traces of the start of a synapse have {bits} bits and no sign: signed rates need two half-waves"
        )


def _accumulators(case: Case) -> Findings:
    text = f"changes are summed up per synapse before they are written: {case.proof('accumulators')}"
    if case.form == "outer_product":
        yield Finding("MP", f"outside the array, {text}")
    elif "per_synapse" in (case.profile.get("rule.elig_layouts") or ()):
        yield from _squeezed(case, "a sum of changes", case.need.accumulators)
    else:
        yield Finding("FAIL", f"synapses have no room, and {text}")


def own_weights(case: Case) -> Findings:
    """Rules in which weights decide how weights change."""
    if case.need.own_weight and case.profile.get("rule.reads_w") is False:
        tag = "MP" if case.form == "outer_product" else "FAIL"
        yield Finding(tag, f"learning cannot read the weight that it changes: {case.proof('own_weight')}")
    if case.need.self_weights and not case.software:
        text = f"every synapse of a neuron reads the neuron's weight onto itself: {case.proof('self_weights')}"
        if case.form == "outer_product":
            yield Finding("MP", f"{text}; it takes a copy outside the array")
        elif case.profile.get("rule.transpose") == "mirror":
            yield Finding("LOWP", f"{text}; it takes a copy at the neuron, learned alike")
        else:
            yield Finding("FAIL", text)
