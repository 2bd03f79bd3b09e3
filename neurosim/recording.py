"""A long recording: where a package keeps it, its disjoint parts in time, and windows of one part."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from neurosim.errors import NeurosimError, unknown
from neurosim.task import PARTS

BOUNDARIES = (0.60, 0.75)


def shipped(package: str, *inside: str) -> Path:
    """The path of a data file inside an installed package, found without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise NeurosimError(
            f"{inside[-1]} comes with the package {package}, which is not installed; "
            "pip install 'neurosim-onchip[data]' installs it"
        )
    path = Path(spec.origin).parent.joinpath(*inside)
    if not path.is_file():
        raise NeurosimError(f"{path} does not exist: this version of {package} does not ship it; install another")
    return path


def span(length: int, part: str) -> range:
    """The samples of a part: the first 60 % train, the next 15 % tune, the last 25 % test; never an empty part."""
    if part not in PARTS:
        raise unknown("part", part, PARTS)
    if length < len(PARTS):
        raise NeurosimError(f"{length} cannot be divided into {', '.join(PARTS)}; there must be {len(PARTS)} or more")
    tune = int(BOUNDARIES[0] * length)
    test = max(int(BOUNDARIES[1] * length), tune + 1)
    edges = (0, tune, test, length)
    index = PARTS.index(part)
    return range(edges[index], edges[index + 1])


def starts(length: int, steps: int, count: int, part: str, random: np.random.Generator) -> Int[np.ndarray, " trial"]:
    """First samples of `count` windows of `steps` samples that lie wholly in one part; windows may overlap."""
    samples = span(length, part)
    if not 0 < steps <= len(samples):
        raise NeurosimError(
            f"the {part} part of this recording has {len(samples)} samples, so a trial cannot have {steps}; "
            f"choose from 1 to {len(samples)}"
        )
    return random.integers(samples.start, samples.stop - steps + 1, count)


def windows(
    values: Float[np.ndarray, "time channel"], begin: Int[np.ndarray, " trial"], steps: int
) -> Float[np.ndarray, "trial window channel"]:
    """The windows of `steps` samples that begin at the given samples."""
    return values[begin[:, None] + np.arange(steps)]
