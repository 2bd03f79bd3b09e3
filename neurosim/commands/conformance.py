"""`neurosim conformance`: whether engines agree with the reference."""

from __future__ import annotations

import sys

import click

from neurosim import catalog


@click.command("conformance")
@click.argument("rules", nargs=-1)
@click.option("--engine", "engines", multiple=True, metavar="NAME", help="Engines to examine.  [default: all]")
def command(rules: tuple[str, ...], engines: tuple[str, ...]) -> None:
    """Whether engines agree with the reference, for RULES of your own or all there are, in four number formats.

    `none` stands where a format or an engine says that it cannot run a rule, and why.
    """
    from tqdm import tqdm

    from neurosim.conformance import FORMATS, REFERENCE, TOLERANCES, examine

    chosen = [name for name in engines or catalog.names("engine") if name != REFERENCE]
    wanted = [(r, e, f) for r in rules or catalog.names("rule") for e in chosen for f in FORMATS]
    cases = [examine(*each) for each in tqdm(wanted, disable=None, leave=False)]
    up_to = ", ".join(f"{format} passes up to {tolerance:g}" for format, tolerance in TOLERANCES.items())
    click.echo(f"largest deviation from {REFERENCE} at any step; {up_to}, the others at 0\n")
    for case in cases:
        verdict = "pass" if case.passed else "none" if case.refused else "FAIL"
        click.echo(
            f"{verdict}  {case.rule:<24} {case.engine:<17} {case.format:<10} {case.deviation:8.2g}  {case.where}"
        )
    if not all(case.passed or case.refused for case in cases):
        sys.exit(1)
