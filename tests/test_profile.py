"""Profiles: those that there are say what they must, what is wrong with a file is said, and nothing else happens."""

from __future__ import annotations

import importlib.util
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from neurosim import catalog, datasheet, schema
from neurosim.cli import neurosim
from neurosim.errors import NeurosimError
from neurosim.profile import MOST_PROBLEMS, Profile
from neurosim.reading.toml import LARGEST_FILE
from neurosim.schema.consistency import ORDERED

NAMES = catalog.names("profile")
FOLDER = catalog.profile_folder()
RECKON = (FOLDER / "reckon.toml").read_text(encoding="utf-8")
DOCS = Path(__file__).parents[1] / "docs"


def read(folder: Path, text: str | bytes) -> Profile:
    path = folder / "chip.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    return Profile.read(path)


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(NeurosimError) as raised:
        read(folder, text)
    return str(raised.value)


def invoke(*words: object) -> Result:
    return CliRunner().invoke(neurosim, [str(word) for word in words], catch_exceptions=False)


# --- those that there are -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_is_valid_and_all_its_figures_have_a_grade(name: str) -> None:
    profile = catalog.profile(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) and profile.name == name
    assert len(profile.figures) >= 10
    for key, figure in profile.figures.items():
        assert schema.field(key), key
        assert figure.grade in schema.GRADES and (figure.source or figure.grade == "U"), key
        assert (figure.value is None) == (figure.grade == "U"), key


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_has_its_keys_in_the_schema_s_order(name: str) -> None:
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    sections = [key for key in table if key in schema.SCHEMA]
    assert sections == [key for key in schema.SCHEMA if key in table]
    for section in sections:
        order = list(schema.SCHEMA[section].fields)
        for leaves in table[section].values() if section == "trace" else [table[section]]:
            assert list(leaves) == [key for key in order if key in leaves], section


def test_a_source_s_key_means_one_thing_in_all_profiles() -> None:
    meanings: dict[str, set[str]] = {}
    for name in NAMES:
        for key, text in catalog.profile(name).sources.items():
            meanings.setdefault(key, set()).add(text)
    assert len(meanings) > 20 and all(len(texts) == 1 for texts in meanings.values())
    assert not re.search(r"/work|/tmp|/home", "".join(map(str, meanings.values())))


@pytest.mark.parametrize("name", NAMES)
def test_devices_have_as_many_states_as_their_steps_fit(name: str) -> None:
    profile = catalog.profile(name)
    if (step := profile.get("device.dw_min")) is not None:
        states = (profile.get("device.w_max") - profile.get("device.w_min")) / step
        assert profile.get("device.n_states") == pytest.approx(states, rel=0.01)
        assert profile.get("device.model") != "program_verify_drift"


def test_figures_that_are_derived_agree_with_what_they_are_derived_from() -> None:
    reckon, spinnaker, bss2 = map(catalog.profile, ("reckon", "spinnaker1", "brainscales2"))
    n = reckon.get("topology.neurons_per_core")
    assert reckon.get("topology.synapses_per_core") == 2 * n * n + n * reckon.get("topology.outputs_per_core")
    assert spinnaker.get("energy.packet_pj") == (25 * 40, 25 * 40, 25 * 72)
    assert spinnaker.range("energy.cycle_pj") == pytest.approx((0.034 / 200e6 * 1e12,) * 3)
    assert bss2.get("topology.syn_mem_bits_per_core") == bss2.get("topology.synapses_per_core") * 6


def test_stubs_are_shown_and_compute_nothing() -> None:
    stubs = [name for name in NAMES if catalog.profile(name).status == "stub"]
    assert stubs == ["elfcore", "texel"]
    for name in stubs:
        profile = catalog.profile(name)
        assert profile.get("state.bits") is None and profile.get("topology.fan_out_max") is None
        with pytest.raises(NeurosimError, match="is a stub"):
            _ = profile.arithmetic


# --- the object -----------------------------------------------------------------------------------------------------


