"""A record as HTML: what the templates are given, and the policy under which a browser shows the page."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import Any

from neurosim.audit.case import TAGS
from neurosim.page import figures
from neurosim.page.answer import answers, headline
from neurosim.page.bars import bars
from neurosim.page.costs import costs
from neurosim.page.downloads import Download, download
from neurosim.page.exact import runs, table
from neurosim.page.heat import heat
from neurosim.page.record import Record
from neurosim.page.wording import counted, range_of, short


def rendered(record: Record) -> str:
    """The whole page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("neurosim.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"short": short, "counted": counted}
    return environment.get_template("page.html").render(_view(record))


def _view(record: Record) -> dict[str, Any]:
    script = (resources.files("neurosim.page") / "templates" / "script.js").read_text(encoding="utf-8")
    return {
        "record": record,
        "script": script,
        "policy": _policy(script),
        "headline": headline(record),
        "seeds": max(len(row.attempts) for row in record.rows),
        "answers": answers(record),
        "heat": heat(record),
        "heat_numbers": _losses(record),
        "tags": TAGS,
        "verdicts": any(row.chip for row in record.rows),
        "learning": figures.learning(record),
        "by_rule": [_of_rule(record, rule) for rule in record.rules],
        "costs": costs(record),
        "pairs": _pairs(record),
        "table": table(record),
        "runs": runs(record),
        "without_curves": sum(each.watched is None for row in record.rows for each in row.attempts),
    }


def _policy(script: str) -> str:
    """Nothing from elsewhere, and no script but this one."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"


def _of_rule(record: Record, rule: str) -> dict[str, Any]:
    rows = [row for row in record.rows if row.rule == rule]
    budgets = bars([row for row in rows if row.budget], record.profiles)
    return {"name": rule, "figures": figures.of_rule(record, rule), "budgets": budgets, "numbers": _parts(record, rule)}


def _parts(record: Record, rule: str) -> Download:
    rows = [row for row in record.rows if row.rule == rule and row.budget]
    head = ("rule", "profile", "part", "alone", "saved without it")
    numbers: list[tuple[str, str, str, float, float]] = []
    for row in rows:
        if row.budget:
            sums = {"rate": row.budget.rate, "interaction": row.budget.interaction, "precision": row.budget.precision}
            numbers += [(rule, row.profile, each.limit, each.alone, each.without) for each in row.budget.limits]
            numbers += [(rule, row.profile, name, value, float("nan")) for name, value in sums.items()]
    return download("error-budget", head, numbers)


def _losses(record: Record) -> Download:
    head = ("rule", "profile", "loss", "verdict", "diverged", "runs")
    rows = (
        (row.rule, row.profile, row.loss, row.chip.verdict if row.chip else "", row.diverged, len(row.attempts))
        for row in record.rows
    )
    return download("losses", head, rows)


def _pairs(record: Record) -> list[dict[str, Any]]:
    """What paired seeds say, as texts."""
    return [
        {
            "rule": record.rules.index(pair.rule) if pair.rule in record.rules else -1,
            "profile": record.profiles.index(pair.profile) if pair.profile in record.profiles else -1,
            "cells": [
                pair.profile,
                pair.rule,
                pair.than,
                f"{pair.worse} of {pair.of}",
                f"{short(pair.ratio)} {range_of(pair.low, pair.high)}",
                short(pair.p, 2),
            ],
        }
        for pair in record.pairs
    ]
