"""The program of the exact gradient: a program's network equations, reversed one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from neurosim import network as net
from neurosim import notation
from neurosim.errors import NeurosimError
from neurosim.notation import Binary, Block, Expression, Number, Read, Root, Statement, Sum
from neurosim.program import Program, declared


def adjoint(program: Program) -> Program:
    """The program of the exact gradient, derived from a program's network equations by reversing them one by one.

    Its weights go *down* the gradient of the loss of a trial, once the trial is over, with unit learning rate.
    """
    program = program.ideal or program
    statements = (statement for block in program.step for statement in block.statements)
    forward = tuple(s for s in statements if s.target.name in net.QUANTITIES and s.target.name not in net.WEIGHTS)
    back = [_statement("adjoint_y[o] = adjoint_y[o] - error[o]")]
    for statement in reversed(forward):
        if statement.target.name != "error":
            back += _reversed(statement)
    slopes = [s.target for s in back if s.target.name.startswith("gradient_")]
    weights = [Read(slope.name.removeprefix("gradient_"), slope.indices) for slope in slopes]
    down = [Statement(weight, Binary("-", weight, slope)) for weight, slope in zip(weights, slopes, strict=True)]
    backward, end = (Block("backward", tuple(back)),), (Block("end", tuple(down)),)
    return Program(
        sizes=program.sizes,
        quantities=declared((*backward, *end)),
        constants={"alpha": program.constants["alpha"]},
        step=(Block("each step", forward),),
        backward=backward,
        end=end,
        weights={name: program.weights[name] for name in net.WEIGHTS},
    )


def _statement(text: str) -> Statement:
    return notation.parse(text)[0].statements[0]


def _reversed(statement: Statement) -> list[Statement]:
    """What a statement sends back: to each quantity that it reads, its slope times the target's adjoint.

    The target's own adjoint is used up, but for what the statement passes on of the target's value before.
    """
    target = Read(f"adjoint_{statement.target.name}", statement.target.indices)
    sent: list[Statement] = []
    kept: Expression = Number(0.0)
    for term, summed in _terms(statement.value, ()):
        for position, factor in enumerate(term):
            if not isinstance(factor, Read) or factor.name in net.INPUTS:
                continue
            slope = _product([target, *term[:position], *term[position + 1 :]])
            if factor.name == statement.target.name:
                kept = slope
                continue
            weight = factor.name in net.WEIGHTS
            adjoint = Read(f"gradient_{factor.name}" if weight else f"adjoint_{factor.name}", factor.indices)
            for letter in sorted(({*summed} | notation.free(target)) - notation.free(factor)):
                slope = Sum(letter, slope)
            sent.append(Statement(adjoint, Binary("+", adjoint, _as_it_was(slope))))
    return [*sent, Statement(target, kept)]


def _as_it_was(slope: Expression) -> Expression:
    """Values as the statement read them: `sent` is renewed at the end of the step, so it is that of the one before."""

    def change(node: Expression) -> Expression:
        return replace(node, before=True) if isinstance(node, Read) and node.name == "sent" else node

    return notation.transform(slope, change)


def _terms(expression: Expression, summed: tuple[str, ...]) -> Iterable[tuple[list[Expression], tuple[str, ...]]]:
    """A sum of products, term by term: the factors, and the letters that are summed over."""
    match expression:
        case Binary("+", left, right):
            yield from _terms(left, summed)
            yield from _terms(right, summed)
        case Sum(letter, body):
            yield from _terms(body, (*summed, letter))
        case _ if any(isinstance(node, Root) for node in notation.walk(expression)):
            raise NeurosimError(f"'{notation.show(expression)}' has no exact gradient here: a root is not reversed")
        case _:
            yield list(notation.factors(expression)), summed


def _product(parts: list[Expression]) -> Expression:
    product = parts[0]
    for part in parts[1:]:
        product = Binary("*", product, part)
    return product
