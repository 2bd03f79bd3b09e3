"""The command line: words to values, values to text. Nothing below it prints."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from neurosim import __version__, commands
from neurosim.errors import NeurosimError


@contextmanager
def _plainly() -> Iterator[None]:
    """What the user can mend is one line and exit code 2; an interrupt keeps what is finished."""
    try:
        yield
    except NeurosimError as error:
        click.echo(f"neurosim: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("\nneurosim: stopped; finished runs are kept, and the same command goes on from them", err=True)
        sys.exit(130)


def main() -> None:
    """The command `neurosim`."""
    neurosim()


class _Commands(click.Group):
    """The modules of `commands` as commands, each imported when asked for, that end plainly whatever ends them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        found: click.Command = importlib.import_module(f"neurosim.commands.{name}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        names = self.list_commands(ctx)
        room = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name, _unimported(name).get_short_help_str(room)) for name in names])

    def invoke(self, ctx: click.Context) -> Any:
        with _plainly():
            return super().invoke(ctx)


def _unimported(name: str) -> click.Command:
    """A command as far as its docstring goes, read without importing what it needs to run."""
    tree = ast.parse((Path(commands.__path__[0]) / f"{name}.py").read_text(encoding="utf-8"))
    (command,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "command")
    return click.Command(name, help=ast.get_docstring(command))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="neurosim")
def neurosim() -> None:
    """Compare online learning rules for linear rate networks with the exact gradient.

    \b
    neurosim list                                   what there is
    neurosim show rule rflo                         one rule, its equations and what they need
    neurosim compare rflo tbptt:k=8 bptt --task path --out results
    neurosim audit rflo bptt --profile loihi2-lava reckon   could the chip run it?
    """
