"""The page of a folder of results: it says what the files say and needs nothing else, and no result runs in it."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from neurosim import NeurosimError, page
from neurosim.cli import neurosim
from neurosim.page.chart import over_seeds
from neurosim.page.heat import colour
from neurosim.page.scale import Scale
from neurosim.page.wording import short, signed

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to look at the page with")

EVIL = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">\"'--></script>{{ 7*7 }}"
RULES = ("rflo", "bptt", EVIL)
PROFILES = ("float64", "loihi2-lava")
VOID = {"meta", "input", "br", "img", "link", "hr"}


def losses(rule: str, profile: str) -> list[float]:
    """Of two seeds; one rule diverges on one."""
    first = 0.1 * (1 + RULES.index(rule)) * (1 + 2 * PROFILES.index(profile)) + 1 / 700
    return [first, 1.5 * first]


def row(rule: str, profile: str) -> dict[str, Any]:
    number = 2 * (RULES.index(rule) + 3 * PROFILES.index(profile))
    on_chip = profile != "float64"
    found = losses(rule, profile)
    return {
        "rule": rule,
        "profile": profile,
        "lr": 0.01,
        "lr_at_edge_of_grid": False,
        "loss": float(np.median(found)),
        "score": found[0],
        "locality": 0.123456789,
        "precision": 0.05 if on_chip else 0.0,
        "cosine": {"W_rec": 0.5},
        "diverged": 0,
        "host": None,
        "on_the_chip": {
            "verdict": "LOWP?" if rule == "rflo" else "FAIL",
            "reasons": ["LOWP: <b>traces</b> have 7 bits"],
            "bits_per_synapse": 9.0,
            "joule_per_step": [1e-9, 2e-9, 3e-9],
        }
        if on_chip
        else None,
        "in_spikes": None,
        "runs": [
            {"id": f"{number + seed:016x}", "seed": seed, "outcome": "finished", "loss": loss, "score": loss}
            for seed, loss in enumerate(found)
        ],
        "error_budget": {
            "measure": "loss",
            "precision": 0.05,
            "rate": 0.01,
            "limits": [{"limit": "weights", "alone": 0.03, "without": 0.02}],
            "interaction": 0.01,
        }
        if on_chip and rule == "rflo"
        else None,
    }


def about() -> dict[str, Any]:
    return {
        "format": 1,
        "asked": {"rule": "", "task": "integrate", "engine": "numba", "n": 4, "profile": list(PROFILES), "alpha": None},
        "budget": {"rates": [0.01, 0.1], "seeds": 3},
        "rows": [row(rule, profile) for profile in PROFILES for rule in RULES],
        "score": "loss",
        "references": {"silent network": 3.25},
        "notes": ["warning: something is to be known"],
        "pairs": [
            {"profile": "loihi2-lava", "rule": "bptt", "than": "rflo", "worse": 2, "of": 2}
            | {"ratio": 2.0, "low": 1.5, "high": 2.5, "p": 0.5}
        ],
        "made": {"command": "neurosim compare rflo bptt", "versions": {"numpy": "2"}, "code": "abc"},
    }


def curves(folder: Path, name: str, last: float) -> None:
    place = folder / "runs" / name
    place.mkdir(parents=True)
    seen, tested = np.array([0.0, 5.0, 10.0]), np.array([10.0, 1.0, last])
    fidelity = {f"{each}/W_rec": np.array([0.2, 0.4, 0.6]) for each in ("cosine", "size", "sign")}
    observed = {"observed/rank": np.array([1.0, 2.0, 3.0]), "observed/eigenvalues": np.full((3, 4), 0.5 + 0.25j)}
    np.savez_compressed(place / "curves.npz", seen=seen, test_losses=tested, **fidelity, **observed)


@pytest.fixture
def compared(tmp_path: Path) -> Path:
    for each in about()["rows"]:
        for run in each["runs"]:
            curves(tmp_path, run["id"], run["loss"])
    return written(tmp_path, about())


def written(folder: Path, given: Any) -> Path:
    (folder / "comparison.json").write_text(json.dumps(given))
    return folder


def gathered(folder: Path, count: int, **asked: Any) -> Path:
    """Runs without a comparison: two rules, and seeds."""
    for number in range(count):
        name = f"{number:016x}"
        curves(folder, name, 1.0 + number)
        experiment = {"rule": ("rflo", "bptt")[number % 2], "task": "sine", "engine": "numba", "profile": "float64"}
        experiment |= {"lr": 0.01, "n": (16, 8)[number // 2 % 2], "seed": number // 4, "part": "test", **asked}
        said = {"experiment": experiment, "outcome": "finished", "loss": 1.0 + number, "score": "inf"}
        said["made"] = {"command": "neurosim sweep", "profile": "feed"}
        (folder / "runs" / name / "run.json").write_text(json.dumps(said))
    return folder


def text(folder: Path) -> str:
    return page.write(folder).read_text(encoding="utf-8")


# --- what the page says ---------------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """Fails where a tag is not closed by its own; keeps attributes and exact numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.numbers: list[float] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [str(found[name]) for name in ("href", "src", "action", "srcset") if name in found]
        if tag == "data":
            self.numbers.append(float(str(found["value"])))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(folder: Path) -> Reader:
    reader = Reader()
    reader.feed(text(folder))
    reader.close()
    assert reader.open == []
    return reader


