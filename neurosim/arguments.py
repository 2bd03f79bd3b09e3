"""What commands share: options that say where to compute, and those that take all words up to the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click


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


def placed(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say where runs are computed."""
    workers = click.option("--workers", type=int, metavar="N", help="Compute in N processes, which Dask looks after.")
    scheduler = click.option("--scheduler", metavar="ADDRESS", help="Compute on the Dask cluster of this scheduler.")
    return workers(scheduler(command))
