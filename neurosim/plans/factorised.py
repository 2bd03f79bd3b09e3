"""W_rec as it was, and the factor that learning adds to it.

A rule that sends errors through fixed synapses, `teach[i] = sum(o, B[i, o] * error[o])`, adds to W_rec only what is
`B` times something: `W_rec[i, j] + sum(o, B[i, o] * factor[o, j])`. So the same program can keep W_rec and learn the
factor, of outputs by neurons, which acts by way of `fed[o] = sum(j, factor[o, j] * sent[j])`: a step reads N^2
numbers and writes none of them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurosim import notation
from neurosim.engine import Job, Outcome
from neurosim.notation import Binary, Block, Expression, Read, Statement
from neurosim.plans import estimate
from neurosim.plans.choice import Kernel, Record, Work
from neurosim.program import Program, Quantity

ERROR = 1e-12

FED = notation.parse("fed[o] = sum(j, factor[o, j] * sent[j])")[0].statements[0]
DRIVE = notation.parse("drive[i] = drive[i] + sum(o, B[i, o] * fed[o])")[0].statements[0]
FACTOR = notation.parse("factor[o, j] = factor[o, j] + 1")[0].statements[0].target
SENT_BACK = notation.parse("teach[i] = sum(o, B[i, o] * error[o])")[0].statements[0].value
ERROR_OF_OUTPUT = notation.parse("fed[o] = error[o]")[0].statements[0].value


def unfit(program: Program, record: Record) -> str | None:
    """It takes fixed feedback as the only way from errors to W_rec, and W_rec read by the network alone."""
    if formed := {"W_rec", "teach"} & set(record):
        return f"{min(formed)} is to be recorded, and is not formed"
    if "B" in program.learned or _factor(program) is None:
        return "what is added to W_rec is not fixed feedback of errors times something of where a synapse begins"
    readers = [s for s in _statements(program) if any(read.name == "W_rec" for read in notation.reads(s.value))]
    if {statement.target.name for statement in readers} != {"drive", "W_rec"}:
        return "the rule reads W_rec"
    return None


def dear(work: Work) -> str | None:
    """It pays where a matrix of neurons by neurons is most of the work."""
    factored = estimate.trial(factorised(work.program), work.steps)
    return estimate.dear(factored, estimate.trial(work.program, work.steps))


def run(program: Program, job: Job, record: Record, kernel: Kernel) -> Outcome | None:
    """The outcome with the factor multiplied out; none if it diverged, which is the full kernel's to say."""
    found = kernel(factorised(program), job, record)
    weights = dict(found.weights)
    factor = weights.pop("factor")
    return None if found.diverged else replace(found, weights={**weights, "W_rec": _sum(weights, factor)})


def factorised(program: Program) -> Program:
    """The program that keeps W_rec and learns `factor` beside it, where `unfit` has nothing against that."""
    new = {"factor": Quantity("factor", ("output", "neuron"), "weight"), "fed": Quantity("fed", ("output",), "trace")}

    def instead(block: Block) -> Block:
        return replace(block, statements=tuple(s for each in block.statements for s in _instead(each, program)))

    return replace(
        program,
        quantities={**program.quantities, **new},
        step=tuple(map(instead, program.step)),
        weights={**program.weights, "factor": np.zeros((program.sizes["output"], program.sizes["neuron"]))},
        ideal=None,
    )


def _sum(weights: dict[str, np.ndarray], factor: np.ndarray) -> np.ndarray:
    return np.asarray(weights["W_rec"] + weights["B"] @ factor)


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


def _statements(program: Program) -> list[Statement]:
    return [statement for block in program.blocks for statement in block.statements]
