"""The checks there are, by number. The folder of claims is the registry."""

from __future__ import annotations

import importlib
import pkgutil

from neurosim.checks import claims
from neurosim.checks.check import Check
from neurosim.errors import NeurosimError


def checks() -> tuple[Check, ...]:
    """Every check, in the order of numbers."""
    names = (f"{claims.__name__}.{each.name}" for each in pkgutil.iter_modules(claims.__path__))
    modules = [importlib.import_module(name) for name in names]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Check)]
    return tuple(sorted(found, key=lambda each: each.number))


def chosen(numbers: tuple[int, ...]) -> tuple[Check, ...]:
    """The checks of these numbers, or all. Raises `NeurosimError` if one does not exist."""
    there = {each.number: each for each in checks()}
    for number in numbers:
        if number not in there:
            raise NeurosimError(f"there is no check {number}; they are numbered {min(there)} to {max(there)}")
    return tuple(there[number] for number in numbers or there)
