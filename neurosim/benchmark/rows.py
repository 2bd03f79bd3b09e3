"""A row of the standing benchmark: one rule on one chip and task, what it reached, and what it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from neurosim import catalog, comparison
from neurosim.audit import audit
from neurosim.benchmark.measures import gap_closed, interval, nonlocal_reads, operations
from neurosim.benchmark.suite import UNTRAINED, Entry
from neurosim.comparison import EXACT_PROFILE, EXACT_RULE, Comparison, compare
from neurosim.cost import cost
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment, untrained
from neurosim.program import Program, compile
from neurosim.results import Results


@dataclass(frozen=True)
class Row:
    """One rule on one chip and task.

    setting: numbers that decide the run beside those names. score, low, high: in the unit of the metric, the median
    over seeds and its interval; infinite where it diverged. gap_closed: of the loss between untrained and exact
    learning in float64, the share that was learned. bits: of state per synapse, None if that is not known.
    operations: of learning, per synapse and step. refused: why the chip's numbers cannot run the rule; it has no score
    then.
    """

    division: str
    task: str
    rule: str
    profile: str
    setting: Mapping[str, float]
    metric: str
    higher_is_better: bool
    target: float
    score: float
    low: float
    high: float
    gap_closed: float
    lr: float
    bits: float | None
    operations: float
    nonlocal_reads: tuple[str, ...]
    verdict: str
    refused: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names a row, in this benchmark and in others."""
        return self.division, self.task, self.rule, self.profile

    @property
    def met(self) -> bool:
        """Whether the score reaches the target."""
        return self.score >= self.target if self.higher_is_better else self.score <= self.target


def count(entry: Entry) -> int:
    """How many rows an entry has."""
    return len(entry.rules) * len(entry.profiles)


def rows(entry: Entry, results: Results) -> Iterator[Row]:
    """The rows of an entry, each as soon as its chip is done; runs that `results` holds are not run again."""
    exact = replace(entry.asked, profile=EXACT_PROFILE)
    ends = compare((UNTRAINED, EXACT_RULE), exact, seeds=entry.seeds, budget=entry.budget, results=results)
    for profile in entry.profiles:
        asked = replace(entry.asked, profile=profile)
        refused = {rule: _refusal(replace(asked, rule=rule)) for rule in entry.rules}
        able = [rule for rule in entry.rules if not refused[rule]]
        found = compare(able, asked, seeds=entry.seeds, budget=entry.budget, results=results) if able else None
        learned = {row.rule: row for row in found.rows} if found else {}
        for rule in entry.rules:
            yield _row(entry, replace(asked, rule=rule), learned.get(rule), ends, refused[rule])


def _refusal(question: Experiment) -> str:
    """Why a chip's numbers cannot run a rule; empty if they can."""
    try:
        comparison.check([question])
    except NeurosimError as reason:
        return str(reason)
    return ""


def _row(entry: Entry, question: Experiment, learned: comparison.Row | None, ends: Comparison, refused: str) -> Row:
    task, (floor, exact) = catalog.task(question.task), (row.losses for row in ends.rows)
    program = compile(untrained(question, task), catalog.rule(question.rule), plastic=question.plastic)
    steps = task.trials(1, question.seed).inputs.shape[1]
    bits, verdict = _on_chip(program, question.profile, steps)
    low, high = interval(learned.scores) if learned else (np.nan, np.nan)
    return Row(
        division=entry.division,
        task=question.task,
        rule=question.rule,
        profile=question.profile,
        setting=_setting(entry),
        metric=task.score_name,
        higher_is_better=task.higher_is_better,
        target=entry.target,
        score=learned.score if learned else np.nan,
        low=low,
        high=high,
        gap_closed=gap_closed(learned.losses, floor, exact) if learned else np.nan,
        lr=learned.lr if learned else np.nan,
        bits=bits,
        operations=operations(program, steps),
        nonlocal_reads=nonlocal_reads(program),
        verdict=verdict,
        refused=refused,
    )


def _on_chip(program: Program, name: str, steps: int) -> tuple[float | None, str]:
    """Bits of state per synapse, and the verdict of the audit."""
    profile = catalog.profile(name)
    memory = cost(program, profile, steps=steps).memory
    return memory.synapse if memory else None, audit(program, profile, steps=steps).verdict


def _setting(entry: Entry) -> dict[str, float]:
    asked = entry.asked
    task = catalog.task(asked.task)
    alpha = task.alpha if asked.alpha is None else asked.alpha
    return {
        "n": asked.n,
        "alpha": alpha,
        "gain": asked.gain,
        "trials": asked.trials or task.train_trials,
        "seeds": entry.seeds,
        "rates": len(entry.budget.rates),
        "tuning_seeds": entry.budget.seeds,
    }
