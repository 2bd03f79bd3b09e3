"""Runs all checks, quickly, and writes their table into docs/checks.md: python docs/update_checks.py"""

from __future__ import annotations

from pathlib import Path

from neurosim import checks

PAGE = Path(__file__).parent / "checks.md"
BEGIN = "<!-- table: written by docs/update_checks.py -->\n"


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = checks.page_rows(checks.run(check) for check in checks.checks())
    table = "\n".join(rows) + "\n"
    PAGE.write_text(text[: text.index(BEGIN) + len(BEGIN)] + table, encoding="utf-8")


if __name__ == "__main__":
    main()
