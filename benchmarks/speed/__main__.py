"""Measures how fast neurosim is, and keeps what was measured: python benchmarks/speed [TABLE ...]

Without a name all tables are measured, which takes a quarter of an hour. Results go to results.json beside this file
and, as tables, into README.md.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from measuring import one_core
from tables import TABLES, Cells, Table

HERE = Path(__file__).parent
RESULTS, README = HERE / "results.json", HERE / "README.md"
BEGIN, END = "<!-- tables: written by python benchmarks/speed -->\n", "<!-- end of tables -->"


def main(names: list[str]) -> None:
    if unknown := set(names) - set(TABLES):
        sys.exit(f"no table is called {min(unknown)!r}; there are: {', '.join(TABLES)}")
    one_core()
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in names or TABLES:
        table, rows = TABLES[name](), {}
        for param in table.params:
            rows[str(param)] = table.measure(param)
            print(f"{name} {table.param_name}={param}: " + ", ".join(map(_cell, *_pairs(rows[str(param)]))), flush=True)
        found[name] = {"rows": rows, "machine": machine()}
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        _write(found)


def machine() -> dict[str, str]:
    """What it was measured on."""
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "scipy"))
    return {
        "processor": cpu.partition(":")[2].strip() or platform.processor(),
        "software": f"Python {platform.python_version()}, {libraries}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "time": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def _write(found: dict) -> None:
    """The tables of the README, in place of those that it has."""
    text = README.read_text(encoding="utf-8")
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    tables = [_markdown(TABLES[name](), found[name]) for name in TABLES if name in found]
    README.write_text(before + "\n".join(tables) + after, encoding="utf-8")


def _markdown(table: Table, found: dict) -> str:
    rows: dict[str, Cells] = found["rows"]
    heads = list(dict.fromkeys(head for cells in rows.values() for head in cells))
    lines = [
        f"## {table.__doc__}",
        "",
        f"| {table.param_name} | {' | '.join(heads)} |",
        "|---" * (1 + len(heads)) + "|",
    ]
    for param, cells in rows.items():
        shown = (f"{cells[head]:.3g}" if head in cells else "" for head in heads)
        lines.append(f"| {param} | {' | '.join(shown)} |")
    about = found["machine"]
    lines += ["", *table.summary(rows), f"{about['processor']}, one core, {about['software']}, {about['time']}.", ""]
    return "\n".join(lines)


def _pairs(cells: Cells) -> tuple[list[str], list[float]]:
    return list(cells), list(cells.values())


def _cell(name: str, value: float) -> str:
    return f"{name} {value:.3g}"


if __name__ == "__main__":
    main(sys.argv[1:])
