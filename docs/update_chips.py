"""Runs the README's comparison of rules on chips and writes its table into the README: python docs/update_chips.py"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- chips: written by docs/update_chips.py -->\n", "<!-- end of chips -->"


def main() -> None:
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    found = re.search(r"neurosim (compare .* --profile .*)", text[text.index(END) :])
    assert found, "the README has no comparison on chips"
    command = [sys.executable, "-m", "neurosim", *found[1].split(), "--json"]
    answered = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    readme.write_text(before + table(json.loads(answered.stdout)) + after, encoding="utf-8")


def table(comparison: dict[str, Any]) -> str:
    """A line for each chip, a column for each rule."""
    rows = {(row["profile"], row["rule"]): row for row in comparison["rows"]}
    exact, *chips = comparison["asked"]["profile"]
    rules = list(dict.fromkeys(rule for _, rule in rows))
    lines = [
        f"| | {' | '.join(f'`{rule}`' for rule in rules)} |",
        "|---" * (len(rules) + 1) + "|",
        f"| {exact} | {' | '.join(loss(rows[exact, rule]) for rule in rules)} |",
        *(f"| {chip} | {' | '.join(cell(rows[chip, rule]) for rule in rules)} |" for chip in chips),
    ]
    return "\n".join(lines) + "\n"


def cell(row: dict[str, Any]) -> str:
    """Verdict, loss, bits of a synapse, energy of a step."""
    chip = row["on_the_chip"]
    bits = chip["bits_per_synapse"]
    kept = "unknown bits" if bits is None else f"{bits:.3g} bits" if bits else "analog"
    energy = chip["joule_per_step"]
    spent = "unknown nJ" if energy is None else "{1:.3g} [{0:.2g}, {2:.2g}] nJ".format(*(each * 1e9 for each in energy))
    return f"**{chip['verdict']}** {loss(row)}<br>{kept}, {spent}"


def loss(row: dict[str, Any]) -> str:
    return "diverged" if row["loss"] is None else f"{row['loss']:.3g}"


if __name__ == "__main__":
    main()
