"""Number formats as functions that Brian2's code calls as it stores a value: in Python, and in C for its compilers."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.precision import FIRST_MIX, SECOND_MIX, STEP, Format, uniform

CODES = {
    "floor": "below",
    "toward_zero": "trunc(scaled)",
    "nearest_even": "rint(scaled)",
    "nearest_up": "floor(scaled + 0.5)",
    "stochastic": "scaled - below + draw >= 1.0 ? below + 1.0 : below",
}

STORE = """
static inline double {name}_code(double value, double draw) {{
    const double scaled = value * {scale!r}, below = floor(scaled), code = {code};
    return ({kept}) * {lsb!r};
}}
"""

DRAW = f"""
static inline double {{name}}_draw(uint64_t key, uint64_t step, uint64_t element) {{{{
    uint64_t z = key + ((step << 32) | element) * {STEP}ULL;
    z = (z ^ (z >> 30)) * {FIRST_MIX}ULL;
    z = (z ^ (z >> 27)) * {SECOND_MIX}ULL;
    return (double)((z ^ (z >> 31)) >> 32) / 4294967296.0;
}}}}
"""

CYTHON = {
    False: "cdef inline double {name}(double value):\n    return {name}_code(value, 0.5)\n",
    True: (
        "cdef inline double {name}(double value, int64_t step, int64_t element):\n"
        "    cdef double draw = {name}_draw(_namespace{name}_from[0], _namespace{name}_from[1] + step, element)\n"
        "    return {name}_code(value, draw)\n"
    ),
}


def stored(package: Any, name: str, format: Format, key: int, first_step: int) -> Any:
    """`name(value)`, or `name(value, step, element)` where a draw decides, as a function of Brian2.

    key: where the quantity's draws begin. first_step: of the run, among the steps that have had draws.
    """

    def store(value: Any, step: Any, element: Any) -> Any:
        now = first_step + int(np.asarray(step).flat[0])
        return format.store(np.atleast_1d(value), uniform(key, now, np.asarray(element).astype(np.uint64)))

    called = store if format.stochastic else lambda value: format.store(np.atleast_1d(value))
    kinds = ["float", "integer", "integer"] if format.stochastic else ["float"]
    function = package.Function(
        called, arg_units=[1] * len(kinds), return_unit=1, arg_types=kinds, return_type="float", stateless=True
    )
    function.implementations.add_implementation("numpy", called)
    where = np.array([key, first_step], dtype=np.uint64).view(np.int64)
    function.implementations.add_implementation(
        "cython",
        _cython(name, format),
        namespace={f"{name}_from": where} if format.stochastic else {},
        name=name,
    )
    return function


def _cython(name: str, format: Format) -> str:
    low, high = format.ends
    kept = f"code < {low!r} ? {low!r} : code > {high!r} ? {high!r} : code"
    if format.overflow == "wrap":
        span = high - low + 1.0
        kept = f"code - {span!r} * floor((code - {low!r}) / {span!r})"
    lines = (DRAW if format.stochastic else "") + STORE
    source = lines.format(name=name, scale=1.0 / format.lsb, code=CODES[format.rounding], kept=kept, lsb=format.lsb)
    head = [
        "cdef extern from *:",
        '    """',
        "    #include <cmath>",
        "    #include <cstdint>",
        "    using namespace std;",
    ]
    head += [f"    {line}" for line in source.splitlines()]
    head += ['    """', f"    double {name}_code(double value, double draw)"]
    if format.stochastic:
        head.append(f"    double {name}_draw(int64_t key, int64_t step, int64_t element)")
    return "\n".join(head) + "\n" + CYTHON[format.stochastic].format(name=name)
