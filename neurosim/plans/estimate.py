"""How much a program computes, by its text: enough to tell which of two ways is the shorter."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from neurosim import notation
from neurosim.notation import LETTERS, Expression, Sum
from neurosim.program import Program

PRODUCT = 0.25
"""What one multiplication costs in a product of large matrices, beside one in a pass over a matrix at each step."""

CALL = 2e4
"""What a call of the linear algebra costs beside what it computes, in multiplications."""

WORTH = 1.5
"""How many times shorter a way must be by these counts to be taken."""


@lru_cache(maxsize=256)
def trial(program: Program, steps: int) -> float:
    """Multiplications in a trial, nearly."""
    return steps * _of(program, program.step + program.backward) + _of(program, program.end)


def _of(program: Program, blocks: tuple[notation.Block, ...]) -> float:
    return sum(
        _volume(program, notation.free(statement.target))
        + sum(_volume(program, letters) for letters in _sums(statement.value))
        for block in blocks
        for statement in block.statements
    )


def _volume(program: Program, letters: set[str]) -> float:
    return float(prod(program.sizes[LETTERS[letter]] for letter in letters))


def _sums(expression: Expression) -> list[set[str]]:
    """For each innermost sum, the letters that it depends on and those that it runs over."""
    nested = [node for node in notation.walk(expression) if isinstance(node, Sum)]
    return [
        {node.letter} | notation.free(node.body)
        for node in nested
        if not any(isinstance(inner, Sum) for inner in notation.walk(node.body))
    ]


def dear(shorter: float, longer: float) -> str | None:
    """Why a way with that many multiplications is not worth taking; None if it is."""
    if shorter * WORTH < longer:
        return None
    return f"it would take {shorter:.2g} multiplications where the full kernel takes {longer:.2g}"
