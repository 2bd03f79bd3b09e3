"""Weights that are not what learning makes of them: without self-connections, read from hidden ones, mismatched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurosim import notation
from neurosim.adaptation.rewriting import is_of_the_network, rewritten
from neurosim.arithmetic import Arithmetic
from neurosim.notation import Binary, Block, Expression, Number, Read, Same, Statement
from neurosim.program import HIDDEN, Program
from neurosim.seeding import stream

GAIN = "gain_"
"""Begins the name of what each synapse transmits of its weight."""


def without_self_weights(program: Program, arithmetic: Arithmetic) -> Program:
    """A neuron's synapse onto itself is zero and stays so."""
    if not arithmetic.zero_diagonal:
        return program
    others = Binary("-", Number(1.0), Same("i", "j"))

    def change(block: Block) -> list[Block]:
        return [replace(block, statements=tuple(map(masked, block.statements)))]

    def masked(statement: Statement) -> Statement:
        if statement.target.name != "W_rec":
            return statement
        match statement.value:
            case Binary("+" | "-" as sign, left, added) if left == statement.target:
                return replace(statement, value=Binary(sign, left, Binary("*", others, added)))
        return replace(statement, value=Binary("*", others, statement.value))

    weights = dict(program.weights)
    weights["W_rec"] = weights["W_rec"] * (1.0 - np.eye(len(weights["W_rec"])))
    return replace(rewritten(program, change), weights=weights)


def with_hidden_weights(program: Program, arithmetic: Arithmetic) -> Program:
    """Learning adds to a hidden copy of each weight; the weight that acts is read from it after each update."""
    if not arithmetic.hidden:
        return program
    learned = program.learned

    def change(block: Block) -> list[Block]:
        found: list[Statement] = []
        for statement in block.statements:
            found += split(statement) if statement.target.name in learned else [statement]
        return [replace(block, statements=tuple(found))]

    def split(statement: Statement) -> list[Statement]:
        kept = replace(statement.target, name=HIDDEN + statement.target.name)

        def hide(node: Expression) -> Expression:
            return kept if node == statement.target else node

        return [Statement(kept, notation.transform(statement.value, hide)), Statement(statement.target, kept)]

    quantities, weights = dict(program.quantities), dict(program.weights)
    for name in learned:
        quantities[HIDDEN + name] = replace(quantities[name], name=HIDDEN + name)
        weights[HIDDEN + name] = weights[name]
    return replace(rewritten(program, change), quantities=quantities, weights=weights)


def with_mismatch(program: Program, arithmetic: Arithmetic) -> Program:
    """What a synapse transmits is its weight times a gain that it was made with."""
    if not arithmetic.mismatch:
        return program
    quantities, weights = dict(program.quantities), dict(program.weights)
    for name in ("W_rec", "W_in", "W_out"):
        draw = stream(0, "mismatch", name).normal(size=weights[name].shape)
        quantities[GAIN + name] = replace(quantities[name], name=GAIN + name)
        weights[GAIN + name] = 1.0 + arithmetic.mismatch * draw

    def transmitted(node: Expression) -> Expression:
        if isinstance(node, Read) and GAIN + node.name in weights:
            return Binary("*", node, replace(node, name=GAIN + node.name))
        return node

    def change(block: Block) -> list[Block]:
        return [
            replace(
                block,
                statements=tuple(
                    replace(s, value=notation.transform(s.value, transmitted)) if is_of_the_network(s) else s
                    for s in block.statements
                ),
            )
        ]

    return replace(rewritten(program, change), quantities=quantities, weights=weights)
