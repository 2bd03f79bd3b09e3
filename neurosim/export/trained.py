"""Trained networks in the folders that runs are kept in. What a folder says is checked, and nothing of it is run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim import catalog
from neurosim.errors import NeurosimError
from neurosim.export import arrays
from neurosim.network import WEIGHTS, Network

MAX_BYTES = 2**20
"""Of a `run.json`, which is a page of text."""

MOST_LISTED = 20
LONGEST = 1000
"""Letters of a name, which may be a path."""


@dataclass(frozen=True)
class Trained:
    """What a run says of the network that it ended with: the names and numbers of its experiment, and its outcome.

    alpha: leak per step; None if the task's own was used.
    """

    folder: Path
    rule: str
    task: str
    profile: str
    part: str
    outcome: str
    seed: int
    lr: float
    alpha: float | None

    @classmethod
    def read(cls, folder: Path) -> Trained:
        """What the `run.json` of a folder says. Raises `NeurosimError` if it is not one."""
        path = folder / "run.json"
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
            about = json.loads(path.read_bytes())
            asked = about["experiment"]
            return cls(
                folder,
                rule=_word("rule", asked["rule"]),
                task=_word("task", asked["task"]),
                profile=_word("profile", asked["profile"]),
                part=_word("part", asked["part"]),
                outcome=_word("outcome", about["outcome"]),
                seed=_whole(asked["seed"]),
                lr=_number("lr", asked["lr"]),
                alpha=None if asked["alpha"] is None else _number("alpha", asked["alpha"]),
            )
        except KeyError as fault:
            raise NeurosimError(f"{path}: does not say {fault}; it is not the run.json of a run") from fault
        except (OSError, ValueError, TypeError, OverflowError, RecursionError) as fault:
            raise NeurosimError(f"{path}: is not the run.json of a run ({fault}); run the comparison again") from fault

    def __str__(self) -> str:
        return f"{self.rule}, seed {self.seed}, {self.task}, {self.profile}, lr {self.lr:g}: {self.folder}"


def find(place: Path, rule: str | None = None, seed: int | None = None) -> Trained:
    """The one run that is meant by a run's folder, or by the folder of a comparison with a rule and a seed.

    Runs that a comparison only tuned its learning rates with are not looked at. Raises `NeurosimError`, with what
    there is, unless it is exactly one.
    """
    alone = (place / "run.json").is_file()
    there = [Trained.read(place)] if alone else [each for each in _kept(place) if each.part == "test"]
    if not there:
        raise NeurosimError(
            f"{place}: there is no run in it; name a folder that `neurosim compare --out` wrote, or one in its `runs`"
        )
    meant = [each for each in there if rule in (None, each.rule) and seed in (None, each.seed)]
    if len(meant) == 1:
        return meant[0]
    asked = f"rule {rule or 'not given'} and seed {'not given' if seed is None else seed}"
    listed = "; ".join(sorted(map(str, meant or there))[:MOST_LISTED])
    raise NeurosimError(
        f"{place}: {len(meant) or 'no'} runs have {asked}; choose one by rule and seed, or name its own folder; "
        f"there are: {listed}"
    )


def load(trained: Trained, alpha: float | None = None) -> Network:
    """The network that a run ended with.

    alpha: leak per step, if neither the run nor a task that comes with neurosim says it.
    """
    if trained.outcome != "finished":
        raise NeurosimError(f"{trained.folder}: the run {trained.outcome}; there is no trained network in it")
    leak = _leak(trained) if alpha is None else alpha
    found = arrays.weights(trained.folder / "curves.npz", WEIGHTS)
    n, n_in, n_out = len(found["W_rec"]), found["W_in"].shape[1], len(found["W_out"])
    shapes = {"W_rec": (n, n), "W_in": (n, n_in), "W_out": (n_out, n), "B": (n, n_out)}
    if wrong := [name for name in WEIGHTS if found[name].shape != shapes[name] or 0 in shapes[name]]:
        raise NeurosimError(
            f"{trained.folder}: {wrong[0]} has shape {found[wrong[0]].shape}; that does not fit the other weights"
        )
    return Network(**found, alpha=leak)


def _leak(trained: Trained) -> float:
    """The leak per step, by default the task's; a task of the user's own would have to be run to say it."""
    if trained.alpha is not None:
        return trained.alpha
    if trained.task.split(":")[0] not in catalog.names("task"):
        raise NeurosimError(
            f"{trained.folder}: its task {trained.task!r} is a file that is not run here, and the run does not say the "
            "leak per step; give it, as --alpha on the command line"
        )
    return catalog.task(trained.task).alpha


def _kept(place: Path) -> Iterator[Trained]:
    """The runs of a comparison; one that cannot be read is not there, as for a comparison that is repeated."""
    for path in sorted(place.glob("runs/*/run.json")):
        if "." not in path.parent.name:
            try:
                yield Trained.read(path.parent)
            except NeurosimError:
                continue


def _word(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST:
        raise ValueError(f"{name} is not a line of text")
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is not a number")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError("seed is not a whole number")
    return value
