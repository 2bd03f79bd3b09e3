"""A rule's equations, written once, as what they are for each plastic projection, in the network's own names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, reduce
from typing import Protocol, runtime_checkable

import numpy as np

from neurosim import notation
from neurosim.errors import NeurosimError
from neurosim.network import INPUTS, PLASTIC, PROJECTIONS, QUANTITIES, WEIGHTS, Projection
from neurosim.notation import Binary, Block, Expression, Index, Number, Read, Same, Scalar, Statement, Total

GIVEN = ("alpha", "mask", "lr_rec", "lr_in", "lr_out")
"""The named numbers that a rule may use without having them as fields."""


@runtime_checkable
class Equations(Protocol):
    """What a rule consists of: see `neurosim.Rule`."""

    @property
    def equations(self) -> str: ...

    @property
    def readout(self) -> str: ...

    @property
    def memory(self) -> int: ...

    @property
    def constants(self) -> Mapping[str, float]: ...

    def of_neurons(self, n: int, alpha: float) -> Mapping[str, np.ndarray]: ...


@lru_cache(maxsize=256)
def expand(rule: Equations, plastic: tuple[str, ...] = PLASTIC) -> tuple[Block, ...]:
    """The rule's blocks for the projections that learn, in the network's own names.

    Statements that reach no plastic weight are left out. Raises `NeurosimError` if a statement reads or writes what
    does not exist, or with the wrong indices.
    """
    templates = notation.parse(rule.equations)
    own = _of_a_projection(templates)
    blocks = [_instances(block, own, set(plastic)) for block in templates]
    blocks += [_named_rate(block, "lr_out") for block in notation.parse(rule.readout)]
    _check(blocks, rule)
    kept = _reaching(blocks, {f"W_{name}" for name in plastic} | {"B"})
    return tuple(block for block in kept if block.statements)


def _of_a_projection(blocks: Iterable[Block]) -> set[str]:
    """The names that exist once per projection: whatever depends on `pre` or `weight`."""
    statements = [statement for block in blocks for statement in block.statements]
    own, size = {"pre", "weight"}, 0
    while len(own) > size:
        size = len(own)
        own |= {s.target.name for s in statements if own & {read.name for read in notation.reads(_without_totals(s))}}
    return own


def _without_totals(statement: Statement) -> Expression:
    """The right side without what is summed over all projections, which is of none."""
    return notation.transform(statement.value, lambda node: Number(0.0) if isinstance(node, Total) else node)


def _instances(block: Block, own: set[str], plastic: set[str]) -> Block:
    found: list[Statement] = []
    for statement in block.statements:
        if statement.target.name in own:
            found += [
                _instance(statement, own, projection, name, block.when)
                for name, projection in PROJECTIONS.items()
                if name in plastic
            ]
        elif any(node == Scalar("lr") for node in notation.walk(statement.value)):
            raise NeurosimError(
                f"in '{statement}': lr is a projection's learning rate and belongs to 'weight[i, j] = ...'"
            )
        else:
            found.append(_written_out(statement, own, plastic, block.when))
    return replace(block, statements=tuple(found))


def _written_out(statement: Statement, own: set[str], plastic: set[str], when: str) -> Statement:
    """The statement with each sum over the projections as what there is of each that learns, added up."""

    def change(node: Expression) -> Expression:
        if not isinstance(node, Total):
            return node
        parts = [
            _instance(Statement(statement.target, node.body), own, projection, name, when).value
            for name, projection in PROJECTIONS.items()
            if name in plastic
        ]
        return reduce(lambda left, right: Binary("+", left, right), parts) if parts else Number(0.0)

    return replace(statement, value=notation.transform(statement.value, change))


def _instance(statement: Statement, own: set[str], projection: Projection, suffix: str, when: str) -> Statement:
    """The statement with `pre`, `weight`, `lr`, the index j and its own quantities those of one projection."""

    def index(place: Index) -> Index:
        return replace(place, letter=projection.letter) if place.letter == "j" else place

    def change(node: Expression) -> Expression:
        match node:
            case Read("pre", indices):
                if indices != (Index("j"),):
                    raise NeurosimError(f"in '{statement}': {node} must be pre[j]; j is the start of a synapse")
                delayed = when == "backward" and projection.pre not in INPUTS
                return Read(projection.pre, (Index(projection.letter),), before=delayed)
            case Read("weight", indices):
                if indices != (Index("i"), Index("j")):
                    raise NeurosimError(f"in '{statement}': {node} must be weight[i, j], [to, from]")
                return Read(projection.weight, tuple(map(index, indices)))
            case Read(name, indices, before):
                return Read(f"{name}_{suffix}" if name in own else name, tuple(map(index, indices)), before)
            case Scalar("lr"):
                return Scalar(f"lr_{suffix}")
            case notation.Sum("j", body):
                return notation.Sum(projection.letter, body)
            case notation.Same(left, right):
                return notation.Same(*(projection.letter if letter == "j" else letter for letter in (left, right)))
        return node

    if projection.letter != "j" and projection.letter in _letters(statement):
        raise NeurosimError(
            f"in '{statement}': {projection.letter} cannot stand here; for the synapses of the inputs it is what j is"
        )
    target = change(statement.target)
    assert isinstance(target, Read)
    if statement.target.name == "pre":
        raise NeurosimError(
            f"in '{statement}': pre is given by the network; write to weight[i, j] or a name of your own"
        )
    return Statement(target, notation.transform(statement.value, change))


def _letters(statement: Statement) -> set[str]:
    inside = notation.walk(statement.value)
    summed = {node.letter for node in inside if isinstance(node, notation.Sum)}
    return summed | notation.free(statement.target) | notation.free(statement.value)


def _named_rate(block: Block, name: str) -> Block:
    def change(node: Expression) -> Expression:
        return Scalar(name) if node == Scalar("lr") else node

    statements = (Statement(s.target, notation.transform(s.value, change)) for s in block.statements)
    return replace(block, statements=tuple(statements))


def domains(blocks: Iterable[Block], of_neurons: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """What each quantity runs over, those of the rule by the indices that they are written with.

    of_neurons: the numbers that each neuron has for good.
    """
    found = {name: quantity.domains for name, quantity in QUANTITIES.items()} | dict.fromkeys(of_neurons, ("neuron",))
    for block in blocks:
        for statement in block.statements:
            written = tuple(
                notation.LETTERS[index.letter] if index.letter else "past" for index in statement.target.indices
            )
            if found.setdefault(statement.target.name, written) != written:
                raise _wrong_place(statement, statement.target, found[statement.target.name])
    return found


def _check(blocks: list[Block], rule: Equations) -> None:
    given = set(rule.of_neurons(1, 1.0))
    known = domains(blocks, given)
    scalars = {*GIVEN, *rule.constants}
    if taken := {*GIVEN, "lr"} & set(rule.constants):
        raise NeurosimError(f"a field is called {min(taken)!r}, which is given; name it otherwise")
    if not isinstance(rule.memory, int) or rule.memory < 1:
        raise NeurosimError(f"memory is {rule.memory}; s takes a whole number of values, at least 1")
    for block in blocks:
        if block.period is not None:
            period = rule.constants.get(block.period)
            if not isinstance(period, int) or period < 1:
                raise NeurosimError(
                    f"'every {block.period} steps:' needs a whole-number field called {block.period!r}, at least 1"
                )
        for statement in block.statements:
            _check_places(statement, rule.memory)
            name = statement.target.name
            if (name in QUANTITIES and name not in WEIGHTS) or name in given:
                owner = "given" if name in given else "the network's"
                raise NeurosimError(
                    f"in '{statement}': {name} is {owner}; a rule writes weight, {', '.join(WEIGHTS)} or its own names"
                )
            for read in notation.reads(statement.value):
                if read.name not in known:
                    raise NeurosimError(f"in '{statement}': {_missing(read.name, known)}")
                places = tuple(notation.LETTERS[index.letter] if index.letter else "past" for index in read.indices)
                if places != known[read.name]:
                    raise _wrong_place(statement, read, known[read.name])
            for node in notation.walk(statement.value):
                if isinstance(node, Total):
                    raise NeurosimError(
                        f"in '{statement}': it is of one projection, and {notation.show(node)} of all; "
                        "give the sum a name in an equation of its own"
                    )
                if isinstance(node, Scalar) and node.name not in scalars:
                    raise NeurosimError(f"in '{statement}': {_missing(node.name, scalars)}")


def _check_places(statement: Statement, memory: int) -> None:
    """Numbers lie within the memory, and letters that are compared run over the same."""
    for read in (statement.target, *notation.reads(statement.value)):
        if any(index.letter is None and index.offset >= memory for index in read.indices):
            raise NeurosimError(f"in '{statement}': {read} is not there; memory is {memory}, so s ends at {memory - 1}")
    for node in notation.walk(statement.value):
        if isinstance(node, Same) and notation.LETTERS[node.left] != notation.LETTERS[node.right]:
            places = f"{node.left} is {notation.LETTERS[node.left]}, {node.right} is {notation.LETTERS[node.right]}"
            raise NeurosimError(f"in '{statement}': {notation.show(node)} compares different things: {places}")


def _missing(name: str, exist: Iterable[str]) -> str:
    """That a name does not exist, and those that do as a rule writes them, once for both projections."""
    own = {word if word in QUANTITIES else word.removesuffix("_rec").removesuffix("_in") for word in exist}
    known = (own | {"pre", "weight"}) - {"sent", "lr_out"}
    return f"nothing is called {name!r}; there are: {', '.join(sorted(known))}"


def _wrong_place(statement: Statement, read: Read, domain: tuple[str, ...]) -> NeurosimError:
    letters = {place: [letter for letter, other in notation.LETTERS.items() if other == place] for place in domain}
    may = "; ".join(f"{place}: {' '.join(letters[place])}" for place in dict.fromkeys(domain))
    return NeurosimError(f"in '{statement}': {read} does not fit; {read.name} is [{', '.join(domain)}] ({may})")


def _reaching(blocks: list[Block], wanted: set[str]) -> list[Block]:
    """The statements that a wanted weight depends on; none that writes a weight which is not wanted."""
    frozen = set(WEIGHTS) - wanted
    needed, size = set(wanted), 0
    while len(needed) > size:
        size = len(needed)
        for statement in (statement for block in blocks for statement in block.statements):
            if statement.target.name in needed - frozen:
                needed |= {read.name for read in notation.reads(statement.value)}
    return [replace(b, statements=tuple(s for s in b.statements if s.target.name in needed - frozen)) for b in blocks]
