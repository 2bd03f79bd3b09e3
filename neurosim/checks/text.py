"""Results of checks as text, as a page and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from neurosim.checks.check import Finding, Result


def lines(result: Result) -> Iterator[str]:
    """The claim with its verdict and source, and below it every quantity that was measured."""
    yield f"{result.check.number:2}  {verdict(result):4}  {result.check.claim} ({result.check.source})"
    for each in result.findings:
        yield f"          {_named(each)}: {each.value:.3g} ({each.range})"


def verdict(result: Result) -> str:
    """Whether a claim holds, in a word."""
    return "ok" if result.holds else "FAIL"


def page_rows(results: Iterable[Result]) -> Iterator[str]:
    """Rows of a Markdown table."""
    yield "| # | claim | source | measured | range | |\n|---|---|---|---|---|---|"
    for result in results:
        measured = "<br>".join(f"{_named(each)}: {each.value:.3g}" for each in result.findings)
        ranges = "<br>".join(each.range for each in result.findings)
        check, claim = result.check, result.check.claim.replace("|", r"\|")
        yield f"| {check.number} | {claim} | {check.source} | {measured} | {ranges} | {verdict(result)} |"


def as_json(result: Result) -> dict[str, Any]:
    """A result as JSON knows it; a range without an end has null there."""
    return {
        "number": result.check.number,
        "claim": result.check.claim,
        "source": result.check.source,
        "holds": result.holds,
        "measured": [
            {
                "quantity": each.quantity,
                "case": each.case,
                "value": _finite(each.value),
                "low": _finite(each.low),
                "high": _finite(each.high),
                "holds": each.holds,
            }
            for each in result.findings
        ],
    }


def _finite(value: float) -> float | None:
    return float(value) if abs(value) < float("inf") else None


def _named(finding: Finding) -> str:
    return f"{finding.quantity} ({finding.case})" if finding.case else finding.quantity
