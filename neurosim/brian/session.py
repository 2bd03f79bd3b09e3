"""Brian2 for the time of one build or one run, after which nothing global has changed."""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import numpy as np

from neurosim.cache import cache_folder

STRICT = ["-w", "-O3", "-march=native", "-ffp-contract=off", "-std=c++11"]
"""What a compiler is told: to round every operation as it is written."""

_ALONE = threading.RLock()
"""Brian2's settings are those of the process: one session at a time."""


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


def compiled_folder(name: str) -> str:
    """The name of a cache folder for what this machine's compiler makes with these flags, as Brian2 does not tell."""
    made = zlib.crc32(" ".join([platform.node(), *STRICT]).encode())
    return f"{name}-{made:08x}"


@contextmanager
def session(dtype: np.dtype, target: str = "numpy", device: Any = None) -> Iterator[Any]:
    """Brian2 on a device, by default the running interpreter, generating code for a target as it is written.

    dtype: of its variables.

    What was set before is put back.
    """
    package = brian2()
    asked: dict[str, Any] = {
        "codegen.target": target,
        "codegen.loop_invariant_optimisations": False,
        "core.default_float_dtype": dtype.type,
        "codegen.cpp.extra_compile_args": STRICT,
        "devices.cpp_standalone.openmp_threads": 0,
    }
    if target == "cython":
        asked["codegen.runtime.cython.cache_dir"] = str(cache_folder(compiled_folder("brian2")))
    logger = logging.getLogger("brian2")
    with _ALONE, _set(package.prefs, asked), _active(package, device), warnings.catch_warnings():
        level = logger.level
        logger.setLevel(logging.ERROR)
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            with np.errstate(all="ignore"):
                yield package
        finally:
            logger.setLevel(level)


@contextmanager
def _set(preferences: Any, asked: dict[str, Any]) -> Iterator[None]:
    saved = {name: preferences[name] for name in asked}
    try:
        for name, value in asked.items():
            preferences[name] = value
        yield
    finally:
        for name, value in saved.items():
            preferences[name] = value


@contextmanager
def _active(package: Any, device: Any) -> Iterator[None]:
    """Make a device the active one; `set_device` would write into the one that was, as it is put back."""
    module: Any = sys.modules["brian2.devices.device"]
    before = module.active_device
    chosen = device or module.runtime_device
    try:
        if chosen is not before:
            module.active_device = chosen
            chosen.activate(build_on_run=False)
        yield
    finally:
        module.active_device = before
