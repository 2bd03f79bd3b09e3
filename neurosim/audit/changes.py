"""Changes with which a chip could run a rule: real programs, audited like any other, the nearest first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from itertools import combinations

from neurosim import catalog
from neurosim.audit.variants import factored
from neurosim.design import USUAL, designed
from neurosim.errors import NeurosimError
from neurosim.network import Network
from neurosim.program import Program
from neurosim.rule import Rule

Trial = tuple[Program, int]
"""A program and the steps of its trials."""


@dataclass(frozen=True)
class Change:
    """Something to try: `make` of a whole number from 1 to `most`, the greater the better, in `words`."""

    words: Callable[[int], str]
    make: Callable[[int], Trial]
    most: int = 1


@dataclass(frozen=True)
class Setting:
    """What is audited: a rule by name, a network, what of it learns, the steps of a trial, and the design."""

    name: str
    network: Network
    plastic: tuple[str, ...]
    steps: int
    design: str = USUAL

    @cached_property
    def rule(self) -> Rule:
        return catalog.rule(self.name)

    @cached_property
    def program(self) -> Program:
        return designed(self.name, self.network, plastic=self.plastic, design=self.design)

    @cached_property
    def changes(self) -> tuple[tuple[Change, ...], ...]:
        """Changes in groups, the nearest group first: of one thing, of two, of the rule, of nearly all."""
        singles = (*_frozen(self, 1), *_reworded(self), *_lowered(self), *_smaller(self))
        return singles, tuple(_both(self)), tuple(_other_rules(self)), tuple(_frozen(self, 2))

    def trial(self) -> Trial:
        return self.program, self.steps


def nearest(setting: Setting, fits: Callable[[Trial], str | None]) -> str:
    """The nearest changes that fit, in words; empty if none does. fits: a verdict in words, or None."""
    for group in setting.changes:
        found = [words for change in group if (words := _largest(change, fits))]
        if found:
            return ", or ".join(found[:3])
    return ""


def _largest(change: Change, fits: Callable[[Trial], str | None]) -> str | None:
    """The greatest value that fits, in words: if one does, so do all below it."""
    if _verdict(change, 1, fits) is None:
        return None
    low, high = 1, change.most
    while low < high:
        middle = (low + high + 1) // 2
        if _verdict(change, middle, fits) is not None:
            low = middle
        else:
            high = middle - 1
    return f"{change.words(low)}: {_verdict(change, low, fits)}"


def _verdict(change: Change, value: int, fits: Callable[[Trial], str | None]) -> str | None:
    try:
        return fits(change.make(value))
    except NeurosimError:  # a rule may refuse a value
        return None


def _frozen(setting: Setting, count: int) -> Iterator[Change]:
    for frozen in combinations(setting.plastic, count):
        left = tuple(name for name in setting.plastic if name not in frozen)
        if left:
            words = " and ".join(f"W_{name}" for name in frozen)
            yield _once(f"freeze {words}", replace(setting, plastic=left).trial)


def _reworded(setting: Setting) -> Iterator[Change]:
    for field, word in _words(setting.rule):
        named = _named(setting, field, word)
        yield _once(named.name, named.trial)


def _both(setting: Setting) -> Iterator[Change]:
    for field, word in _words(setting.rule):
        named = _named(setting, field, word)
        for change in _frozen(named, 1):
            yield _once(f"{named.name} and {change.words(1)}", partial(change.make, 1))


def _words(rule: Rule) -> Iterator[tuple[str, str]]:
    """Other words that fields may be: a module tells those of a field `feedback` in a mapping `FEEDBACK`."""
    for field in fields(rule):
        known = vars(sys.modules[type(rule).__module__]).get(field.name.upper())
        if isinstance(known, Mapping) and getattr(rule, field.name) in known:
            yield from ((field.name, word) for word in known if word != getattr(rule, field.name))


def _lowered(setting: Setting) -> Iterator[Change]:
    """Whole numbers of the rule, made smaller."""
    for field in fields(setting.rule):
        value = getattr(setting.rule, field.name)
        if type(value) is int and value > 1:
            yield Change(f"{field.name} of at most {{}}".format, partial(_lower, setting, field.name), value - 1)


def _lower(setting: Setting, field: str, value: int) -> Trial:
    return _named(setting, field, value).trial()


def _smaller(setting: Setting) -> Iterator[Change]:
    program = setting.program
    same = factored(program)
    if same.quantities != program.quantities:
        yield _once("traces per neuron instead of per synapse, which are the same", lambda: (same, setting.steps))
    if program.backward:
        yield Change("trials of at most {} steps".format, lambda steps: (program, steps), setting.steps - 1)
    most = program.sizes["neuron"] - 1
    yield Change("N of at most {}".format, lambda n: (_sized(program, n), setting.steps), most)


def _sized(program: Program, n: int) -> Program:
    """The program of a network of another size; it is to be counted, not to be run."""
    return replace(program, sizes={**program.sizes, "neuron": n})


def _other_rules(setting: Setting) -> Iterator[Change]:
    """Rules that come with neurosim, as they are, but for those that do not learn."""
    for name in catalog.names("rule"):
        other = replace(setting, name=name, design=USUAL)
        if name != setting.name.split(":")[0] and other.program.learned:
            yield _once(f"the rule {name}", other.trial)
            yield from _reworded(other)


def _named(setting: Setting, field: str, value: object) -> Setting:
    stem, _, given = setting.name.partition(":")
    kept = [part for part in given.split(",") if part and part.partition("=")[0].strip() != field]
    return replace(setting, name=f"{stem}:{','.join([*kept, f'{field}={value}'])}")


def _once(words: str, make: Callable[[], Trial]) -> Change:
    return Change(lambda _: words, lambda _: make())