def test_figures_are_got_by_key() -> None:
    reckon = catalog.profile("reckon")
    assert reckon.get("weight.bits") == 8 and reckon.figures["weight.bits"].grade == "R"
    assert reckon.get("trace.xout.bits") == 10 and reckon.traces == ("xin", "xrec", "xout")
    assert reckon.get("chip.rules_fixed") == ("eprop_factored_sym",)
    assert reckon.get("energy.weight_update_pj") is None and "energy.weight_update_pj" in reckon.figures
    assert reckon.get("energy.hop_pj") is None and "energy.hop_pj" not in reckon.figures
    assert reckon.figures["topology.synapses_per_core"].source == "256 * 256 * 2 + 256 * 16"
    assert reckon.figures["energy.syn_op_pj"].source.startswith("reckon-rtl: README")
    assert Profile.plain("fixed").get("weight.bits") is None


@pytest.mark.parametrize(
    ("key", "ends"),
    [
        ("energy.static_mw", (0.0, 0.02, 0.05)),
        ("energy.weight_update_pj", None),
        ("timing.step_s", (1e-3, 1e-3, 1e-3)),
        ("weight.bits", (8, 8, 8)),
        ("update.round", None),
    ],
)
def test_a_figure_can_be_had_as_a_range(key: str, ends: tuple[float, ...] | None) -> None:
    assert catalog.profile("reckon").range(key) == ends


@pytest.mark.parametrize("key", ["weight.bit", "weights.bits", "trace.bits", "weight", "", "a.b.c", "trace.x.y.bits"])
def test_a_key_that_no_profile_can_have_is_an_error(key: str) -> None:
    with pytest.raises(NeurosimError, match="no figure is called"):
        catalog.profile("reckon").get(key)


def test_the_schema_is_sound() -> None:
    assert {key for pair in ORDERED for key in pair if schema.field(key) is None} == set()
    kinds = {"flag", "whole number", "number", "range", "numbers", "word", "words", "text"}
    for section in schema.SCHEMA.values():
        assert section.about and section.needed in ("always", "if it learns", "never")
        for field in section.fields.values():
            assert field.kind in kinds and field.about and field.low < field.high
            assert field.words or field.kind != "word"


# --- what is wrong --------------------------------------------------------------------------------------------------

