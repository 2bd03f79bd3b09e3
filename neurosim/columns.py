"""Numbers and tables as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np


def aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines of a table, the first column to the left and the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *rest = (
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *rest]).rstrip()


def number(value: float, sign: bool = False) -> str:
    """Three digits; an infinite loss is one that diverged, and what is not there is a dash."""
    if not np.isfinite(value):
        return "diverged" if np.isinf(value) else "-"
    return f"{value:{'+' if sign else ''}.3g}"
