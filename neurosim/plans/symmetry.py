"""Whether a program is the same in other coordinates of the space of rates, by the indices of its equations.

An equation of tensors has each index either once on both sides, or twice in a sum. `sum(o, B[i, o] * error[o])` is
one; `trace[i, j] * W_rec[i, i]`, in which a neuron is singled out, is not. If all are, and weights are added to and
applied forwards only, then rates that begin in a subspace that W_rec maps into itself stay there, and nothing but
what is inside has a part in learning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from neurosim import notation
from neurosim.network import WEIGHTS
from neurosim.notation import LETTERS, Binary, Coin, Expression, Number, Read, Same, Scalar, Statement, Sum
from neurosim.program import Program


def broken(program: Program) -> str | None:
    """Why a program does not stay in a subspace that W_rec maps into itself; None if it does."""
    for statement in _statements(program):
        if reason := _broken(statement, program):
            return f"in '{statement}' {reason}"
    return None


def sources(program: Program) -> tuple[str, ...]:
    """The weights whose columns must lie in the subspace: those that something flows into the neurons by."""
    found = {
        read.name
        for statement in _statements(program)
        for read in notation.reads(statement.value)
        if read.name in set(WEIGHTS) - {"W_rec", statement.target.name}
        and _neurons(read) & notation.free(statement.target)
    }
    return tuple(name for name in WEIGHTS if name in found)


def _statements(program: Program) -> Iterator[Statement]:
    return (statement for block in program.blocks for statement in block.statements)


def _broken(statement: Statement, program: Program) -> str | None:
    target, value = statement.target, statement.value
    if target.name in program.weights and not _adds(statement):
        return f"{target.name} is not added to, but changed otherwise"
    if any(isinstance(node, Same) for node in notation.walk(value)):
        return "each neuron is a direction of its own"
    if not _is_zero(value) and _indices(value) != Counter(_neurons(target)):
        return "single neurons have a part"
    for read in notation.reads(value):
        if read.name == "W_rec" and read != target and read.indices[1].letter in notation.free(target):
            return "W_rec is read against its direction"
    if any(_only_weights(node) for node in notation.walk(value) if isinstance(node, Sum)):
        return "weights are multiplied with weights"
    return None


def _adds(statement: Statement) -> bool:
    """Whether the target becomes itself and something that does not depend on it."""
    value, added = statement.value, set[str]()
    while isinstance(value, Binary) and value.operator in "+-":
        added |= {read.name for read in notation.reads(value.right)}
        value = value.left
    return value == statement.target and statement.target.name not in added


def _only_weights(total: Sum) -> bool:
    """Whether a sum over neurons joins weights alone."""
    joined = [read for read in notation.reads(total.body) if total.letter in _neurons(read)]
    return LETTERS[total.letter] == "neuron" and all(read.name in WEIGHTS for read in joined)


def _is_zero(expression: Expression) -> bool:
    return expression == Number(0.0)


def _neurons(read: Read) -> set[str]:
    return {index.letter for index in read.indices if index.letter and LETTERS[index.letter] == "neuron"}


def _indices(expression: Expression) -> Counter[str] | None:
    """How often each index of neurons stands in a term, the same in all of them; None if it is no tensor."""
    match expression:
        case Coin():
            return None
        case Number() | Scalar():
            return Counter()
        case Read(_, indices):
            return Counter(i.letter for i in indices if i.letter and LETTERS[i.letter] == "neuron")
        case Same(left, right):
            return Counter([left, right]) if LETTERS[left] == "neuron" else Counter()
        case Binary(operator, left, right):
            return _joined(operator, left, right)
        case Sum(letter, body):
            inside = _indices(body)
            if inside is None or LETTERS[letter] != "neuron":
                return inside
            rest = Counter({each: count for each, count in inside.items() if each != letter})
            return rest if inside[letter] == 2 else None
    return None


def _joined(operator: str, left: Expression, right: Expression) -> Counter[str] | None:
    one, other = _indices(left), _indices(right)
    if one is None or other is None:
        return None
    if operator in "+-":
        return one if one == other or _is_zero(right) else other if _is_zero(left) else None
    if operator == "/":
        return None if other else one
    return one + other