WRONG = [
    ("bits = 8\n", "bits = 8.0\n", "weight.bits is 8; it must be a whole number from 0 to 64, or 'unknown'"),
    ("bits = 8\n", "bits = true\n", "weight.bits is true; it must be a whole number from 0 to 64"),
    ("bits = 8\n", "bits = 65\n", "weight.bits is 65; it must be a whole number from 0 to 64"),
    ("bits = 8\n", "bits = -1\n", "weight.bits is -1;"),
    ("bits = 8\n", "bits = 'eight'\n", "weight.bits is 'eight';"),
    ("bits = 8\n", "bits = 2020-01-01\n", "weight.bits is 2020-01-01;"),
    ("bits = 8\n", "bits = {a = 1}\n", "weight.bits is a table;"),
    ("bits = 8\n", "", "weight.bits is missing: in all, the sign included; 0 for analog; it must be a whole number"),
    ("bits = 8\n", "bits = 8\nbit = 8\n", "weight: no key is called 'bit' (did you mean 'bits'?)"),
    (
        "bits = 8\n",
        "bits = 'unknown'\n",
        "weight.bits is 'unknown' with the grade R; the grade of what is unknown is U",
    ),
    ("bits = 8\n", "bits = 7\n", "weight.min is -128; 7 bits hold -64 to 63"),
    ("signed = true\n", "signed = false\n", "weight.min is -128; 8 bits hold 0 to 255"),
    ("signed = true\n", "signed = 1\n", "weight.signed is 1; it must be true or false"),
    ("min = -128", "min = nan", "weight.min is nan; it must be a number"),
    ("max = 127\n", "max = inf\n", "weight.max is inf; it must be a number"),
    ("max = 127\n", "max = -129\n", "weight.min is -128, above weight.max, -129; it must not be"),
    ('"layer"', '"laier"', "weight.exp_scope is 'laier'; it must be one of: synapse, neuron,"),
    ('"layer"', '["layer"]', "weight.exp_scope is a list of 1; it must be one of"),
    ("acc_frac_bits = 0", "acc_frac_bits = 33", "update.acc_frac_bits is 33, above update.acc_bits, 32"),
    (
        "acc_frac_bits = 0",
        "acc_frac_bits = 25",
        "update.acc_bits is 32; it must hold weight.bits and acc_frac_bits, 33",
    ),
    ("acc_frac_bits = 0", "acc_frac_bits = 'float16'", "update.acc_frac_bits is 'float16'; it must be a whole number"),
    (
        "decay_frac_bits = 15\n",
        "decay_frac_bits = 17\n",
        "state.decay_frac_bits is 17, above state.decay_coef_bits, 16",
    ),
    ("period_min_steps = 1", "period_min_steps = 2", "update.period_min_steps is 2, above update.period_max_steps, 1"),
    ("[0.0, 0.02, 0.05]", "[0.03, 0.02, 0.05]", "energy.static_mw is a list of 3; it must be a number or [low, typ,"),
    ("[0.0, 0.02, 0.05]", "[0.0, 0.02]", "energy.static_mw is a list of 2;"),
    ("[0.0, 0.02, 0.05]", "[-1.0, 0.02, 0.05]", "low <= typ <= high, from 0, or 'unknown'"),
    ('["per_pre"]', '["per_post"]', "rule.elig_layouts is a list of 1; it must be a list of words of: per_pre,"),
    ('["per_pre"]', '"per_pre"', "rule.elig_layouts is 'per_pre'; it must be a list of words"),
    ('["eprop_factored_sym"]', '["a b"]', "chip.rules_fixed is a list of 1;"),
    ('rules_fixed = ["eprop_factored_sym"]', "", "chip.rules_fixed is missing"),
    ("[chip]", "[chips]", "no key or section is called 'chips' (did you mean 'chip'?)"),
    ("[trace.xin]", "[[trace]]", "trace is a list of 1; it must be a table"),
    (
        "[trace.xin]",
        '[trace."x in"]',
        "trace 'x in' is a table; each trace is a table of its own, [trace.NAME], of at most 64",
    ),
    ("[trace.xin]", "[trace.xrec]", "not TOML (Cannot declare ('trace', 'xrec') twice"),
    ("neurosim-profile/1", "neurosim-profile/2", "schema is 'neurosim-profile/2'; it must be 'neurosim-profile/1'"),
    ('schema = "neurosim-profile/1"', "", "schema is ''; it must be"),
    ('summary = "', 'summary = "\\u001b[2J', "summary must be a line that says what is modelled"),
    ("summary =", "summary = 1 #", "summary must be a line that says what is modelled"),
    ("summary =", 'status = "draft"\nsummary =', "status is 'draft'; it must be one of: complete, stub"),
    ('"R reckon-rtl"', '"R rekon-rtl"', "'rekon-rtl' is not in [sources]"),
    ('"R reckon-rtl"', '"R"', "[prov] 'chip.*': R is for what was read; name its key in [sources]"),
    ('"R reckon-rtl"', '"Z reckon-rtl"', "[prov] 'chip.*': there is no grade 'Z'; there are: R, D, E, S, K, X, A, U"),
    ('"R reckon-rtl"', '"U"', "chip.class has a value and the grade U; U is for 'unknown'"),
    ('"R reckon-rtl"', '""', "[prov] 'chip.*' must be a text of at most 300 characters"),
    ('"R reckon-rtl"', '"read in RTL"', "'read in RTL' is not a grade, keys of [sources] and a note"),
    ('"R reckon-rtl"', "1", "[prov] 'chip.*' must be a text"),
    ('"A: nominal, the chip sees codes only"', '"A"', "say after the grade where it comes from, 'A: ...'"),
    ('"chip.*" = "R reckon-rtl"', "", "chip.class has no source; say in [prov] how it is known"),
    ('"chip.*"', '"chip.clas"', "[prov] 'chip.clas': there is no such figure"),
    ('"chip.*"', "chip.a", "[prov] 'chip' must be a text of at most 300 characters; keys with points stand in quotes"),
    ("[sources]\n", '[sources]\nloose = "a book"\n', "[sources] 'loose': no line of [prov] names it"),
    ("[sources]\n", '[sources]\n"A B" = "a book"\n', "[sources] 'A B': a source's key is made of small letters,"),
    ("[prov]\n", "[prov\n", "not TOML"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG)
def test_what_is_wrong_is_said(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in RECKON
    found = refusal(tmp_path, RECKON.replace(right, wrong, 1))
    assert said in found and found.startswith(f"{tmp_path / 'chip.toml'}: ")


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = (
        RECKON.replace("bits = 8\n", "bits = 99\n").replace("accel = 1.0", "accel = 'slow'").replace("[energy]", "[x]")
    )
    head, *problems = refusal(tmp_path, text).splitlines()
    assert head.endswith(f"chip.toml: {len(problems)} problems")
    told = "\n".join(problems)
    assert "weight.bits is 99" in told and "timing.accel is 'slow'" in told and "[energy] is missing" in told


def test_a_chip_that_learns_says_how(tmp_path: Path) -> None:
    text = RECKON.replace("[update]", "[x]")
    assert "[update] is missing" in refusal(tmp_path, text)
    assert "[update] is missing" not in refusal(tmp_path, text.replace('learning = "fixed"', 'learning = "none"'))


def test_the_narrowest_line_counts(tmp_path: Path) -> None:
    line = '"trace.*" = "R reckon-rtl"\n'
    text = RECKON.replace(
        line, f'{line}"trace.xin.*" = "A: row"\n"trace.count" = "A: key"\n"trace.xin.bits" = "A: one"\n'
    )
    figures = read(tmp_path, text).figures
    keys = ("bits", "count", "site")
    assert [figures[f"trace.xin.{key}"].source for key in keys] == ["one", "key", "row"]
    assert [figures[f"trace.xrec.{key}"].source for key in keys] == ["reckon-rtl", "key", "reckon-rtl"]


# --- files that mean no good ----------------------------------------------------------------------------------------


MANY = b"".join(b"k%d = 1\n" % i for i in range(5_000))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"#" * (LARGEST_FILE + 1), "larger than"),
        (b"\xff\xfe", "not TOML"),
        (b"", "problems"),
        (b"a = " + b"[" * 40_000, "not TOML"),
        (b"a = " + b"[" * 2_000 + b"]" * 2_000, "not TOML"),
        (b"a = " + b"{b=" * 20_000, "not TOML"),
        (b"[" + b"a." * 30_000 + b"a]\n", "no key or section is called 'a'"),
        (b"[weight]\nbits = " + b"9" * 60_000, "TOML"),
        (b"[weight]\nmin = 0x" + b"f" * 60_000, "weight.min is a whole number of more than 64 bits"),
        (b"summary = '" + b"x" * 60_000 + b"'", "summary must be a line"),
        (b"summary = 'x\\u001b[2J'\n[weight]\nbits = \"\\u001b[2J\"", "weight.bits is '\\x1b[2J'"),
        (b"[weight]\n" + MANY, "weight is a table; it must be a table, of at most 64 entries"),
        (b"[trace]\n" + MANY, "trace is a table; it must be a table, of at most 64 entries"),
        (b"[trace.x]\n" + MANY, "trace 'x' is a table; each trace is a table of its own, [trace.NAME], of at most 64"),
        (MANY, "no key or section is called 'k0'"),
        (b"[weight]\n'" + b"b" * 50_000 + b"' = 1", "weight: no key is called 'bbbbbb"),
        (b"trace = 1\nweight = [1]\nsources = 1\nprov = []", "[sources] must be a table"),
    ],
)  # fmt: skip
def test_a_hostile_file_is_refused_in_a_few_lines(tmp_path: Path, text: bytes, said: str) -> None:
    found = refusal(tmp_path, text)
    assert said in found
    assert len(found.splitlines()) <= MOST_PROBLEMS + 2 and all(len(line) < 600 for line in found.splitlines())
    assert found.replace("\n", "").isprintable()


