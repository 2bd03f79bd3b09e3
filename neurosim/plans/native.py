"""Loops of a plan as machine code, kept on disk with the kernels."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from neurosim.compiled import FREE_ORDER, HEAD, compiled


@cache
def native(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays and numbers, compiled. It may use NumPy as `np`, and nothing else from outside."""
    text = [HEAD, f'\n@njit(nogil=True, cache=True, error_model="numpy", {FREE_ORDER})']
    return compiled("\n".join([*text, inspect.getsource(function), f"\nrun = {function.__name__}\n"]))
