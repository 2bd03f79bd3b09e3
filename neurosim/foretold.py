"""What theory says of a comparison: the forecast of each rule's first seed, and lines for the table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from neurosim.comparison import EXACT_PROFILE, Comparison, Row
from neurosim.experiment import Experiment
from neurosim.prediction import Forecast, forecast, outlier_wanted


def foretold(row: Row) -> Forecast | None:
    """The forecast of a row's first seed; None on chips, of whose rounding theory knows nothing."""
    return _forecast(row.runs[0].experiment) if row.profile == EXACT_PROFILE else None


@lru_cache(maxsize=64)
def _forecast(asked: Experiment) -> Forecast:
    """Once for the table, the figure and the JSON."""
    return forecast(asked)


def theory_notes(comparison: Comparison) -> Iterator[str]:
    """What theory predicts, beside what was found; what it warns of; and what it does not cover, with the reason."""
    found = [(row, each) for row in comparison.rows if (each := foretold(row)) is not None]
    told = [_beside(row, each) for row, each in found if not each.reason]
    if told:
        yield f"theory predicts, on seed {found[0][1].seed}, by mean updates: {'; '.join(told)}"
        if wanted := outlier_wanted(comparison.asked):
            yield wanted
    yield from (line for _, each in found for line in each.warnings)
    yield from dict.fromkeys(each.reason for _, each in found if each.reason)


def _beside(row: Row, told: Forecast) -> str:
    end = told.losses[-1]
    said = f"loss {end:.3g}" if np.isfinite(end) else "divergence"
    loss = row.runs[0].loss
    return f"{row.rule} {said} (found {f'{loss:.3g}' if np.isfinite(loss) else 'divergence'})"
