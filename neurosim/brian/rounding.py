"""Number formats as functions that Brian2's code calls as it stores a value."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.precision import Format, uniform


def stored(package: Any, format: Format, key: int, first_step: int) -> Any:
    """`stored(value)`, or `stored(value, step, element)` where a draw decides, as a function of Brian2.

    key: where the quantity's draws begin. first_step: of the run, among the steps that have had draws.
    """
    if not format.stochastic:
        function = package.Function(format.store, arg_units=[1], return_unit=1, stateless=True)
        function.implementations.add_implementation("numpy", format.store)
        return function

    def store(value: Any, step: Any, element: Any) -> Any:
        now = first_step + int(np.asarray(step).flat[0])
        return format.store(value, uniform(key, now, np.asarray(element).astype(np.uint64)))

    function = package.Function(
        store,
        arg_units=[1, 1, 1],
        return_unit=1,
        arg_types=["float", "integer", "integer"],
        return_type="float",
        stateless=True,
    )
    function.implementations.add_implementation("numpy", store)
    return function
