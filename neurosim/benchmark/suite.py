"""A suite file: what a standing benchmark asks. It names only what comes with neurosim, and none of it is executed.

The closed division fixes the network, its first weights, the data and the budget for learning rates: rule and chip
alone vary. An entry of the open division sets all of this itself, and its row says how.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim import catalog
from neurosim.comparison import EXACT_PROFILE, EXACT_RULE
from neurosim.errors import NeurosimError, unknown
from neurosim.experiment import Experiment
from neurosim.reading import toml
from neurosim.tuning import Budget

SCHEMA = "neurosim-suite/1"
UNTRAINED = "fixed"
"""The rule whose loss is the floor that gaps are counted from."""


@dataclass(frozen=True)
class Entry:
    """Rules and profiles on one task in one setting, and the score that is wanted of them.

    asked: stands for all of their questions; its rule and profile do not matter.
    """

    division: str
    asked: Experiment
    rules: tuple[str, ...]
    profiles: tuple[str, ...]
    seeds: int
    budget: Budget
    target: float


def read(path: Path) -> tuple[Entry, ...]:
    """The entries of a suite file. Raises `NeurosimError`, in one line, for whatever is wrong with it."""
    given = toml.table(path, "a suite file")
    try:
        return _entries(given)
    except NeurosimError as fault:
        raise NeurosimError(f"{path}: {fault}") from None


def _entries(given: Mapping[str, Any]) -> tuple[Entry, ...]:
    whole = _checked("the suite", given, SUITE, optional={"open"})
    if whole["schema"] != SCHEMA:
        raise NeurosimError(f"schema is {whole['schema']!r}; there is: {SCHEMA!r}")
    closed = _checked("[closed]", whole["closed"], CLOSED, optional={"task"})
    for kind, wanted in (("rules", {UNTRAINED, EXACT_RULE}), ("profiles", {EXACT_PROFILE})):
        if lacking := wanted - set(closed[kind]):
            raise NeurosimError(f"[closed] {kind} lacks {min(lacking)!r}, which the others are measured by")
    entries = [_closed(closed, each) for each in _tables("[[closed.task]]", closed.get("task", []), TASK)]
    if not entries:
        raise NeurosimError("there is no [[closed.task]]; a suite has at least one task")
    entries += [_open(each) for each in _tables("[[open]]", whole.get("open", []), OPEN)]
    names = [(entry.division, entry.asked.task, entry.rules, entry.profiles) for entry in entries]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise NeurosimError(
            f"the {twice[0]} division asks {twice[1]!r} of the same rule and profile twice; ask it once"
        )
    return tuple(entries)


def _tables(where: str, given: list[Any], fields: Mapping[str, Field]) -> list[dict[str, Any]]:
    return [_checked(where, each, fields, optional={"alpha"}) for each in given]


def _closed(closed: Mapping[str, Any], task: Mapping[str, Any]) -> Entry:
    asked = _asked({**closed, **task, "task": task["name"]})
    rules, profiles = tuple(closed["rules"]), tuple(closed["profiles"])
    budget = Budget(tuple(map(float, closed["rates"])), closed["tuning_seeds"])
    return Entry("closed", asked, rules, profiles, closed["seeds"], budget, float(task["target"]))


def _open(given: Mapping[str, Any]) -> Entry:
    budget = Budget(tuple(map(float, given["rates"])), given["tuning_seeds"])
    rule, profile = given["rule"], given["profile"]
    return Entry("open", _asked(given), (rule,), (profile,), given["seeds"], budget, float(given["target"]))


def _asked(given: Mapping[str, Any]) -> Experiment:
    alpha = float(given["alpha"]) if "alpha" in given else None
    made = Experiment(
        rule="", task=given["task"], n=given["n"], alpha=alpha, gain=float(given["gain"]), trials=given["trials"]
    )
    if alpha is not None and not 0.0 < alpha <= 1.0:
        raise NeurosimError(f"alpha is {alpha}; the leak per step lies in (0, 1]")
    return made


# --- what a table may hold ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """What a value may be, in words, and whether one is so; it may raise `NeurosimError` to say more."""

    words: str
    holds: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**31


def _exists(kind: str, name: Any) -> bool:
    """Whether something comes with neurosim; a file of someone's own would be run."""
    if not isinstance(name, str):
        return False
    stem, there = name.split(":")[0], catalog.names(kind)
    if stem not in there and not (kind == "profile" and stem == "fixed"):
        raise unknown(kind, name, there)
    getattr(catalog, kind)(name)
    return True


def _is_list(given: Any, each: Callable[[Any], bool]) -> bool:
    return isinstance(given, list) and bool(given) and all(map(each, given)) and len(set(given)) == len(given)


def _named(kind: str) -> Field:
    return Field(f"the name of a {kind}", lambda value: _exists(kind, value))


def _several(kind: str) -> Field:
    return Field(
        f"names of {kind}s, one or more, each once", lambda value: _is_list(value, lambda name: _exists(kind, name))
    )


WORD = Field("a word", lambda value: isinstance(value, str))
WHOLE = Field("a whole number, at least 1", _is_whole)
NUMBER = Field("a finite number", _is_number)
RATES = Field("learning rates, one or more, each once", lambda value: _is_list(value, _is_number))
TABLE = Field("a table", lambda value: isinstance(value, dict))
TABLES = Field("a list of tables", lambda value: isinstance(value, list))

SUITE = {"schema": WORD, "closed": TABLE, "open": TABLES}
SETTING = {"n": WHOLE, "gain": NUMBER, "seeds": WHOLE, "tuning_seeds": WHOLE, "rates": RATES}
CLOSED = {**SETTING, "rules": _several("rule"), "profiles": _several("profile"), "task": TABLES}
TASK = {"name": _named("task"), "trials": WHOLE, "target": NUMBER, "alpha": NUMBER}
OPEN = {**SETTING, "trials": WHOLE, "target": NUMBER, "alpha": NUMBER} | {
    kind: _named(kind) for kind in ("task", "rule", "profile")
}


def _checked(where: str, given: Any, fields: Mapping[str, Field], optional: set[str]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise NeurosimError(f"{where} is {given!r}; it must be a table")
    if extra := given.keys() - fields.keys():
        raise NeurosimError(f"{where} has no key {min(extra)!r}; there are: {', '.join(fields)}")
    if missing := fields.keys() - given.keys() - optional:
        raise NeurosimError(f"{where} lacks {min(missing)!r}, {fields[min(missing)].words}")
    for name, value in given.items():
        if not fields[name].holds(value):
            raise NeurosimError(f"{where} {name} is {value!r}; it must be {fields[name].words}")
    return given
