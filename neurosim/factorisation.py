"""W_rec as it was, and the factor that learning adds to it.

A rule that sends errors through fixed synapses, `teach[i] = sum(o, B[i, o] * error[o])`, adds to W_rec only what is
`B` times something: `W_rec[i, j] + sum(o, B[i, o] * factor[o, j])`. So the same program can keep W_rec and learn the
factor, of outputs by neurons, which acts by way of `fed[o] = sum(j, factor[o, j] * sent[j])`: as many more sums as
there are outputs, whose synapses learn by the error of that output, and which act on the neurons through `B`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurosim import notation
from neurosim.errors import NeurosimError
from neurosim.notation import Binary, Block, Expression, Read, Statement
from neurosim.program import Program, Quantity

FED = notation.parse("fed[o] = sum(j, factor[o, j] * sent[j])")[0].statements[0]
DRIVE = notation.parse("drive[i] = drive[i] + sum(o, B[i, o] * fed[o])")[0].statements[0]
FACTOR = notation.parse("factor[o, j] = factor[o, j] + 1")[0].statements[0].target
SENT_BACK = notation.parse("teach[i] = sum(o, B[i, o] * error[o])")[0].statements[0].value
ERROR_OF_OUTPUT = notation.parse("fed[o] = error[o]")[0].statements[0].value

QUANTITIES = {
    "factor": Quantity("factor", ("output", "neuron"), "weight"),
    "fed": Quantity("fed", ("output",), "output"),
}
"""What the program has beside its own: `fed` is formed as the readout is, by synapses that learn."""


def unfit(program: Program) -> str | None:
    """Why a program cannot keep W_rec and learn a factor; None if it can."""
    if taken := set(QUANTITIES) & set(program.quantities):
        return f"the rule has something of its own that is called {min(taken)}"
    if "W_rec" not in program.learned:
        return "W_rec does not learn"
    if "B" in program.learned or _factor(program) is None:
        return "what is added to W_rec is not fixed feedback of errors times something of where a synapse begins"
    readers = [s for s in _statements(program) if any(read.name == "W_rec" for read in notation.reads(s.value))]
    if {statement.target.name for statement in readers} != {"drive", "W_rec"}:
        return "the rule reads W_rec"
    return None


def factorised(program: Program) -> Program:
    """The program that keeps W_rec and learns `factor` beside it. Raises `NeurosimError` if it cannot (`unfit`)."""
    if reason := unfit(program):
        raise NeurosimError(
            f"there is no factorised design: {reason}; it takes W_rec learning from errors that come through the fixed "
            "weights B, as rflo with feedback=random has it"
        )
    step, backward, end = (tuple(_block(each, program) for each in blocks) for blocks in _times(program))
    found = replace(
        program,
        quantities={**program.quantities, **QUANTITIES},
        step=step,
        backward=backward,
        end=end,
        weights={**program.weights, "factor": np.zeros((program.sizes["output"], program.sizes["neuron"]))},
        ideal=None,
    )
    return _without_idle_feedback(found)


def multiplied_out(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights of the program as it was, from those with a factor."""
    factor = weights["factor"]
    rest = {name: values for name, values in weights.items() if name != "factor"}
    return {**rest, "W_rec": np.asarray(weights["W_rec"] + weights["B"] @ factor)}


def _times(program: Program) -> tuple[tuple[Block, ...], ...]:
    return program.step, program.backward, program.end


def _block(block: Block, program: Program) -> Block:
    return replace(block, statements=tuple(s for each in block.statements for s in _instead(each, program)))


def _instead(statement: Statement, program: Program) -> tuple[Statement, ...]:
    if statement.target.name == "W_rec":
        change = _factor(program)
        assert change is not None
        return (Statement(FACTOR, Binary("+", FACTOR, change)),)
    if statement.target.name == "drive":
        assert isinstance(DRIVE.value, Binary)
        return (FED, Statement(statement.target, Binary("+", statement.value, DRIVE.value.right)))
    return (statement,)


def _factor(program: Program) -> Expression | None:
    """What is added to the factor: what is added to W_rec, with an output's error in place of what it teaches."""
    for statement in _statements(program):
        match statement:
            case Statement(Read("W_rec") as target, Binary("+", left, change)) if left == target:
                return _of_output(change, program)
    return None


def _of_output(change: Expression, program: Program) -> Expression | None:
    taught = [s.target for s in _statements(program) if s.value == SENT_BACK]
    parts = notation.factors(change)
    known = [part for part in parts if part in taught]
    others = {letter for part in parts if part not in taught for letter in notation.free(part)}
    if len(known) != 1 or others != {"j"}:
        return None
    return notation.transform(change, lambda node: ERROR_OF_OUTPUT if node == known[0] else node)


def _without_idle_feedback(program: Program) -> Program:
    """Errors need not be sent back where nothing but W_rec has learned from them."""
    read = {each.name for statement in _statements(program) for each in notation.reads(statement.value)}

    def needed(statement: Statement) -> bool:
        return statement.value != SENT_BACK or statement.target.name in read

    def block(each: Block) -> Block:
        return replace(each, statements=tuple(filter(needed, each.statements)))

    step, backward, end = (tuple(map(block, blocks)) for blocks in _times(program))
    return replace(program, step=step, backward=backward, end=end)


def _statements(program: Program) -> list[Statement]:
    return [statement for block in program.blocks for statement in block.statements]
