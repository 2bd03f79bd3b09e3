"""The statements of a step as code of Brian2: what each element of a group, or each synapse, computes.

A statement becomes phases that run one after another. A sum over synapses sets an accumulator to zero and lets every
synapse add to it, `drive_post += W_rec * sent_pre`; one against their direction adds to where they start,
`delta_1_sum_pre += W_rec * delta_0_post`. Each step of the past that `s` stands for is a phase of its own. A statement
that reads what no single neuron or synapse can is left to the host (`Hosted`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce

from neurosim import notation
from neurosim.brian.names import Names, has_variables
from neurosim.brian.rewriting import added_up, directions, expanded, letters_of, product, slot, taken_out, without_past
from neurosim.errors import NeurosimError
from neurosim.notation import (
    LETTERS,
    Binary,
    Block,
    Expression,
    Index,
    Number,
    Read,
    Root,
    Same,
    Scalar,
    Statement,
    Sum,
)
from neurosim.precision import Format
from neurosim.program import Program
from neurosim.storing import needs, store_name

FIRST_STEP = "first_step_of_run"
"""The constant that counts the steps before the run: draws go on from there."""


@dataclass(frozen=True)
class Phase:
    """Code that runs on every element of one object: a group, `(domain,)`, or synapses, `(to, from)`."""

    place: tuple[str, ...]
    code: str
    statement: Statement


@dataclass(frozen=True)
class Hosted:
    """A statement that is evaluated beside the simulator, and why."""

    statement: Statement
    period: str | None
    reason: str


@dataclass
class Writer:
    """Writes statements as phases, and collects what they need: accumulators and their domains in `sums`, functions
    that store in `stores`, by name, where the draws of a quantity begin in `keys`, and what says whether a block of a
    period is due in `due`.
    """

    program: Program
    names: Names
    sums: dict[str, str] = field(default_factory=dict)
    stores: dict[str, Format] = field(default_factory=dict)
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    due: dict[str, str] = field(default_factory=dict)

    def step(self) -> list[Phase | Hosted]:
        """Everything that happens at one time step, in order, once the inputs are there."""
        found: list[Phase | Hosted] = []
        for block in self.program.step:
            for statement in block.statements:
                found += self._statement(statement, block)
        return found

    def _statement(self, statement: Statement, block: Block) -> list[Phase | Hosted]:
        before = dict(self.sums)
        try:
            if block.period and any(
                isinstance(n, Root) or (isinstance(n, Binary) and n.operator == "/")
                for n in notation.walk(statement.value)
            ):
                raise NeurosimError("it divides or takes a root, and only at some steps")
            found: list[Phase] = []
            for each in without_past(statement, self.program.sizes["past"]):
                for phase in self._phases(each, statement, block.period):
                    found = _appended(found, phase)
            return [*found]
        except NeurosimError as reason:
            self.sums = before
            return [Hosted(statement, block.period, str(reason))]

    def _phases(self, statement: Statement, origin: Statement, period: str | None) -> list[Phase]:
        """The phases of a statement without `s`: its sums, then what they are part of."""
        letters = letters_of(statement.target)
        target = self._variable(statement.target)
        view = View(letters)
        if period is None and len(letters) == 1 and self._exact(statement) and (terms := self._sums_only(statement)):
            return [
                Phase(view.place, f"{target} = 0.0", origin),
                *(Phase(inside.place, code, origin) for term in terms for inside, code in self._added(term, target)),
            ]
        phases, value = self._without_sums(statement.value, target, origin)
        code = self._assignment(statement, target, value, view, period)
        return [*phases, Phase(view.place, code, origin)]

    def _assignment(self, statement: Statement, target: str, value: Expression, view: View, period: str | None) -> str:
        """The one line of code that stores a value."""
        exact = self._exact(statement)
        if exact and period is None:
            match value:
                case Binary("+" | "-" as sign, left, change) if left == statement.target:
                    return f"{target} {sign}= {self._text(change, view)}"
        stored = self._stored(statement.target, self._text(value, view))
        if period is None:
            return f"{target} = {stored}"
        bracketed = f"({stored})" if exact and isinstance(value, Binary) else stored
        if period not in self.due:
            self.due[period] = self.names.fresh(f"due_{period}")
        due = f"{self.due[period]}(t)"
        return f"{target} = {due} * {bracketed} + (1.0 - {due}) * {target}"

    def _stored(self, target: Read, value: str) -> str:
        """The value as the target's format keeps it: the one place where anything is rounded."""
        name, format = target.name, self.program.quantities[target.name].format
        if format.exact:
            return value
        drawn = needs(format)
        arguments = [value, *([self._variable(target)] if "was" in drawn else [])]
        if {*drawn} - {"was"}:
            if name not in self.keys:
                self.keys[name] = (self.names.fresh(f"high_{name}"), self.names.fresh(f"low_{name}"))
            arguments += [*self.keys[name], f"{FIRST_STEP} + t_in_timesteps", *self._element(target)]
        self.stores[store_name(format)] = format
        return f"{store_name(format)}({', '.join(arguments)})"

    def _element(self, target: Read) -> list[str]:
        """What of an element decides its draw: its place in the array of its quantity, its row, or row and column."""
        share, past = self.program.quantities[target.name].format.share, slot(target)
        sizes = [self.program.sizes[LETTERS[letter]] for letter in letters_of(target)]
        row = "i" if len(sizes) == 1 else "j"
        if share == "update":
            return ["0"]
        if share == "vector":
            return [row if past is None else str(past)]
        if share == "pair" and len(sizes) == 1:
            return [row, "0"] if past is None else [str(past), "i"]
        if share == "pair":
            return [f"j + {sizes[0] * (past or 0)}", "i"]
        own = "i" if len(sizes) == 1 else f"j * {sizes[1]} + i"
        return [f"{own} + {reduce(int.__mul__, sizes) * (past or 0)}"]

    def _exact(self, statement: Statement) -> bool:
        return self.program.quantities[statement.target.name].format.exact

    # --- sums ---------------------------------------------------------------------------------------------------------

    def _sums_only(self, statement: Statement) -> list[Sum]:
        """The sums that a value is made of, if it is nothing else and they can be added to the target itself."""
        terms = [term for _, term in added_up(statement.value)]
        plain = all(sign == "+" for sign, _ in added_up(statement.value))
        names = {read.name for read in notation.reads(statement.value)}
        single = all(
            isinstance(term, Sum)
            and len(notation.free(term.body)) == 2
            and not any(isinstance(node, Sum) for node in notation.walk(term.body))
            and directions(term.body) <= 1
            for term in terms
        )
        if plain and single and statement.target.name not in names:
            return [term for term in terms if isinstance(term, Sum)]
        return []

    def _without_sums(self, expression: Expression, target: str, origin: Statement) -> tuple[list[Phase], Expression]:
        """Phases that compute the sums in an expression, and the expression that reads what they computed."""
        match expression:
            case Binary(operator, left, right):
                first, one = self._without_sums(left, target, origin)
                second, other = self._without_sums(right, target, origin)
                return first + second, Binary(operator, one, other)
            case Root(body):
                phases, inside = self._without_sums(body, target, origin)
                return phases, Root(inside)
            case Sum():
                return self._sum(expression, target, origin)
        return [], expression

    def _sum(self, total: Sum, target: str, origin: Statement) -> tuple[list[Phase], Expression]:
        phases, body = self._without_sums(total.body, target, origin)
        outside, inside = taken_out(total.letter, body)
        kept = notation.free(inside) - {total.letter}
        if len(kept) != 1:
            over = notation.show(total)
            raise NeurosimError(f"'{over}' is no sum over the synapses of one neuron")
        (letter,) = kept
        name = self._accumulator(f"{target}_sum")
        self.sums[name] = LETTERS[letter]
        phases.append(Phase((LETTERS[letter],), f"{name} = 0.0", origin))
        added = self._added(Sum(total.letter, inside), name)
        phases += [Phase(view.place, code, origin) for view, code in added]
        return phases, product([*outside, Read(name, (Index(letter),))])

    def _accumulator(self, wanted: str) -> str:
        found = self.names.fresh(wanted if wanted not in self.names.taken else f"{wanted}_{len(self.sums)}")
        self.names.variables[found, None] = found
        return found

    def _added(self, total: Sum, name: str) -> list[tuple[View, str]]:
        """What every synapse adds to the variable `name`, of the neurons at one end of it."""
        (letter,) = notation.free(total.body) - {total.letter}
        one = directions(total.body) <= 1
        terms = [("+", total.body)] if one else added_up(expanded(total.body))
        found = []
        for sign, term in terms:
            towards = {letters_of(read) for read in notation.reads(term) if len(set(letters_of(read))) == 2}
            if len(towards) > 1:
                raise NeurosimError(f"'{notation.show(term)}' reads synapses of both directions at once")
            view = View(towards.pop() if towards else (letter, total.letter))
            found.append((view, f"{name}{view.suffix(letter)} {sign}= {self._text(term, view)}"))
        return found

    # --- text ---------------------------------------------------------------------------------------------------------

    def _text(self, expression: Expression, view: View) -> str:
        match expression:
            case Number(value):
                return repr(float(value))
            case Scalar("mask"):
                return f"{self.names.inputs['mask']}(t)"
            case Scalar(name):
                return self.names.constants[name]
            case Binary(operator, left, right):
                first, second = self._text(left, view), self._text(right, view)
                if isinstance(left, Binary) and operator in "*/" and left.operator in "+-":
                    first = f"({first})"
                return f"{first} {operator} {f'({second})' if isinstance(right, Binary) else second}"
            case Root(body):
                return f"sqrt({self._text(body, view)})"
            case Same(left, right) if {left, right} == set(view.letters):
                return "int(i == j)"
            case Read():
                return self._variable(expression) + view.suffix(*letters_of(expression))
        raise NeurosimError(f"'{notation.show(expression)}' is known to no single neuron or synapse")

    def _variable(self, read: Read) -> str:
        """The variable that a quantity is, at one step of the past."""
        if (read.name, None) in self.names.variables:
            return self.names.variables[read.name, None]
        if not has_variables(self.program, read.name):
            raise NeurosimError(f"{read.name} is kept neither by a neuron nor by a synapse")
        return self.names.variables[read.name, slot(read)]


