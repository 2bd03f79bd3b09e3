"""What can be said of a program's quantities at a glance: which follow the error, which are kept, who reads whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from neurosim.audit.reads import Access, accesses, learning, places
from neurosim.audit.storage import carried_over, delay_lines, home
from neurosim.notation import Read, Statement, reads
from neurosim.program import Program

ERRORS = ("error", "target", "y")
"""What tells how wrong the network is."""


@dataclass(frozen=True)
class Facts:
    """A program with what follows from it."""

    program: Program

    @cached_property
    def accesses(self) -> tuple[Access, ...]:
        return accesses(self.program)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(statement for _, statement in learning(self.program))

    @cached_property
    def own(self) -> frozenset[str]:
        """The quantities that are the rule's."""
        return frozenset(statement.target.name for statement in self.statements) - set(self.program.synapses)

    @cached_property
    def taught(self) -> frozenset[str]:
        """The quantities that the error has gone into, itself included; weights carry it no further."""
        found = set(ERRORS)
        for _ in self.statements:
            found |= {
                statement.target.name
                for statement in self.statements
                if statement.target.name in self.own and found & {read.name for read in reads(statement.value)}
            }
        return frozenset(found)

    @cached_property
    def lines(self) -> frozenset[str]:
        """The quantities that remember the past step by step."""
        return frozenset(delay_lines(self.program))

    @cached_property
    def kept(self) -> frozenset[str]:
        """The rule's quantities that outlive a step, but for delay lines."""
        return self.own & frozenset(carried_over(self.program)) - self.lines

    @cached_property
    def traces(self) -> frozenset[str]:
        """What is kept and has nothing of the error in it."""
        return self.kept - self.taught

    def home(self, name: str) -> str:
        return home(self.program, name)

    @cached_property
    def changes(self) -> tuple[Access, ...]:
        """What goes into weights, and into what is summed up for them; the old value by itself is not among it."""
        return tuple(a for a in self.accesses if self.is_change(a.statement) and not is_old_value(a))

    def is_change(self, statement: Statement) -> bool:
        """Whether an equation changes a weight, or something per synapse that the error goes into."""
        name = statement.target.name
        return name in self.program.synapses or (len(places(statement.target)) == 2 and name in self.taught)

    def at_start(self, weight: str) -> frozenset[str]:
        """What the synapses of a weight take from their start: activity and traces, and what those are made of.

        So do sums per synapse of the same places. Activity out of the past is not among it: that is remembered, not at
        hand.
        """
        others = set(self.program.synapses) - {weight}
        names = {
            access.name
            for access in self.changes
            if access.way == "pre"
            and access.statement.target.name not in others
            and self.places(access.statement.target.name) == self.places(weight)
            and access.block.when != "backward"
        } - self.lines
        for _ in self.traces:
            names |= {read.name for name in names for read in self._defining(name)} & self.traces
        return frozenset(names)

    @cached_property
    def projections(self) -> tuple[str, ...]:
        """The weights whose synapses change."""
        changing = {self.places(access.statement.target.name) for access in self.changes}
        return tuple(name for name in self.program.learned if self.places(name) in changing)

    def places(self, name: str) -> tuple[str, ...]:
        """What a quantity runs over, but for the past."""
        return tuple(domain for domain in self.program.quantities[name].domains if domain != "past")

    def _defining(self, name: str) -> Iterator[Read]:
        for statement in self.statements:
            if statement.target.name == name:
                yield from reads(statement.value)


def is_old_value(access: Access) -> bool:
    """Whether an equation reads of its target only what it is to be added to."""
    return access.way == "here" and access.term.reads == (access.read,) and access.name == access.statement.target.name
