"""The one exception type, and the one way of saying that a name is unknown."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NeurosimError(Exception):
    """What was asked, what exists, what to change: one line, shown to the user as it is."""


def unknown(what: str, name: str, exist: Iterable[str]) -> NeurosimError:
    """The error for a `what` called `name` that does not exist, with those that do and the nearest of them."""
    names = sorted(exist)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return NeurosimError(f"no {what} is called {name!r}{hint}; there are: {', '.join(names) or 'none'}")
