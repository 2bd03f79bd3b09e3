"""Which rules coincide on which networks: every line of the table in docs/rules.md, run at fixed weights."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurosim import Network, catalog, compile
from neurosim.engines import numpy as reference
from neurosim.gradients import direction
from neurosim.network import PLASTIC
from neurosim.task import Trials

PAGE = (Path(__file__).parents[1] / "docs" / "rules.md").read_text(encoding="utf-8")
STEPS, N, N_IN, N_OUT = 9, 6, 3, 2
SEEDS = (0, 1, 2)

CONDITIONS: dict[str, Callable[[Network], Network]] = {
    "any": lambda network: network,
    "without leak": lambda network: replace(network, alpha=1.0),
    "without self-weights": lambda network: replace(network, W_rec=network.W_rec * (1.0 - np.eye(N))),
    "without recurrence": lambda network: replace(network, W_rec=np.zeros((N, N))),
    "with diagonal W_rec": lambda network: replace(network, W_rec=network.W_rec * np.eye(N)),
    "with B = W_out^T": lambda network: replace(network, B=network.W_out.T),
}


def table(heading: str) -> list[tuple[str, ...]]:
    """The rows of the first table below a line of the page."""
    rows = re.search(r"^\|---.*\n((?:\|.*\n)+)", PAGE.split(heading)[1], re.MULTILINE)
    assert rows, f"no table below {heading!r}"
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows[1].splitlines()]


IDENTITIES = [tuple(cell.strip("`") for cell in row) for row in table("| rule | is the same as")]


def network(seed: int) -> Network:
    return Network.random(N, N_IN, N_OUT, alpha=0.4, gain=0.9, seed=seed)


def changes(rule: str, network: Network, seed: int) -> dict[str, np.ndarray]:
    """What a rule would add to each weight in one trial, weights held, in the reference."""
    draw = np.random.default_rng(seed)
    mask = draw.uniform(size=STEPS)
    trials = Trials(draw.normal(size=(1, STEPS, N_IN)), draw.normal(size=(1, STEPS, N_OUT)), mask)
    named = re.sub(r"=T\b", f"={STEPS}", rule).replace("=1-alpha", f"={1.0 - network.alpha!r}")
    return dict(direction(compile(network, catalog.rule(named)), trials, engine=reference))


def apart(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    """The largest difference of a weight's change, relative to the largest change in the same matrix."""
    assert set(one) == set(other) == {f"W_{name}" for name in PLASTIC}
    return max(float(np.abs(one[name] - other[name]).max() / np.abs(other[name]).max()) for name in one)


@pytest.mark.parametrize(("rule", "same", "where"), IDENTITIES)
def test_two_rules_are_one(rule: str, same: str, where: str) -> None:
    for seed in SEEDS:
        special = network(seed)
        for condition in where.split(", "):
            special = CONDITIONS[condition](special)
        assert apart(changes(rule, special, seed), changes(same, special, seed)) < 1e-12


CONDITIONAL = [(*row[:2], left) for row in IDENTITIES if row[2] != "any" for left in row[2].split(", ")]


@pytest.mark.parametrize(("rule", "same", "left"), CONDITIONAL)
def test_every_condition_is_needed(rule: str, same: str, left: str) -> None:
    """With one condition of a line left out, the others kept, the two rules differ."""
    (where,) = (row[2] for row in IDENTITIES if row[:2] == (rule, same) and left in row[2].split(", "))
    general = network(0)
    for condition in where.split(", "):
        general = general if condition == left else CONDITIONS[condition](general)
    assert apart(changes(rule, general, 0), changes(same, general, 0)) > 1e-3


def test_the_readout_learns_the_same_under_every_rule() -> None:
    made = {name: changes(name, network(0), 0)["W_out"] for name in catalog.names("rule") if name != "fixed"}
    for change in made.values():
        assert np.abs(change - made["bptt"]).max() < 1e-12 * np.abs(made["bptt"]).max()


def test_the_page_has_every_rule_and_no_other() -> None:
    assert sorted(row[0].strip("`") for row in table("reaches the\nneurons through")) == catalog.names("rule")


def test_names_used_elsewhere_are_given_rules_that_exist() -> None:
    for _, here in table("## Names used elsewhere"):
        for named in re.findall(r"`(.+?)`", here):
            assert catalog.rule(re.sub(r"=h'?(?=,|$)", "=3", named))
