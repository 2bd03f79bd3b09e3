"""How the package is put together: imports point one way, nothing heavy comes unasked, all that is public is said."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

import neurosim
from neurosim import catalog, cli

ROOT = Path(neurosim.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
HEAVY = {"brian2", "nengo", "matplotlib"}

LAYERS = (
    ("columns", "cores", "errors", "schema", "seeding"),
    ("atomic", "cache", "contents", "draws", "notation", "precision", "provenance", "solution"),
    ("arithmetic", "filling", "figures", "network", "reading", "storing", "task"),
    ("devices", "expansion", "filtering", "limits", "recording", "wiener", "kalman", "exactness"),
    ("chip", "rat"),
    ("profile",),
    ("datasheet", "observable", "rule"),
    ("rules", "tasks"),
    ("program",),
    ("adaptation", "counting", "deferral", "factorisation", "fusion", "lanes", "placing"),
    ("engine", "evaluation", "narrow", "products", "reversal", "whole_lanes"),
    ("loops", "memory", "passes", "spikes"),
    ("dither", "short_lanes"),
    ("moves",),
    ("codes",),
    ("compiled", "panels"),
    ("kernel",),
    ("body",),
    ("brian", "nengo_parts", "plans"),
    ("engines", "spiking"),
    ("catalog",),
    ("design",),
    ("arguments", "audit", "gradients", "theory", "conformance"),
    ("cost", "likeness", "observables", "watching"),
    ("experiment",),
    ("error_budget", "explanation", "prediction", "spike_cost"),
    ("export", "golden", "results", "suitability"),
    ("answering", "dataset", "merging"),
    ("cluster", "tuning"),
    ("comparison",),
    ("budget_table", "decomposition", "foretold", "observed", "paired", "rounding_loss", "sweep"),
    ("curves",),
    ("budget_figure", "reproduce", "sweep_reading", "table", "threshold"),
    ("checks", "sweep_drawing"),
    ("benchmark", "sweep_writing", "writing"),
    ("page",),
    ("commands",),
    ("cli",),
    ("__init__", "__main__"),
)
"""What stands lower may import what stands higher up in this list, never the other way round nor its neighbours."""

LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FOUND = tuple(f"neurosim.{folder}" for folder in catalog.FOLDERS.values())
"""Packages whose modules are found by the catalog, and imported by nobody."""


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part(module: str) -> str:
    """The file or folder of the package that a module is in."""
    return [*module.split("."), "__init__"][1]


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imports(file: Path, anywhere: bool = True) -> Iterator[str]:
    """Modules that a file imports: anywhere in it, or outside functions only, as happens when it is imported."""
    pending: list[ast.AST] = list(tree(file).body)
    while pending:
        node = pending.pop()
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                assert level == 0, f"{file}: imports are absolute"
                for alias in (each for each in names if each.name != "__version__"):
                    inside = ROOT.parent.joinpath(*f"{module}.{alias.name}".split("."))
                    is_module = inside.is_dir() or inside.with_suffix(".py").is_file()
                    yield f"{module}.{alias.name}" if is_module else str(module)
            case ast.FunctionDef() if not anywhere:
                continue
        pending += ast.iter_child_nodes(node)


@cache
def own(file: Path) -> frozenset[str]:
    return frozenset(name for name in imports(file) if name.split(".")[0] == "neurosim")


def modules() -> list[str]:
    return [each.name for each in pkgutil.walk_packages(neurosim.__path__, "neurosim.") if "__main__" not in each.name]


# --- imports --------------------------------------------------------------------------------------------------------


def test_imports_point_one_way():
    new = {part(module_name(file)) for file in FILES} - {*LEVEL}
    assert not new, "give these their place in LAYERS"
    pairs = [(module_name(file), name) for file in FILES for name in own(file)]
    levels = [(LEVEL[part(here)], LEVEL[part(there)], part(here) == part(there)) for here, there in pairs]
    assert not [pair for pair, (here, there, same) in zip(pairs, levels, strict=True) if not (same or there < here)]


def test_rules_tasks_and_engines_are_found_and_never_imported():
    pairs = [(module_name(file), name, folder) for file in FILES for name in own(file) for folder in FOUND]
    assert not [pair for *pair, folder in pairs if pair[1].startswith(folder) and not pair[0].startswith(folder)]


@pytest.mark.parametrize(
    ("folder", "strangers"),
    [
        ("rules", {"task", "profile", "engine", "program", "precision", "catalog"}),
        ("tasks", {"rule", "profile", "engine", "program", "precision", "network", "catalog"}),
        ("engines", {"rule", "task", "profile", "catalog", "experiment"}),
        ("theory", {"rule", "task", "profile", "engine", "program", "catalog"}),
    ],
)
def test_what_some_need_not_know(folder, strangers):
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    for file in files:
        assert not {part(name) for name in own(file)} & strangers, file


def test_simulators_and_plots_are_imported_only_where_they_are_used():
    for file in FILES:
        tops = {name.split(".")[0] for name in imports(file, anywhere=False)}
        used = {file.stem} if file.parent.name == "engines" else {file.parent.name.removesuffix("_parts")}
        assert not tops & (HEAVY - used), file


@pytest.mark.parametrize(
    "words",
    ["import neurosim", "import neurosim.cli", "neurosim --help", "neurosim --version", "neurosim list"],
)
def test_what_starts_at_once_imports_nothing_heavy(words):
    """Nor NumPy: names, summaries and the help of commands are read from files, which are not run."""
    heavy = sorted({*HEAVY, "numpy", "scipy", "numba", "jaxtyping", "tqdm"})
    command, *rest = words.split()
    script = words if command == "import" else f"from neurosim import cli; cli.neurosim({rest}, standalone_mode=False)"
    met = f"import sys; print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", f"{script}\n{met}"], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"


@pytest.mark.parametrize("words", ["import neurosim; neurosim.compare", "from neurosim.commands import audit, compare"])
def test_what_computes_imports_simulators_and_plots_when_it_needs_them(words):
    heavy = sorted({*HEAVY, "numba", "scipy"})
    script = f"{words}\nimport sys; print([name for name in {heavy} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]" and not ran.stderr


def test_a_run_imports_only_the_small_part_of_scipy():
    """The theory that warns, the task and the kernels ask for linear algebra, which Numba brings; all else is slow."""
    large = sorted(f"scipy.{name}" for name in ("integrate", "interpolate", "optimize", "signal", "special", "stats"))
    words = ["run", "rflo", "--task", "integrate", "--n", "1", "--trials", "10", "--seeds", "1", "--lr", "0.001"]
    script = f"from neurosim import cli; cli.neurosim({words}, standalone_mode=False)"
    met = f"import sys; print([name for name in {large} if name in sys.modules], file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", f"{script}\n{met}"], capture_output=True, text=True, check=True)
    assert ran.stderr.strip().endswith("[]") and "rflo" in ran.stdout


def test_the_help_lists_commands_as_they_describe_themselves():
    listed = CliRunner().invoke(cli.neurosim, ["--help"], terminal_width=200).output
    lines = [line.split(maxsplit=1) for line in listed.partition("Commands:")[2].splitlines() if line]
    told = dict(lines)
    assert "audit" in told
    for name, text in told.items():
        command = importlib.import_module(f"neurosim.commands.{name}").command
        assert command.get_short_help_str(len(text)) == text


def test_what_is_public_stays_what_it_is_whatever_is_imported_first():
    """No public name is that of a module, which importing the module would put in its place."""
    assert not {part(module_name(file)) for file in FILES} & set(neurosim.__all__)


# --- what is public -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["neurosim", "neurosim.theory"])
def test_public_names(package):
    """They are sorted, exist, and are the whole of what the package has, modules and version apart."""
    module = importlib.import_module(package)
    assert all(hasattr(module, name) for name in module.__all__)
    there = {name for name, value in vars(module).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert module.__all__ == sorted(module.__all__) and set(module.__all__) == there
    for name in module.__all__:
        described = inspect.getdoc(getattr(module, name)) or ""
        assert not described.startswith(f"{name}("), f"{name} says only what dataclass says of it"
        if not hasattr(getattr(module, name), "__args__"):  # what a type alias is called says what it is
            assert described, f"{name} has no docstring"


def defined(file: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Classes and functions of a module, and what classes define themselves, that have a public name."""
    for node in tree(file).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node


