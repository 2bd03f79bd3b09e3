"""Runs the README's main command and writes its table and figure into the README: python docs/update_readme.py"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- result: written by docs/update_readme.py -->\n", "<!-- end of result -->"


def main() -> None:
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    found = re.search(r"neurosim (compare .*) --out results", text)
    assert found, "the README has no main command"
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([sys.executable, "-m", "neurosim", *found[1].split(), "--out", out], cwd=ROOT, check=True)
        table = (Path(out) / "comparison.txt").read_text(encoding="utf-8")
        shutil.copy(Path(out) / "learning_curves.svg", ROOT / "docs" / "learning_curves.svg")
    result = f"```\n{table}```\n![Learning curves](docs/learning_curves.svg)\n"
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    readme.write_text(before + result + after, encoding="utf-8")


if __name__ == "__main__":
    main()
