"""Where numbers stand in memory for lanes to go through them: neurons along memory, from the start of a cache line on.

A matrix that has neurons first and something of which there are few last, `W_in[i, m]`, is one with neurons last,
`W_in[m, i]`, throughout the program. Who draws by the element numbers elements as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from neurosim import notation
from neurosim.notation import Block, Expression, Read, Statement
from neurosim.program import Program

LINE = 64
"""Bytes in a cache line."""


def turned(program: Program) -> frozenset[str]:
    """The matrices that are kept with their neurons last."""
    return frozenset(
        name
        for name, quantity in program.quantities.items()
        if len(quantity.domains) == 2 and quantity.domains[0] == "neuron" != quantity.domains[1]
    )


def neurons_last(program: Program) -> Program:
    """The same program with these matrices turned: it asks the same, of arrays that lie otherwise."""
    names = turned(program)

    def turn(node: Expression) -> Expression:
        if isinstance(node, Read) and node.name in names:
            return replace(node, indices=node.indices[::-1])
        return node

    def block(each: Block) -> Block:
        return replace(each, statements=tuple(map(statement, each.statements)))

    def statement(each: Statement) -> Statement:
        target = turn(each.target)
        assert isinstance(target, Read)
        return Statement(target, notation.transform(each.value, turn))

    quantities = dict(program.quantities)
    for name in names:
        quantities[name] = replace(quantities[name], domains=quantities[name].domains[::-1])
    step, backward, end = (tuple(map(block, blocks)) for blocks in (program.step, program.backward, program.end))
    return replace(program, quantities=quantities, step=step, backward=backward, end=end)


def placed(arrays: Mapping[str, np.ndarray], names: frozenset[str]) -> dict[str, np.ndarray]:
    """Copies of arrays as kernels want them, those of the names turned."""
    return {name: _aligned(value.swapaxes(-1, -2) if name in names else value) for name, value in arrays.items()}


def as_named(arrays: Mapping[str, np.ndarray], names: frozenset[str]) -> dict[str, np.ndarray]:
    """The same arrays with the axes that the program names."""
    return {
        name: np.ascontiguousarray(value.swapaxes(-1, -2)) if name in names else value for name, value in arrays.items()
    }


def _aligned(value: np.ndarray) -> np.ndarray:
    """A copy that begins where a cache line does."""
    room = np.empty(value.size + LINE // value.itemsize, value.dtype)
    first = -room.ctypes.data % LINE // value.itemsize
    found = room[first : first + value.size].reshape(value.shape)
    found[...] = value
    return found
