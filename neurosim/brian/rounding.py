"""What storing does to a number, as functions that Brian2's code calls: in Python, and in C for its compilers.

`name(value)`, or as many of `value, was, high, low, now, element` as the format needs: what stood there before, where
the quantity's draws begin (a 64-bit key in two halves), the number of the step and the element; its row and its column
in place of that where draws are shared by pairs.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from neurosim.draws import COLUMN, FIRST_MIX, LASTING, NORMAL, SECOND_MIX, STEP, normal, paired, uniform
from neurosim.precision import Format
from neurosim.storing import formula, needs, store

C_NAMES = {"abs": "fabs", "min": "fmin", "max": "fmax"}

DRAWS = f"""
#ifndef NEUROSIM_DRAWS
#define NEUROSIM_DRAWS
static inline uint64_t neurosim_word(uint64_t key, double step, double element) {{
    uint64_t z = key + (((uint64_t)step << 32) | (uint64_t)element) * {STEP}ULL;
    z = (z ^ (z >> 30)) * {FIRST_MIX}ULL;
    z = (z ^ (z >> 27)) * {SECOND_MIX}ULL;
    return z ^ (z >> 31);
}}
static inline double neurosim_uniform(uint64_t key, double step, double element) {{
    return (double)(neurosim_word(key, step, element) >> 32) / 4294967296.0;
}}
static inline double neurosim_paired(uint64_t key, double step, double row, double column) {{
    const uint64_t one = neurosim_word(key, step, row), other = neurosim_word(key ^ {COLUMN}ULL, step, column);
    return (double)(((one >> 32) + (other >> 32)) & {2**32 - 1}ULL) / 4294967296.0;
}}
static inline double neurosim_normal(uint64_t key, double step, double element) {{
    const uint64_t z = neurosim_word(key ^ {NORMAL}ULL, step, element);
    const uint64_t parts = (z & 65535) + ((z >> 16) & 65535) + ((z >> 32) & 65535) + (z >> 48);
    return ((double)parts / 65536.0 - 1.999969482421875) * 1.7320508075688772;
}}
#endif
"""

DRAWN = {
    "u": "double u = neurosim_uniform(key, now, element);",
    "g": "double g = neurosim_normal(key, now, element);",
    "d": f"double d = neurosim_normal(key, {float(LASTING)!r}, element);",
}

PAIRED = "double u = neurosim_paired(key, now, row, column);"

KEY = "const uint64_t key = ((uint64_t)high << 32) | (uint64_t)low;"


def stored(package: Any, name: str, format: Format) -> Any:
    """The function of Brian2 that stores in a format."""
    wanted = arguments(format)

    def called(*given: Any) -> Any:
        by_name = dict(zip(wanted, map(np.atleast_1d, given), strict=True))
        return store(format, by_name["value"].astype(float), **_drawn(format, by_name))

    function = package.Function(
        called,
        arg_units=[1] * len(wanted),
        return_unit=1,
        arg_types=["any"] * len(wanted),
        return_type="float",
        stateless=True,
    )
    function.implementations.add_implementation("numpy", called)
    code = c_code(name, format)
    function.implementations.add_implementation("cython", _cython(name, wanted, code), name=name)
    function.implementations.add_implementation("cpp", code, name=name)
    return function


def arguments(format: Format) -> tuple[str, ...]:
    """What the function of a format takes."""
    wanted = needs(format)
    place = ("row", "column") if format.share == "pair" else ("element",)
    draws = ("high", "low", "now", *place) if {*wanted} - {"was"} else ()
    return ("value", *(["was"] if "was" in wanted else []), *draws)


def _drawn(format: Format, given: dict[str, np.ndarray]) -> dict[str, Any]:
    """What storing needs beside the value."""
    found: dict[str, Any] = {"was": given["was"].astype(float)} if "was" in given else {}
    if "high" not in given:
        return found
    key, now = (int(given["high"].flat[0]) << 32) | int(given["low"].flat[0]), int(given["now"].flat[0])
    if format.share == "pair":
        return found | {"u": paired(key, now, *(given[each].astype(np.uint64) for each in ("row", "column")))}
    elements = given["element"].astype(np.uint64)
    draws = {"u": (uniform, now), "g": (normal, now), "d": (normal, LASTING)}
    return found | {name: draws[name][0](key, draws[name][1], elements) for name in needs(format) if name in draws}


def c_code(name: str, format: Format) -> str:
    """The function in C."""
    wanted = needs(format)
    drawn = DRAWN | ({"u": PAIRED} if format.share == "pair" else {})
    lines = [KEY, *(drawn[each] for each in wanted if each in drawn)] if {*wanted} - {"was"} else []
    scale = repr(1.0 / format.lsb)
    lines += [f"double x = value * {scale}, code, m, n, s;", *([f"was = was * {scale};"] if "was" in wanted else [])]
    lines += [
        re.sub(r"\b(abs|min|max)\(", lambda found: C_NAMES[found[1]] + "(", line) + ";" for line in formula(format)
    ]
    parameters = ", ".join(f"double {each}" for each in arguments(format))
    body = "\n    ".join([*lines, f"return code * {format.lsb!r};"])
    return f"{DRAWS}\nstatic inline double {name}({parameters}) {{\n    {body}\n}}\n"


def _cython(name: str, wanted: tuple[str, ...], code: str) -> str:
    text = "\n".join(f"    {line}" for line in code.splitlines())
    head = "    #include <cmath>\n    #include <cstdint>\n    using namespace std;"
    declared = f"    double {name}({', '.join('double' for _ in wanted)})"
    return f'cdef extern from *:\n    """\n{head}\n{text}\n    """\n{declared}\n'
