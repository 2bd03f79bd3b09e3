"""What assignments mean: each evaluated as it is written, one array at a time, and rounded as it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim import notation
from neurosim.counting import counted, tally
from neurosim.draws import LASTING, normal, paired, rows_and_columns, sharing, uniform
from neurosim.notation import Binary, Block, Expression, Index, Number, Read, Root, Same, Scalar, Statement, Sum
from neurosim.precision import Format
from neurosim.program import Program
from neurosim.storing import SHARED, needs, store

OPERATE = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def due(block: Block, scalars: Mapping[str, float], t: int, steps: int) -> bool:
    """Whether a block runs at step t of a trial."""
    return block.period is None or (t + 1) % int(scalars[block.period]) == 0 or t == steps - 1


def execute(
    block: Block,
    program: Program,
    values: dict[str, np.ndarray],
    scalars: Mapping[str, float],
    then: Mapping[str, np.ndarray],
    draws: Draws,
    counts: np.ndarray | None = None,
) -> None:
    """Run the statements in order; what `before` reads is `then`, or the target as the statement found it.

    counts: what storing does is added to them (see `counting`).
    """
    for statement in block.statements:
        name = statement.target.name
        earlier = {**then, name: values[name].copy()}
        for place in places(statement, program.sizes):
            axes = [index.letter for index in statement.target.indices if index.letter and index.letter not in place]
            where = tuple(_position(index, place) for index in statement.target.indices)
            value = Evaluation(values, earlier, scalars, place, program.sizes, program.dtype).of(statement.value, axes)
            format = program.quantities[name].format
            given = draws.of(name, format, values[name].shape, where) if needs(format) else {}
            was = np.array(values[name][where])
            if "was" in given:
                given["was"] = was
            values[name][where] = store(format, value, **given)
            if counts is not None and not format.exact:
                counts[counted(program).index(name)] += tally(format, value, was, np.asarray(values[name][where]))


def after_trial(
    program: Program,
    values: dict[str, np.ndarray],
    scalars: dict[str, float],
    past: Mapping[str, np.ndarray],
    heard: Mapping[str, np.ndarray],
    draws: Callable[[int], Draws],
    counts: np.ndarray | None = None,
) -> None:
    """What runs once a trial is over: the sweep back through what was remembered, `past[t + 1]` of step t, and the end.

    heard: inputs, targets and mask of the trial, by step. draws: the uniform numbers of a step.
    """
    steps = len(heard["mask"])
    for t in reversed(range(steps) if program.backward else ()):
        values["x"][...], values["target"][...] = heard["x"][t], heard["target"][t]
        scalars["mask"] = heard["mask"][t]
        now = values | {name: past[name][t + 1] for name in program.history}
        then = {name: past[name][t] for name in program.history}
        for block in program.backward:
            execute(block, program, now, scalars, then, draws(t), counts)
        values |= {name: now[name] for name in values if name not in program.history}
    for block in program.end:
        execute(block, program, values, scalars, values, draws(steps - 1), counts)


def places(statement: Statement, sizes: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """The values of `s`, in order, for which every read stays inside its array; one empty place if there is no `s`."""
    if "s" not in {index.letter for index in statement.target.indices}:
        yield {}
        return
    back = [index.offset for read in notation.reads(statement.value) for index in read.indices if index.letter == "s"]
    for s in range(-min(back, default=0), sizes["past"]):
        yield {"s": s}


def _position(index: Index, place: Mapping[str, int]) -> int | slice:
    if index.letter is None:
        return index.offset
    return place[index.letter] + index.offset if index.letter in place else slice(None)


@dataclass(frozen=True)
class Draws:
    """The uniform numbers of one step."""

    keys: Mapping[str, int]
    step: int

    @classmethod
    def at(cls, keys: Mapping[str, int], first: int, t: int) -> Draws:
        """Those of step t of a trial whose first step is the `first` of all."""
        return cls(keys, first + t)

    def of(self, name: str, format: Format, shape: tuple[int, ...], where: tuple[int | slice, ...]) -> dict[str, Any]:
        """What storing in some places of a quantity depends on beside the value; `was` is for the caller to give."""
        found: dict[str, Any] = dict.fromkeys(needs(format))
        if format.share == "pair":
            rows, columns = (np.asarray(each[where]) for each in rows_and_columns(shape))
            return found | ({"u": paired(self.keys[name], self.step, rows, columns)} if "u" in found else {})
        elements = sharing(shape, SHARED[format.share])
        given = {"u": (uniform, self.step), "g": (normal, self.step), "d": (normal, LASTING)}
        for each in found.keys() & given.keys():
            draw, step = given[each]
            found[each] = draw(self.keys[name], step, np.asarray(elements[where]))
        return found


@dataclass(frozen=True)
class Evaluation:
    """The values that expressions are made of: of now, of before, of scalars, and of the letters that are fixed.

    dtype: of the numbers in the text, so that they widen nothing.
    """

    values: Mapping[str, np.ndarray]
    earlier: Mapping[str, np.ndarray]
    scalars: Mapping[str, float]
    place: Mapping[str, int]
    sizes: Mapping[str, int]
    dtype: np.dtype

    def of(self, expression: Expression, axes: Sequence[str]) -> np.ndarray:
        """The expression as an array over `axes`, of length one where it does not depend on a letter."""
        match expression:
            case Number(number):
                return np.full((1,) * len(axes), number, self.dtype)
            case Scalar(name):
                return np.full((1,) * len(axes), self.scalars[name], self.dtype)
            case Binary(operator, left, right):
                return np.asarray(OPERATE[operator](self.of(left, axes), self.of(right, axes)))
            case Root(body):
                return np.asarray(np.sqrt(self.of(body, axes)))
            case Same(left, right):
                return _aligned(np.eye(self.sizes[notation.LETTERS[left]], dtype=self.dtype), [left, right], axes)
            case Read(name, indices, before):
                array = (self.earlier if before else self.values)[name]
                array = array[tuple(_position(index, self.place) for index in indices)]
                letters = [index.letter for index in indices if index.letter and index.letter not in self.place]
                return _aligned(array, letters, axes)
            case Sum(letter, Binary("+" | "-" as operator, left, right)):
                if letter in notation.free(left) & notation.free(right):
                    return OPERATE[operator](self.of(Sum(letter, left), axes), self.of(Sum(letter, right), axes))
        return self._contraction(expression, axes)

    def _contraction(self, expression: Expression, axes: Sequence[str]) -> np.ndarray:
        """Nested sums over a product, as one `einsum`."""
        while isinstance(expression, Sum):
            expression = expression.body
        parts = [(part, sorted(notation.free(part) - set(self.place))) for part in notation.factors(expression)]
        kept = sorted({letter for _, letters in parts for letter in letters} & set(axes))
        subscripts = ",".join("".join(letters) for _, letters in parts) + "->" + "".join(kept)
        arrays = [self.of(part, letters) for part, letters in parts]
        return _aligned(np.einsum(subscripts, *arrays, optimize=True), kept, axes)


def _aligned(array: np.ndarray, letters: Sequence[str], axes: Sequence[str]) -> np.ndarray:
    """The array over `axes` in their order, of length one where it lacks one; a repeated letter is a diagonal."""
    ordered = [letter for letter in axes if letter in letters]
    array = np.asarray(np.einsum(f"{''.join(letters)}->{''.join(ordered)}", array))
    return np.asarray(array[tuple(slice(None) if letter in letters else np.newaxis for letter in axes)])
