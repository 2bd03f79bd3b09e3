"""Claims of the theory that are checked by measurement, and the table of what was measured."""

from neurosim.checks.check import Check, Finding, Result, run
from neurosim.checks.registry import checks, chosen
from neurosim.checks.text import as_json, lines, page_rows

__all__ = ["Check", "Finding", "Result", "as_json", "checks", "chosen", "lines", "page_rows", "run"]
