"""Writes the committed results of the standing benchmark into benchmarks/README.md: docs/update_benchmark.py [FOLDER]

With FOLDER, the OUT/benchmark of `neurosim benchmark --out OUT`, its results are taken into benchmarks/results first.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from neurosim.benchmark import files
from neurosim.benchmark.rows import Row
from neurosim.benchmark.text import COLUMNS, heading

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- benchmark: written by docs/update_benchmark.py -->\n", "<!-- end of benchmark -->"


def main(folders: Sequence[str]) -> None:
    for path in (path for folder in folders for path in Path(folder).glob("*.json")):
        RESULTS.mkdir(exist_ok=True)
        shutil.copy(path, RESULTS)
    readme = ROOT / "benchmarks" / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    readme.write_text(before + tables(files.read(RESULTS)) + after, encoding="utf-8")


def tables(rows: Sequence[Row]) -> str:
    """A table for each division and task."""
    groups = dict.fromkeys((row.division, row.task) for row in rows)
    return "\n".join(table([row for row in rows if (row.division, row.task) == group]) for group in sorted(groups))


def table(rows: Sequence[Row]) -> str:
    """The rows of one division and task."""
    heads = [head for head, _ in COLUMNS]
    lines = [heading(rows[0]), "", _line(heads), "|---" * len(heads) + "|"]
    lines += [_line(f"`{text(row)}`" if head == "rule" else text(row) for head, text in COLUMNS) for row in rows]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main(sys.argv[1:])
