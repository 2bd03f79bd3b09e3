"""Statements of a program as one compiled function of arrays: what a neuron, a node or a synapse does in a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim import notation
from neurosim.compiled import compiled, module_text
from neurosim.draws import stream_key
from neurosim.kernel import drawing
from neurosim.loops import Loops
from neurosim.notation import Block, Scalar
from neurosim.program import Program


@dataclass(frozen=True)
class Clock:
    """How steps are numbered. steps: in a trial. seed, first_step: of the draws that round stochastically."""

    steps: int
    seed: int = 0
    first_step: int = 0


@dataclass(frozen=True)
class Body:
    """Statements that run together in a step, on arrays that the simulator owns.

    equations: their text. arrays: the quantities that they read or write; `mask` is an array of one number. written:
    those that they write. numbers: the sizes, the constants and where draws begin, by their names in `source`.
    """

    equations: tuple[str, ...]
    arrays: tuple[str, ...]
    written: tuple[str, ...]
    numbers: tuple[tuple[str, float | np.uint64], ...]
    clock: Clock
    source: str = field(repr=False)

    def bind(self, arrays: Mapping[str, np.ndarray]) -> Callable[[int], None]:
        """The function that runs the statements on these arrays, in place, as step number `count` of the simulation."""
        kernel = compiled(self.source)
        given = [value for _, value in self.numbers] + [arrays[name] for name in self.arrays]
        steps, first_step = self.clock.steps, self.clock.first_step
        return lambda count: kernel(count, steps, first_step, *given)


def body(program: Program, blocks: Iterable[Block], clock: Clock) -> Body:
    """The body of some blocks of a program."""
    blocks = [block for block in blocks if block.statements]
    statements = [statement for block in blocks for statement in block.statements]
    written = {statement.target.name for statement in statements}
    nodes = [node for statement in statements for node in notation.walk(statement.value)]
    arrays = written | {read.name for statement in statements for read in notation.reads(statement.value)}
    scalars = {node.name for node in nodes if isinstance(node, Scalar)} | {block.period for block in blocks}
    keys = [name for name in drawing(program) if name in written]
    numbers: dict[str, Any] = {f"n_{domain}": size for domain, size in sorted(program.sizes.items())}
    numbers |= {
        f"c_{name}": program.dtype.type(value) for name, value in sorted(program.constants.items()) if name in scalars
    }
    numbers |= {f"key_{name}": np.uint64(stream_key(clock.seed, name)) for name in keys}
    masked = ("mask",) if "mask" in scalars else ()
    names = tuple(sorted(arrays))
    return Body(
        equations=tuple(map(str, statements)),
        arrays=masked + names,
        written=tuple(sorted(written)),
        numbers=tuple(numbers.items()),
        clock=clock,
        source=_source(program, blocks, [*numbers, *masked, *(f"q_{name}" for name in names)], bool(keys)),
    )


def _source(program: Program, blocks: list[Block], arguments: list[str], draws: bool) -> str:
    """The text of a module whose function `run` takes `count, steps, first_step` and then the arguments."""
    writer = Loops(program)
    lines = [line for block in blocks for line in writer.block(block)]
    first = ["t = count % steps", *(["now = np.uint64(first_step + count)"] if draws else [])]
    first += ["c_mask = mask[0]"] if "mask" in arguments else []
    formats = {program.quantities[s.target.name].format for block in blocks for s in block.statements}
    return module_text(["count", "steps", "first_step", *arguments], [*first, *writer.scratch, *lines], formats)