@dataclass(frozen=True)
class View:
    """Where code runs: at neurons with one letter, or at synapses, with the letters `(to, from)`."""

    letters: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.letters) <= 2:
            raise NeurosimError(f"[{', '.join(self.letters)}] is neither a neuron nor a synapse")

    @property
    def place(self) -> tuple[str, ...]:
        return tuple(LETTERS[letter] for letter in self.letters)

    def suffix(self, *letters: str) -> str:
        """What Brian2 appends to a variable with these indices, as it is read from here."""
        if letters == self.letters:
            return ""
        if len(letters) == 1 and len(self.letters) == 2 and letters[0] in self.letters:
            return "_post" if letters[0] == self.letters[0] else "_pre"
        raise NeurosimError(f"[{', '.join(letters)}] is not at hand at [{', '.join(self.letters)}]")


def _appended(phases: list[Phase], phase: Phase) -> list[Phase]:
    """The phases and one more, as a line of the last if each element computes both from what is its own."""
    own = all(f"{end} +=" not in each.code for each in (*phases[-1:], phase) for end in ("_pre", "_post"))
    if phases and own and phases[-1].place == phase.place:
        return [*phases[:-1], Phase(phase.place, f"{phases[-1].code}\n{phase.code}", phase.statement)]
    return [*phases, phase]
