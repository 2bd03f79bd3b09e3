"""What must come from elsewhere or from the past, beside what a chip brings: errors, weights, activity, sums."""

from __future__ import annotations

from neurosim.audit.case import Case, Finding, Findings
from neurosim.audit.facts import Facts
from neurosim.audit.storage import network_own
from neurosim.notation import reads


def error(case: Case) -> Findings:
    """How the error comes to where it is needed."""
    offered = case.profile.get("rule.third_factor")
    wanted = ("core", "neuron", "synapse") if case.need.error == "broadcast" else ("neuron", "synapse")
    if case.need.error != "none" and offered not in wanted and case.form != "fixed":
        has = {"none": "no error", "core": "one number for all neurons"}.get(str(offered), "nothing known")
        yield Finding(
            "FAIL", f"each neuron needs an error of its own, and learning is told {has}: {case.proof('error')}"
        )
    path = case.profile.get("rule.err_path")
    if case.need.error != "none" and path == "embedded_cpu_write":
        yield Finding("ASSIST", "an embedded processor writes the error to each neuron")
    if path == "wout_transpose":
        yield from _only_through_readout(case)


def _only_through_readout(case: Case) -> Findings:
    """Chips whose wiring brings errors back through W_out and in no other way."""
    if case.need.error == "broadcast":
        yield Finding("FAIL", f"errors come back through W_out and in no other way: {case.proof('error')}")
    elif case.need.error == "synapses" and "W_out" in case.need.learned:
        yield Finding(
            "RESTR", f"errors come back through W_out; B could be that only if it were frozen: {case.proof('error')}"
        )
    elif case.need.error == "synapses":
        yield Finding("note", "errors come back through W_out, which is frozen: it takes the place of B")


def transport(case: Case) -> Findings:
    """Weights that are read against their direction."""
    how = case.profile.get("rule.transpose")
    if case.software or how == "crossbar":
        return
    facts = Facts(case.program)
    for name in case.need.transport:
        text = f"{name} is read against its direction: {case.proof('transport', name)}"
        if facts.places(name) != ("output", "neuron"):
            yield Finding("FAIL", f"{text}, and the chip passes synapses between neurons in their direction only")
        elif how == "none" or how is None:
            yield Finding("FAIL", f"{text}, and the chip passes synapses in their direction only")
        elif how == "mirror" and name in case.need.learned:
            yield Finding("LOWP", f"{text}; it takes a mirrored copy, learned alike")


def past(case: Case) -> Findings:
    """Memory of activity, and errors that go back through it."""
    wanted, kept = case.need.looked_back(case.steps), case.profile.get("rule.history_steps")
    if not wanted and not case.need.sweep:
        return
    remembered = ", ".join(case.program.remembered)
    why = f"{remembered} of every step" if case.need.whole_trial else case.proof("history")
    if kept is None:
        yield Finding("unknown", f"rule.history_steps, of which {wanted} are needed")
    elif kept == 0:
        yield Finding(
            "FAIL", f"{wanted} steps of activity must be kept and gone back through, and it keeps none: {why}"
        )
    elif kept < wanted:
        yield Finding("HOST", f"{wanted} steps of activity must be kept, and it keeps {kept}: {why}")
    elif case.form == "outer_product":
        yield Finding("ASSIST", f"the digital periphery keeps {wanted} steps and goes back through them: {why}")


def _ratios(case: Case) -> Findings:
    text = f"a quotient or a root is taken for {', '.join(case.need.ratios)}: {case.proof('ratios')}"
    if case.need.ratios and case.software:
        yield Finding("note", f"{text}; a program can come near it, which fixed point here does not")
    elif case.need.ratios:
        yield Finding("FAIL", f"{text}, and learning adds and multiplies only")


def sums(case: Case) -> Findings:
    """Sums over all neurons or synapses, a second signal through the weights, and synapses that read others."""
    if case.need.reductions and case.profile.get("rule.global_reduce") is not True:
        names = ", ".join(case.need.reductions)
        yield Finding("FAIL", f"{names} is summed over all neurons or synapses: {case.proof('reductions')}")
    if case.need.forward_products and not case.software and case.form != "outer_product":
        for name in case.need.forward_products:
            text = f"{name} carries a second signal at each step: {case.proof('forward_products', name)}"
            yield Finding("FAIL", f"{text}; it takes a second copy of the synapses")
    if case.need.noise and not case.software:
        yield Finding("unknown", f"whether its neurons draw at random, for {', '.join(case.need.noise)}")
    yield from _ratios(case)
    if case.need.remote and not case.software:
        names = ", ".join(case.need.remote)
        yield Finding("FAIL", f"a synapse reads {names} of elsewhere: {case.proof('remote')}")


def relayed(case: Case) -> Findings:
    """Outputs that act on the neurons, and weights that carry them and errors."""
    if not case.need.relayed or case.software:
        return
    names, proof = ", ".join(case.need.relayed), case.proof("relayed")
    if case.form == "fixed":
        yield Finding("FAIL", f"{names} acts on the neurons, and outputs lead nowhere back in its wiring: {proof}")
        return
    yield Finding("note", f"{names} is formed and acts in one step, by two passes one after the other: {proof}")
    facts = Facts(case.program)
    ahead = {read.name for statement in network_own(case.program) for read in reads(statement.value)}
    for name in sorted({a.name for a in facts.accesses if a.way == "forward"} & ahead - set(case.need.learned)):
        text = f"{name} carries {names} and, once more, errors, both in its direction"
        yield Finding("note", f"{text}: it does not learn, and two copies of it are written once")
