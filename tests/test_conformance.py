"""Every rule, in every engine, in every format, is what the reference says it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from neurosim import catalog
from neurosim.conformance import FORMATS, TOLERANCES, examine, example
from neurosim.engine import Job, Outcome
from neurosim.engines import numpy as reference
from neurosim.errors import NeurosimError
from neurosim.program import Program

RULES = [
    *catalog.names("rule"),
    "rflo:feedback=symmetric",
    "rflo:decay=0.3",
    "rflo:spread=0.5",
    "tbptt:k=4",
    "tbptt:k=5,stride=3",
]
ENGINES = ["brian2:numpy" if name == "brian2" else name for name in catalog.names("engine") if name != "numpy"]

CORE = ["rflo", "tbptt:k=5,stride=3", "bptt", "rtrl"]
"""Rules of every kind of memory and time."""


ALIKE = ["tbptt", "rflo:feedback=symmetric", "rflo:decay=0.3"]
"""Rules of which others have all statements, or nearly."""


def often(engine: str, rule: str, format: str) -> bool:
    """Whether a case is in the default run.

    One rule is in all formats; those that are not like others in float64, and the core of them stochastically: of these
    numba, which compiles for seconds where numbers are rounded, has one.
    """
    if rule == "rflo":
        return True
    if format == "float64":
        return rule not in ALIKE
    return format == "stochastic" and rule in (CORE if engine != "numba" else CORE[1:2])


CASES = [
    pytest.param(*case, marks=[] if often(*case) else [pytest.mark.slow]) for case in product(ENGINES, RULES, FORMATS)
]


def exact(rule: str, format: str) -> bool:
    """Whether every value of a rule has an exact one in a format: those with quotients and roots have none."""
    text = catalog.rule(rule).equations
    return format in TOLERANCES or not ("/" in text or "sqrt" in text)


@pytest.mark.parametrize(("engine", "rule", "format"), CASES)
def test_engines_agree(engine: str, rule: str, format: str) -> None:
    case = examine(rule, engine, format)
    assert case.passed or (case.refused and not exact(rule, format)), case


@pytest.mark.parametrize("engine", ["brian2:fused", "brian2:standalone"])
def test_compiled_forms_of_brian2_agree(engine: str) -> None:
    """Stochastically, which takes most of what a format can ask for; the others are slow tests."""
    case = examine("rflo", engine, "stochastic")
    assert case.passed, case


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("engine", ["brian2:standalone", "brian2:fused"])
def test_compiled_forms_of_brian2_agree_on_every_rule(engine: str, rule: str, format: str) -> None:
    case = examine(rule, engine, format)
    if not exact(rule, format):
        assert case.refused, case
        return
    hosted = engine == "brian2:standalone" and catalog.engine("brian2").native(example(rule, format)) is not None
    assert case.passed is not hosted, case
    assert not hosted or "needs a host" in case.where


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("rule", ["rflo", "tbptt:k=4"])
def test_brian2_in_cython_agrees(rule: str, format: str) -> None:
    """On two rules only: each takes minutes to compile, and its code is that of the standalone form."""
    case = examine(rule, "brian2:cython", format)
    assert case.passed, case


class OffByOne:
    """The reference, but for one element of one record at one step."""

    def __init__(self, name: str, amount: float) -> None:
        self.name, self.amount = name, amount

    def run(self, program: Program, jobs: Sequence[Job], record: Iterable[str] = ()) -> list[Outcome]:
        outcomes = reference.run(program, jobs, record)
        outcomes[0].records[self.name][1, 7].flat[0] += self.amount
        return outcomes


class Refuses:
    """An engine that can run nothing."""

    def run(self, program: Program, jobs: Sequence[Job], record: Iterable[str] = ()) -> list[Outcome]:
        raise NeurosimError("no compiler")


@pytest.mark.parametrize("name", ["r", "y", "W_rec", "W_in", "W_out"])
@pytest.mark.parametrize(
    ("format", "amount"), [("float64", 1e-11), ("float32", 1e-5), ("nearest", 2.0**-40), ("stochastic", np.nan)]
)
def test_a_deviation_is_found_and_placed(
    monkeypatch: pytest.MonkeyPatch, name: str, format: str, amount: float
) -> None:
    engines = {"numpy": reference, "other": OffByOne(name, amount)}
    monkeypatch.setattr(catalog, "engine", engines.__getitem__)
    case = examine("rflo", "other", format)
    assert not case.passed
    assert case.where == f"{name}, trial 1, step 7"
    assert replace(case, deviation=0.0).passed


def test_what_a_format_refuses_is_a_result_and_says_why() -> None:
    case = examine("uoro", "numba", "nearest")
    assert case.refused and not case.passed
    assert case.where.startswith("refused: in 'extent[0] = sqrt(")
    assert case.where.endswith("a square root has no exact fixed-point value; run it in float64")


def test_what_an_engine_cannot_run_has_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    engines = {"numpy": reference, "other": Refuses()}
    monkeypatch.setattr(catalog, "engine", engines.__getitem__)
    case = examine("rflo", "other", "float64")
    assert not case.passed
    assert case.where == "no compiler"