def test_it_parses_and_needs_nothing_from_elsewhere(compared):
    addresses = read(compared).addresses
    assert addresses and all(each.startswith(("#", "data:text/csv")) for each in addresses)
    assert "http" not in text(compared).replace("http-equiv", "") and "url(" not in text(compared)


def test_every_number_of_the_table_is_that_of_the_file(compared):
    numbers = set(read(compared).numbers)
    for each in about()["rows"]:
        assert {each["loss"], each["locality"], each["cosine"]["W_rec"]} <= numbers
        assert {run["loss"] for run in each["runs"]} <= numbers


def downloads(folder: Path) -> dict[str, list[dict[str, str]]]:
    found = re.findall(r'download="([^"]+)" href="data:text/csv;charset=utf-8;base64,([^"]*)"', text(folder))
    return {name: list(csv.DictReader(io.StringIO(base64.b64decode(code).decode()))) for name, code in found}


def test_numbers_to_download_are_those_of_the_files(compared):
    files = downloads(compared)
    assert {"losses.csv", "table.csv", "runs.csv", "float64.csv", "learning-rflo.csv", "rank-rflo.csv"} <= set(files)
    for given, line in zip(about()["rows"], files["table.csv"], strict=True):
        assert (line["rule"], line["profile"], float(line["loss"])) == (given["rule"], given["profile"], given["loss"])
    last = [line for line in files["learning-rflo.csv"] if line["trials"] == "10.0"]
    expected = [np.percentile(losses("rflo", profile), (50, 0, 100)).tolist() for profile in PROFILES]
    assert [[float(line[name]) for name in ("median", "low", "high")] for line in last] == expected
    assert [line["alone"] for line in files["error-budget.csv"]] == ["0.03", "0.01", "0.01", "0.05"]


def test_the_answer_comes_in_words(compared):
    said = text(compared)
    assert "Lowest loss: rflo on 2 of 2 number systems." in said
    assert "precision costs it 0.0500 against float64" in said and "weights alone would cost most, +0.0300" in said
    assert "bptt is worse than rflo on 2 of 2 paired seeds, median ratio 2.00 [1.50, 2.50], p = 0.50" in said
    assert "warning: something is to be known" in said and "neurosim compare rflo bptt" in said


def test_a_rule_that_diverged_is_marked_and_not_best(compared):
    given = about()
    for run in given["rows"][0]["runs"]:
        run |= {"outcome": "diverged at trial 3, step 1", "loss": None}
    given["rows"][0] |= {"loss": None, "diverged": 2}
    said = text(written(compared, given))
    assert "2 of 2 diverged" in said and "Lowest loss: bptt on 1 and rflo on 1 of 2" in said
    assert re.search(r'class="all-diverged"[^>]*><b>diverged</b>', said)


def test_without_the_runs_the_table_and_the_picture_remain(tmp_path):
    said = text(written(tmp_path, about()))
    assert "no curves" in said and '<table class="heat">' in said and "<svg" not in said


def test_a_folder_of_runs_is_grouped_by_all_that_was_varied(tmp_path):
    said = text(gathered(tmp_path, 8))
    columns = re.findall(r'<th scope="col" data-profile="[0-9]+">([^<]*)', said)
    assert columns == ["float64, n 8", "float64, n 16"] and "8 runs, gathered" in said
    files = downloads(tmp_path)
    losses_of = {(line["rule"], line["profile"]): float(line["loss"]) for line in files["table.csv"]}
    assert losses_of["rflo", "float64, n 8"] == 5.0 and losses_of["bptt", "float64, n 16"] == 4.0


def test_a_real_comparison(tmp_path):
    """By the reference; what it is measured by is compiled."""
    words = ["compare", "rflo", "bptt", "--task", "integrate:steps=10", "--n", "4", "--trials", "10", "--seeds", "2"]
    made = CliRunner().invoke(
        neurosim, [*words, "--lr", "0.05", "--profile", "reckon", "--engine", "numpy", "--out", str(tmp_path)]
    )
    assert made.exit_code == 0, made.output
    said = CliRunner().invoke(neurosim, ["report", str(tmp_path)])
    assert said.stdout == f"{tmp_path / 'report.html'}\n" and said.exit_code == 0
    given = json.loads((tmp_path / "comparison.json").read_text())
    numbers = set(read(tmp_path).numbers)
    assert {each["loss"] for each in given["rows"] if each["loss"]} <= numbers
    assert "digest of reckon" in text(tmp_path) and not list(tmp_path.glob(".report*"))


