"""A sweep as a table of plain values, as a TOML file or the command line has it. It is data, and never run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.errors import NeurosimError, unknown
from neurosim.filling import Value, listed
from neurosim.reading import toml
from neurosim.sweep import KINDS, Sweep
from neurosim.tuning import Budget

KEYS = ("rules", "task", "profiles", "over", "seeds", "tuning_seeds", "rates", "within", *KINDS)


def read(path: Path) -> Sweep:
    """The sweep in a TOML file. Raises `NeurosimError`: the file, the key, what would be right."""
    table = toml.table(path, "a sweep")
    try:
        return of_table(table)
    except NeurosimError as error:
        raise NeurosimError(f"{path}: {error}") from None


def of_table(table: Mapping[str, Any]) -> Sweep:
    """The sweep that a table says. Raises `NeurosimError` for a key that is unknown or missing, or a wrong value."""
    for key in table:
        if key not in KEYS:
            raise unknown("key of a sweep", str(key)[:40], KEYS)
    for key in ("rules", "task", "over"):
        if key not in table:
            raise NeurosimError(f"a sweep needs {key!r}")
    task, over = table["task"], table["over"]
    if not isinstance(task, str) or not isinstance(over, Mapping):
        raise NeurosimError("task is a name, and over a table of names and their values")
    optional: dict[str, Any] = {}
    if "profiles" in table:
        optional["profiles"] = _names("profiles", table["profiles"])
    if "seeds" in table:
        optional["seeds"] = _whole("seeds", table["seeds"])
    if "within" in table:
        optional["within"] = _fraction(table["within"])
    swept = {name: _swept(name, values) for name, values in over.items()}
    fixed = {name: _single(name, value) for name, value in table.items() if name in KINDS}
    return Sweep(_names("rules", table["rules"]), task, swept, fixed=fixed, budget=_budget(table), **optional)


def _names(key: str, given: Any) -> tuple[str, ...]:
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list | tuple) or not all(isinstance(each, str) for each in names):
        raise NeurosimError(f"{key} is {given!r}; it must be a list of names")
    if twice := [each for each in names if list(names).count(each) > 1]:
        raise NeurosimError(f"{key} has {twice[0]!r} twice")
    return tuple(names)


def _swept(name: str, given: Any) -> tuple[Value, ...]:
    values = listed(given) if isinstance(given, str) else given
    if not isinstance(values, list | tuple):
        values = (values,)
    return tuple(_single(name, value) for value in values)


def _single(name: str, value: Any) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise NeurosimError(f"{name} has the value {value!r}; values are numbers and words, a range is '3..16'")
    return value


def _whole(key: str, given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise NeurosimError(f"{key} is {given!r}; it must be a whole number")
    return given


def _fraction(given: Any) -> float:
    """`5%` or 0.05."""
    text = str(given).strip()
    try:
        return float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        raise NeurosimError(f"within is {given!r}; it must be a fraction, such as 5% or 0.05") from None


def _budget(table: Mapping[str, Any]) -> Budget:
    given = table.get("rates")
    rates = listed(given) if isinstance(given, str) else given
    seeds = _whole("tuning_seeds", table.get("tuning_seeds", Budget.seeds))
    if rates is None:
        return Budget(seeds=seeds)
    if "lr" in table:
        raise NeurosimError("lr is one learning rate and rates are several to choose from; give one of the two")
    if not isinstance(rates, list | tuple) or not all(type(rate) in (int, float) for rate in rates):
        raise NeurosimError(f"rates is {given!r}; it must be numbers, such as [0.001, 0.01, 0.1]")
    return Budget(tuple(float(rate) for rate in rates), seeds)
