"""Brian2 for the time of one build or one run, after which nothing global has changed."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import numpy as np

from neurosim.cache import cache_folder
from neurosim.errors import NeurosimError

TARGETS = ("numpy", "cython")

STRICT = ["-w", "-O3", "-march=native", "-ffp-contract=off", "-std=c++11"]
"""What a compiler is told: to round every operation as it is written."""


@cache
def brian2() -> Any:
    """The package. Imported here first, it takes over no exceptions and no warnings, and keeps no log file."""
    if "brian2" in sys.modules:
        return sys.modules["brian2"]
    hook, show = sys.excepthook, warnings.showwarning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import brian2 as package
    sys.excepthook = hook
    if show.__module__ != "logging":
        logging.captureWarnings(False)
    logger = package.BrianLogger
    if logger.file_handler is not None:
        logging.getLogger("brian2").removeHandler(logger.file_handler)
        logger.file_handler.close()
    for path in filter(None, (logger.tmp_log, logger.tmp_script)):
        with suppress(OSError):
            os.remove(path)  # noqa: PTH107
    logger.file_handler = logger.tmp_log = logger.tmp_script = None
    return package


@contextmanager
def session(target: str = "numpy") -> Iterator[Any]:
    """Brian2 on its runtime device, generating code for a target as it is written; what was set before is put back."""
    if target not in TARGETS:
        raise NeurosimError(f"Brian2 has no target {target!r} here; there are: {', '.join(TARGETS)}")
    package = brian2()
    asked = {
        "codegen.target": target,
        "codegen.loop_invariant_optimisations": False,
        "core.default_float_dtype": np.float64,
    }
    if target == "cython":
        asked["codegen.cpp.extra_compile_args_gcc"] = STRICT
        asked["codegen.runtime.cython.cache_dir"] = str(cache_folder("brian2"))
    saved = {name: package.prefs[name] for name in asked}
    logger, elsewhere = logging.getLogger("brian2"), not isinstance(package.get_device(), package.devices.RuntimeDevice)
    level = logger.level
    try:
        logger.setLevel(logging.ERROR)
        if elsewhere:
            package.set_device("runtime")
        for name, value in asked.items():
            package.prefs[name] = value
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", DeprecationWarning)
            yield package
    finally:
        for name, value in saved.items():
            package.prefs[name] = value
        if elsewhere:
            package.devices.reset_device()
        logger.setLevel(level)
