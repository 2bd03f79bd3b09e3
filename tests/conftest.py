"""Before anything is imported: shapes are checked at run time where there are any, and what may be cached has a place.

Kernels, and the bytecode of processes that tests start, stay in pytest's own cache from one session to the next, and
all workers share them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

CHECKED = "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
"""An int will do where a float is asked for, as type checkers have it."""

ROOT = Path(__file__).parents[1]
SHAPED = [file for file in (ROOT / "neurosim").rglob("*.py") if "from jaxtyping import" in file.read_text()]
"""The modules that say what shapes their arrays have; of the others, types are mypy's to check."""

install_import_hook([".".join(file.relative_to(ROOT).with_suffix("").parts) for file in SHAPED], CHECKED)

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")  # how long an example takes says how busy the machine is, not whether it holds


def pytest_configure(config: pytest.Config) -> None:
    os.environ["NEUROSIM_CACHE"] = str(config.cache.mkdir("neurosim"))
    os.environ["PYTHONPYCACHEPREFIX"] = str(config.cache.mkdir("bytecode"))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else every process that a test starts compiles all it imports
