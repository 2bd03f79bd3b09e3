"""How each field of a requirement is found, with the equations that prove it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from neurosim.audit.facts import Facts, is_old_value
from neurosim.audit.reads import Access, places
from neurosim.audit.storage import network_own, outputs
from neurosim.audit.terms import domain, terms
from neurosim.notation import Binary, Expression, Root, Statement, reads, walk

LAYOUTS = ("none", "per_pre", "per_pre_x_post", "per_synapse", "influence")
"""Where eligibility is kept: nowhere, per presynaptic neuron, that times a postsynaptic factor of the moment, per
synapse, per synapse and neuron."""

ROUTES = ("none", "output", "synapses", "readout", "broadcast", "backpropagated")
"""How far the error goes: nowhere, no further than the readout, through synapses of its own to each neuron, back
through the readout weights, as one number to all, back through the recurrent weights."""


Need = tuple[Any, Iterable[Statement]]
"""A value and the equations that prove it."""


def _learned(facts: Facts) -> Need:
    learned = facts.program.learned
    return learned, [statement for statement in facts.statements if statement.target.name in learned]


def _eligibility(facts: Facts) -> Need:
    many = [s for s in facts.statements if s.target.name in facts.own and len(places(s.target)) > 2]
    per_synapse = [s for s in facts.statements if s.target.name in facts.traces and len(places(s.target)) == 2]
    post = [a.statement for a in facts.changes if a.way == "post" and a.name not in facts.taught]
    per_pre = [a.statement for a in facts.changes if a.way == "pre" and a.name in facts.traces]
    ranked = zip(LAYOUTS[::-1], (many, per_synapse, post, per_pre), strict=False)
    return next(((layout, proofs) for layout, proofs in ranked if proofs), ("none", []))


def _pre_values(facts: Facts) -> Need:
    most = max((facts.at_start(weight) for weight in facts.projections), key=len, default=frozenset())
    return len(most), [a.statement for a in facts.changes if a.name in most]


def _per_synapse(facts: Facts, names: frozenset[str]) -> Need:
    """The most that any one projection's synapses keep."""
    found = {name: facts.program.quantities[name].domains for name in names if facts.home(name) == "synapse"}
    most = max((list(found.values()).count(domains) for domains in found.values()), default=0)
    return most, [s for s in facts.statements if s.target.name in found]


def _synapse_traces(facts: Facts) -> Need:
    return _per_synapse(facts, facts.traces)


def _accumulators(facts: Facts) -> Need:
    return _per_synapse(facts, facts.kept & facts.taught)


def _error(facts: Facts) -> Need:
    found: dict[str, list[Statement]] = {route: [] for route in ROUTES}
    for access in facts.accesses:
        if access.name in facts.taught:
            found[_route(facts, access)].append(access.statement)
    route = next((route for route in ROUTES[::-1] if found[route]), "none")
    return route, found[route]


def _route(facts: Facts, access: Access) -> str:
    """How one read comes by the error."""
    back = {facts.places(name) for name, direction in access.through if direction == "transposed"}
    if access.way in ("gathered", "broadcast"):
        return "broadcast"
    if ("neuron", "neuron") in back:
        return "backpropagated"
    if back:
        return "readout"
    return "synapses" if access.way == "carried" else "output"


def _transport(facts: Facts) -> Need:
    return _names(facts, lambda access: access.way in ("transposed", "reverse"))


def _own_weight(facts: Facts) -> Need:
    """A weight by itself, once, is what a change is added to; any other multiple, product or copy of it is a read."""
    at_hand = [a for a in facts.accesses if a.way == "here" and a.name in facts.program.synapses and len(a.places) == 2]
    proofs = [access.statement for access in at_hand if not is_old_value(access) or access.term.scalars]
    proofs += [statement for statement in facts.statements if abs(_share(facts, statement) - 1.0) > 1e-12]
    return bool(proofs), proofs


def _share(facts: Facts, statement: Statement) -> float:
    """How much of a weight its equation leaves; 1 where it is not about a weight, or writes it anew."""
    if statement.target.name not in facts.program.synapses:
        return 1.0
    parts = terms(statement.value, facts.program.constants)
    left = [term.number for term in parts if term.reads == (statement.target,)]
    return sum(left) if left else 1.0


