"""What rounding took from a rule, as a warning: the quantity, the share, and what would help."""

from __future__ import annotations

from collections.abc import Iterator

from neurosim.arithmetic import Arithmetic
from neurosim.comparison import Row
from neurosim.counting import Counts
from neurosim.precision import Format

LOST = 0.5
"""Share of a weight's updates that may vanish without a word, where chance does not make up for them."""

BEYOND = 0.01
"""Share of numbers that may saturate or wrap without a word."""


def warnings(row: Row, arithmetic: Arithmetic) -> Iterator[str]:
    """The worst loss of updates and the worst overflow of a rule's runs, if they are worth a word."""
    counts: dict[str, Counts] = {}
    for name, each in ((name, each) for run in row.runs for name, each in run.counts.items()):
        counts[name] = counts.get(name, Counts(0, 0, 0, 0)) + each
    updates = {name: each.share_lost for name, each in counts.items() if name.startswith(("W_", "hidden_W_"))}
    written = arithmetic.hidden or arithmetic.formats["weight"]
    where = f"{row.rule} on {row.profile}"
    lost = max(updates, key=lambda name: updates[name], default="")
    if lost and updates[lost] > LOST and not _by_chance(written):
        yield (
            f"warning: {where}: rounding lost {updates[lost]:.0%} of the updates of {lost}, all below half of its last "
            f"bit, {written.lsb:g}; round by chance, keep more fractional bits, or scale the learning rate up"
        )
    beyond = max(counts, key=lambda name: counts[name].share_beyond, default="")
    if beyond and counts[beyond].share_beyond > BEYOND:
        yield (
            f"warning: {where}: {counts[beyond].share_beyond:.0%} of the values of {beyond} lay beyond what its format "
            "holds; keep fewer fractional bits of it, or scale inputs and targets down"
        )


def _by_chance(format: Format) -> bool:
    return "stochastic" in format.rounding or format.rounding in ("unit_step", "pulse")
