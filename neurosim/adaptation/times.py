"""When things happen on a chip: errors arrive late, weights change at times, traces decay before or after they grow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from neurosim import notation
from neurosim.adaptation.rewriting import is_of_the_network, rewritten
from neurosim.arithmetic import Arithmetic
from neurosim.notation import Binary, Block, Expression, Index, Read, Statement
from neurosim.program import Program, Quantity


def with_late_errors(program: Program, arithmetic: Arithmetic) -> Program:
    """Rules hear of an error some steps after it was made; a sweep back in time, on a host, does not wait."""
    if not arithmetic.latency:
        return program
    names = ["error", *(f"error_{steps}_ago" for steps in range(1, arithmetic.latency + 1))]
    place = (Index("o"),)
    moves = [Statement(Read(late, place), Read(soon, place)) for soon, late in pairwise(names)]

    def late(node: Expression) -> Expression:
        return replace(node, name=names[-1]) if isinstance(node, Read) and node.name == "error" else node

    def heard(statement: Statement) -> Statement:
        if is_of_the_network(statement):
            return statement
        return replace(statement, value=notation.transform(statement.value, late))

    step = tuple(replace(block, statements=tuple(map(heard, block.statements))) for block in program.step)
    first = Block("each step", tuple(reversed(moves)))
    new = {name: Quantity(name, ("output",), "error") for name in names[1:]}
    return replace(program, step=(first, *step), quantities={**program.quantities, **new})


def updated_at_times(program: Program, arithmetic: Arithmetic) -> Program:
    """Weights change at every so many steps only, by what the rule says then; all else goes on at every step."""
    if arithmetic.every == 1:
        return program

    def change(block: Block) -> Iterable[Block]:
        if block.when != "each step":
            yield block
            return
        for statement in block.statements:
            learns = statement.target.name in program.learned
            yield Block("every", (statement,), "epoch") if learns else Block("each step", (statement,))

    return replace(rewritten(program, change), constants={**program.constants, "epoch": float(arithmetic.every)})


def with_leaks_in_order(program: Program, arithmetic: Arithmetic) -> Program:
    """A trace that decays and takes something in does the one after the other, and rounds after each."""
    if arithmetic.leak == "together":
        return program
    quantities = dict(program.quantities)

    def change(block: Block) -> list[Block]:
        return [replace(block, statements=tuple(new for s in block.statements for new in split(s)))]

    def split(statement: Statement) -> list[Statement]:
        match statement.value:
            case Binary("+", Binary("*", decay, left), rest) if left == statement.target and is_trace(statement):
                name = f"halfway_{statement.target.name}"
                quantities[name] = replace(quantities[statement.target.name], name=name)
                halfway = replace(statement.target, name=name)
                if arithmetic.leak == "decay_add":
                    first, then = Binary("*", decay, left), Binary("+", halfway, rest)
                else:
                    first, then = Binary("+", left, rest), Binary("*", decay, halfway)
                return [Statement(halfway, first), Statement(statement.target, then)]
        return [statement]

    def is_trace(statement: Statement) -> bool:
        return quantities[statement.target.name].kind == "trace"

    return replace(rewritten(program, change), quantities=quantities)
