"""Numbers to download: CSV inside a link, to the last digit."""

from __future__ import annotations

import base64
import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so would be run by a spreadsheet; an apostrophe before it keeps it a text."""

Value = str | float | int


@dataclass(frozen=True)
class Download:
    """A file of numbers. link: what it is fetched by, all of it within."""

    name: str
    link: str


def download(name: str, head: Sequence[str], rows: Iterable[Sequence[Value]]) -> Download:
    """A table as a file of a name."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    code = base64.b64encode(text.getvalue().encode()).decode()
    return Download(f"{name}.csv", f"data:text/csv;charset=utf-8;base64,{code}")


def _cell(value: Value) -> Value:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULAS) else value
    return "" if isinstance(value, float) and math.isnan(value) else value
