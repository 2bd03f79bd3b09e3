"""The C++ program that Brian2's standalone device writes: compiled, kept by its text, and run with arguments.

A program whose text has been compiled before, by this compiler with these flags, is taken from the cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from neurosim.atomic import write_whole
from neurosim.brian.means import compiler
from neurosim.brian.session import STRICT, compiled_folder
from neurosim.cache import cache_folder
from neurosim.errors import NeurosimError

HEADS = (
    "objects.h",
    "network.h",
    "brianlib/common_math.h",
    "brianlib/stdint_compat.h",
    *("cmath", "ctime", "iostream", "fstream", "climits"),
)
"""What nearly every file includes; compiled once, it halves the time."""

COMPLETED = "completed "
"""Begins the lines in which a program reports its progress."""


def made(folder: Path) -> None:
    """Make the program `main` of the source text in a folder. Raises `NeurosimError` if it does not compile."""
    kept = cache_folder(compiled_folder("brian2-standalone")) / _digest(folder)
    if not kept.exists():
        _compile(folder)
        write_whole(kept, lambda file: file.write((folder / "main").read_bytes()))
    shutil.copyfile(kept, folder / "main")
    (folder / "main").chmod(0o755)


def run(folder: Path, arguments: Iterable[str], completed: Callable[[float], None]) -> None:
    """Run the program with some arguments; it says at times what share of it is completed.

    Raises `NeurosimError` if it complains about anything.
    """
    complaints = []
    command = [str(folder / "main"), *arguments]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            if line.startswith(COMPLETED):
                completed(float(line.removeprefix(COMPLETED)))
            else:
                complaints.append(line.strip())
    if complaints or process.returncode:
        told = "; ".join(complaints[-5:]) or f"it ended with code {process.returncode}"
        raise NeurosimError(f"the standalone program of Brian2 has not run to its end: {told}")


def _compile(folder: Path) -> None:
    (folder / "heads.h").write_text("".join(f"#include <{head}>\n" for head in HEADS), encoding="ascii")
    first = [compiler(), *STRICT, "-Wno-write-strings", "-I.", "-x", "c++-header", "heads.h", "-o", "heads.h.gch"]
    then = ["make", "-j2", "DEPS=", f"CXX={compiler()} -include heads.h"]
    for command in (first, then):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
            raise NeurosimError(
                f"{compiler()} does not compile the standalone program: {'; '.join(lines[:3])}; use the engine brian2, "
                "brian2:fused or numba"
            )


def _digest(folder: Path) -> str:
    """Identifies a program by its text, and the compiler by its name, version and flags."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".cpp", ".h") or path.name == "makefile")
    version = subprocess.run([compiler(), "--version"], capture_output=True, check=False).stdout
    parts = [os.fsencode(compiler()), version]
    for path in files:
        lines = path.read_bytes().splitlines()
        if path.name == "main.cpp":
            lines.sort()  # Brian2 starts its clocks in any order
        parts += [bytes(path.relative_to(folder)), *lines]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()[:24]