# --- what is no folder of results -----------------------------------------------------------------------------------


def refused(folder: Path) -> str:
    with pytest.raises(NeurosimError) as error:
        page.write(folder)
    assert not (folder / "report.html").exists() and "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "cannot be read as JSON"),
        ("[" * 100_000, "cannot be read as JSON"),
        ("[]", "must be a table"),
        ("{}", "does not say 'asked'"),
        ('{"format": 2}', "is of format 2; this neurosim reads up to 1"),
        (json.dumps(about() | {"rows": []}), "has no rows"),
        (json.dumps(about() | {"rows": [row("rflo", "float64") | {"loss": "low"}]}), "rows[0].loss is 'low'"),
        (json.dumps(about() | {"rows": [row("rflo", "float64") | {"rule": "a\ud800"}]}), "must be a line of text"),
        (json.dumps(about() | {"rows": [row("rflo", "float64") | {"lr": 10**400}]}), "must be a number"),
    ],
    ids=["empty", "deep", "a list", "nothing", "newer", "no rows", "a word", "a surrogate", "huge"],
)
def test_a_damaged_or_foreign_comparison_is_refused(content, said, tmp_path):
    (tmp_path / "comparison.json").write_text(content, encoding="utf-8")
    assert said in refused(tmp_path)


def test_a_run_may_not_lead_elsewhere(tmp_path):
    given = about()
    given["rows"][0]["runs"][0]["id"] = "../../etc"
    assert "is no name of a run" in refused(written(tmp_path, given))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"no archive at all"])
def test_damaged_curves_are_refused_by_name(content, compared):
    path = next((compared / "runs").glob("*/curves.npz"))
    path.write_bytes(content)
    assert str(path) in refused(compared)


def test_curves_of_objects_are_refused(compared):
    path = next((compared / "runs").glob("*/curves.npz"))
    np.savez(path, seen=np.array([{}], dtype=object), test_losses=np.zeros(1))
    assert "no array of numbers" in refused(compared)


def test_a_folder_without_runs_and_no_folder_are_refused(tmp_path):
    assert "there is no run in it" in refused(tmp_path)
    assert "is no folder" in refused(tmp_path / "nowhere")
    assert "there is no run in it (2 that tuned" in refused(gathered(tmp_path, 2, part="tune"))


def test_a_layout_of_another_version_is_refused_by_name(compared):
    (compared / "results.json").write_text('{"format": 99, "neurosim": "9.9"}')
    assert "version 99" in refused(compared)


# --- in a browser ---------------------------------------------------------------------------------------------------


