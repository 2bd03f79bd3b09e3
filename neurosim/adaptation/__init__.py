"""A program as a chip runs it: what the chip does otherwise than the text, as changes of the program itself.

So every engine runs it, and none knows that there are chips.
"""

from __future__ import annotations

from dataclasses import replace

from neurosim import exactness
from neurosim.adaptation.messages import with_coded_messages
from neurosim.adaptation.times import updated_at_times, with_late_errors, with_leaks_in_order
from neurosim.adaptation.weights import GAIN, with_hidden_weights, with_mismatch, without_self_weights
from neurosim.arithmetic import Arithmetic
from neurosim.precision import Format, loading
from neurosim.program import HIDDEN, Program, Quantity

KNOWN = Format(16, 13)
"""How finely what synapses really transmit is known to the simulation."""


def adapt(program: Program, arithmetic: Arithmetic) -> Program:
    """The program in a chip's arithmetic. Raises `NeurosimError` if its numbers are too wide to be computed exactly."""
    ideal = program
    for change in (
        without_self_weights,
        with_late_errors,
        updated_at_times,
        with_leaks_in_order,
        with_coded_messages,
        with_mismatch,
        with_hidden_weights,
    ):
        program = change(program, arithmetic)
    given = {name: _format(quantity, arithmetic) for name, quantity in program.quantities.items()}
    quantities = {name: replace(program.quantities[name], format=format) for name, format in given.items()}
    program = replace(program, quantities=quantities, arithmetic=arithmetic, ideal=ideal)
    if arithmetic.fixed:
        constants = {name: arithmetic.coefficient(name, value) for name, value in program.constants.items()}
        statements = [statement for block in program.blocks for statement in block.statements]
        exactness.check(tuple(statements), given, constants, program.sizes)
    return program


def _format(quantity: Quantity, arithmetic: Arithmetic) -> Format:
    """The format of a quantity: that of its kind, or one that it has for itself."""
    if not quantity.format.exact or quantity.name in arithmetic.exempt:
        return quantity.format
    if quantity.name == "drive" and arithmetic.current:
        return arithmetic.current
    if quantity.name.startswith(HIDDEN) and arithmetic.hidden:
        return arithmetic.hidden
    if quantity.name == "B":
        return loading(arithmetic.formats["weight"])
    return KNOWN if quantity.name.startswith(GAIN) else arithmetic.formats[quantity.kind]
