"""`neurosim list`: what there is."""

from __future__ import annotations

import click

from neurosim import contents


@click.command("list")
@click.argument("kind", required=False, type=click.Choice([f"{kind}s" for kind in contents.KINDS]))
def command(kind: str | None) -> None:
    """What there is: rules, tasks, engines, observables and profiles, with what each of them is."""
    for each in [kind.removesuffix("s")] if kind else contents.KINDS:
        names = contents.names(each)
        click.echo(f"{each}s")
        for name in names:
            click.echo(f"  {name:<{max(map(len, names))}}  {contents.summary(each, name)}")
