"""Generated lines as one compiled function, made once and kept on disk."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from neurosim.atomic import write_whole
from neurosim.cache import cache_folder
from neurosim.loops import indented, store_name
from neurosim.precision import FIRST_MIX, SECOND_MIX, STEP, Format

HEAD = '''"""Generated from the equations below by neurosim; made anew when they change."""
import numpy as np
from numba import njit
'''

FREE_ORDER = 'fastmath={"reassoc", "contract", "nsz"}'
"""What a compiler may do with sums in float64. Where something is rounded, as it stands: a last bit could tip it."""

DRAW = f"""
@njit(nogil=True, cache=True)
def uniform(key, step, element):
    counter = (np.uint64(step) << np.uint64(32)) | np.uint64(element)
    z = np.uint64(key) + counter * np.uint64({STEP})
    z = (z ^ (z >> np.uint64(30))) * np.uint64({FIRST_MIX})
    z = (z ^ (z >> np.uint64(27))) * np.uint64({SECOND_MIX})
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(32)) * 2.0**-32
"""

CODES = {
    "floor": "np.floor(scaled)",
    "toward_zero": "np.trunc(scaled)",
    "nearest_even": "np.rint(scaled)",
    "nearest_up": "np.floor(scaled + 0.5)",
    "stochastic": "below + 1.0 if scaled - below + draw >= 1.0 else below",
}


def module_text(arguments: Iterable[str], lines: Iterable[str], formats: Iterable[Format]) -> str:
    """The text of a module whose function `run` takes the arguments and does the lines, which store in the formats."""
    rounded = sorted((format for format in set(formats) if not format.exact), key=str)
    head = [HEAD, *([DRAW] if any(format.stochastic for format in rounded) else []), *map(_store, rounded), ""]
    head.append(f'@njit(nogil=True, cache=True, error_model="numpy"{"" if rounded else ", " + FREE_ORDER})')
    return "\n".join([*head, f"def run({', '.join(arguments)}):", *indented(lines)]) + "\n"


def _store(format: Format) -> str:
    """The function that rounds to a format, as `Format.store` does."""
    low, high = format.ends
    span = high - low + 1.0
    kept = f"min(max(code, {low!r}), {high!r})"
    if format.overflow == "wrap":
        kept = f"code - {span!r} * np.floor((code - {low!r}) / {span!r})"
    lines = [f"scaled = value * {1.0 / format.lsb!r}", "below = np.floor(scaled)", f"code = {CODES[format.rounding]}"]
    lines += [f"return ({kept}) * {format.lsb!r}"]
    return "\n".join(
        ["", "@njit(nogil=True, cache=True)", f"def {store_name(format)}(value, draw):", *indented(lines), ""]
    )


@cache
def compiled(source: str) -> Callable[..., Any]:
    """The function `run` of a module's source text, from this process, from disk, or made now."""
    name = "neurosim_kernel_" + hashlib.sha256(source.encode()).hexdigest()[:24]
    path = cache_folder("kernels") / f"{name}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != source:
        write_whole(path, lambda file: file.write(source.encode()))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # numba's disk cache finds the globals of a kernel by its module's name
    spec.loader.exec_module(module)
    return module.run
