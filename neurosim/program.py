"""A program: network and rule compiled into one ordered list of assignments.

It is the one thing that engines run, that the audit reads and that costs are counted on: every quantity is declared
with its shape, its kind and its home, every assignment rounds to its quantity's format as it stores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from neurosim import network as net
from neurosim import notation
from neurosim.arithmetic import FLOATING, Arithmetic
from neurosim.errors import NeurosimError
from neurosim.expansion import domains, expand
from neurosim.network import Network
from neurosim.notation import Binary, Block, Coin, Expression, Read, Scalar, Statement
from neurosim.precision import FLOAT64, Format
from neurosim.rule import Rule

COIN = Format(1, 0, signed=False, rounding="stochastic")
"""How the toss of a coin is stored: one half, rounded up or down to a bit."""

HIDDEN = "hidden_"
"""Begins the name of the copy of a weight that learning adds to, where the weight that acts is a reading of it."""


@dataclass(frozen=True)
class Quantity:
    """What is stored. Axes follow `domains`; home is neuron, synapse, input, output or, with no place to be, global."""

    name: str
    domains: tuple[str, ...]
    kind: str
    format: Format = FLOAT64

    @property
    def home(self) -> str:
        places = tuple(domain for domain in self.domains if domain != "past")
        return {1: places[0], 2: "synapse"}.get(len(places), "global") if places else "global"


@dataclass(frozen=True)
class Program:
    """Assignments in the order in which they run.

    `step`: at every time step, in blocks that may run at every period-th step only. `backward`: for each step from
    the last to the first, once a trial is over. `end`: once, after that. Weights keep their values from trial to
    trial; all else begins each trial at zero.

    sizes: length of each domain. constants: named numbers, learning rates included. weights: initial values.
    arithmetic: of the chip that it was adapted to. ideal: the program before that, if there is a chip.
    """

    sizes: Mapping[str, int]
    quantities: Mapping[str, Quantity]
    constants: Mapping[str, float]
    step: tuple[Block, ...]
    backward: tuple[Block, ...] = ()
    end: tuple[Block, ...] = ()
    weights: Mapping[str, np.ndarray] = field(default_factory=dict, compare=False, repr=False)
    arithmetic: Arithmetic = FLOATING
    ideal: Program | None = field(default=None, compare=False, repr=False)

    def __hash__(self) -> int:
        """Of the statements, which programs that are equal share; formed once, since much is looked up by program."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self.blocks)

    @cached_property
    def dtype(self) -> np.dtype:
        """Of the arrays of all quantities."""
        return self.arithmetic.floating.dtype

    @property
    def fixed(self) -> bool:
        """Whether all that is kept is in fixed point, so that engines agree to the last bit."""
        return self.arithmetic.fixed

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self.sizes[domain] for domain in self.quantities[name].domains)

    def zeros(self, name: str, *before: int) -> np.ndarray:
        """A quantity as a trial begins; with an axis, or more, before its own."""
        return np.zeros((*before, *self.shape(name)), self.dtype)

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.step + self.backward + self.end

    @cached_property
    def remembered(self) -> tuple[str, ...]:
        """What the sweep back in time reads of every step, and so what must be kept of the whole trial."""
        written = {statement.target.name for block in self.step for statement in block.statements}
        return tuple(sorted({read.name for read in _reads(self.backward)} & (written | set(net.INPUTS))))

    @property
    def history(self) -> tuple[str, ...]:
        """What of that the program itself computes; the inputs are at hand as they came."""
        return tuple(name for name in self.remembered if name not in net.INPUTS)

    @cached_property
    def learned(self) -> tuple[str, ...]:
        """The weights that change, hidden copies apart."""
        written = {statement.target.name for block in self.blocks for statement in block.statements}
        return tuple(name for name in self.weights if name in written and not name.startswith(HIDDEN))

    @property
    def online(self) -> bool:
        """Whether weights change at steps, and not only once a trial is over."""
        return any(statement.target.name in self.learned for block in self.step for statement in block.statements)

    @property
    def synapses(self) -> tuple[str, ...]:
        """The weights: those of every network, and what a design adds to them."""
        return tuple(name for name in self.weights if self.quantities[name].kind == "weight")

    def held(self) -> Program:
        """The same program with its weights held: what would be added to `W` is summed in `update_W`, unrounded."""

        def hold(block: Block) -> Block:
            return replace(block, statements=tuple(_held(s) for s in block.statements if not _is_reading(s)))

        quantities = dict(self.quantities)
        for name in self.learned:
            quantities[f"update_{name}"] = replace(
                quantities[name], name=f"update_{name}", format=self.arithmetic.floating
            )
        return replace(
            self,
            quantities=quantities,
            step=tuple(map(hold, self.step)),
            backward=tuple(map(hold, self.backward)),
            end=tuple(map(hold, self.end)),
            weights={**self.weights, **{f"update_{name}": self.zeros(name) for name in self.learned}},
        )


