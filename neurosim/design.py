"""How a rule is laid out on a chip: as it is written, or with other numbers that learn and do the same."""

from __future__ import annotations

from neurosim import catalog
from neurosim.errors import NeurosimError, unknown
from neurosim.factorisation import factorised
from neurosim.network import Network
from neurosim.program import Program, compile

USUAL, FACTORISED = "usual", "factorised"
DESIGNS = (USUAL, FACTORISED)
"""`usual`: the weights learn. `factorised`: W_rec rests, and a factor of outputs by neurons learns beside it."""


def designed(rule: str, network: Network, *, plastic: tuple[str, ...], design: str = USUAL) -> Program:
    """The program of a rule, by name, in a design. Raises `NeurosimError` if there is none of it."""
    program = compile(network, catalog.rule(rule), plastic=plastic)
    if design == USUAL:
        return program
    if design != FACTORISED:
        raise unknown("design", design, DESIGNS)
    try:
        return factorised(program)
    except NeurosimError as error:
        raise NeurosimError(f"{rule}: {error}") from None


def label(rule: str, design: str) -> str:
    """What a rule in a design is called in tables."""
    return rule if design == USUAL else f"{rule}, {design}"


def beside(design: str) -> tuple[str, ...]:
    """The designs that are shown where one is asked for: the usual, and that."""
    return tuple(dict.fromkeys((USUAL, design)))
