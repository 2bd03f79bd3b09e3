"""Names -> figures. The folder is the registry."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace

from neurosim.errors import unknown
from neurosim.reproduce import figures
from neurosim.reproduce.figure import Figure


def names() -> list[str]:
    """The figures there are."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(figures.__path__))


def figure(name: str, quick: bool = False) -> Figure:
    """The figure of a name, full or quick. Raises `NeurosimError` if there is none."""
    if name not in names():
        raise unknown("figure", name, names())
    module = importlib.import_module(f"{figures.__name__}.{name.replace('-', '_')}")
    (found,) = (
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Figure) and each.__module__ == module.__name__
    )
    made: Figure = found()
    return replace(made, **made.quick) if quick else made


def shows(name: str) -> str:
    """What a figure shows, in one line, and where it is from."""
    found = figure(name)
    return f"{' '.join((type(found).__doc__ or '').split(chr(10) * 2)[0].split())} ({found.source})"
