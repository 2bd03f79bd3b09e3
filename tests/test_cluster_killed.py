"""A long sweep on a cluster whose worker is killed, and then the command itself: no number differs, nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from neurosim.merging import merge

SWEEP = (
    *("sweep", "rflo", "bptt", "--task", "integrate:steps=10", "--trials", "20", "--seeds", "5"),
    *("--over", "n=3..7", "lr=0.001,0.002,0.003,0.005,0.01,0.02,0.03,0.05,0.1,0.2"),
)
RUNS = 2 * 5 * 10 * 5


def command(out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "neurosim", *SWEEP, *more, "--out", str(out)]


def kept(out: Path) -> int:
    return len(list(out.glob("runs/*/run.json")))


def children(parent: int) -> list[int]:
    """The worker processes that a process started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text().rpartition(")")[2].split()
            words = (folder / "cmdline").read_text()
        except OSError:
            continue
        if int(status[1]) == parent and "spawn_main" in words:
            found.append(int(folder.name))
    return found


def wait_until(true: Callable[[], bool], running: subprocess.Popen | None = None) -> None:
    end = time.monotonic() + 300
    while not true():
        assert time.monotonic() < end and (running is None or running.poll() is None)
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds workers in /proc")
def test_killing_a_worker_and_then_the_command_changes_no_number(tmp_path):
    calm, stormy = tmp_path / "calm", tmp_path / "stormy"
    subprocess.run(command(calm), check=True, capture_output=True, timeout=600)
    with subprocess.Popen(command(stormy, "--workers", "2")) as running:
        wait_until(lambda: kept(stormy) > 50, running)
        victim, other = children(running.pid)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: kept(stormy) > 200, running)
        workers = [*children(running.pid), other]
        running.kill()
    assert 200 < kept(stormy) < RUNS
    wait_until(lambda: not any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers))
    before = {path: path.stat().st_mtime_ns for path in stormy.glob("runs/*/run.json")}
    subprocess.run(command(stormy, "--workers", "2"), check=True, capture_output=True, timeout=600)
    assert all(path.stat().st_mtime_ns == made for path, made in before.items()), "kept runs were computed again"
    assert kept(calm) == kept(stormy) == RUNS
    made = merge([calm, stormy], tmp_path / "both")
    assert (made.copied, made.same, made.conflicts, made.damaged) == (RUNS, RUNS, (), ())
    points = [json.loads((out / "sweep.json").read_text())["points"] for out in (calm, stormy)]
    assert points[0] == points[1] and len(points[0]) == RUNS / 5
