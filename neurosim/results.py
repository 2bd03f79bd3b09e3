"""Runs on disk: one folder each, found by the digest of what was asked.

`run.json` says what was asked, how it was made and what came out; `curves.npz` holds the arrays. Both are written
beside their place and moved there, `run.json` last, so that a run is either whole or not there, whoever else writes; a
damaged one is set aside and made again. What a run is in spikes is one file of its own, in `spikes`. `results.json` has
the version of this layout.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import sys
import tempfile
import zipfile
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from neurosim import catalog
from neurosim.atomic import write_whole
from neurosim.counting import Counts
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment, Run, code_digest, content
from neurosim.spike_cost import Cost, Question

ARRAYS = ("losses", "seen", "test_losses")
BY_WEIGHT = ("cosine", "size", "sign", "weights", "observed")
COSTS = ("rate_loss", "loss", "learned_loss", "rate")
LIBRARIES = ("neurosim-onchip", "numpy", "numba", "scipy", "brian2", "nengo")


TRIES = 10
"""How often a run is saved whose place another process sets aside meanwhile, as what was there before is damaged."""

FORMAT = 1
"""The layout of a folder. Folders without a version are of 1, too: those that were made before it was written down."""


@dataclass(frozen=True)
class Results:
    """A folder of runs. Raises `NeurosimError` if it cannot be made or written to, or if its layout is another."""

    folder: Path

    def __post_init__(self) -> None:
        try:
            (self.folder / "runs").mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
            check_format(self.folder)
            if not (self.folder / "results.json").exists():
                text = json.dumps({"format": FORMAT, "neurosim": versions()["neurosim-onchip"]}) + "\n"
                write_whole(self.folder / "results.json", lambda file: file.write(text.encode()))
        except OSError as error:
            raise NeurosimError(
                f"cannot write results to {self.folder} ({error.strerror}); name a folder that can be"
            ) from None

    def save(self, run: Run) -> None:
        """Keep a run; it is on disk, whole, when this returns."""
        for _ in range(TRIES - 1):
            with suppress(FileNotFoundError, FileExistsError):
                return self._save(run)
        return self._save(run)

    def _save(self, run: Run) -> None:
        place = self._place(run.experiment)
        place.mkdir(parents=True, exist_ok=True)
        arrays = {name: getattr(run, name) for name in ARRAYS}
        for group in BY_WEIGHT:
            arrays |= {f"{group}/{name}": values for name, values in getattr(run, group).items()}
        write_whole(place / "curves.npz", lambda file: np.savez(file, **arrays))
        about = {
            "experiment": asdict(run.experiment),
            "outcome": run.outcome,
            "loss": _plain(run.loss),
            "score": _plain(run.score),
            "seconds": run.seconds,
            "counts": {name: asdict(counts) for name, counts in run.counts.items()},
            "made": {**provenance(), "profile": profile_digest(run.experiment.profile)},
        }
        write_whole(place / "run.json", lambda file: file.write(json.dumps(about, indent=1, allow_nan=False).encode()))

    def load(self, experiment: Experiment) -> Run | None:
        """The run that answers an experiment, if there is one. A damaged one is set aside, as `NAME.damaged`."""
        place = self._place(experiment)
        if not (place / "run.json").exists():
            return None
        try:
            return _read(place, experiment)
        except (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error):
            _set_aside(place)
            return None

    def save_cost(self, cost: Cost) -> None:
        """Keep what a run is in spikes."""
        place = self._cost(cost.question)
        place.parent.mkdir(exist_ok=True)
        numbers = {name: _plain(getattr(cost, name)) for name in COSTS}
        about = {"question": asdict(cost.question), **numbers, "made": provenance()}
        write_whole(place, lambda file: file.write(json.dumps(about, indent=1, allow_nan=False).encode()))

    def load_cost(self, question: Question) -> Cost | None:
        """What a run is in spikes, if that is known; a damaged file counts for nothing, and is written again."""
        try:
            about = json.loads(self._cost(question).read_text(encoding="utf-8"))
            if about["question"] != json.loads(json.dumps(asdict(question))):
                return None
            return Cost(question, **{name: float(about[name]) for name in COSTS})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _cost(self, question: Question) -> Path:
        return self.folder / "spikes" / f"{question.digest}.json"

    def _place(self, experiment: Experiment) -> Path:
        return self.folder / "runs" / experiment.digest


def check_format(folder: Path) -> None:
    """Raise `NeurosimError` if a folder of runs has a layout that this version does not read."""
    path = folder / "results.json"
    if not path.exists():
        return
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        found, writer = int(about["format"]), str(about["neurosim"])
    except (OSError, ValueError, KeyError, TypeError):
        raise NeurosimError(
            f"{path} does not say which version of the layout {folder} has; if it is damaged, remove that file"
        ) from None
    if found != FORMAT:
        raise NeurosimError(
            f"{folder} has version {found} of the layout, written by neurosim {writer}; this neurosim "
            f"({versions()['neurosim-onchip']}) reads version {FORMAT}: use that one, or another folder"
        )


def profile_digest(name: str) -> str:
    """A digest of what is in the profile of a name: of its file, or of the name if that spells it out."""
    own = catalog.profile_folder() / f"{name}.toml"
    path = own if own.exists() else catalog.source(name)
    return content(path) if path else hashlib.sha256(name.encode()).hexdigest()


def _set_aside(place: Path) -> None:
    """Rename a damaged run to `NAME.damaged`, or so; another process may be quicker."""
    aside = place.with_name(place.name + ".damaged")
    for count in range(1, 1000):
        if not aside.exists():
            break
        aside = place.with_name(f"{place.name}.damaged{count}")
    with suppress(OSError):
        place.rename(aside)


def provenance() -> dict[str, Any]:
    """What made a result: command, versions, a digest of neurosim's code, machine, time."""
    return {
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "versions": {"python": platform.python_version()} | versions(),
        "code": code_digest(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@cache
def versions() -> dict[str, str | None]:
    """What computes, by name; None where it is not installed."""
    return {name: _version(name) for name in LIBRARIES}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _read(place: Path, experiment: Experiment) -> Run:
    about = json.loads((place / "run.json").read_text(encoding="utf-8"))
    if about["experiment"] != json.loads(json.dumps(asdict(experiment))):
        raise ValueError("the run answers another question")
    with (place / "curves.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in ARRAYS}
        grouped: dict[str, dict[str, np.ndarray]] = {group: {} for group in BY_WEIGHT}
        for name in arrays.files:
            group, _, weight = name.partition("/")
            if weight:
                grouped[group][weight] = arrays[name]
    numbers = {name: float(about[name]) for name in ("loss", "score", "seconds")}
    counts = {
        name: Counts(**{key: int(count) for key, count in each.items()}) for name, each in about["counts"].items()
    }
    made: dict[str, Any] = {**numbers, **found, **grouped, "counts": counts}
    return Run(experiment, str(about["outcome"]), **made)


def _plain(value: float) -> float | str:
    """JSON has no infinity: it is written as the word `inf`, and what is no number as `nan`."""
    return value if np.isfinite(value) else str(value)