def _self_weights(facts: Facts) -> Need:
    found = [a.statement for a in facts.accesses if len(a.places) == 2 and len(set(a.places)) == 1]
    return bool(found), found


def _history(facts: Facts) -> Need:
    found = [statement for statement in facts.statements if statement.target.name in facts.lines]
    return facts.program.sizes["past"] if found else 0, found


def _whole_trial(facts: Facts) -> Need:
    found = [statement for block in facts.program.backward for statement in block.statements]
    return bool(found), found


def _sweep(facts: Facts) -> Need:
    """Going back after the trial, or through what is remembered: a value at s made of one at s-1 in the same step."""
    found = [
        statement
        for statement in facts.statements
        if any(
            not read.before and i.letter == "s" and i.offset < 0
            for read in reads(statement.value)
            for i in read.indices
        )
    ]
    found += _whole_trial(facts)[1]
    return bool(found), found


def _reductions(facts: Facts) -> Need:
    """Sums over outputs alone are the readout's to form, and only sent to all."""
    return _names(facts, lambda a: a.way == "gathered" and {domain(place) for place in a.places} != {"output"})


def _forward_products(facts: Facts) -> Need:
    return _names(facts, lambda a: a.way == "forward" and domain(a.places[1]) != "output")


def _remote(facts: Facts) -> Need:
    def is_remote(access: Access) -> bool:
        if access.way == "pre" and access.name in facts.taught:
            return domain(access.places[0]) != "output"
        return access.way == "remote"

    return _names(facts, is_remote)


def _noise(facts: Facts) -> Need:
    """What is drawn by chance: a coin is all that an ideal program stores as anything but it is."""
    names = {name for name in facts.own if not facts.program.quantities[name].format.exact}
    return tuple(sorted(names)), [statement for statement in facts.statements if statement.target.name in names]


def _ratios(facts: Facts) -> Need:
    found = [statement for statement in facts.statements if any(map(_is_ratio, walk(statement.value)))]
    return tuple(sorted({statement.target.name for statement in found})), found


def _is_ratio(node: Expression) -> bool:
    return isinstance(node, Root) or (isinstance(node, Binary) and node.operator == "/" and bool(reads(node.right)))


def _products(facts: Facts) -> Need:
    memory = facts.program.sizes["past"]
    counts = {}
    for statement in (each for each in facts.statements if each.target.name in facts.program.synapses):
        found = [t for t in terms(statement.value, facts.program.constants) if t.reads != (statement.target,)]
        counts[statement] = sum(memory ** sum(domain(letter) == "past" for letter in t.summed) for t in found)
    most = max(counts.values(), default=0)
    return most, [statement for statement, count in counts.items() if count == most]


def _decays(facts: Facts) -> Need:
    found: dict[str, float] = {}
    for statement in (each for each in facts.statements if each.target.name in facts.traces):
        parts = terms(statement.value, facts.program.constants)
        kept = [term.number for term in parts if term.reads == (statement.target,)]
        found |= {statement.target.name: sum(kept)} if kept else {}
    return found, [statement for statement in facts.statements if statement.target.name in found]


def _relayed(facts: Facts) -> Need:
    """Outputs that neurons hear of."""
    formed, own = set(outputs(facts.program)), network_own(facts.program)
    found = {s: formed & {read.name for read in reads(s.value)} for s in own if s.target.name == "drive"}
    return tuple(sorted(set().union(*found.values()))), [statement for statement, names in found.items() if names]


def _names(facts: Facts, chosen: Callable[[Access], bool]) -> Need:
    found = [access for access in facts.accesses if chosen(access)]
    return tuple(sorted({access.name for access in found})), [access.statement for access in found]


NEEDS: Mapping[str, Callable[[Facts], Need]] = {
    "learned": _learned,
    "eligibility": _eligibility,
    "pre_values": _pre_values,
    "synapse_traces": _synapse_traces,
    "accumulators": _accumulators,
    "error": _error,
    "transport": _transport,
    "own_weight": _own_weight,
    "self_weights": _self_weights,
    "history": _history,
    "whole_trial": _whole_trial,
    "sweep": _sweep,
    "reductions": _reductions,
    "forward_products": _forward_products,
    "remote": _remote,
    "noise": _noise,
    "ratios": _ratios,
    "products": _products,
    "decays": _decays,
    "relayed": _relayed,
}
"""Each field of a `Requirement`, and how it is found."""
