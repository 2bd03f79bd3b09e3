"""`neurosim run`: one rule learns a task."""

from __future__ import annotations

from typing import Any

import click

from neurosim.arguments import ManyValued
from neurosim.commands.compare import answer, asking


@click.command("run", cls=ManyValued)
@click.argument("rule")
@asking
def command(rule: str, **asked: Any) -> None:
    """Let one RULE learn a task.

    RULE is a name from `neurosim list rules`, with parameters if wanted (`tbptt:k=8`), or a Python file of your own.
    """
    answer((rule,), **asked)
