"""Rows of a standing benchmark on disk: one small JSON file for each task, to be committed and compared with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from neurosim.atomic import write_whole
from neurosim.benchmark.rows import Row
from neurosim.errors import NeurosimError
from neurosim.results import provenance

SCHEMA = "neurosim-benchmark/1"
MAX_BYTES = 2**24
NUMBERS = ("target", "score", "low", "high", "gap_closed", "lr", "operations")
WORDS = ("division", "task", "rule", "profile", "metric", "verdict", "refused")


def write(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Writes the rows of each task into a file of its own; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for task in dict.fromkeys(row.task for row in rows):
        about = {"schema": SCHEMA, "made": provenance(), "rows": [_plain(row) for row in rows if row.task == task]}
        text = json.dumps(about, indent=1, allow_nan=False) + "\n"
        written.append(folder / f"{re.sub(r'[^A-Za-z0-9_.=-]+', '_', task)}.json")
        write_whole(written[-1], partial(_fill, text=text))
    return written


def _fill(file: BinaryIO, text: str) -> None:
    file.write(text.encode())


def _plain(row: Row) -> dict[str, Any]:
    """JSON has no infinity: it is written as the word `inf`, and what is no number as `nan`."""
    found = asdict(row)
    return found | {name: found[name] if np.isfinite(found[name]) else str(found[name]) for name in NUMBERS}


def read(folder: Path) -> list[Row]:
    """The rows of all files in a folder. Raises `NeurosimError`, in one line, for whatever is wrong with them."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise NeurosimError(f"{folder}: has no results, *.json; name OUT/benchmark of `neurosim benchmark --out OUT`")
    return [row for path in paths for row in _read(path)]


def _read(path: Path) -> Iterable[Row]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"is larger than {MAX_BYTES:,} bytes")
        about = json.loads(path.read_text(encoding="utf-8"))
        if about["schema"] != SCHEMA:
            raise ValueError(f"schema is {about['schema']!r}, not {SCHEMA!r}")
        return [_row(each) for each in about["rows"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as fault:
        reason = " ".join(str(fault).split())[:120] or type(fault).__name__
        raise NeurosimError(f"{path}: holds no results of a benchmark ({reason})") from None


def _row(given: dict[str, Any]) -> Row:
    if given.keys() != {field.name for field in fields(Row)}:
        raise ValueError("a row has other keys")
    if not all(isinstance(given[name], str) for name in WORDS):
        raise ValueError(f"{', '.join(WORDS)} must be words")
    named: dict[str, Any] = {name: given[name] for name in WORDS} | {name: float(given[name]) for name in NUMBERS}
    return Row(
        **named,
        setting={str(name): float(value) for name, value in given["setting"].items()},
        higher_is_better=bool(given["higher_is_better"]),
        bits=None if given["bits"] is None else float(given["bits"]),
        nonlocal_reads=tuple(map(str, given["nonlocal_reads"])),
    )
