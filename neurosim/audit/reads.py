"""Where every read of a program comes from, seen from the place that is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from neurosim import network as net
from neurosim.audit.terms import Term, domain, terms
from neurosim.notation import Block, Read, Statement, free, reads
from neurosim.program import Program

WAYS = {
    "here": "at the place itself: the neuron, the output, the synapse",
    "pre": "at the start of the synapse",
    "post": "at the end of the synapse",
    "broadcast": "one number that all places read",
    "self": "the weight of a neuron onto itself",
    "reverse": "the synapse that goes the other way",
    "forward": "synapses that are passed in their direction",
    "transposed": "synapses that are passed against their direction",
    "carried": "at another place, from which synapses lead here",
    "contracted": "a quantity of three places or more",
    "gathered": "at every place, summed with no synapse between",
    "remote": "synapses of other neurons, which lead nowhere here",
}
"""The ways in which a place can come to a value."""

Places = tuple[str, ...]
Route = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Access:
    """One read of one equation: the way it comes, and the synapses that it is carried through."""

    block: Block
    statement: Statement
    term: Term
    read: Read
    way: str
    through: Route = ()

    @property
    def name(self) -> str:
        return self.read.name

    @property
    def places(self) -> Places:
        return places(self.read)


def learning(program: Program) -> Iterator[tuple[Block, Statement]]:
    """The equations that are the rule's, not the network's, and that run at all with this much memory."""
    for block in program.blocks:
        for statement in block.statements:
            if not is_network(program, statement) and steps_back(statement, program.sizes["past"]):
                yield block, statement


def is_network(program: Program, statement: Statement) -> bool:
    """Whether an equation is the network's, not the rule's: no rule forms outputs, nor what every network has."""
    kind = program.quantities[statement.target.name].kind
    return kind == "output" or (kind != "weight" and statement.target.name in net.QUANTITIES)


def accesses(program: Program) -> tuple[Access, ...]:
    """Every read of every equation of the rule, product by product; an equation's own target as it was is one too."""
    return tuple(access for block, statement in learning(program) for access in accesses_of(program, block, statement))


def places(read: Read) -> Places:
    """The letters that say where, without steps of the past."""
    return tuple(index.letter for index in read.indices if index.letter and domain(index.letter) != "past")


def steps_back(statement: Statement, memory: int) -> Sequence[int | None]:
    """The values that s takes for a statement, none if every one leaves the array; (None,) if there is no s."""
    if "s" not in free(statement.target):
        return (None,)
    offsets = [index.offset for read in reads(statement.value) for index in read.indices if index.letter == "s"]
    return range(-min((0, *offsets)), memory - max((0, *offsets)))


def accesses_of(program: Program, block: Block, statement: Statement) -> Iterator[Access]:
    """The reads of one equation."""
    here = places(statement.target)
    for term in terms(statement.value, program.constants):
        routes, links = _routes(here, term)
        for read in term.reads:
            yield Access(block, statement, term, read, *_way(here, read, routes, links))


def _routes(here: Places, term: Term) -> tuple[dict[str, Route], dict[Read, str]]:
    """Which letters the term's synapses lead to from here, and through what; which reads lead, in which direction."""
    routes: dict[str, Route] = dict.fromkeys(here, ())
    links: dict[Read, str] = {}
    pending = [read for read in term.reads if len(places(read)) > 1]
    while link := next((read for read in pending if _leads_on(read, routes)), None):
        pending.remove(link)
        known = next(letter for letter in places(link) if letter in routes)
        links[link] = "contracted"
        if len(places(link)) == 2:
            links[link] = "forward" if places(link)[0] == known else "transposed"
        for letter in places(link):
            routes.setdefault(letter, (*routes[known], (link.name, links[link])))
    return routes, links


def _leads_on(read: Read, routes: dict[str, Route]) -> bool:
    known = [letter in routes for letter in places(read)]
    return any(known) and not all(known)


def _way(here: Places, read: Read, routes: dict[str, Route], links: dict[Read, str]) -> tuple[str, Route]:
    where = places(read)
    if not where:
        return "broadcast", ()
    if any(letter not in routes for letter in where):
        return "gathered", ()
    if read in links:
        return links[read], ()
    if len(set(where)) == 1:
        return _from_one(here, where, routes)
    if where == here:
        return "here", ()
    if where == here[::-1]:
        return "reverse", ()
    return ("contracted" if max(len(where), len(here)) > 2 else "remote"), ()


def _from_one(here: Places, where: Places, routes: dict[str, Route]) -> tuple[str, Route]:
    letter = where[0]
    if routes[letter]:
        return "carried", routes[letter]
    if len(where) > 1:
        return "self", ()
    if len(here) == 2 and here[0] != here[1]:
        return ("post" if letter == here[0] else "pre"), ()
    return "here", ()
