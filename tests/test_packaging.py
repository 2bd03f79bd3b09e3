"""What is installed is whole: the profiles are inside the wheel, and found there."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from neurosim import catalog

ROOT = Path(__file__).parents[1]


def test_a_wheel_brings_its_profiles_and_finds_them(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("neurosim_onchip-*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    ask = "import neurosim; from neurosim import catalog; print(neurosim.__file__, *catalog.names('profile'))"
    answer = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "installed")},
        check=True,
        capture_output=True,
        text=True,
    )
    where, *found = answer.stdout.split()
    assert Path(where).is_relative_to(tmp_path)
    assert found == catalog.names("profile") != []
