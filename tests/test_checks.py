"""Claims of the theory: each holds, is found to fail where it does not, and is told."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from neurosim import checks
from neurosim.checks import Check, Finding, registry
from neurosim.cli import neurosim

CHECKS = {f"{each.number:02}": each for each in checks.checks()}
GROWING = [31, 32, 38, 40, 41, 14]
"""Those that measure more at full size."""
LONG = ["04", "05", "08", "09", "10", "14", "21", "22", "23", "24", "42"]
"""Those that take long at any size, or run rules that take long to compile."""


@pytest.mark.parametrize(
    "number", [pytest.param(each, marks=pytest.mark.slow) if each in LONG else each for each in CHECKS]
)
def test_a_claim_holds(number: str) -> None:
    result = checks.run(CHECKS[number])
    assert result.holds, "\n".join(checks.lines(result))


@pytest.mark.slow
@pytest.mark.parametrize("number", GROWING)
def test_a_claim_holds_at_full_size(number: int) -> None:
    result = checks.run(CHECKS[f"{number:02}"], full=True)
    assert result.holds, "\n".join(checks.lines(result))


def test_every_number_is_there_once() -> None:
    assert [each.number for each in checks.checks()] == list(range(1, 44))


@pytest.mark.parametrize(
    ("finding", "holds", "said"),
    [
        (Finding("", 1.0, high=1.0), True, "<= 1"),
        (Finding("", 1.1, high=1.0), False, "<= 1"),
        (Finding("", 0.9, low=1.0), False, ">= 1"),
        (Finding("", 2.0, 2.1, 1.9), True, "1.9 to 2.1"),
        (Finding("", 0.0, 0.0, 0.0), True, "= 0"),
        (Finding("", float("nan"), high=1.0), False, "<= 1"),
    ],
)
def test_a_finding_lies_within_its_range_or_not(finding: Finding, holds: bool, said: str) -> None:
    assert finding.holds == holds and finding.range == said


def measured(full: bool) -> Iterator[Finding]:
    yield Finding("distance", 0.1, 1.0, case="near")
    yield Finding("distance", 0.5 if full else 2.0, 1.0, case="far")


def test_the_worst_of_several_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "checks", lambda: (Check(7, "Claims", "somewhere", measured),))
    failed = CliRunner().invoke(neurosim, ["checks", "--quick"], catch_exceptions=False)
    assert failed.exit_code == 1 and "distance (far): 2 (<= 1)" in failed.output and "FAIL" in failed.output
    fine = CliRunner().invoke(neurosim, ["checks", "7", "--json"], catch_exceptions=False)
    (row,) = json.loads(fine.output)
    assert fine.exit_code == 0 and row["holds"]
    assert row["measured"] == [
        {"quantity": "distance", "case": "far", "value": 0.5, "low": None, "high": 1.0, "holds": True}
    ]


def test_a_claim_without_measurements_does_not_hold() -> None:
    assert not checks.run(Check(1, "Nothing", "nowhere", lambda full: iter(()))).holds


def test_an_unknown_number_is_refused() -> None:
    found = CliRunner().invoke(neurosim, ["checks", "99"])
    assert found.exit_code == 2 and "there is no check 99; they are numbered 1 to 43" in found.output
