"""Figures of theory and simulation: each agrees, is written, and says so when it does not."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from neurosim import reproduce
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


@pytest.mark.parametrize("name", reproduce.names())
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