def test_only_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "zeros.toml").symlink_to("/dev/zero")
    for path in (tmp_path, tmp_path / "pipe.toml", tmp_path / "zeros.toml", tmp_path / "none.toml"):
        with pytest.raises(NeurosimError, match="there is no such file"):
            Profile.read(path)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def toml(value: Any) -> str:
    match value:
        case None:
            return '"unknown"'
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return '"' + "".join(f"\\U{ord(letter):08x}" for letter in value) + '"'
        case list():
            return f"[{', '.join(map(toml, value))}]"
    return "{" + ", ".join(f"{toml(key)} = {toml(each)}" for key, each in value.items()) + "}"


LEAVES = [index for index, line in enumerate(RECKON.splitlines()) if " = " in line]


@given(st.sampled_from(LEAVES), VALUES)
@example(LEAVES[0], [])
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_anywhere_is_valid_or_refused(tmp_path: Path, line: int, value: Any) -> None:
    lines = RECKON.splitlines()
    lines[line] = f"{lines[line].split(' = ')[0]} = {toml(value)}"
    try:
        profile = read(tmp_path, "\n".join(lines))
    except NeurosimError as error:
        assert str(error)
    else:
        assert "\n".join(datasheet.lines(profile))


@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cut_and_splice_is_valid_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    source = RECKON.encode()
    places = st.integers(0, len(source))
    first, second, third = (data.draw(places) for _ in range(3))
    spliced = source[:first] + data.draw(st.binary(max_size=12)) + source[min(second, third) : max(second, third)]
    try:
        read(tmp_path, spliced)
    except NeurosimError as error:
        assert str(error)


