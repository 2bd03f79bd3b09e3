"""How much a program computes, by its text: enough to tell which of two ways is the shorter."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from neurosim import notation
from neurosim.deferral import deferred
from neurosim.fusion import AHEAD, fused
from neurosim.notation import LETTERS, Expression, Sum
from neurosim.program import Program

PRODUCT = 0.4
"""What one multiplication costs in a product of large matrices, beside one in a pass over a matrix at each step."""

COLUMN = 2.0
"""What it costs where a matrix is multiplied by a few columns, and these are copied, outside of kernels."""

SHARED = 0.4
"""What it costs in a pass that changes the matrix anyway (`neurosim.fusion`)."""

STATEMENT = 200.0
"""What a statement costs at a step beside what it computes, in multiplications."""

CALL = 6e4
"""What a call of the linear algebra costs beside what it computes, in multiplications: 8 us."""

SHORT = 1e8
"""Of a job that takes fewer multiplications, some milliseconds, choosing would be a part worth mentioning."""

WORTH = 1.3
"""How many times shorter a way must be by these counts to be taken."""


@lru_cache(maxsize=256)
def trial(program: Program, steps: int) -> float:
    """Multiplications in a trial, nearly, as kernels do them."""
    put_off = deferred(program)
    met = [program.quantities[meeting.added.target.name].domains for meeting in put_off.meetings]
    products = steps * PRODUCT * sum(float(prod(program.sizes[each] for each in places)) for places in met)
    quick = fused(put_off.program)
    return products + steps * _of(quick, quick.step + quick.backward) + _of(quick, quick.end)


def _of(program: Program, blocks: tuple[notation.Block, ...]) -> float:
    return sum(_in_statement(program, statement) for block in blocks for statement in block.statements)


def _in_statement(program: Program, statement: notation.Statement) -> float:
    summed = sum(_volume(program, letters) for letters in _sums(statement.value))
    shared = SHARED if statement.target.name.startswith(AHEAD) else 1.0
    return STATEMENT + _volume(program, notation.free(statement.target)) + shared * summed


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