def compile(
    network: Network,
    rule: Rule,
    *,
    lr: float | Mapping[str, float] = 0.0,
    plastic: Iterable[str] = net.PLASTIC,
) -> Program:
    """The program of a rule on a network, in float64; `adapt` makes it that of a chip.

    lr: learning rate, or one for each plastic projection. plastic: which of `rec`, `in` and `out` learn.
    Raises `NeurosimError` if a learning rate is negative or not finite, or a projection is unknown.
    """
    plastic = tuple(plastic)
    rates = lr if isinstance(lr, Mapping) else dict.fromkeys(net.PLASTIC, lr)
    if wrong := {*plastic, *rates} - set(net.PLASTIC):
        raise NeurosimError(f"no projection is called {min(wrong)!r}; there are: {', '.join(net.PLASTIC)}")
    for name, rate in rates.items():
        if not 0.0 <= rate < np.inf:
            raise NeurosimError(f"the learning rate of {name} is {rate}; it must be a finite number, 0 or above")
    n, n_in, n_out = network.size
    blocks = expand(rule, plastic)
    constants = {
        "alpha": network.alpha,
        **rule.constants,
        **{f"lr_{name}": rates.get(name, 0.0) for name in net.PLASTIC},
    }
    by_time = {when: _merged(block for block in blocks if block.when == when) for when in notation.HEADERS}
    step = _in_time([block for block in blocks if block.when in ("each step", "every")])
    used = {node.name for node in _nodes((*step, *blocks)) if isinstance(node, Scalar)} | {b.period for b in blocks}
    read = {node.name for node in _reads(blocks)}
    own = {name: values for name, values in rule.of_neurons(n, network.alpha).items() if name in read}
    return Program(
        sizes={"neuron": n, "input": n_in, "output": n_out, "past": rule.memory},
        quantities=declared(blocks, own),
        constants={name: value for name, value in constants.items() if name in used},
        step=step,
        backward=by_time["backward"],
        end=by_time["end"],
        weights={**network.weights, **own},
    )


def _forward() -> Block:
    return notation.parse(net.EQUATIONS)[0]


def _in_time(blocks: list[Block]) -> tuple[Block, ...]:
    """The step: what needs only the past and the inputs, the network up to its error, the rest, then the messages."""
    *forward, send = _forward().statements
    known_late = {statement.target.name for statement in forward}
    touched = known_late | set(net.WEIGHTS)  # new weights act from the next step on
    early: list[Statement] = []
    late: list[Block] = []
    for block in blocks:
        waiting: list[Statement] = []
        for statement in block.statements:
            names = {read.name for read in notation.reads(statement.value)}
            if block.period is None and not names & known_late and statement.target.name not in touched:
                early.append(statement)
            else:
                waiting.append(statement)
                known_late.add(statement.target.name)
                touched |= names | {statement.target.name}
        if waiting:
            late.append(replace(block, statements=tuple(waiting)))
    return _merged([Block("each step", (*early, *forward)), *late, Block("each step", (send,))])


def _merged(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The same blocks with neighbours that run at the same time as one."""
    merged: list[Block] = []
    for block in blocks:
        if merged and (merged[-1].when, merged[-1].period) == (block.when, block.period):
            merged[-1] = replace(block, statements=merged[-1].statements + block.statements)
        else:
            merged.append(block)
    return tuple(merged)


def declared(blocks: Iterable[Block], of_neurons: Iterable[str] = ()) -> dict[str, Quantity]:
    """Every quantity with its kind: one of the network's, or a trace, or, if the error reaches it, a teaching signal.

    What follows the error and is kept per synapse is an accumulator. of_neurons: what each neuron has for good.
    """
    taught = {"error"}
    statements = [statement for block in blocks for statement in block.statements]
    own = [statement for statement in statements if statement.target.name not in net.QUANTITIES]
    for _ in own:
        taught |= {s.target.name for s in own if taught & {read.name for read in notation.reads(s.value)}}
    tossed = {statement.target.name for statement in statements if isinstance(statement.value, Coin)}
    found = {}
    for name, places in domains(blocks, of_neurons).items():
        if name in net.QUANTITIES:
            kind = net.QUANTITIES[name].kind
        elif name not in taught:
            kind = "trace"
        else:
            kind = (
                "accumulator" if len(set(places) - {"past"}) == 2 or places.count("neuron") > 1 else "teaching signal"
            )
        found[name] = Quantity(name, places, kind, COIN if name in tossed else FLOAT64)
    return found


def _is_reading(statement: Statement) -> bool:
    """Whether a weight that acts is read from its hidden copy."""
    return isinstance(statement.value, Read) and statement.value.name == HIDDEN + statement.target.name


def _held(statement: Statement) -> Statement:
    name = statement.target.name.removeprefix(HIDDEN)
    if name not in net.WEIGHTS:
        return statement
    update = Read(f"update_{name}", statement.target.indices)
    match statement.value:
        case Binary("+" | "-" as sign, left, change) if left == statement.target:
            return Statement(update, Binary(sign, update, change))
    return Statement(update, Binary("+", update, Binary("-", statement.value, statement.target)))


def _nodes(blocks: Iterable[Block]) -> Iterable[Expression]:
    return (node for block in blocks for statement in block.statements for node in notation.walk(statement.value))


def _reads(blocks: Iterable[Block]) -> Iterable[Read]:
    return (node for node in _nodes(blocks) if isinstance(node, Read))
