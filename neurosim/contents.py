"""What comes with neurosim: names and summaries, read from its folders without running what is in them."""

from __future__ import annotations

import ast
import pkgutil
import tomllib
from importlib.resources import files
from pathlib import Path

from neurosim.errors import unknown

FOLDERS = {"rule": "rules", "task": "tasks", "engine": "engines", "realisation": "spiking", "observable": "observables"}
KINDS = (*FOLDERS, "profile")


def names(kind: str) -> list[str]:
    """What exists of a kind."""
    if kind not in KINDS:
        raise unknown("kind of thing", kind, KINDS)
    if kind == "profile":
        return sorted(path.stem for path in profile_folder().glob("*.toml"))
    folder = Path(__file__).parent / FOLDERS[kind]
    return sorted(module.name for module in pkgutil.iter_modules([str(folder)]))


def summary(kind: str, name: str) -> str:
    """The first paragraph of what something that comes with neurosim says of itself."""
    if kind == "profile":
        return str(tomllib.loads((profile_folder() / f"{name}.toml").read_text(encoding="utf-8"))["summary"])
    tree = ast.parse((Path(__file__).parent / FOLDERS[kind] / f"{name}.py").read_text(encoding="utf-8"))
    classes = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and kind.capitalize() in map(ast.unparse, node.bases)
    ]
    text = ast.get_docstring(classes[0] if classes else tree) or ""
    return " ".join(text.split("\n\n")[0].split())


def profile_folder() -> Path:
    """The profiles that come with neurosim: inside the package in a wheel, beside it in a checkout."""
    beside = Path(__file__).parents[1] / "hardware_profiles"
    return beside if beside.is_dir() else Path(str(files("neurosim"))) / "_hardware_profiles"