def test_what_is_public_says_what_it_is():
    for file in FILES:
        told = ast.get_docstring(tree(file))
        assert told or file.name == "__main__.py", f"{file} has no docstring"
        first = (told or "").split("\n\n")[0]
        assert not first.endswith(",") and len(first.splitlines()) <= 4, file
        assert not {name for name, node in defined(file) if ast.get_docstring(node) is None}, file


def test_every_module_can_be_imported():
    assert len(modules()) > 20
    for name in modules():
        assert importlib.import_module(name)


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["utils", "util", "base", "common", "helpers", "misc"])
def test_no_file_is_a_drawer(name):
    assert not [file for file in FILES if file.stem == name]


def test_nothing_prints_but_the_command_line():
    printing = {"print", "click.echo"}
    found = {module_name(file) for file in FILES if printing & {ast.unparse(call.func) for call in calls(file)}}
    assert found and not [name for name in found if part(name) not in ("cli", "commands")]


def calls(file: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree(file)) if isinstance(node, ast.Call))


@pytest.mark.parametrize("kind", catalog.KINDS)
def test_the_folder_is_the_registry(kind):
    """Each name of a kind is made from its own file, and no file names the others of its kind."""
    assert catalog.names(kind)
    for name in catalog.names(kind):
        assert catalog.summary(kind, name)
    if kind in catalog.FOLDERS:
        text = (ROOT / catalog.FOLDERS[kind] / "__init__.py").read_text(encoding="utf-8")
        assert [type(node) for node in ast.parse(text).body] == [ast.Expr]
