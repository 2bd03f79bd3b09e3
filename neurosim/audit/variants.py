"""Programs that do the same, or the same on a chip of a certain kind, and need less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from neurosim.audit.facts import Facts
from neurosim.audit.reads import places
from neurosim.notation import Block, Expression, Number, Read, Same, Statement, reads, transform, walk
from neurosim.program import Program

Changing = Callable[[Expression], Expression]


def without_self_weights(program: Program) -> Program:
    """The program where no neuron has a weight onto itself, as on a chip that forces those to zero."""

    def change(node: Expression) -> Expression:
        is_self = isinstance(node, Read) and node.name == "W_rec" and len(set(node.indices)) == 1
        return Number(0.0) if is_self else node

    return _rewritten(program, change)


def factored(program: Program) -> Program:
    """The program with each trace that is the same for all postsynaptic neurons kept once, at the start of synapses.

    In exact arithmetic it does the same. `trace[i, j]` is the same for every `i` if nothing that it is made of has an
    `i`: it begins at zero, and so do all of them.
    """
    same = _same_for_all(program)

    def change(node: Expression) -> Expression:
        return replace(node, indices=node.indices[1:]) if isinstance(node, Read) and node.name in same else node

    quantities = {
        name: replace(quantity, domains=quantity.domains[1:]) if name in same else quantity
        for name, quantity in program.quantities.items()
    }
    return replace(_rewritten(program, change), quantities=quantities)


def _same_for_all(program: Program) -> frozenset[str]:
    facts = Facts(program)
    found = frozenset(name for name in facts.traces if len(program.quantities[name].domains) == 2)
    while True:
        broken = {s.target.name for s in facts.statements if s.target.name in found and not _no_post(s, found)}
        if not broken:
            return found
        found -= broken


def _no_post(statement: Statement, same: frozenset[str]) -> bool:
    """Whether nothing on the right has the target's first letter, but for traces that are the same for all of it."""
    post = places(statement.target)[0]
    others = (
        read for read in reads(statement.value) if read.name not in same or read.indices != statement.target.indices
    )
    return not any(post in places(read) for read in others) and not _compares(statement, post)


def _compares(statement: Statement, letter: str) -> bool:
    return any(isinstance(node, Same) and letter in (node.left, node.right) for node in walk(statement.value))


def _rewritten(program: Program, change: Changing) -> Program:
    def block(each: Block) -> Block:
        statements = (Statement(_read(change(s.target)), transform(s.value, change)) for s in each.statements)
        return replace(each, statements=tuple(statements))

    return replace(
        program,
        step=tuple(map(block, program.step)),
        backward=tuple(map(block, program.backward)),
        end=tuple(map(block, program.end)),
    )


def _read(node: Expression) -> Read:
    assert isinstance(node, Read)
    return node
