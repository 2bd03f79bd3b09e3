"""Observables of a run: what they find at each checkpoint, put together over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from neurosim import catalog
from neurosim.errors import NeurosimError
from neurosim.network import Network
from neurosim.observable import Observable, Observation
from neurosim.solution import Solution


def quantities(names: Sequence[str]) -> dict[str, str]:
    """All that some observables record, and what each is.

    Raises `NeurosimError` if an observable does not exist, or two give the same.
    """
    found: dict[str, str] = {}
    for name in names:
        given = catalog.observable(name).quantities
        if twice := found.keys() & given.keys():
            raise NeurosimError(f"{min(twice)!r} is recorded by two of the observables {', '.join(names)}; name one")
        found |= given
    return found


@dataclass(eq=False)
class Watch:
    """The observables of one run, and what they have found so far.

    initial: the network as learning began. solution: what makes the task's targets, if that is a linear network.
    """

    observables: tuple[Observable, ...]
    initial: Network
    plastic: tuple[str, ...]
    solution: Solution | None
    found: list[Mapping[str, np.ndarray]] = field(default_factory=list)

    def look(self, network: Network, rates: np.ndarray) -> None:
        """What there is to see at a checkpoint; NaN where numbers have outgrown what linear algebra can bear."""
        before = self.found[-1] if self.found else {}
        now: dict[str, np.ndarray] = {}
        with np.errstate(all="ignore"):
            for each in self.observables:
                own = {name: before[name] for name in each.quantities if name in before}
                seen = Observation(self.initial, network, rates, self.plastic, self.solution, own)
                now |= _observed(each, seen)
        self.found.append(now)

    @property
    def curves(self) -> dict[str, np.ndarray]:
        """Each quantity, [checkpoint, ...]."""
        names = self.found[0] if self.found else {}
        return {name: np.array([each[name] for each in self.found]) for name in names}


def _observed(observable: Observable, seen: Observation) -> dict[str, np.ndarray]:
    try:
        return {name: np.asarray(value) for name, value in observable.observe(seen).items()}
    except np.linalg.LinAlgError:
        return {name: np.full_like(value, np.nan) for name, value in seen.before.items()}
