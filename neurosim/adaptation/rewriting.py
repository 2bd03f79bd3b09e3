"""What every change of a program is made with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from neurosim import network as net
from neurosim.notation import Block, Statement
from neurosim.program import Program


def rewritten(program: Program, change: Callable[[Block], Iterable[Block]]) -> Program:
    """The program with each of its blocks replaced by others."""

    def all_of(blocks: Iterable[Block]) -> tuple[Block, ...]:
        return tuple(new for block in blocks for new in change(block) if new.statements)

    return replace(program, step=all_of(program.step), backward=all_of(program.backward), end=all_of(program.end))


def is_of_the_network(statement: Statement) -> bool:
    """Whether a statement is the network's own, not the rule's."""
    return statement.target.name in net.QUANTITIES and statement.target.name not in net.WEIGHTS
