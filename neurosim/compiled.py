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
from neurosim.draws import COLUMN, FIRST_MIX, NORMAL, SECOND_MIX, STEP
from neurosim.loops import indented
from neurosim.precision import Format
from neurosim.short_lanes import VERSION
from neurosim.storing import formula, needs, store_name

HEAD = '''"""Generated from the equations below by neurosim; made anew when they change."""
import math

import numpy as np
from numba import njit

from neurosim.lanes import abs, floor, load, max, min, real, rint, spread, sqrt, store, total, totals, trunc, wide
from neurosim.short_lanes import lower, lowest, shorts, sixteen
from neurosim.whole_lanes import alike, carried, largest, multiplied, upper, whole
'''

FREE_ORDER = 'fastmath={"reassoc", "contract", "nsz"}'
"""What a compiler may do with sums in float64. Where something is rounded, as it stands: a last bit could tip it."""

DRAWS = f"""
@njit(nogil=True)
def word(key, step, element):
    z = (key + (step << np.uint64(32)) * np.uint64({STEP})) + element * np.uint64({STEP})
    z = (z ^ (z >> np.uint64(30))) * np.uint64({FIRST_MIX})
    z = (z ^ (z >> np.uint64(27))) * np.uint64({SECOND_MIX})
    return z ^ (z >> np.uint64(31))


@njit(nogil=True)
def uniform(key, step, element):
    return real(word(key, step, element) >> np.uint64(32)) * 2.0**-32


@njit(nogil=True)
def paired(key, step, row, column):
    both = (word(key, step, row) >> np.uint64(32)) + (word(key ^ np.uint64({COLUMN}), step, column) >> np.uint64(32))
    return real(both & np.uint64({2**32 - 1})) * 2.0**-32


@njit(nogil=True)
def normal(key, step, element):
    z = word(key ^ np.uint64({NORMAL}), step, element)
    parts = (z & np.uint64(65535)) + ((z >> np.uint64(16)) & np.uint64(65535))
    parts = parts + ((z >> np.uint64(32)) & np.uint64(65535)) + (z >> np.uint64(48))
    return (real(parts) * 2.0**-16 - 1.999969482421875) * 1.7320508075688772
"""


def module_text(arguments: Iterable[str], lines: Iterable[str], formats: Iterable[Format]) -> str:
    """The text of a module whose function `run` takes the arguments and does the lines, which store in the formats."""
    rounded = sorted((format for format in set(formats) if not format.exact), key=repr)
    drawn = any({*needs(format)} - {"was"} for format in rounded)
    head = [HEAD, f"# {VERSION}", *([DRAWS] if drawn else []), *map(_store, rounded), ""]
    head.append(f'@njit(nogil=True, cache=True, error_model="numpy"{"" if rounded else ", " + FREE_ORDER})')
    return "\n".join([*head, f"def run({', '.join(arguments)}):", *indented(lines)]) + "\n"


def _store(format: Format) -> str:
    """The function that stores in a format."""
    scale = repr(1.0 / format.lsb)
    lines = [f"x = value * {scale}", *([f"was = was * {scale}"] if "was" in needs(format) else []), *formula(format)]
    lines += [f"return code * {format.lsb!r}"]
    arguments = ", ".join(("value", *needs(format)))
    name = store_name(format)
    return "\n".join(["", f"# {format}", "@njit(nogil=True)", f"def {name}({arguments}):", *indented(lines), ""])


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