def browsed(path: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", *flags]
    profile = f"--user-data-dir={path.parent / 'browser'}"
    return subprocess.run(
        [*command, profile, "--virtual-time-budget=2000", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def probed(folder: Path, script: str, width: int = 1000) -> Any:
    """What a script finds in the page, shown in a frame of a width, as JSON; the page's own policy is left out."""
    said = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text(folder))
    (folder / "copy.html").write_text(said, encoding="utf-8")
    source = json.dumps(said).replace("</", "<\\/").replace("<!--", "<\\u0021--")
    frame = f"""<!doctype html><body><script>
      const frame = document.createElement("iframe");
      frame.style.cssText = "border:0;width:{width}px;height:900px";
      frame.onload = () => {{
        const view = frame.contentWindow, page = frame.contentDocument;
        const found = (() => {{ {script} }})();
        document.body.innerHTML = "<pre></pre>";
        document.querySelector("pre").textContent = JSON.stringify(found);
      }};
      frame.srcdoc = {source};
      document.body.append(frame);
    </script>"""
    (folder / "probe.html").write_text(frame, encoding="utf-8")
    shown = re.search(r"<pre>(.*)</pre>", browsed(folder / "probe.html", "--dump-dom").stdout, re.DOTALL)
    assert shown, "the page was not loaded"
    return json.loads(shown[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


@in_browser
def test_it_runs_under_its_own_policy_without_a_word_on_the_console(compared):
    ran = browsed(page.write(compared), "--dump-dom")
    assert "CONSOLE" not in ran.stderr
    assert re.search(r'<form id="filter" aria-label="What is shown">', ran.stdout), "its script did not run"


@in_browser
def test_a_name_that_is_a_script_is_text(compared):
    found = probed(
        compared,
        """return {title: page.title, scripts: page.querySelectorAll("script").length,
                   images: page.images.length, bold: page.querySelectorAll("li b b").length,
                   names: [...page.querySelectorAll(".heat th[scope=row]")].map((each) => each.textContent)}""",
    )
    assert found["scripts"] == 1 and found["images"] == 0 and found["bold"] == 0 and found["title"] != "run"
    assert found["names"] == list(RULES)


@in_browser
def test_rules_and_chips_can_be_hidden_and_values_read(compared):
    found = probed(
        compared,
        """const shown = (css) => [...page.querySelectorAll(css)].filter((each) => each.getClientRects().length).length;
           const counts = () => ["td[data-tip]", ".rule", ".exact tr", "#learning .line"].map(shown);
           const before = counts();
           const boxes = [...page.querySelectorAll("#filter input")];
           boxes.find((box) => box.name === "rule" && box.value === "1").click();
           const without = counts();
           boxes.find((box) => box.name === "profile" && box.value === "1").click();
           const fewer = counts();
           const cell = page.querySelector("td[data-tip]");
           cell.dispatchEvent(new view.PointerEvent("pointerenter"));
           const tip = page.getElementById("tip").textContent;
           const chart = page.querySelector("svg.chart"), box = chart.getBoundingClientRect();
           const circle = chart.querySelector("circle").getBoundingClientRect();
           chart.dispatchEvent(new view.PointerEvent("pointermove", {clientX: circle.x + 2, clientY: circle.y + 2}));
           const point = page.getElementById("tip").textContent;
           chart.dispatchEvent(new view.KeyboardEvent("keydown", {key: "ArrowRight"}));
           const next = page.getElementById("tip").textContent;
           chart.dispatchEvent(new view.PointerEvent("pointerleave"));
           return {before, without, fewer, tip, point, next, after: page.getElementById("tip").hidden}""",
    )
    assert found["before"][:2] == [6, 3] and found["without"][:2] == [4, 2] and found["fewer"][:2] == [2, 2]
    assert found["before"][3] == 6 and found["without"][3] == 4 and found["fewer"][3] == 2
    assert found["tip"].startswith(f"rflo on float64: loss {short(np.median(losses('rflo', 'float64')))} [")
    assert found["point"] == "rflo · 0 trials: 10.0" and found["next"] == "rflo · 5 trials: 1.00" and found["after"]


@in_browser
@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_is_wider_than_the_window(width, compared):
    found = probed(compared, "return [page.documentElement.scrollWidth, view.innerWidth]", width)
    assert found[1] == width and found[0] <= width


@in_browser
def test_it_can_be_printed(compared):
    browsed(page.write(compared), f"--print-to-pdf={compared / 'page.pdf'}")
    assert (compared / "page.pdf").read_bytes().startswith(b"%PDF")


# --- parts ----------------------------------------------------------------------------------------------------------


def test_numbers_as_a_reader_has_them():
    said = [short(value) for value in (0.01588, 1234.5, 0.0, -2.0, float("nan"), float("inf"), 6.64e-5)]
    assert said == ["0.0159", "1234", "0", "−2.00", "–", "diverged", "6.64×10⁻⁵"]  # noqa: RUF001
    assert [signed(value) for value in (0.5, -0.5, 0.0)] == ["+0.500", "−0.500", "0"]  # noqa: RUF001


def test_colours_go_from_light_to_dark():
    shades = [sum(int(colour(place)[k : k + 2], 16) for k in (1, 3, 5)) for place in (0, 20, 40, 60, 80, 100)]
    assert shades == sorted(shades, reverse=True) and colour(-5) == "#ffffd9" and colour(105) == "#081d58"


def test_scales_hold_what_they_were_made_of_and_label_round_numbers():
    scale = Scale.of([0.003, 40.0, float("inf"), 0.0], 0.0, 100.0, log=True)
    assert 0.0 < scale(0.003) < 10.0 and 90.0 < scale(40.0) < 100.0 and not scale.shows(0.0)
    assert [text for _, text in scale.ticks()] == ["0.01", "0.1", "1", "10"]
    assert [text for _, text in Scale.of([0.0, 1.0], 0.0, 100.0).ticks()] == ["0", "0.5", "1"]
    assert Scale.of([], 0.0, 1.0, log=True).ticks()


def test_curves_that_end_early_do_not_shorten_the_others():
    short_one, long_one = (np.array([0.0, 5.0]), np.array([4.0, np.inf])), (np.array([0.0, 5.0, 9.0]), np.ones(3))
    x, low, middle, high = over_seeds([short_one, long_one])
    assert x.tolist() == [0.0, 5.0, 9.0] and high.tolist() == [4.0, 1.0, 1.0]
    assert middle.tolist() == [2.5, 1.0, 1.0] and low.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.slow
def test_a_thousand_runs_are_one_page_of_a_few_megabytes(tmp_path):
    gathered(tmp_path, 1000)
    assert page.write(tmp_path).stat().st_size < 4 * 2**20
