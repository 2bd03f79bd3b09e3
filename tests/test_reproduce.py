"""Figures of theory and simulation: each agrees, is written, and says so when it does not."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from neurosim import reproduce, theory
from neurosim.cli import neurosim
from neurosim.errors import NeurosimError
from neurosim.reproduce import Curve, Panel, Setting, writing


class Straight(reproduce.Figure):
    """A line that is what it should be, or a little beside it."""

    source = "nowhere"
    tolerance = 0.1
    quick = {"miss": 0.05}

    miss: float = 0.2

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        x = np.linspace(0.0, 1.0, 5)
        curve = Curve("line", x, simulated=x + self.miss, predicted=x)
        return (Panel("Straight", "x", "y", (curve,)),)


LONG = (
    *("beyond-alignment", "integrate-in-bits", "low-rank-spectra", "rounding-and-rank", "sequence-loss"),
    *("lazy-curve", "local-rules-integrate", "mode-odes", "multi-timescale", "oscillation-pair", "outlier-escape"),
)
"""Figures of larger networks, or of several programs, which take some time to compile."""

NAMES = [pytest.param(name, marks=[pytest.mark.slow] if name in LONG else []) for name in reproduce.names()]


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_agrees_with_theory_and_is_written(name: str, tmp_path: Path) -> None:
    made = reproduce.reproduce(name, tmp_path, Setting(), quick=True)
    assert made.within, str(made)
    assert made.deviation < made.tolerance
    assert {path.suffix for path in made.files} == {".png", ".svg", ".csv"}
    assert all(path.stat().st_size > 1000 for path in made.files)
    with (tmp_path / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert any(row["simulated"] and row["predicted"] for row in rows)
    assert reproduce.shows(name)


@pytest.mark.parametrize(("quick", "verdict", "code"), [(True, "within", 0), (False, "NOT within", 1)])
def test_the_tolerance_decides(
    quick: bool, verdict: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Straight(miss=0.05) if quick else Straight()
    monkeypatch.setattr(writing, "figure", lambda name, quick: made)
    words = ["reproduce", "mode-odes", "--out", str(tmp_path), *(["--quick"] if quick else [])]
    found = CliRunner().invoke(neurosim, words, catch_exceptions=False)
    assert f"worst deviation {0.05 if quick else 0.2:.2g}, tolerance 0.1: {verdict}\n" in found.output
    assert found.exit_code == code


@pytest.mark.parametrize(
    ("name", "predictor"),
    [
        ("rates-and-stability", "convergence_rate"),
        ("rflo-detour", "mode_loss"),
        pytest.param("fixed-points", "optimum", marks=pytest.mark.slow),
        pytest.param("sequence-loss", "expected_update", marks=pytest.mark.slow),
        pytest.param("outlier-escape", "outlier_loss", marks=pytest.mark.slow),
        pytest.param("oscillation-pair", "pair_eigenvalues", marks=pytest.mark.slow),
        pytest.param("multi-timescale", "pair_loss", marks=pytest.mark.slow),
        pytest.param("lazy-curve", "lazy_loss", marks=pytest.mark.slow),
        pytest.param("rich-lazy-threshold", "asks_for_outlier", marks=pytest.mark.slow),
    ],
)
def test_a_wrong_prediction_is_found(
    name: str, predictor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module(f"neurosim.reproduce.figures.{name.replace('-', '_')}")
    monkeypatch.setattr(module, predictor, partial(_wrong, getattr(module, predictor)))
    words = ["reproduce", name, "--quick", "--out", str(tmp_path)]
    found = CliRunner().invoke(neurosim, words, catch_exceptions=False)
    assert found.exit_code == 1 and "NOT within" in found.output


def _wrong(right: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """What is right by a quarter too much, or the contrary of it."""
    value = right(*given, **named)
    if isinstance(value, bool):
        return not value
    if isinstance(value, theory.Update):
        return theory.Update(1.25 * value.W_out, 1.25 * value.W_rec, 1.25 * value.W_in)
    return 1.25 * value


@pytest.mark.slow
def test_a_chip_learns_what_makes_sense_there_and_has_no_tolerance(tmp_path: Path) -> None:
    words = ["reproduce", "fixed-points", "--quick", "--out", str(tmp_path), "--profile", "fixed:weight=s8.5"]
    found = CliRunner().invoke(neurosim, words, catch_exceptions=False)
    assert found.exit_code == 0 and "no tolerance under fixed:weight=s8.5\n" in found.output


def test_without_names_it_says_what_there_is() -> None:
    found = CliRunner().invoke(neurosim, ["reproduce"], catch_exceptions=False)
    assert found.exit_code == 0
    assert all(name in found.output for name in reproduce.names())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mode-ode", "--out", "x"], "no figure is called 'mode-ode' (did you mean 'mode-odes'?)"),
        (["mode-odes"], "no folder to write them to; add --out DIR"),
        (["mode-odes", "--out", "x", "--profile", "reckom"], "no profile is called 'reckom'"),
    ],
)
def test_bad_words_are_refused_in_one_line(words: list[str], said: str) -> None:
    found = CliRunner().invoke(neurosim, ["reproduce", *words])
    assert found.exit_code == 2
    assert said in found.output


def test_what_has_no_value_has_not_agreed() -> None:
    x = np.arange(3.0)
    curve = Curve("line", x, simulated=np.array([0.0, np.nan, 2.0]), predicted=x)
    assert Panel("", "x", "y", (curve,)).deviation == np.inf
    later = Curve("line", x, simulated=np.array([0.0, np.nan, 2.0]), predicted=x, holds=(2.0, 9.0))
    assert Panel("", "x", "y", (later,)).deviation == 0.0


def test_some_figures_make_no_sense_on_a_chip() -> None:
    floating = [name for name in reproduce.names() if reproduce.figure(name).floating]
    for name in floating:
        with pytest.raises(NeurosimError, match="leave --profile out"):
            reproduce.check_profile(name, reproduce.figure(name), "reckon")
