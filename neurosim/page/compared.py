"""A folder that `compare --out` wrote, as a record."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from neurosim.errors import NeurosimError
from neurosim.page.curves import watched
from neurosim.page.given import Given, read
from neurosim.page.record import Attempt, ErrorBudget, OnChip, Part, Record, Row
from neurosim.paired import Pair
from neurosim.writing import FORMAT

FILE = "comparison.json"
NAME = re.compile(r"[0-9a-f]{8,64}")
"""Of a run's folder: a digest, so that no file can send the reader elsewhere."""


def record(folder: Path) -> Record:
    """What `comparison.json` and the runs beside it say."""
    given = read(folder / FILE)
    _check_format(given)
    asked, made = given.at("asked"), given.at("made")
    rows = tuple(_row(folder, each) for each in given.at("rows").each())
    if not rows:
        raise NeurosimError(f"{folder / FILE} has no rows; run the comparison again")
    return Record(
        task=asked.at("task").text(),
        rows=rows,
        score=given.at("score").text(),
        references=_numbers(given.maybe("references")),
        pairs=tuple(_pair(each) for each in _each(given.maybe("pairs"))),
        notes=tuple(each.text() for each in _each(given.maybe("notes"))),
        settings=tuple(_settings(given)),
        made=(*flat(made, skip=("command",)), *_digests(folder, rows)),
        commands=(command(made),),
    )


def _check_format(given: Given) -> None:
    version = given.maybe("format")
    if version is not None and version.whole() > FORMAT:
        raise NeurosimError(
            f"{given.where} is of format {version.whole()}; this neurosim reads up to {FORMAT}; install a newer one"
        )


def _settings(given: Given) -> Iterable[tuple[str, str]]:
    yield from flat(given.at("asked"), skip=("rule", "lr", "part"))
    yield from ((f"tuning {name}", text) for name, text in flat(given.at("budget")))
    if spiking := given.maybe("spiking"):
        yield from ((f"spiking {name}", text) for name, text in flat(spiking))


def _digests(folder: Path, rows: Iterable[Row]) -> Iterator[tuple[str, str]]:
    """Of what was in each profile, as a run on it says."""
    runs = {row.profile: folder / "runs" / row.attempts[0].name / "run.json" for row in rows if row.attempts}
    for profile, path in runs.items():
        if path.exists() and (digest := read(path).at("made").maybe("profile")):
            yield f"digest of {profile}", digest.text()


def _row(folder: Path, given: Given) -> Row:
    loss = given.at("loss").number()
    return Row(
        rule=given.at("rule").text(),
        profile=given.at("profile").text(),
        lr=given.at("lr").number(),
        attempts=tuple(_attempt(folder, each) for each in given.at("runs").each()),
        loss=math.inf if math.isnan(loss) else loss,
        score=given.at("score").number(),
        locality=given.at("locality").number(),
        precision=given.at("precision").number(),
        cosine=_numbers(given.maybe("cosine")),
        at_edge=given.at("lr_at_edge_of_grid").flag(),
        host=_words(given.maybe("host")),
        chip=_chip(given.maybe("on_the_chip")),
        budget=_budget(given.maybe("error_budget")),
    )


def _attempt(folder: Path, given: Given) -> Attempt:
    name = given.at("id").text()
    if not NAME.fullmatch(name):
        raise NeurosimError(f"{given.where}: {name[:40]!r} is no name of a run; run the comparison again")
    path = folder / "runs" / name / "curves.npz"
    return Attempt(
        name=name,
        seed=given.at("seed").whole(),
        outcome=given.at("outcome").text(),
        loss=given.at("loss").number(),
        score=given.at("score").number(),
        watched=watched(path) if path.exists() else None,
    )


def _chip(given: Given | None) -> OnChip | None:
    if given is None:
        return None
    joule = tuple(each.number() for each in _each(given.maybe("joule_per_step")))
    if len(joule) not in (0, 3):
        raise NeurosimError(f"{given.where}.joule_per_step has {len(joule)} numbers; it must be [low, typical, high]")
    reasons = tuple(each.text() for each in given.at("reasons").each())
    return OnChip(given.at("verdict").text(), reasons, given.at("bits_per_synapse").number(), joule)


def _budget(given: Given | None) -> ErrorBudget | None:
    if given is None:
        return None
    limits = given.at("limits").each()
    return ErrorBudget(
        measure=_words(given.maybe("measure")) or "loss",
        precision=given.at("precision").number(),
        rate=given.at("rate").number(),
        limits=tuple(Part(e.at("limit").text(), e.at("alone").number(), e.at("without").number()) for e in limits),
        interaction=given.at("interaction").number(),
    )


def _pair(given: Given) -> Pair:
    return Pair(
        profile=given.at("profile").text(),
        rule=given.at("rule").text(),
        than=given.at("than").text(),
        worse=given.at("worse").whole(),
        of=given.at("of").whole(),
        ratio=given.at("ratio").number(),
        low=given.at("low").number(),
        high=given.at("high").number(),
        p=given.at("p").number(),
    )


def _numbers(given: Given | None) -> dict[str, float]:
    return {name: given.at(name).number() for name in given.names()} if given else {}


def _each(given: Given | None) -> Iterable[Given]:
    return given.each() if given else ()


def _words(given: Given | None) -> str:
    return given.text() if given else ""


def command(made: Given) -> str:
    """The command that made something, as it can be typed."""
    said = made.at("command").text()
    return f"python -m neurosim{said.removeprefix('__main__.py')}" if said.startswith("__main__.py ") else said


def flat(given: Given, skip: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
    """The entries of a table as lines of text, those of tables within it too."""
    lines: list[tuple[str, str]] = []
    for name in (each for each in given.names() if each not in skip):
        inner = given.at(name)
        if isinstance(inner.value, dict):
            lines += [(f"{name} {key}", text) for key, text in flat(inner)]
        elif inner.value not in (None, []):
            lines.append((name.replace("_", " "), _said(inner)))
    return tuple(lines)


def _said(given: Given) -> str:
    match given.value:
        case list():
            return ", ".join(_said(each) for each in given.each())
        case bool():
            return "yes" if given.value else "no"
        case str():
            return given.text()
    return f"{given.number():.15g}"
