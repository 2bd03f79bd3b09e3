"""How rates and inputs are sent where that takes chance or memory."""

from __future__ import annotations

from dataclasses import replace

from neurosim import notation
from neurosim.adaptation.rewriting import rewritten
from neurosim.arithmetic import Arithmetic
from neurosim.notation import Binary, Block, Expression, Index, Read, Statement
from neurosim.program import Program, Quantity


def with_coded_messages(program: Program, arithmetic: Arithmetic) -> Program:
    """Inputs are sent as rates are, step by step, where sending takes chance or memory."""
    if arithmetic.message == "rounded":
        return program
    quantities = dict(program.quantities)
    inputs = "heard" not in arithmetic.exempt
    if inputs:
        quantities["x"] = replace(quantities["x"], kind="state")
        quantities["heard"] = Quantity("heard", ("input",), "message")

    def heard(node: Expression) -> Expression:
        return replace(node, name="heard") if inputs and isinstance(node, Read) and node.name == "x" else node

    def change(block: Block) -> list[Block]:
        statements = [replace(s, value=notation.transform(s.value, heard)) for s in block.statements]
        return [replace(block, statements=tuple(new for s in statements for new in sending(s)))]

    def sending(statement: Statement) -> list[Statement]:
        """The difference to what was sent before, and what the receivers then make of it."""
        name = statement.target.name
        coded = name in ("sent", "heard") and name not in arithmetic.exempt
        if not coded or arithmetic.message != "sigma_delta":
            return [statement]
        jump = replace(statement.target, name=f"jump_{name}")
        quantities[jump.name] = replace(quantities[name], name=jump.name, kind="message")
        quantities[name] = replace(quantities[name], kind="state")
        return [
            Statement(jump, Binary("-", statement.value, statement.target)),
            Statement(statement.target, Binary("+", statement.target, jump)),
        ]

    program = rewritten(program, change)
    arriving = Statement(Read("heard", (Index("m"),)), Read("x", (Index("m"),)))
    first = (Block("each step", tuple(sending(arriving))),) if inputs else ()
    return replace(program, step=(*first, *program.step), quantities=quantities)
