"""The input and target columns of a .csv file, told apart by their names in the first row."""

from __future__ import annotations

import csv
import math
import re
from array import array
from pathlib import Path

import numpy as np

from neurosim.errors import NeurosimError

MAX_BYTES = 2**26
COLUMNS = {
    "input": re.compile(r"(x|in|input)(\d+|_\w+)?", re.IGNORECASE),
    "target": re.compile(r"(y|target|out|output)(\d+|_\w+)?", re.IGNORECASE),
    "time": re.compile(r"t|time", re.IGNORECASE),
}


def read(path: Path) -> dict[str, np.ndarray]:
    """`inputs` and `targets`, each [time, channel], in the order of the columns."""
    with path.open(newline="", encoding="utf-8-sig") as text:
        rows = csv.reader(text, strict=True)
        try:
            header = [name.strip() for name in next(rows, [])]
            inputs, targets = _places(path, header)
            values = array("d")
            for row in rows:
                if row:
                    values.extend(_numbers(f"{path}: row {rows.line_num}", header, row, inputs + targets))
        except (csv.Error, UnicodeDecodeError) as fault:
            raise NeurosimError(f"{path}: near row {rows.line_num}: {fault}; save it as UTF-8 with commas") from fault
    table = np.frombuffer(values, dtype=float).reshape(-1, len(inputs) + len(targets))
    return {"inputs": table[:, : len(inputs)], "targets": table[:, len(inputs) :]}


def _places(path: Path, header: list[str]) -> tuple[list[int], list[int]]:
    """The places of the input columns and of the target columns."""
    kinds = [next((kind for kind, names in COLUMNS.items() if names.fullmatch(name)), None) for name in header]
    missing = [f"has no {kind} column" for kind in ("input", "target") if kind not in kinds]
    unknown = [f"column {name[:40]!r} is of no kind" for name, kind in zip(header, kinds, strict=True) if kind is None]
    if unknown or missing:
        raise NeurosimError(
            f"{path}: {(unknown + missing)[0]}; the first row should name inputs x, x1, x_left or in..., "
            "targets y, y1, y_left or target..., and perhaps a time column t"
        )
    inputs, targets = ([place for place, kind in enumerate(kinds) if kind == wanted] for wanted in ("input", "target"))
    return inputs, targets


def _numbers(where: str, header: list[str], row: list[str], places: list[int]) -> list[float]:
    if len(row) != len(header):
        raise NeurosimError(f"{where} has {len(row)} cells; the first row names {len(header)} columns")
    numbers = [_number(row[place]) for place in places]
    for place, number in zip(places, numbers, strict=True):
        if not math.isfinite(number):
            raise NeurosimError(f"{where}, column {header[place]!r}: {row[place][:40]!r} is not a finite number")
    return numbers


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan
