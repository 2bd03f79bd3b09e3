"""`neurosim checks`: what theory claims, measured."""

from __future__ import annotations

import json
import sys

import click


@click.command("checks")
@click.argument("numbers", nargs=-1, type=int)
@click.option("--quick", is_flag=True, help="Smaller networks and fewer draws: one minute instead of several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, once all is measured.")
def command(numbers: tuple[int, ...], quick: bool, as_json: bool) -> None:
    """Measure what theory claims of linear networks that learn, and say how far it holds.

    NUMBERS are those of checks; all by default. The exit code is 1 if a claim does not hold.
    """
    from neurosim import checks

    results = []
    for check in checks.chosen(numbers):
        results.append(checks.run(check, full=not quick))
        if not as_json:
            click.echo("\n".join(checks.lines(results[-1])))
    held = sum(each.holds for each in results)
    if as_json:
        click.echo(json.dumps([checks.as_json(each) for each in results], indent=1))
    else:
        click.echo(f"\n{held} of {len(results)} claims hold")
    if held < len(results):
        sys.exit(1)
