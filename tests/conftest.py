"""Before anything is imported: annotated shapes and types are checked at run time, and what may be cached has a place.

Kernels stay in pytest's own cache from one session to the next, and all workers share them.
"""

from __future__ import annotations

import os

import pytest
from jaxtyping import install_import_hook

CHECKED = "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
"""An int will do where a float is asked for, as type checkers have it."""

install_import_hook("neurosim", CHECKED)


def pytest_configure(config: pytest.Config) -> None:
    os.environ["NEUROSIM_CACHE"] = str(config.cache.mkdir("neurosim"))
