"""A folder of runs, without a comparison, as a record: runs that differ only in their seed are a row."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neurosim.errors import NeurosimError
from neurosim.page.compared import NAME, command, flat
from neurosim.page.curves import watched
from neurosim.page.given import Given, read
from neurosim.page.record import Attempt, Record, Row

MOST_COMMANDS = 20
MOST_VALUES = 20
FIRST = ("profile", "task", "engine")
"""What a column is called by first, of all that was varied."""

NEVER = ("rule", "seed", "part", "checkpoints", "test_trials")
"""What no column is called by."""

Settings = dict[str, str]


@dataclass(frozen=True)
class _Found:
    """A run as it is found: what it was asked, and what came of it."""

    asked: Settings
    attempt: Attempt
    made: Given

    @property
    def lr(self) -> float:
        return float(self.asked["lr"])


def record(folder: Path) -> Record:
    """What the runs of a folder say; those that only tuned learning rates are left out and counted."""
    everything = [_found(path.parent) for path in sorted(folder.glob("runs/*/run.json")) if _is_run(path.parent)]
    found = [each for each in everything if each.asked.get("part", "test") == "test"]
    if not found:
        raise NeurosimError(
            f"{folder}: there is no run in it ({len(everything)} that tuned a learning rate); "
            "name a folder that `neurosim compare --out` wrote"
        )
    varied = _varied(found)
    found.sort(key=lambda each: [_order(each.asked.get(name, "")) for name in ("rule", *varied)])
    groups: dict[tuple[str, str], list[_Found]] = defaultdict(list)
    for each in found:
        groups[each.asked["rule"], _column(each, varied)].append(each)
    tuned = len(everything) - len(found)
    commands = Counter(command(each.made) for each in found)
    return Record(
        task=", ".join(dict.fromkeys(each.asked["task"] for each in found)),
        rows=tuple(_row(rule, column, runs) for (rule, column), runs in groups.items()),
        score="score",
        references={},
        pairs=(),
        notes=(
            "loss: 1/2 sum of squared errors of a trial, mean over unseen trials, median over seeds",
            f"{len(found)} runs, gathered from their folders; {tuned} more tuned learning rates and are not shown",
        ),
        settings=tuple(_settings(found)),
        made=tuple(_made(found)),
        commands=tuple(each for each, _ in commands.most_common(MOST_COMMANDS)),
    )


def _is_run(folder: Path) -> bool:
    """Damaged ones are set aside under a name with a point in it."""
    return NAME.fullmatch(folder.name) is not None


def _found(folder: Path) -> _Found:
    given = read(folder / "run.json")
    asked = dict(flat_exactly(given.at("experiment")))
    attempt = Attempt(
        name=folder.name,
        seed=given.at("experiment").at("seed").whole(),
        outcome=given.at("outcome").text(),
        loss=given.at("loss").number(),
        score=given.at("score").number(),
        watched=watched(folder / "curves.npz") if asked.get("part", "test") == "test" else None,
    )
    for name in ("rule", "task", "profile", "lr"):
        given.at("experiment").at(name)
    return _Found(asked, attempt, given.at("made"))


def flat_exactly(given: Given) -> Iterable[tuple[str, str]]:
    """The entries of an experiment as text, by their own names."""
    return ((name.replace(" ", "_"), text) for name, text in flat(given))


def _varied(found: Sequence[_Found]) -> list[str]:
    """What columns are called by: all that differs between runs, the learning rate only where one rule has several."""
    names = dict.fromkeys([*FIRST, *(name for each in found for name in each.asked)])
    values = {name: {each.asked.get(name) for each in found} for name in names if name not in NEVER}
    varied = [name for name in values if len(values[name]) > 1 and name != "lr"]
    rates = defaultdict(set)
    for each in found:
        rates[each.asked["rule"], _column(each, varied)].add(each.asked["lr"])
    return [*varied, "lr"] if any(len(each) > 1 for each in rates.values()) else varied


def _order(text: str) -> tuple[float, str]:
    """Numbers by their size, before words."""
    try:
        return float(text), text
    except ValueError:
        return math.inf, text


def _column(each: _Found, varied: Sequence[str]) -> str:
    named = [f"{name} {each.asked.get(name, 'its own')}" for name in varied if name not in FIRST]
    return ", ".join([*(each.asked[name] for name in FIRST if name in varied or name == "profile"), *named])


def _row(rule: str, column: str, runs: Sequence[_Found]) -> Row:
    attempts = tuple(each.attempt for each in sorted(runs, key=lambda each: each.attempt.seed))
    losses = [np.inf if each.diverged else each.loss for each in attempts]
    cosines = {name for each in attempts if each.watched for name in each.watched.measured["cosine"]}
    return Row(
        rule=rule,
        profile=column,
        lr=runs[0].lr,
        attempts=attempts,
        loss=float(np.median(losses)),
        score=float(np.median([each.score for each in attempts])),
        cosine={name: _cosine(attempts, name) for name in sorted(cosines)},
    )


def _cosine(attempts: Iterable[Attempt], name: str) -> float:
    """Mean over checkpoints, median over seeds."""
    curves = [each.watched.measured["cosine"].get(name, np.empty(0)) for each in attempts if each.watched]
    means = [float(np.nanmean(each)) for each in curves if np.isfinite(each).any()]
    return float(np.median(means)) if means else np.nan


def _made(found: Sequence[_Found]) -> Iterable[tuple[str, str]]:
    """What made them, each value there is; what was in each profile."""
    lines: dict[str, dict[str, None]] = defaultdict(dict)
    for each in found:
        for name, text in flat(each.made, skip=("command", "time")):
            lines[f"digest of {each.asked['profile']}" if name == "profile" else name][text] = None
    return ((name, _some(list(values))) for name, values in lines.items())


def _some(values: Sequence[str]) -> str:
    return ", ".join(values[:MOST_VALUES]) + (f" and {len(values) - MOST_VALUES} more" if values[MOST_VALUES:] else "")


def _settings(found: Sequence[_Found]) -> Iterable[tuple[str, str]]:
    for name in dict.fromkeys(name for each in found for name in each.asked if name not in ("rule", "part")):
        values = list(dict.fromkeys(each.asked.get(name, "") for each in found))
        yield name.replace("_", " "), _some(values)
