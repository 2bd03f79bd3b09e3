"""What a rule needs of a chip, derived from its program alone: each need with the equations that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosim.audit.facts import Facts
from neurosim.audit.needs import NEEDS
from neurosim.program import Program


@dataclass(frozen=True)
class Requirement:
    """What a chip must offer for a program to run on it as it stands.

    learned: weights that change. eligibility: of `LAYOUTS`. pre_values: what a synapse must know of its start, at most
    (traces and activity). synapse_traces, accumulators: numbers kept per synapse beside the weight, without and with
    the error in them. error: of `ROUTES`. transport: what is read against its direction. own_weight: a synapse's weight
    decides its change, beyond being what is changed. self_weights: those of neurons onto themselves are read apart.
    history: steps of the past kept; whole_trial: all of it. sweep: whether errors go back through the past.
    reductions: what is summed over neurons or synapses with no synapse between. forward_products: what is passed in its
    direction once more. remote: what a synapse reads at synapses of other neurons, or of the error at its start.
    noise: what is drawn by chance. ratios: what takes a root, or a quotient by a number that changes. products: the
    most products in one weight's change. decays: of the traces, per step. relayed: outputs that act on the
    neurons, in the step in which they are formed.
    proof: for each of these, the equations that ask for it.
    """

    learned: tuple[str, ...] = ()
    eligibility: str = "none"
    pre_values: int = 0
    synapse_traces: int = 0
    accumulators: int = 0
    error: str = "none"
    transport: tuple[str, ...] = ()
    own_weight: bool = False
    self_weights: bool = False
    history: int = 0
    whole_trial: bool = False
    sweep: bool = False
    reductions: tuple[str, ...] = ()
    forward_products: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    noise: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()
    products: int = 0
    decays: Mapping[str, float] = field(default_factory=dict)
    relayed: tuple[str, ...] = ()
    proof: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def looked_back(self, steps: int) -> int:
        """Steps of the past that must be there, in a trial of so many."""
        return steps if self.whole_trial else self.history


def requirement(program: Program) -> Requirement:
    """What a program needs. Sizes do not matter, but for the memory of `s`."""
    facts = Facts(program.ideal or program)
    found = {name: need(facts) for name, need in NEEDS.items()}
    values: dict[str, Any] = {name: value for name, (value, _) in found.items()}
    proof = {name: tuple(dict.fromkeys(map(str, proofs))) for name, (_, proofs) in found.items()}
    return Requirement(**values, proof=proof)
