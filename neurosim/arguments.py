"""What commands share: options that say what is counted, or where to compute; those that take several words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click

from neurosim.design import DESIGNS, USUAL
from neurosim.network import PLASTIC


class ManyValued(click.Command):
    """A command whose options of several values, `NAME...` in the help, take all words up to the next option.

    `--profile A B --steps 9` is `--profile A --profile B --steps 9`. Arguments come before such an option.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(self._spread(args)))

    def _spread(self, args: list[str]) -> Iterator[str]:
        many = {name for each in self.params if _is_many(each) for name in each.opts}
        option = ""
        for position, word in enumerate(args):
            if word == "--":
                yield from args[position:]
                return
            if word.startswith("-") and word != "-":
                option = word.partition("=")[0] if word.partition("=")[0] in many else ""
                fresh = "=" not in word
            elif option and not fresh:
                yield option
            else:
                fresh = False
            yield word


def _is_many(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and parameter.multiple and str(parameter.metavar).endswith("...")


FREEZE = click.option(
    "--freeze", multiple=True, type=click.Choice(PLASTIC), help="Weights that do not learn; may be repeated."
)
"""The option that says what does not learn."""


def placed(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say where runs are computed."""
    workers = click.option("--workers", type=int, metavar="N", help="Compute in N processes, which Dask looks after.")
    scheduler = click.option("--scheduler", metavar="ADDRESS", help="Compute on the Dask cluster of this scheduler.")
    return workers(scheduler(command))


def counted(command: Callable[..., None]) -> Callable[..., None]:
    """The arguments that say of what the equations are counted: rules, chips, sizes, what learns, and the design."""
    for option in reversed(
        [
            click.argument("rules", nargs=-1),
            click.option(
                "--profile", "profiles", multiple=True, metavar="NAME...", help="Chips, one or several.  [default: all]"
            ),
            click.option("--n", default=128, show_default=True, help="Neurons."),
            click.option("--inputs", default=8, show_default=True, help="Inputs."),
            click.option("--outputs", default=2, show_default=True, help="Outputs."),
            click.option("--steps", default=200, show_default=True, help="Steps of a trial."),
            FREEZE,
            click.option(
                "--design",
                type=click.Choice(DESIGNS),
                default=USUAL,
                show_default=True,
                help="Also show each rule with W_rec at rest and what is added to it, by a factor, learned.",
            ),
        ]
    ):
        command = option(command)
    return command
