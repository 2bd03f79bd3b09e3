"""`neurosim benchmark`: the standing benchmark, and what changed since another run of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neurosim.cache import cache_folder
from neurosim.results import Results

if TYPE_CHECKING:
    from neurosim.benchmark.rows import Row

SUITE = Path("benchmarks/suite.toml")
RESULTS = "benchmark"


@click.command("benchmark")
@click.argument("suite", type=click.Path(path_type=Path), default=SUITE)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the runs; results of each task go to `benchmark` in it."
)
@click.option("--against", type=click.Path(path_type=Path), help="Folder of results to say what changed since.")
def command(suite: Path, out: Path | None, against: Path | None) -> None:
    """Run the tasks, rules and chips of a SUITE file, by default benchmarks/suite.toml, one row for each combination.

    Finished runs are kept, in the folder given by --out or else in a cache, so that a command that is repeated goes on
    from where it was stopped. With --against the exit code is 1 if a row got worse.
    """
    from tqdm import tqdm

    from neurosim.benchmark import files, text
    from neurosim.benchmark.rows import count, rows
    from neurosim.benchmark.suite import read

    entries = read(suite)
    then = files.read(against) if against else []
    results = Results(out or cache_folder("results"))
    found: list[Row] = []
    with tqdm(total=sum(map(count, entries)), unit=" rows", disable=None, leave=False) as bar:
        for entry in entries:
            for row in rows(entry, results):
                found.append(row)
                bar.update()
    click.echo(text.table(found))
    if out:
        click.echo(f"\nwritten: {', '.join(map(str, files.write(found, out / RESULTS)))}")
    if against:
        _compare(then, found)


def _compare(then: Sequence[Row], now: Sequence[Row]) -> None:
    """Say what changed; exit with 1 if something got worse."""
    from neurosim.benchmark import text
    from neurosim.benchmark.against import changes

    found = list(changes(then, now))
    click.echo(f"\n{text.changed(found)}")
    if any(change.kind == "worse" for change in found):
        sys.exit(1)