# --- commands and pages ---------------------------------------------------------------------------------------------


def test_validate_says_how_well_a_profile_is_known() -> None:
    said = invoke("validate", FOLDER / "odin.toml", FOLDER / "elfcore.toml")
    assert said.exit_code == 0
    first, second = said.stdout.splitlines()
    assert re.fullmatch(r".*odin\.toml: valid: \d+ figures \(\d+ R, \d+ D, \d+ S, \d+ A, \d+ U\)", first)
    assert "elfcore.toml: valid: 10 figures" in second


def test_validate_goes_on_after_a_file_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "chip.toml").write_text(RECKON.replace("bits = 8\n", "bits = 99\n"), encoding="utf-8")
    said = invoke("validate", tmp_path / "chip.toml", FOLDER / "odin.toml", tmp_path / "none.toml")
    assert said.exit_code == 2 and said.stdout.count("valid") == 1
    assert "weight.bits is 99" in said.stderr and "none.toml': there is no such file" in said.stderr


@pytest.mark.parametrize("name", NAMES)
def test_show_lists_every_figure_with_its_unit_and_grade(name: str) -> None:
    profile, said = catalog.profile(name), invoke("show", "profile", name)
    assert said.exit_code == 0 and said.stdout.startswith(f"{name}: {profile.summary}")
    rows = {tuple(line.split()[:2]) for line in said.stdout.splitlines() if line.startswith("  ")}
    assert {
        (key.rpartition(".")[2], datasheet.value_text(each.value).split()[0]) for key, each in profile.figures.items()
    } <= rows
    assert sum(datasheet.shares(profile).values()) == pytest.approx(1.0)
    for grade in datasheet.shares(profile):
        assert schema.GRADES[grade] in said.stdout


def test_show_gives_units_ranges_and_sources() -> None:
    said = invoke("show", "profile", "loihi1-lava").stdout
    assert "syn_op_pj         23.6 (23.6 to 35.5) pJ  S  sanafe: before silicon" in said
    assert "static_mw         unknown                 U\n" in said
    assert "github.com/lava-nc/lava, commit b6822fb" in said
    assert "single_shift        no" in said


def test_the_page_of_profiles_is_up_to_date() -> None:
    """If not, run docs/update_profiles.py."""
    spec = importlib.util.spec_from_file_location("update_profiles", DOCS / "update_profiles.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.page() == (DOCS / "profiles.md").read_text(encoding="utf-8")
