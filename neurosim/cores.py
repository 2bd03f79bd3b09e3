"""How many cores this process may use."""

from __future__ import annotations

import os


def cores() -> int:
    """Those it is kept to, where systems tell: threads beyond them would take turns and each other's cache."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
